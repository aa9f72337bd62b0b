#!/usr/bin/env bash
# Builds the documentation as a site. Usage: docs.sh [FOLDER]; the site is FOLDER/site, FOLDER build-docs unless given.
# Where no package registry is reached it says so and builds nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

folder=${1:-build-docs}
mkdir -p "$folder"
if [[ ! -x $folder/venv/bin/pip ]]; then python3 -m venv "$folder/venv"; fi
if ! "$folder/venv/bin/pip" --disable-pip-version-check --quiet install -r docs/site/requirements.txt >"$folder/pip.log" 2>&1; then
  echo "skipped: no package registry reached, see $folder/pip.log"
  exit 0
fi
NO_MKDOCS_2_WARNING=1 "$folder/venv/bin/mkdocs" build --strict --quiet --site-dir "$folder/site"

# The site is read without a network: no page and no style may load anything from elsewhere.
loads='<(script|link|img|iframe|source|object)[^>]*(src|href|data)="?(https?:)?//|url\("?(https?:)?//|@import'
if grep -rnoE "$loads" "$folder/site" --include='*.html' --include='*.css'; then
  echo "docs: the lines above load from a network" >&2
  exit 1
fi
echo "the documentation is $folder/site/index.html; its search needs a server: python3 -m http.server -d $folder/site"
