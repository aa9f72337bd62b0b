#!/usr/bin/env bash
# Opens a fit file with ArviZ and compares diagnostics. Exit 77 (skipped) where no package registry is reached.
set -euo pipefail
program=$1
source_dir=$2
work=$3

mkdir -p "$work"
if [[ ! -x $work/venv/bin/python ]] || ! "$work/venv/bin/python" -c 'import arviz, netCDF4, h5netcdf' 2>/dev/null; then
  if ! python3 -m venv "$work/venv" >"$work/venv.log" 2>&1 ||
     ! "$work/venv/bin/pip" install --quiet --disable-pip-version-check 'arviz>=0.18,<1' xarray netCDF4 h5netcdf >>"$work/venv.log" 2>&1; then
    echo "skipped: ArviZ could not be installed (no registry reached?), see $work/venv.log"
    exit 77
  fi
fi
"$work/venv/bin/python" "$source_dir/tests/python/arviz_check.py" "$program" "$source_dir" "$work"
