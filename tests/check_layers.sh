#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Finds includes that run against the layers, libraries outside of their room, and failures in another form than a
# Result: `make check-layers`.
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

# What can fail returns a Result: nobody has to look for a failure elsewhere.
errors='(\w+::)*(Error|Mistakes?|Reason|error_code)'
# Not failures, but answers: why a requirement does not let somebody in, and which refusal another process has stored.
answers='^(include/zitadel_auth/requirement\.h|auth/token/requirement\.cpp|auth/store/sealed_entry\.cpp):[0-9]+:.*std::optional<Reason>'
# As the standard library throws in such a constructor: no thread, no memory. Whoever calls it catches both.
throwers='^auth/(store/redis_link|base/metrics_mapping)\.cpp:'
qualifiers='^ *(\[\[nodiscard\]\] |static |virtual |inline |constexpr |friend )*'

# forbid WHAT PATTERN [EXCEPT]: lines that match (grep -P), comments aside.
forbid() {
  local found
  found=$(grep -nP "$2" $sources | grep -vP '^[^:]+:\d+: *//' | grep -vE "${3:-^$}")
  if [ -n "$found" ]; then report "$1:"$'\n'"$found"; fi
}

forbid 'this returns a failure that is no Result' \
  "$qualifiers(std::(expected|error_code|exception_ptr)\\b.*|std::optional<$errors>) [\\w:]+\\(" "$answers"
forbid 'this gives a failure back through an argument' \
  "(?<!const )(?<![\\w:])($errors|std::string)[&*] (error|mistakes?|failure|problem|reason|why)[,)]" "^[^:]+\.cpp:"
forbid 'this throws' '\bthrow( \w+::|;| [A-Z0-9])' "$throwers"
exit $failed
