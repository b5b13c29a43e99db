#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Builds Debian's packages from a copy of this tree, since debhelper cleans where it builds, and looks at
# them with lintian. The same tree gives the same packages, byte for byte, in whatever folder.
#
# usage: tests/deb.sh FOLDER [VERSION]     (make deb calls it with build/deb)
# *.deb, *.changes and build.log end up in FOLDER. With VERSION they are of that version, for the test of an
# upgrade: what FOLDER/tree has built before is used again. Environment: CXX, DEB_BUILD_OPTIONS.
set -euo pipefail
cd "$(dirname "$0")/.."
unset MAKEFLAGS MFLAGS MAKELEVEL
folder=${1:?usage: tests/deb.sh FOLDER [VERSION]} version=${2:-}

# What git knows of, as it is now; without git, all that is not made by building.
copy_tree() {
  if git ls-files --error-unmatch Makefile >/dev/null 2>&1; then
    git ls-files -z | tar --null --files-from=- --ignore-failed-read --create
  else
    tar --create --exclude=./build --exclude=./.git --exclude=node_modules .
  fi | tar --extract --directory="$folder/tree"
}

mkdir -p "$folder"
folder=$(realpath "$folder")
rm -f "$folder"/*.deb "$folder"/*.changes "$folder"/*.buildinfo
if [ -z "$version" ]; then
  rm -rf "$folder/tree"
  mkdir "$folder/tree"
  copy_tree
else
  sed -i "1s/(.*)/($version)/" "$folder/tree/debian/changelog"
  sed -i "s/VERSION \".*\"/VERSION \"$version\"/" "$folder/tree/auth/base/version.h"
  (cd "$folder/tree" && dh_clean)
fi
echo "  DEB $folder (the compiler's words: build.log)"
if ! (cd "$folder/tree" && DEB_BUILD_OPTIONS="parallel=$(nproc) ${DEB_BUILD_OPTIONS:-}" \
  dpkg-buildpackage --build=binary --no-sign ${version:+--no-pre-clean}) >"$folder/build.log" 2>&1; then
  tail -n 40 "$folder/build.log" >&2
  exit 1
fi
lintian --no-cfg --allow-root --display-info --fail-on error,warning,info "$folder"/*.changes
ls "$folder"/*.deb
