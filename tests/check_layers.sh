#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Finds includes that run against the layers, and libraries outside of their room: `make check-layers`.
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0

# From the top to the bottom: a folder includes only itself and folders below it.
folders=(cli cli/check cli/setup cli/token cli/common fcgi fcgi/command fcgi/endpoints fcgi/guard fcgi/monitor fcgi/server fcgi/http
  zitadel_fcgi auth auth/events auth/settings auth/store auth/zitadel auth/cache auth/jose auth/token auth/base zitadel_auth)
# What the FastCGI side may open of auth/. Only fcgi's own files, which put the parts together, and command/, which
# looks at all of them, may open more. What is installed, include/zitadel_…, opens nothing else.
public_rooms='auth auth/token auth/base'

# library HEADER FILES: only files that match may include headers that begin so.
libraries=(
  '<curl/' '^auth/zitadel/curl_'
  '<json' '^auth/base/json\.'
  '<fcgi' '^fcgi/server/'
  '<hiredis' '^auth/store/redis_'
)

report() {
  echo "check-layers: $*" >&2
  failed=1
}

declare -A height
for i in "${!folders[@]}"; do height[${folders[i]}]=$i; done

check_include() {
  local file=$1 line=$2 from=${1%/*} included=$3 to=${3%/*}
  from=${from#include/}
  if [ -z "${height[$from]:-}" ]; then
    report "$file: the folder $from is not in the list of tests/check_layers.sh"
  elif [ -z "${height[$to]:-}" ]; then
    report "$file:$line: $included is in no folder of the list"
  elif [ "${height[$from]}" -gt "${height[$to]}" ]; then
    report "$file:$line: $from is below $to and may not include $included"
  elif [[ $from = zitadel_* && $to != zitadel_* ]]; then
    report "$file:$line: $included is not installed, and a public header may not include it"
  elif [[ $from = cli* && $from != cli/check && $file != cli/zitadel_check.cpp && $to = fcgi* ]]; then
    report "$file:$line: of cli/ only zitadel-check knows fcgi/, but $included is included"
  elif [[ $from = fcgi* && $to = auth* && $from != fcgi && $from != fcgi/command && " $public_rooms " != *" $to "* ]]; then
    report "$file:$line: $included is an inner part of auth/; only fcgi/ itself and fcgi/command/ may include it"
  fi
}

sources=$(find auth fcgi cli include -name '*.h' -o -name '*.cpp')
[ -n "$sources" ] || { echo "check-layers: no sources" >&2; exit 2; }
while IFS=: read -r file line include; do
  included=${include#*\"}
  check_include "$file" "$line" "${included%%\"*}"
done < <(grep -nE '^#include "' $sources)

# No two files may need each other, however their headers and sources share it out.
pairs=$(grep -HoE '^#include "[^"]+\.h"' $sources | sed -E 's/^include\///; s/\.(h|cpp):#include "/ /; s/\.h"$//' | sort -u |
  awk '$1 != $2 { needs[$1 " " $2]; if (($2 " " $1) in needs) print $1 " and " $2 }')
if [ -n "$pairs" ]; then report "these include each other:"$'\n'"$pairs"; fi

for ((i = 0; i < ${#libraries[@]}; i += 2)); do
  header=${libraries[i]} room=${libraries[i + 1]}
  breaches=$(grep -nE "^#include $header" $sources | grep -vE "$room")
  if [ -n "$breaches" ]; then report "$header… belongs to $room only:"$'\n'"$breaches"; fi
done
exit $failed
