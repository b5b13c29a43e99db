#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The packages on a bare Debian 12: built twice alike, installed, set up, called, replaced by a newer version
# under load, removed and purged; the web servers that are there stay as they are, and nothing is left.
#
# usage: as root, in a machine, container or chroot that is thrown away afterwards, in this folder:
#   tests/packages.sh [OLD NEW]
# OLD and NEW: folders with packages that are built already, NEW of a newer version. Without them they are
# built, three times. No systemd is needed: what it would do is read from the units and from the state
# of deb-systemd-helper. Serves at port 80, and the tests' issuer stands in ZITADEL's place.
set -euo pipefail
cd "$(dirname "$0")/.."
export no_proxy=127.0.0.1,localhost NO_PROXY=127.0.0.1,localhost DEBIAN_FRONTEND=noninteractive

fail() { echo "packages: $*" >&2; exit 1; }
step() { echo "== $*"; }

[ "$(id -u)" = 0 ] || fail "only root can install packages"
for there in /etc/lighttpd /etc/apache2 /etc/zitadel-fcgi /usr/lib/zitadel-fcgi; do
  [ ! -e $there ] || fail "$there is there: this is no bare Debian"
done

dir=$(mktemp -d)
chmod 755 "$dir"
issuer='' callers=()
finish() {
  touch "$dir/stop"
  for pid in "${callers[@]}" $issuer; do kill "$pid" 2>/dev/null && wait "$pid" || true; done
  if [ -x /etc/init.d/lighttpd ]; then service lighttpd stop >/dev/null || true; fi
  rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' HUP INT TERM

apt() { apt-get -y -qq -o Dpkg::Use-Pty=0 --no-install-recommends "$@" >"$dir/apt.log" 2>&1 || fail "$(cat "$dir/apt.log")"; }

# --- The packages

if [ $# = 2 ]; then
  old=$1 new=$2
else
  step 'built in two folders, they are the same'
  old=$dir/old new=$dir/new
  tests/deps.sh build package
  tests/deb.sh "$dir/builds/first"
  tests/deb.sh "$dir/builds/in/another/folder"
  for package in "$dir"/builds/first/*.deb; do
    cmp "$package" "$dir/builds/in/another/folder/$(basename "$package")" || fail "$package differs"
  done
  mkdir "$old" "$new"
  cp "$dir"/builds/first/*.deb "$old"
  tests/deb.sh "$dir/builds/first" "$(dpkg-parsechangelog --show-field Version)+next"
  cp "$dir"/builds/first/*.deb "$new"
fi
packages=(zitadel-fcgi zitadel-fcgi-tools)
files_of() { for name in "${packages[@]}"; do echo "$1/${name}"_[0-9]*.deb; done; }

# --- A machine with two web servers, one of which runs

step 'a machine with web servers'
printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt update
apt install lighttpd apache2
apt satisfy "$(for file in $(files_of "$old"); do dpkg-deb -f "$file" Depends; done | paste -sd,)"
# From here on whoever would start, stop or reload a service is written down.
printf '#!/bin/sh\necho "$@" >>%s\nexit 101\n' "$dir/services" >/usr/sbin/policy-rc.d
service lighttpd start >/dev/null

# Pid of lighttpd and all that is enabled.
web_servers() {
  cat /run/lighttpd.pid
  kill -0 "$(cat /run/lighttpd.pid)" || echo "lighttpd has gone"
  ls /etc/lighttpd/conf-enabled /etc/apache2/*-enabled
  if [ -e /run/apache2/apache2.pid ]; then echo "Apache runs"; fi
  cat "$dir/services" 2>/dev/null || true
}
web_servers >"$dir/web_servers"
expect_same_web_servers() { web_servers | diff "$dir/web_servers" - || fail "$1: the web servers have changed"; }

step 'make deps leaves a running web server alone'
tests/deps.sh demo
expect_same_web_servers 'make deps'

# All files and users, but for what apt, dpkg and running programs keep for themselves.
all_files() {
  find / -xdev \( -path /src -o -path "$dir" -o -path /var/lib/dpkg -o -path /var/cache -o -path /var/log \
    -o -path /proc -o -path /sys -o -path /dev -o -path /root -o -path /run/lock \) -prune -o -print |
    grep -vE '^/etc/(passwd|group|shadow|gshadow|subuid|subgid)-$|^/etc/.pwd.lock$' |
    # A note of deb-systemd-helper's, and the folder in which a2enconf notes what it has enabled.
    grep -vxE '/run/systemd/systemd-units-load|/var/lib/apache2/conf/enabled_by_admin' | sort
  find /var/log -name '*zitadel*'
  cut -d: -f1 /etc/passwd /etc/group
}
all_files >"$dir/before"

# --- Install

step 'installed, they start and enable nothing in a web server'
# shellcheck disable=SC2046
apt install $(files_of "$old")
cat "$dir/apt.log"
expect_same_web_servers 'install'
[ -z "$(pgrep -f '^/usr/lib/zitadel-fcgi')" ] || fail "the program runs"
settings=/etc/zitadel-fcgi/api.env
[ "$(stat -c '%a %U %G' $settings)" = '600 root root' ] || fail "$(ls -l $settings)"
cmp $settings .env.example
[ "$(stat -c '%a %U' /run/zitadel-fcgi)" = '750 www-data' ] || fail "$(ls -ld /run/zitadel-fcgi)"
id zitadel-fcgi >/dev/null
is_enabled() { DPKG_MAINTSCRIPT_PACKAGE=zitadel-fcgi deb-systemd-helper --quiet is-enabled "$1"; }
is_enabled zitadel-fcgi.socket || fail "the socket is not enabled"
if is_enabled zitadel-fcgi.service; then fail "the service is enabled"; fi
[ -L /etc/systemd/system/sockets.target.wants/zitadel-fcgi.socket ] || fail "no link for the socket"

# When systemd may start the socket, by the unit's own words.
may_listen() {
  systemd-analyze condition "$(grep '^ConditionPathExists=' /lib/systemd/system/zitadel-fcgi.socket)" >/dev/null 2>&1
}
if systemd-analyze verify --man=no /lib/systemd/system/zitadel-fcgi.* 2>&1 | grep zitadel; then fail "systemd complains"; fi
if may_listen; then fail "the socket would be started without settings"; fi
for page in man8/api.fcgi.8 man1/zitadel-setup.1; do [ -e /usr/share/man/$page.gz ] || fail "no $page"; done
logrotate=$(sed '/^#/d' /etc/logrotate.d/zitadel-fcgi)
[[ $logrotate == *'^/usr/lib/zitadel-fcgi/api'* ]] || fail "logrotate's lines name another program"
while read -r path; do
  if [ -f "$path" ] && grep -n /usr/local "$path"; then fail "$path names /usr/local"; fi
done < <(dpkg -L "${packages[@]}" | grep -E '^/(etc|lib|usr/lib/(sysusers|tmpfiles)\.d|usr/share/zitadel-fcgi)/')

# --- Set up and call

step 'set up with zitadel-setup and called behind lighttpd'
node tests/issuer/main.mjs --data "$dir/issuer" >"$dir/issuer.log" 2>&1 &
issuer=$!
for ((attempt = 0; attempt < 600; ++attempt)); do
  if [ -e "$dir/issuer/ready.json" ]; then break; fi
  kill -0 $issuer || fail "$(cat "$dir/issuer.log")"
  sleep 0.1
done
domain=$(node -p "JSON.parse(fs.readFileSync('$dir/issuer/ready.json')).issuer")
install -m 600 "$dir/issuer/admin-token" "$dir/admin.pat"
zitadel-setup --yes --domain "$domain" --admin-token-file "$dir/admin.pat" --project my-api \
  --role read:messages --service-user my-caller --dir /etc/zitadel-fcgi --owner www-data >"$dir/set-up"
[ "$(stat -c '%a %U' $settings)" = '600 www-data' ] || fail "$(ls -l $settings)"
env ZITADEL_ENV_FILE=$settings /usr/lib/zitadel-fcgi/api.fcgi --check --as www-data >/dev/null
may_listen || fail "the socket would not be started"
lighty-enable-mod zitadel-fcgi
[ -L /etc/lighttpd/conf-enabled/10-fastcgi.conf ] || fail "what it depends on is not enabled"
service lighttpd restart >/dev/null
project=$(grep -oE -- '--project [0-9]+$|--project [0-9]+\)' "$dir/set-up" | grep -oE '[0-9]+')
token=$(zitadel-token --key /etc/zitadel-fcgi/user.json --domain "$domain" --project "$project")
printf 'header = "Authorization: Bearer %s"\n' "$token" >"$dir/with-token"
status() { curl -sS -o /dev/null -w '%{http_code}' "$@"; }
for ((attempt = 0; attempt < 100; ++attempt)); do
  if [ "$(status http://localhost/api/public)" = 200 ]; then break; fi
  sleep 0.1
done
[ "$(status -K "$dir/with-token" http://localhost/api/private-scoped)" = 200 ] || fail "no 200 with the token"
[ "$(status http://localhost/api/private-scoped)" = 401 ] || fail "no 401 without one"

# --- A newer version, under load

step 'replaced by a newer version under load, no request is lost'
for line in 1 2 3; do
  while [ ! -e "$dir/stop" ]; do
    status -K "$dir/with-token" http://localhost/api/private-scoped || true
    echo
  done >"$dir/answers.$line" 2>&1 &
  callers+=($!)
done
answers() { cat "$dir"/answers.* | wc -l; }
# More answers than there are now, and no end without them.
more_answers() {
  local enough=$(($(answers) + 30)) attempt
  for ((attempt = 0; attempt < 600; ++attempt)); do
    if [ "$(answers)" -ge $enough ]; then return; fi
    sleep 0.1
  done
  fail "no answers come"
}
# The programs that run, and whether their file has been replaced.
programs() { for pid in $(pgrep -f '^/usr/lib/zitadel-fcgi/api.fcgi'); do readlink "/proc/$pid/exe" || true; done; }
cp $settings "$dir/api.env"
web_servers >"$dir/web_servers"
more_answers
# shellcheck disable=SC2046
dpkg -i $(files_of "$new") >"$dir/apt.log" 2>&1 || fail "$(cat "$dir/apt.log")"
grep 'goes on with the old one' "$dir/apt.log" || fail "nobody is told to reload the web server"
expect_same_web_servers 'upgrade'
more_answers
[[ $(programs) == *deleted* ]] || fail "the old program has been ended by the upgrade"
# systemctl reload lighttpd
reload=$(sed -n 's/^ExecReload=//p' /lib/systemd/system/lighttpd.service)
[ "$reload" = '/bin/kill -USR1 $MAINPID' ] || fail "lighttpd is reloaded by $reload"
kill -USR1 "$(cat /run/lighttpd.pid)"
for ((attempt = 0; attempt < 300; ++attempt)); do
  if [ "$(programs)" = /usr/lib/zitadel-fcgi/api.fcgi ]; then break; fi
  sleep 0.1
done
[ "$(programs)" = /usr/lib/zitadel-fcgi/api.fcgi ] || fail "after the reload there run: $(programs)"
more_answers
touch "$dir/stop"
wait "${callers[@]}" || true
callers=()
cat "$dir"/answers.* | sort | uniq -c
[ "$(cat "$dir"/answers.* | sort -u)" = 200 ] || fail "not every request was answered 200"
cmp $settings "$dir/api.env" || fail "the upgrade has changed the settings"
[ "$(stat -c '%a %U' $settings)" = '600 www-data' ] || fail "$(ls -l $settings)"

# --- Remove, purge

step 'removed while a web server names them, they say so and change nothing'
lighty-enable-mod zitadel-authorizer >/dev/null
a2enconf -q zitadel-fcgi-cgi
web_servers >"$dir/web_servers"
apt remove "${packages[@]}"
for link in /etc/lighttpd/conf-enabled/50-zitadel-fcgi.conf /etc/lighttpd/conf-enabled/00-zitadel-authorizer.conf \
  /etc/apache2/conf-enabled/zitadel-fcgi-cgi.conf; do
  grep -F "$link is still enabled" "$dir/apt.log" || fail "removal says nothing of $link"
done
expect_same_web_servers 'remove'
cmp $settings "$dir/api.env" || fail "removal has taken the settings"

step 'purged, nothing is left but the link that guards a site'
apt purge "${packages[@]}"
grep -F 'guards a site' "$dir/apt.log" || fail "purge says nothing of the guard"
[ -L /etc/lighttpd/conf-enabled/00-zitadel-authorizer.conf ] || fail "the guard has been disabled"
rm /etc/lighttpd/conf-enabled/00-zitadel-authorizer.conf /etc/lighttpd/conf-enabled/10-fastcgi.conf
[ ! -e "$dir/services" ] || fail "services were to be touched: $(cat "$dir/services")"
all_files | diff "$dir/before" - || fail "this is left, or gone"
echo "packages: built, installed, set up, called, replaced under load, removed and purged"
