#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# From nothing to the first 200, on a bare Debian 12: what README.md and docs/ tell an
# administrator to do with a ZITADEL, word for word, with the tests' issuer in ZITADEL's place.
#
# usage: as root, in a machine, container or chroot that is thrown away afterwards, in this folder:
#   tests/fresh_debian.sh
# It installs packages, writes to /usr/local and /etc and serves at port 80. It refuses where lighttpd
# or the settings are there already. No systemd is needed: the web servers' own scripts stand in for it.
# Exit status 0 when the API behind lighttpd, Apache and nginx has answered 200 to the token and 401 without
# one, all checks were good and the demo as well.
set -euo pipefail
cd "$(dirname "$0")/.."
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost DEBIAN_FRONTEND=noninteractive

fail() { echo "fresh_debian: $*" >&2; exit 1; }

[ "$(id -u)" = 0 ] || fail "only root can set up a machine"
for there in /etc/lighttpd /etc/zitadel-fcgi /usr/local/lib/zitadel-fcgi; do
  [ ! -e $there ] || fail "$there is there: this is no bare Debian"
done
if (exec 3<>/dev/tcp/127.0.0.1/80) 2>/dev/null; then fail "port 80 is taken"; fi

dir=$(mktemp -d)
issuer=
finish() {
  local server
  for server in lighttpd apache2 nginx; do
    if [ -x /etc/init.d/$server ]; then service $server stop || true; fi
  done
  if [ -e /run/zitadel-fcgi/api.pid ]; then kill "$(cat /run/zitadel-fcgi/api.pid)" || true; fi
  if [ -n "$issuer" ]; then kill "$issuer" && wait "$issuer" || true; fi
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

# --- What a newcomer's machine has

command -v sudo >/dev/null || sudo() { "$@"; }
if [ ! -d /run/systemd/system ]; then
  systemctl() { service "$2" "$1"; }
fi
apt-get() { command apt-get -y -qq "$@" >/dev/null; }

# --- What the documents say

# commands FILE HEADING: the first block of commands below it. Comments stay, the shell knows them.
commands() {
  awk -v heading="$2" '
    index($0, heading) == 1 { below = 1 }
    below && /^```$/ { exit }
    inside { print }
    below && /^```sh$/ { inside = 1 }' "$1"
}

# follow FILE HEADING [FROM TO]...: runs that block, with what is not the same for everybody changed.
follow() {
  local text
  local file=$1
  text=$(commands "$file" "$2")
  [ -n "$text" ] || fail "$file has no commands below $2"
  echo "== $file: $2"
  shift 2
  while [ $# -gt 0 ]; do
    [[ $text == *"$1"* ]] || fail "$file's commands do not contain $1"
    text=${text//"$1"/$2}
    shift 2
  done
  printf '%s\n' "$text" | sed 's/^/  $ /'
  eval "$text"
}

apt-get update
apt-get install make
command -v systemd-tmpfiles >/dev/null || apt-get install systemd-standalone-tmpfiles
mkdir -p /etc/tmpfiles.d
follow README.md '### 1. Build and install'

# What ZITADEL would be.
echo '== the issuer in the place of ZITADEL'
apt-get install --no-install-recommends curl nodejs npm
npm ci --prefix tests/issuer --ignore-scripts --no-audit --no-fund --loglevel=error
node tests/issuer/main.mjs --data "$dir/issuer" >"$dir/issuer.log" 2>&1 &
issuer=$!
for ((attempt = 0; attempt < 300; ++attempt)); do
  if [ -e "$dir/issuer/ready.json" ]; then break; fi
  kill -0 $issuer || fail "$(cat "$dir/issuer.log")"
  sleep 0.1
done
domain=$(node -p "JSON.parse(fs.readFileSync('$dir/issuer/ready.json')).issuer")
install -m 600 "$dir/issuer/admin-token" "$dir/admin.pat"

zitadel=https://my-instance.zitadel.cloud
follow README.md '### 2. Make what it needs in ZITADEL' $zitadel "$domain" admin.pat "$dir/admin.pat" \
  --domain '--yes --domain' | tee "$dir/set-up"
follow docs/set-up.md '## Look at the settings' || fail "api.fcgi --check found something"

follow README.md '### 3. Put it behind your web server'

# --- The first calls

# expect STATUS COMMAND...: a curl, and what it must be answered with.
expect() {
  local wanted=$1 status
  shift
  status=$("$@" -sS -o "$dir/body" -w '%{http_code}') || fail "no answer: $*"
  echo "$status $(cat "$dir/body")"
  [ "$status" = "$wanted" ] || fail "this should have been $wanted"
}

echo '== the commands with which zitadel-setup ends'
tail -n 2 "$dir/set-up" | sed 's/^ */  $ /'
eval "$(tail -n 2 "$dir/set-up" | sed 's/curl/expect 200 curl/')"
expect 401 curl http://localhost/api/private-scoped

project=$(grep -oE -- '--project [0-9]+$|--project [0-9]+\)' "$dir/set-up" | grep -oE '[0-9]+')
unset TOKEN
follow README.md '### 4. Call it' $zitadel "$domain" 250719447407395299 "$project" \
  https://api.example.org http://localhost 'curl ' 'expect 200 curl '

printf '%s\n' "$TOKEN" >"$dir/token.txt"
chmod 600 "$dir/token.txt"
follow docs/check.md '# Check it' token.txt "$dir/token.txt" https://api.example.org http://localhost ||
  fail "zitadel-check found something"

# --- The other web servers, one after the other

# stop SERVER: on a busy machine it takes longer than the server's own script waits.
stop() {
  local attempt
  for ((attempt = 0; attempt < 10; ++attempt)); do
    if service "$1" stop; then return; fi
    sleep 2
  done
  fail "$1 does not stop"
}

# answers NAME: the API, behind what serves port 80 now.
answers() {
  echo "== the API behind $1"
  expect 200 curl -H "Authorization: Bearer $TOKEN" http://localhost/api/private-scoped
  expect 401 curl http://localhost/api/private-scoped
}

stop lighttpd
follow docs/web-servers.md '## Apache with mod_fcgid'
answers Apache
stop apache2
follow docs/web-servers.md '## nginx with spawn-fcgi'
answers nginx
stop nginx
kill "$(cat /run/zitadel-fcgi/api.pid)"
rm /run/zitadel-fcgi/api.pid

# --- What README.md begins with: its reader has nothing running

ONCE=1 follow README.md '## Try it'
follow apache/shared-hosting/README.md '## 1. Get the program'
echo "fresh_debian: from nothing to the first 200"
