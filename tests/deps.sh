#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Installs what building, the demo and the tests need, and says first what that is.
#
# usage: tests/deps.sh SET...    (build, demo, check, package, bench, fuzz)
#
# Debian's packages come by apt, with sudo when not run by root; without either the missing ones are
# named and nothing happens (exit status 1). Debian starts a web server as soon as it is installed
# and at every boot: neither happens to one that this script installs. One that is there already is not
# started, stopped or reloaded, and no module is enabled in it. Then the npm packages of the
# test issuer (demo) and of a program that tests guard (check) are put into node_modules beside their
# package.json, and for the tests that root runs suexec into build/suexec (check).
set -euo pipefail
cd "$(dirname "$0")/.."
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

# PACKAGE, or PACKAGE:COMMAND where any package that brings the command will do.
build=(g++:g++ make:make pkg-config:pkg-config libfcgi-dev libssl-dev libcurl4-openssl-dev
  libjson-c-dev libcppunit-dev libhiredis-dev scdoc:scdoc)
demo=(curl:curl lighttpd:lighttpd nodejs:node npm:npm openssl:openssl)
fuzz=(clang:clang++ libclang-rt-14-dev)
check=(nodejs:node npm:npm default-jdk-headless:javac libtomcat10-java python3-tornado
  libnginx-mod-http-dav-ext apache2:apache2 libapache2-mod-fcgid spawn-fcgi:spawn-fcgi systemd:systemd-analyze
  logrotate:logrotate man-db:man valgrind:valgrind redis-server:redis-server nginx:nginx php-fpm
  dpkg-dev:dpkg-parsechangelog debhelper:dh_listpackages
  libapache2-mod-xsendfile fcgiwrap:fcgiwrap strace:strace clang-tidy:clang-tidy cppcheck:cppcheck
  prometheus:promtool chromium:chromium git:git doxygen:doxygen cmake:cmake libmicrohttpd-dev)
bench=(wrk:wrk nginx:nginx libnginx-mod-http-echo nghttp2-client:h2load apache2:apache2
  libapache2-mod-fcgid libapache2-mod-oauth2 spawn-fcgi:spawn-fcgi)
packaging=(build-essential dpkg-dev:dpkg-buildpackage debhelper:dh lintian:lintian)
# What of these runs as a service.
services=(apache2 apache-htcacheclean fcgiwrap lighttpd nginx php8.2-fpm prometheus redis-server)

has() {
  case $1 in
    *:*) command -v "${1#*:}" >/dev/null ;;
    *) [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

missing_packages() {
  local name
  for name in "$@"; do has "$name" || echo "${name%%:*}"; done
}

# From here to install_as_root: run as root.

# Debian's packages ask this file before they start a service.
policy=/usr/sbin/policy-rc.d
policy_mark='# temporary, by zitadel-fcgi'
new_services=()
links_before=

forbid_service_starts() {
  if grep -qs "$policy_mark" $policy; then rm $policy; fi  # left by a run that was killed
  if [ -e $policy ]; then mv $policy $policy.saved; fi
  printf '#!/bin/sh\n%s\nexit 101\n' "$policy_mark" >$policy
  chmod 755 $policy
}

allow_service_starts() {
  rm -f $policy
  if [ -e $policy.saved ]; then mv $policy.saved $policy; fi
}

# Modules and sites that are enabled in web servers.
enabled_links() {
  local folder
  for folder in /etc/{apache2,lighttpd,nginx}/*-enabled; do
    if [ -d "$folder" ]; then find "$folder" -type l; fi
  done | sort
}

# What packages have enabled in a web server that was there before: an administrator has not.
disable_new_links() {
  local link server
  while read -r link; do
    server=${link#/etc/} server=${server%%/*}
    case " ${new_services[*]} " in *" $server "*) ;; *) rm -f "$link" ;; esac
  done < <(comm -13 <(printf '%s\n' "$links_before") <(enabled_links))
}

is_installed_service() { [ -e "/etc/init.d/$1" ]; }

# Also when apt fails half-way.
leave_as_found() {
  local service
  for service in "${new_services[@]}"; do
    if is_installed_service "$service"; then update-rc.d "$service" disable || true; fi
  done
  disable_new_links
  allow_service_starts
}

# Says little when all goes well.
quietly() {
  local output
  output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2; return 1; }
}

install_as_root() {
  local service
  for service in "${services[@]}"; do
    is_installed_service "$service" || new_services+=("$service")
  done
  links_before=$(enabled_links)
  trap leave_as_found EXIT
  trap 'exit 1' HUP INT TERM
  forbid_service_starts
  # needrestart would restart services that use a library which is new.
  export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1
  echo "deps: apt-get update"
  quietly apt-get update ||
    echo "deps: the package lists could not be renewed, using the old ones" >&2
  echo "deps: apt-get install, which takes a minute or more ($# packages and what they need)"
  quietly apt-get install -y --no-install-recommends "$@"
  echo "deps: installed"
}

install_packages() {
  echo "deps: to be installed by apt: $*"
  if ! command -v apt-get >/dev/null; then
    echo "deps: there is no apt-get here: install these, or what your system calls them" >&2
    return 1
  elif [ "$(id -u)" = 0 ]; then
    "$PWD/tests/deps.sh" --as-root "$@"
  elif command -v sudo >/dev/null && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    sudo "$PWD/tests/deps.sh" --as-root "$@"
  else
    echo "deps: neither root nor sudo: as root run  apt-get install $*" >&2
    return 1
  fi
}

# install_npm FOLDER: npm ci, unless it was done for this very lock file.
install_npm() {
  local folder=$1 stamp=$1/node_modules/.installed-lock
  if cmp -s "$folder/package-lock.json" "$stamp"; then return; fi
  echo "deps: to be installed by npm into $folder/node_modules: $(npm_packages "$folder")"
  (cd "$folder" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error)
  cp "$folder/package-lock.json" "$stamp"
}

# Unpacked, not installed: where it is, an Apache that is not root's starts no programs any more.
fetch_suexec() {
  local folder=build/suexec package=apache2-suexec-custom
  if [ "$(id -u)" != 0 ] || [ -e $folder/usr/lib/apache2/suexec-custom ]; then return; fi
  echo "deps: to be unpacked into $folder: $package"
  mkdir -p $folder
  (cd $folder && { quietly apt-get download $package 2>/dev/null ||
    { quietly apt-get update && quietly apt-get download $package; }; } &&
    dpkg-deb -x $package*.deb . && chmod 755 usr/lib/apache2/* && rm $package*.deb) ||
    echo "deps: $package cannot be had: the tests of shared hosting with suexec will be skipped" >&2
}

npm_packages() {
  node -p "const { dependencies } = require('./$1/package.json');
    Object.entries(dependencies).map(([name, version]) => name + ' ' + version).join(', ')"
}

check_node() {
  local version
  version=$(node -p 'process.versions.node.split(".")[0]')
  if [ "$version" -lt 18 ]; then
    echo "deps: node is version $version, the test issuer needs 18 or newer" >&2
    return 1
  fi
}

if [ "${1:-}" = --as-root ]; then
  shift
  install_as_root "$@"
  exit
fi

wanted=()
usage() { echo "usage: tests/deps.sh SET...    (build, demo, check, package, bench, fuzz)" >&2; exit 2; }

[ $# -gt 0 ] || usage
for set in "$@"; do
  case $set in
    build) wanted+=("${build[@]}") ;;
    demo) wanted+=("${demo[@]}") ;;
    check) wanted+=("${check[@]}") ;;
    bench) wanted+=("${bench[@]}") ;;
    fuzz) wanted+=("${fuzz[@]}") ;;
    package) wanted+=("${packaging[@]}") ;;
    *) usage ;;
  esac
done
mapfile -t missing < <(missing_packages "${wanted[@]}")
if [ ${#missing[@]} -gt 0 ]; then install_packages "${missing[@]}"; fi
case " $* " in *demo*|*check*) check_node ;; esac
case " $* " in *demo*) install_npm tests/issuer ;; esac
case " $* " in *check*) install_npm tests/integration/programs ;; esac
case " $* " in *check*) fetch_suexec ;; esac
