#!/usr/bin/env bash
# Installs a Debian package into a fresh Debian 12 and fits with it there. Exit 77 where that cannot be made: it needs root and
# mmdebstrap or debootstrap. Usage: package_check.sh FILE.deb [MIRROR]
set -euo pipefail

package=$(realpath "${1:?usage: package_check.sh FILE.deb [MIRROR]}")
mirror=${2:-http://deb.debian.org/debian}
source=$(cd "$(dirname "$0")/.." && pwd)
if ((EUID != 0)) || { ! command -v mmdebstrap && ! command -v debootstrap; } >/dev/null; then
  echo "package_check: skipped, it needs root and mmdebstrap or debootstrap"
  exit 77
fi

root=$(mktemp -d)
trap 'rm -rf --one-file-system "$root"' EXIT
chmod 755 "$root"
if command -v mmdebstrap >/dev/null; then
  mmdebstrap --quiet --variant=apt bookworm "$root" "$mirror"
else
  debootstrap --variant=minbase bookworm "$root" "$mirror" >/dev/null
fi
cp "$package" "$root/bdglm.deb"
cp "$source/data/contraception.csv.gz" "$root/women.csv.gz"
cp /etc/resolv.conf "$root/etc/resolv.conf"
inside() { chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"; }
inside apt-get update -qq
inside apt-get install -qq --no-install-recommends ./bdglm.deb >"$root/apt.log" 2>&1 || { cat "$root/apt.log"; exit 1; }
inside bdglm --version
inside bdglm fit --data women.csv.gz --formula 'use ~ age + urban + (1 + urban | district)' --seed 1 --chains 2 --warmup 100 --draws 100 \
  --quiet --out fit.nc
inside bdglm summary fit.nc | grep b_urbanY
for file in usr/include/bdglm/fit.hpp usr/share/doc/bdglm/copyright; do
  [[ -s $root/$file ]] || { echo "package_check: /$file is missing" >&2; exit 1; }
done
ls "$root"/usr/lib/*/libbdglm.a "$root"/usr/lib/*/cmake/bdglm/bdglm-config.cmake >/dev/null
inside apt-get remove -qq bdglm >/dev/null 2>&1
[[ ! -e $root/usr/bin/bdglm && ! -e $root/usr/share/doc/bdglm ]] || { echo "package_check: files are left after its removal" >&2; exit 1; }
echo "package_check: ${package##*/} installs on Debian 12, fits there and is gone when removed"
