#!/usr/bin/env bash
# Opens a report in a headless Chromium: silent console, marks as the data ask, a working script, screenshots.
# Usage: report_check.sh REPORT.html DATA.json FOLDER, or, for sample data that the given program draws (report_page, of the
# tests): report_check.sh --sample PROGRAM FOLDER. FOLDER takes the screenshots and an environment of Python. Exit 77 (skipped)
# where there is no Chromium or no package registry is reached.
set -euo pipefail
source_dir=$(cd "$(dirname "$0")/.." && pwd)
[[ $# -eq 3 ]] || { echo "report_check: wanted REPORT.html DATA.json FOLDER, or --sample PROGRAM FOLDER" >&2; exit 2; }
folder=$3
mkdir -p "$folder"

browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
[[ -n $browser ]] || { echo "skipped: no Chromium (Debian: apt install chromium)"; exit 77; }
python=$folder/venv/bin/python
if [[ ! -x $python ]] || ! "$python" -c 'import playwright' 2>/dev/null; then
  if ! python3 -m venv "$folder/venv" >"$folder/venv.log" 2>&1 ||
     ! "$folder/venv/bin/pip" install --quiet --disable-pip-version-check 'playwright>=1.50' >>"$folder/venv.log" 2>&1; then
    echo "skipped: playwright could not be installed (no registry reached?), see $folder/venv.log"
    exit 77
  fi
fi

check() {  # page, data, folder of the screenshots
  "$python" "$source_dir/tests/python/report_check.py" "$browser" "$1" "$2" "$3"
}

if [[ $1 != --sample ]]; then
  check "$1" "$2" "$folder"
  exit
fi
for size in few many; do
  "$python" "$source_dir/tests/python/report_sample.py" "$folder/$size.json" $([[ $size == few ]] || echo --many)
  "$2" <"$folder/$size.json" >"$folder/$size.html"
  check "$folder/$size.html" "$folder/$size.json" "$folder/$size"
done
