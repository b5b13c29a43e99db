#!/bin/sh
# Finds includes that run against the layers of ARCHITECTURE (README.md): run by `make check-layers`.
set -u
cd "$(dirname "$0")/.." || exit 2
failed=0

# breaches WHAT PATTERN FILE…: no file may match.
breaches() {
  what=$1 pattern=$2
  shift 2
  [ $# -gt 0 ] || { echo "check-layers: no files for: $what" >&2; exit 2; }
  if grep -nE "$pattern" "$@"; then
    echo "check-layers: $what" >&2
    failed=1
  fi
}

sources() { find "$@" -name '*.h' -o -name '*.cpp'; }
# all_but FILTER FOLDER…: the sources of the folders without those whose path matches.
all_but() {
  filter=$1
  shift
  sources "$@" | grep -vE "$filter"
}

breaches 'auth/ includes something of fcgi/ or cli/' '#include "(fcgi|cli)/' $(sources auth)
breaches 'fcgi/ includes an inner room of auth/; only main.cpp may' \
  '#include "auth/(zitadel|jose|cache)/' $(all_but '^fcgi/main\.cpp$' fcgi)
breaches 'only auth/zitadel/curl_* include libcurl' '#include <curl/' $(all_but '/curl_' auth fcgi cli)
breaches 'only auth/json* include json-c' '#include <json' $(all_but '^auth/json' auth fcgi cli)
breaches 'only the codec and the server include libfcgi' '#include <fcgi' \
  $(all_but '^fcgi/(codec|server)\.' auth fcgi cli)
breaches 'only auth/cache/lmdb_store includes LMDB' '#include <lmdb' $(all_but '/lmdb_' auth fcgi cli)
breaches 'only auth/cache/redis_store includes hiredis' '#include <hiredis' \
  $(all_but '/redis_' auth fcgi cli)
exit $failed
