#!/usr/bin/env bash
# Installs what the build and the tests need, as Debian or Ubuntu packages by name; does nothing twice.
set -euo pipefail

packages=(g++ cmake ninja-build libeigen3-dev libopenblas-dev libhwy-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev
          librandom123-dev libcsv-dev
          libnetcdf-dev libhdf5-dev zlib1g-dev libgtest-dev libbenchmark-dev python3 python3-venv)

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  echo "setup: this system has no apt; install by hand what docs/dependencies.md lists" >&2
  exit 1
fi

missing=()
for package in "${packages[@]}"; do
  status=$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)
  [[ $status == *"ok installed"* ]] || missing+=("$package")
done

if ((${#missing[@]} > 0)); then
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || { echo "setup: needs root or sudo to install: ${missing[*]}" >&2; exit 1; }
    as_root=(sudo)
  fi
  echo "setup: installing ${missing[*]}"
  "${as_root[@]}" apt-get update -qq
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi

version=$(cmake --version | sed -n '1s/[^0-9]*//p')
if ! printf '3.25\n%s\n' "$version" | sort -V -C; then
  echo "setup: CMake $version is too old, 3.25 or newer is needed (Debian 12, Ubuntu 24.04)" >&2
  exit 1
fi
