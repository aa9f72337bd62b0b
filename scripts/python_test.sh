#!/usr/bin/env bash
# Installs the Python package into an environment of its own and runs its tests. Usage: python_test.sh [FOLDER] [pytest's
# arguments]. BDGLM_WHEEL names a wheel to test in place of this checkout. Where no package registry is reached it says so
# and runs nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-build-python}
shift || true
mkdir -p "$folder"
if [[ ! -x $folder/venv/bin/pip ]]; then python3 -m venv "$folder/venv"; fi
pip=("$folder/venv/bin/pip" --disable-pip-version-check --quiet)
if ! "${pip[@]}" install 'scikit-build-core>=0.10' 'nanobind>=2.4' ninja >"$folder/pip.log" 2>&1; then
  echo "skipped: no package registry reached, see $folder/pip.log"
  exit 0
fi
if [[ -n ${BDGLM_WHEEL:-} ]]; then
  "${pip[@]}" uninstall --yes bdglm
  package=("$BDGLM_WHEEL[test]")
else
  package=("--no-build-isolation" ".[test]")
fi
"${pip[@]}" install "${package[@]}" || { echo "python_test: the package could not be installed" >&2; exit 1; }
BDGLM_PROGRAM=$PWD/$folder/venv/bin/bdglm
[[ $folder != /* ]] || BDGLM_PROGRAM=$folder/venv/bin/bdglm
export BDGLM_PROGRAM
"$folder/venv/bin/python" -m pytest -q python/tests "$@"
