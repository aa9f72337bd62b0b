#!/usr/bin/env bash
# Builds the Debian package in dist/, for every processor of this kind. Usage: package.sh [FOLDER] [JOBS]
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-build-package}
jobs=${2:-$(nproc)}
mkdir -p "$folder"
command -v dpkg-shlibdeps >/dev/null || { echo "package: dpkg-shlibdeps is missing; install the package dpkg-dev" >&2; exit 1; }
cmake -S . -B "$folder" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_INSTALL_PREFIX=/usr -DBDGLM_NATIVE=OFF -DBDGLM_TESTS=OFF \
  >"$folder/configure.log" 2>&1 || { cat "$folder/configure.log"; exit 1; }
cmake --build "$folder" -j "$jobs"
rm -rf "$folder/deb"
cpack --config "$folder/CPackConfig.cmake" -G DEB -B "$folder/deb" >"$folder/cpack.log" || { cat "$folder/cpack.log"; exit 1; }
mkdir -p dist
mv "$folder"/deb/*.deb dist/
echo "in dist: $(cd dist && ls -t ./*.deb | head -n 1)"
