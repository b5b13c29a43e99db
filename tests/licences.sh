#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Finds source files without the line that says their licence, as their first line or behind a line that has to
# be first: `make check-licences`. With --write it puts the line there. The licence is that of LICENSE.
#
# usage: tests/licences.sh [--write]
set -u
cd "$(dirname "$0")/.." || exit 2
line='SPDX-License-Identifier: Apache-2.0'
failed=0

# What begins a comment in such a file; nothing where no licence stands in it: documents, data, and what others wrote.
comment_of() {
  case $1 in
    tests/testdata/* | tests/fuzz/corpus/* | *.json) ;;
    *.cpp | *.h | *.mjs | *.java | *.php) echo '//' ;;
    *.sh | *.bash | *.py | *.conf | *.htaccess | *.service | *.socket | *.yml | *.cmake | *.pc.in) echo '#' ;;
    *Makefile | */CMakeLists.txt | .ci/run | .clang-format | .clang-tidy | .editorconfig | .env.example) echo '#' ;;
    debian/rules | debian/*inst | debian/*rm) echo '#' ;;
    *.lua) echo '--' ;;
    *.scd) echo ';' ;;
  esac
}

# What has to be the first line: how the file is run, or what it is.
begins_otherwise() { [[ $1 = *.scd ]] || head -n 1 "$1" | grep -qE '^(#!|<\?php)'; }

put() {
  local file=$1 comment=$2
  if begins_otherwise "$file"; then
    sed -i "1a $comment $line" "$file"
  else
    sed -i "1i $comment $line" "$file"
  fi
}

sources() { git ls-files --cached --others --exclude-standard 2>/dev/null || find . -type f -not -path '*/node_modules/*' -not -path './build*' | sed 's|^\./||'; }

seen=0
while IFS= read -r file; do
  comment=$(comment_of "$file")
  if [ -z "$comment" ] || [ -L "$file" ] || [ ! -f "$file" ]; then continue; fi
  seen=$((seen + 1))
  if head -n 2 "$file" | grep -qxF -- "$comment $line"; then continue; fi
  if [ "${1:-}" = --write ]; then put "$file" "$comment"; continue; fi
  echo "check-licences: $file does not say its licence: run tests/licences.sh --write" >&2
  failed=1
done < <(sources)
[ $seen -gt 100 ] || { echo "check-licences: only $seen sources were found" >&2; exit 2; }
exit $failed
