#!/usr/bin/env bash
# Draws that examples/read_fit.R reads have the names, means, R-hat and effective draws of bdglm summary. Usage:
# read_fit_test.sh PROGRAM SOURCE WORK; exits with 77 where R or its packages are not there.
set -euo pipefail
program=$1 source=$2 work=$3
if ! command -v Rscript >/dev/null; then
  echo "skipped: no Rscript here"
  exit 77
fi
if ! Rscript -e 'for (p in c("posterior", "ncdf4", "jsonlite")) if (!requireNamespace(p, quietly = TRUE)) quit(status = 77)' >/dev/null 2>&1; then
  echo "skipped: R has no posterior, ncdf4 or jsonlite"
  exit 77
fi
mkdir -p "$work"
gzip -dc "$source/data/contraception.csv.gz" >"$work/women.csv"
fit() {
  "$program" fit --data "$work/women.csv" --formula "$2" --out "$work/$1.nc" --overwrite --seed 1 --quiet \
    --warmup 200 --draws 200 2>/dev/null
  "$program" summary "$work/$1.nc" --all --json >"$work/$1.json" 2>/dev/null
}
fit mixed 'use ~ age + urban + livch + (1 + urban | district)'
fit single 'age ~ urban + (1 | district)'
Rscript "$source/examples/read_fit.R" "$work/mixed.nc" >"$work/printed.txt" 2>/dev/null
grep -q 'r_district\[35,Intercept\]' "$work/printed.txt"
cat >"$work/compare.R" <<'R'
arguments <- commandArgs(trailingOnly = TRUE)
source(arguments[1])
for (stem in arguments[-1]) {
  told <- jsonlite::fromJSON(paste0(stem, ".json"))$parameters
  read <- posterior::summarise_draws(read_fit(paste0(stem, ".nc")), "mean", "rhat", "ess_bulk")
  stopifnot(nrow(told) > 60, setequal(told$name, read$variable))
  read <- read[match(told$name, read$variable), ]
  # The package splits and ranks as we do; what is left are last digits.
  for (column in c("mean", "rhat", "ess_bulk"))
    stopifnot(max(abs(told[[column]] - read[[column]]) / (abs(told[[column]]) + 1e-3)) < 1e-6)
  cat(stem, ":", nrow(told), "names with equal means, R-hat and effective draws\n")
}
R
Rscript "$work/compare.R" "$source/examples/read_fit.R" "$work/mixed" "$work/single"
