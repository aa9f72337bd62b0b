#!/usr/bin/env bash
# Checks a wheel: its size, the libraries that its files load, and a fit, a file and the program in an environment that has
# nothing else. Usage: wheel_check.sh WHEEL [FOLDER]; PYTHON names the Python to check it with.
set -euo pipefail

wheel=$(realpath "${1:?usage: wheel_check.sh WHEEL [FOLDER]}")
folder=${2:-build-wheel/check}
source=$(cd "$(dirname "$0")/.." && pwd)
fail() { echo "wheel_check: $*" >&2; exit 1; }

size=$(stat -c %s "$wheel")
((size < 15000000)) || fail "$wheel has $size bytes, which is too much to download"
[[ $wheel == *manylinux* ]] || fail "$wheel is for this machine's system alone: its name has no manylinux tag"

rm -rf "$folder"
mkdir -p "$folder/files"
folder=$(realpath "$folder")
"${PYTHON:-python3}" -m zipfile -e "$wheel" "$folder/files"
# What manylinux promises of these; everything else has to be in the wheel itself.
system='libc|libm|libdl|libpthread|librt|libgcc_s|libstdc\+\+|ld-linux-x86-64|ld-linux-aarch64'
while read -r file; do
  while read -r name; do
    [[ $name =~ ^($system)\.so || -n $(find "$folder/files" -name "$name") ]] || fail "${file##*/} needs $name, which the wheel does not have"
  done < <(readelf -d "$file" 2>/dev/null | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p')
done < <(find "$folder/files" -type f)
exported=$(nm -D --defined-only "$folder"/files/bdglm/_core*.so | awk '$3 !~ /^(PyInit__core|_init|_fini)$/ { print $3 }')
[[ -z $exported ]] || fail "the module shows other libraries of the process: $exported"
[[ -s $folder/files/bdglm/licenses/libhdf5-dev ]] || fail "the licences of the libraries in the wheel are not with it"

"${PYTHON:-python3}" -m venv "$folder/venv"
"$folder/venv/bin/pip" --disable-pip-version-check --quiet install "$wheel"
cd "$folder"
env -i HOME="$folder" PATH="$folder/venv/bin:/usr/bin:/bin" python - "$source/data/contraception.csv.gz" <<'PYTHON'
import re, subprocess, sys
import bdglm, pandas as pd

women = pd.read_csv(sys.argv[1])
fit = bdglm.fit("use ~ deep(age, livch, layers = c(4)) + urban + (1 | district)", women, seed=1, chains=2, warmup=50, draws=50)
assert "b_urbanY" in fit.summary().to_string()
fit.save("fit.nc")
again = bdglm.load("fit.nc")
assert (again["b_urbanY"] == fit["b_urbanY"]).all()
told = subprocess.run(["bdglm", "summary", "fit.nc"], check=True, capture_output=True, text=True).stdout
assert "b_urbanY" in told, told
subprocess.run(["bdglm", "fit", "--data", sys.argv[1], "--formula", "use ~ age + (1 | district)", "--out", "program.nc", "--chains", "2",
                "--warmup", "50", "--draws", "50", "--quiet", "--overwrite"], check=True)
assert bdglm.load("program.nc")["b_age"].shape == (2, 50)
loaded = {line.split()[-1] for line in open("/proc/self/maps") if ".so" in line}
strange = [path for path in loaded if re.search("/lib(hdf5|netcdf|openblas|blas|csv|hwy|aec|sz|gfortran|curl)", path) and "/venv/" not in path]
assert not strange, strange
PYTHON
echo "wheel_check: ${wheel##*/} ($((size / 1000)) kB) fits, saves and loads, and needs no other libraries"
