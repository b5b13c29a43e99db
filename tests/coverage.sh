#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Runs the unit tests and the program's own with a build that counts lines, and tells how many they
# reach. Run by `make coverage`, and by `make check`.
#
# usage: tests/coverage.sh     Environment: BUILD_DIR, a build with COVERAGE=1
# Exit status 0 only when the tests pass and every room has its share (tests/coverage.mjs).
set -uo pipefail
cd "$(dirname "$0")/.." || exit 1
log=$BUILD_DIR/coverage.log
find "$BUILD_DIR/objects" -name '*.gcda' -delete
# The program may run as another user in the tests, and counts on in the same files.
umask 0
find "$BUILD_DIR/objects" -type d -exec chmod a+rwx {} +
ulimit -n "$(ulimit -Hn)"
timeout --kill-after=10 900 "$BUILD_DIR/unit_tests" 1/2 >"$log.1" 2>&1 &
{ timeout --kill-after=10 900 "$BUILD_DIR/unit_tests" 2/2 && wait $!; } >"$log" 2>&1 &&
  node --test --test-concurrency=2 tests/integration/{settings,command,token,reload}.test.mjs >>"$log" 2>&1 ||
  { cat "$log.1" "$log"; exit 1; }
node tests/coverage.mjs "$BUILD_DIR/objects"
