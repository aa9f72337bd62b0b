#!/usr/bin/env bash
# Builds the Debian package in dist/, for every processor of this kind. Usage: package.sh [FOLDER] [JOBS]
# In a folder where the wheel was built, build-wheel/TAG, only what links otherwise is built anew.
# BDGLM_PACKAGE_CONTACT, "NAME <ADDRESS>", is its maintainer.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-build-package}
jobs=${2:-$(nproc)}
mkdir -p "$folder"
# Manual pages bear the day of the last change, and the same sources give the same package.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git log -1 --format=%ct 2>/dev/null || true)}
if [[ -n $SOURCE_DATE_EPOCH ]]; then export SOURCE_DATE_EPOCH; fi
command -v dpkg-shlibdeps >/dev/null || { echo "package: dpkg-shlibdeps is missing; install the package dpkg-dev" >&2; exit 1; }
# Libraries are looked for again: the wheel's are static.
cmake -S . -B "$folder" -G Ninja -U '*LIBRAR*' -U SKBUILD -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr \
  -DBDGLM_NATIVE=OFF -DBDGLM_TESTS=OFF -DBDGLM_STATIC=OFF -DBDGLM_PYTHON=OFF \
  ${BDGLM_PACKAGE_CONTACT:+"-DBDGLM_PACKAGE_CONTACT=$BDGLM_PACKAGE_CONTACT"} \
  >"$folder/configure.log" 2>&1 || { cat "$folder/configure.log"; exit 1; }
cmake --build "$folder" -j "$jobs"
rm -rf "$folder/deb"
cpack --config "$folder/CPackConfig.cmake" -G DEB -B "$folder/deb" >"$folder/cpack.log" || { cat "$folder/cpack.log"; exit 1; }
# A wheel that is built here later looks for static libraries.
rm "$folder/CMakeCache.txt"
mkdir -p dist
mv "$folder"/deb/*.deb dist/
echo "in dist: $(cd dist && ls -t ./*.deb | head -n 1)"
