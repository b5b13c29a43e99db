#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds, runs every test and ends with one line over all of them: N passed, N failed.
#
# usage: make check [SANITIZE=address,undefined | SANITIZE=thread]
# Environment: BUILD_DIR (default: build), where the programs are; MAKE (default: make).
# Exit status 0 only when every part ran to its end, with at least one test and no failure.
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
export BUILD_DIR=${BUILD_DIR:-build}
# Tests speak to this machine alone.
export no_proxy='*' NO_PROXY='*'
# More to read where a sanitizer finds something.
export UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}
export TSAN_OPTIONS=${TSAN_OPTIONS:-second_deadlock_stack=1}

passed=0 failed=0 skipped=0
output=$(mktemp -d)
trap 'rm -rf "$output"' EXIT
trap 'jobs -p | xargs -r kill; exit 1' INT TERM

# count NAME STATUS PASSED FAILED [SKIPPED]: a part that ran no test, or ended badly without saying
# which test failed, counts as one failure.
count() {
  local name=$1 status=$2 part_passed=${3:-0} part_failed=${4:-0} part_skipped=${5:-0}
  if [ "$part_failed" = 0 ]; then
    if [ "$status" != 0 ]; then
      echo "check: $name ended with status $status" >&2
      part_failed=1
    elif [ "$part_passed" = 0 ]; then
      echo "check: $name ran no test" >&2
      part_failed=1
    fi
  fi
  echo "check: $name: $part_passed passed, $part_failed failed, $part_skipped skipped"
  passed=$((passed + part_passed))
  failed=$((failed + part_failed))
  skipped=$((skipped + part_skipped))
}

# number_after PATTERN FILE: the last such number, 0 where there is none.
number_after() {
  local number
  number=$(sed -nE "s/$1 *([0-9]+).*/\1/p" "$2" 2>/dev/null | tail -n 1)
  echo "${number:-0}"
}

# CppUnit says "OK (N tests)", or "Run: N Failures: N Errors: N". It cannot skip: a test that had to
# says so in a line of its own, and why. Three processes at a time: many tests wait. Some read their own
# standard error: what AddressSanitizer or ThreadSanitizer says goes to a file. g++ 12's UBSan takes none.
unit_tests() {
  local status log=$output/unit run bad left_out share shares=3 report
  local processes=()
  echo "check: unit tests"
  for ((share = 1; share <= shares; share++)); do
    report=log_path=$log$share.report
    ASAN_OPTIONS=${ASAN_OPTIONS:-}:$report TSAN_OPTIONS=$TSAN_OPTIONS:$report \
      timeout --kill-after=10 600 "$BUILD_DIR/unit_tests" "$share/$shares" >"$log$share" 2>&1 &
    processes+=($!)
  done
  for ((share = 1; share <= shares; share++)); do
    status=0 bad=0
    wait "${processes[share - 1]}" || status=$?
    if grep -q '^OK (' "$log$share"; then
      run=$(number_after '^OK \(' "$log$share")
      grep -E '^(note|skipped): ' "$log$share"
    else
      cat "$log$share" "$log$share".report* 2>/dev/null
      run=$(number_after '.*Run:' "$log$share")
      bad=$(($(number_after '.*Failures:' "$log$share") + $(number_after '.*Errors:' "$log$share")))
    fi
    left_out=$(grep -c '^skipped: ' "$log$share")
    count "unit tests $share/$shares" "$status" $((run - bad - left_out)) "$bad" "$left_out"
  done
}

# node_tests NAME SECONDS FILE...: two files at a time, most of which wait most of the time.
node_tests() {
  local name=$1 limit=$2 status=0 tap bad
  shift 2
  tap=$output/$name.tap
  echo "check: $name"
  timeout --kill-after=10 "$limit" node --test --test-concurrency=2 \
    --test-reporter=spec --test-reporter-destination=stdout \
    --test-reporter=tap --test-reporter-destination="$tap" "$@" || status=$?
  bad=$(($(number_after '^# fail' "$tap") + $(number_after '^# cancelled' "$tap")))
  count "$name" "$status" "$(number_after '^# pass' "$tap")" "$bad" \
    $(($(number_after '^# skipped' "$tap") + $(number_after '^# todo' "$tap")))
}

# What fuzzing started from and every input that ever broke a promise: each is one test.
replays() {
  local source target status log
  echo "check: fuzz corpora"
  for source in tests/fuzz/*.cpp; do
    target=$(basename "$source" .cpp) status=0
    if [ "$target" = replay ]; then continue; fi
    log=$output/replay-$target
    timeout --kill-after=10 120 "$BUILD_DIR/fuzz/$target" "tests/fuzz/corpus/$target" \
      >"$log" 2>&1 || status=$?
    if [ "$status" != 0 ]; then tail -n 40 "$log"; fi
    count "corpus $target" "$status" "$(number_after '^' "$log")"
  done
}

layers() {
  if tests/check_layers.sh; then count layers 0 1; else count layers 1; fi
}

licences() {
  if tests/licences.sh; then count licences 0 1; else count licences 1; fi
}

# The sanitizers' builds are of the same sources.
lint() {
  local status=0
  if [ -n "${SANITIZE:-}" ]; then return; fi
  echo "check: lint"
  ${MAKE:-make} -k -j"$(nproc)" lint || status=$?
  count lint "$status" 1
}

# The build that counts lines runs the unit tests again, and what tests the program by itself.
coverage() {
  local status=0 log=$output/coverage
  if [ -n "${SANITIZE:-}" ]; then return; fi
  echo "check: coverage"
  ${MAKE:-make} coverage >"$log" 2>&1 || status=$?
  if grep -q '^coverage: ' "$log"; then sed -n '/^coverage: /,$p' "$log"; else cat "$log"; fi
  count coverage "$status" 1
}

build() {
  local log=$output/build
  echo "check: building"
  ${MAKE:-make} -j"$(nproc)" all "$BUILD_DIR/unit_tests" "$BUILD_DIR/tests/echo.fcgi" \
    "$BUILD_DIR/tests/moved_clock.so" replayers "$BUILD_DIR/portable/api.fcgi" >"$log" 2>&1 || { cat "$log"; return 1; }
}

if build; then
  layers
  licences
  lint
  unit_tests
  replays
  node_tests 'test issuer' 600 tests/issuer/test/*.test.mjs
  node_tests 'integration tests' 3000 tests/integration/*.test.mjs
  coverage
else
  count build 1
fi

if [ $skipped -gt 0 ]; then
  echo "$passed passed, $failed failed, $skipped skipped"
else
  echo "$passed passed, $failed failed"
fi
[ $failed = 0 ] && [ $passed -gt 0 ]
