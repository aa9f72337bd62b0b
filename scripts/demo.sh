#!/usr/bin/env bash
# The main job on real data: a deep mixed model of contraceptive use beside the plain GLM and the plain GLMM,
# fitted to three quarters of the women and scored on the rest by the same program.
set -euo pipefail
cd "$(dirname "$0")/.."

program=${1:-build/bdglm}
out=demo-out
mkdir -p "$out"
gzip -dc data/contraception.csv.gz | awk -v train="$out/train.csv" -v test="$out/test.csv" '
  NR == 1 { print > train; print > test; next }
  { if (NR % 4 == 0) print > test; else print > train }'

fit() {  # name, formula
  "$program" fit --data "$out/train.csv" --formula "$2" --family bernoulli --seed 1 --out "$out/$1.nc" --overwrite --quiet
  "$program" evaluate "$out/$1.nc" --data "$out/test.csv" > "$out/$1.txt"
}

deep='use ~ deep(age, livch, layers = c(16, 16)) + urban + (1 + urban | district)'
echo "Fitting $deep"
"$program" fit --data "$out/train.csv" --formula "$deep" --family bernoulli --seed 1 --out "$out/deep.nc" --overwrite
"$program" evaluate "$out/deep.nc" --data "$out/test.csv" > "$out/deep.txt"
echo
echo "Fitting the plain GLM and the plain GLMM"
fit glm 'use ~ age + livch + urban'
fit glmm 'use ~ age + livch + urban + (1 + urban | district)'

echo
printf '%-12s %10s %12s %12s %13s %13s\n' "held out" "log score" "plug-in" "calibration" "coverage .9" "accuracy"
for name in glm glmm deep; do
  awk -v name="$name" '
    /^log score/ { score = $3; gsub(/[()]/, "", $5); plugin = $5 }
    /^calibration/ { ece = $3 }
    /^coverage of 0.9 / { coverage = $4 }
    /^accuracy/ { accuracy = $2 }
    END { printf "%-12s %10s %12s %12s %13s %13s\n", name, score, plugin, ece, coverage, accuracy }' "$out/$name.txt"
done
"$program" report "$out/deep.nc" --data "$out/test.csv" --out "$out/report.html"
echo
echo "A report to look at: $out/report.html"
echo "Fit files, predictions and scores are in $out/; try: $program predict $out/deep.nc --data $out/test.csv --out $out/pred.csv --plugin"
