#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs fuzz targets, one after the other. An input that breaks a promise is kept in the target's
# corpus as crash-…, slow-unit-… or timeout-…; it belongs into the tree, with the repair.
#
# usage: make fuzz [SECONDS=n] [FUZZ_TARGETS="jwt server"]
# Environment: BUILD_DIR, where the targets are; SECONDS_EACH. What libFuzzer finds on its way stays
# in BUILD_DIR/corpus and is gone on from.
# Exit status 0 only when every target ran to its end.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
failed=0
for target in "$@"; do
  seeds=tests/fuzz/corpus/$target found=$BUILD_DIR/corpus/$target
  mkdir -p "$found"
  echo "fuzz: $target"
  options=(-max_total_time="$SECONDS_EACH" -timeout=25 -print_final_stats=1 -max_len=20000)
  if [ -e "tests/fuzz/$target.dict" ]; then options+=(-dict="tests/fuzz/$target.dict"); fi
  "$BUILD_DIR/fuzz/$target" "${options[@]}" -artifact_prefix="$seeds/" "$found" "$seeds" \
    >"$BUILD_DIR/$target.log" 2>&1
  status=$?
  grep -E '^(stat::number_of_executed_units|#[0-9]+\s+DONE)|ERROR|SUMMARY|broken$|Test unit' \
    "$BUILD_DIR/$target.log"
  if [ $status != 0 ]; then
    echo "fuzz: $target ended with status $status: $BUILD_DIR/$target.log" >&2
    failed=1
  fi
done
exit $failed
