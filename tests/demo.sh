#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Shows the program at work on this machine: a local issuer, zitadel-setup, lighttpd with the shipped
# configuration, the three endpoints called with and without tokens.
#
# usage: make demo          runs on until Ctrl-C, which ends everything it started
#        make demo ONCE=1   ends after the calls, with status 0 when all were answered as they should be
# Environment: BUILD_DIR (default: build), ONCE.
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
build=${BUILD_DIR:-build}
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1

dir=$(mktemp -d "${TMPDIR:-/tmp}/zitadel-fcgi-demo-XXXXXX")
started=()

finish() {
  local pid
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${started[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$dir"
}
trap finish EXIT
trap 'echo; echo "demo: stopped"; exit 0' INT TERM

fail() {
  echo "demo: $*" >&2
  if [ -s "$dir/log" ]; then sed 's/^/  log: /' "$dir/log" >&2; fi
  exit 1
}

# wait_for WHAT PID COMMAND...: until the command succeeds, 15 seconds at most.
wait_for() {
  local what=$1 pid=$2 attempt
  shift 2
  for ((attempt = 0; attempt < 150; ++attempt)); do
    if "$@" 2>/dev/null; then return; fi
    kill -0 "$pid" 2>/dev/null || fail "$what has ended"
    sleep 0.1
  done
  fail "$what did not start in time"
}

is_listening() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

free_port() {
  local port
  for ((port = 8080; port < 8180; ++port)); do
    if ! is_listening $port; then echo $port; return; fi
  done
  fail "no free port between 8080 and 8179"
}

# --- The issuer, which stands for ZITADEL

node tests/issuer/main.mjs --data "$dir/issuer" >>"$dir/log" 2>&1 &
started+=($!)
wait_for 'the issuer' $! test -e "$dir/issuer/ready.json"
ready() { node -p "JSON.parse(fs.readFileSync('$dir/issuer/ready.json')).$1"; }
domain=$(ready issuer)

# --- What the API needs there, and its settings

owner=()
if [ "$(id -u)" = 0 ]; then owner=(--owner www-data); fi  # the program needs no rights
chmod 0711 "$dir"
"$build/zitadel-setup" --demo "$dir/issuer" --dir "$dir/etc" "${owner[@]}" --yes >"$dir/set-up" ||
  fail "zitadel-setup has failed"
sed '/^Done\.$/q' "$dir/set-up"  # what it says to try then is another port's
project=$(sed -n 's/^ZITADEL_PROJECT_ID=//p' "$dir/etc/api.env")

# --- lighttpd with the configuration a user copies

install -d "$dir/lib" "$dir/run"
install -m 0755 "$build/api.fcgi" "$dir/lib/api.fcgi"

config=$(cat lighttpd/fastcgi.conf)
# replace FROM TO: an installed path of the shipped file by one of the demo's.
replace() {
  [[ $config == *"$1"* ]] || fail "lighttpd/fastcgi.conf does not contain $1"
  config=${config//"$1"/$2}
}
replace /usr/local/lib/zitadel-fcgi/api.fcgi "$dir/lib/api.fcgi"
replace /etc/zitadel-fcgi/api.env "$dir/etc/api.env"
replace /run/zitadel-fcgi/api.sock "$dir/run/api.sock"
printf '%s\n' "$config" >"$dir/etc/fastcgi.conf"

port=$(free_port)
cat >"$dir/etc/lighttpd.conf" <<END
server.document-root = "$dir/run"
server.bind = "127.0.0.1"
server.port = $port
include "$dir/etc/fastcgi.conf"
END
if [ "$(id -u)" = 0 ]; then
  chown -R www-data:www-data "$dir/run"
  printf 'server.username = "www-data"\nserver.groupname = "www-data"\n' >>"$dir/etc/lighttpd.conf"
fi

# What the program learns stays in the demo's folder, too.
XDG_RUNTIME_DIR=$dir/run lighttpd -D -f "$dir/etc/lighttpd.conf" >>"$dir/log" 2>&1 &
started+=($!)
wait_for lighttpd $! is_listening "$port"
api=http://127.0.0.1:$port/api

# --- The calls

token_of() { "$build/zitadel-token" --key "$1" --domain "$domain" --project "$project"; }

wrong=0
# get PATH EXPECTED-STATUS [TOKEN]
get() {
  local answer status body
  answer=$(curl -sS --max-time 20 -w '\n%{http_code}' ${3:+-H "Authorization: Bearer $3"} "$api$1") ||
    fail "no answer to GET $api$1"
  status=${answer##*$'\n'} body=${answer%$'\n'*}
  printf '  GET /api%-16s %s  %s\n' "$1" "$status" "$body"
  if [ "$status" != "$2" ]; then
    echo "    should have been $2"
    wrong=$((wrong + 1))
  fi
}

with_role=$(token_of "$dir/etc/user.json") || fail "zitadel-token gave no token"
without_role=$(token_of "$dir/issuer/user-without-role.json") || fail "zitadel-token gave no token"

echo
echo "Without a token:"
get /public 200
get /private 401
get /private-scoped 401
echo "With a made-up token:"
get /public 200 made-up
get /private 401 made-up
get /private-scoped 401 made-up
echo "With the token of a service user that has no role:"
get /public 200 "$without_role"
get /private 200 "$without_role"
get /private-scoped 403 "$without_role"
echo "With the token of a service user that has the role read:messages:"
get /public 200 "$with_role"
get /private 200 "$with_role"
get /private-scoped 200 "$with_role"
echo
if [ $wrong -gt 0 ]; then fail "$wrong calls were not answered as they should be"; fi
echo "demo: every call was answered as it should be"
if [ "${ONCE:-}" = 1 ]; then exit 0; fi

cat <<END

Call it yourself, from another terminal in this folder:

  TOKEN=\$($build/zitadel-token --key $dir/etc/user.json \\
    --domain $domain --project $project)
  curl -i $api/public
  curl -i $api/private
  curl -i -H "Authorization: Bearer \$TOKEN" $api/private-scoped

$dir/issuer/user-without-role.json is the key of the other service user. Log: tail -f $dir/log
Ctrl-C ends the demo.
END
wait -n "${started[@]}" || true
fail "the issuer or lighttpd has ended"
