#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Packs what a customer of a shared host uploads: the portable program, the .htaccess files, the settings'
# example and a README. The same program gives the same tarball, byte for byte.
#
# usage: make dist       (builds the program first; BUILD_DIR and VERSION come from the Makefile)
# build/dist gets zitadel-fcgi-VERSION-MACHINE.tar.gz and SHA256SUMS beside it.
set -euo pipefail
cd "$(dirname "$0")/.."
build=${BUILD_DIR:-build} version=${VERSION:?run make dist}
name=zitadel-fcgi-$version-linux-$(uname -m)
folder=$build/dist tree=$build/dist/$name
rm -rf "$folder"
mkdir -p "$tree"

install -m 755 "$build/portable/api.fcgi" "$tree/"
install -m 644 .env.example "$tree/env.example"
install -m 644 LICENSE apache/shared-hosting/*.htaccess apache/fcgid_access_checker.conf "$tree/"
# It names the files as they lie here.
sed 's|build/portable/api\.fcgi|api.fcgi|g; s|apache/shared-hosting/||g; s|\.\./fcgid_access|fcgid_access|g
  s|`\.env\.example`|`env.example`|g' apache/shared-hosting/README.md >"$tree/README.md"
# The libraries inside the program want their licences to go with it.
for library in libfcgi-dev libhiredis-dev libjson-c-dev libstdc++-12-dev; do
  printf '=== %s\n\n' "$library"
  cat "/usr/share/doc/$library/copyright"
  echo
done >"$tree/THIRD-PARTY"

epoch=${SOURCE_DATE_EPOCH:-$(date --date="$(sed -n 's/^ -- .*>  //p' debian/changelog | head -n 1)" +%s)}
(cd "$tree" && sha256sum -- * >SHA256SUMS)
chmod 644 "$tree"/[!a]*
tar --create --sort=name --mtime="@$epoch" --owner=0 --group=0 --numeric-owner --mode=u=rwX,go=rX \
  --directory="$folder" "$name" | gzip --no-name --best >"$folder/$name.tar.gz"
rm -rf "$tree"
(cd "$folder" && sha256sum "$name.tar.gz" >SHA256SUMS)
ls "$folder/$name.tar.gz" "$folder/SHA256SUMS"
