#!/usr/bin/env bash
# Prediction quality on the Friedman and direct-marketing data with default settings: error and coverage of the
# true function, log loss, and the R-hat of predictions. Usage: quality.sh PROGRAM DATA_DIR OUT_DIR
set -euo pipefail
program=$1
data=$2
out=$3
mkdir -p "$out"
inputs='x1, x2, x3, x4, x5, x6, x7, x8, x9, x10'

fit() {  # name, training data, formula, family
  "$program" fit --data "$2" --formula "$3" --family "$4" --seed 1 --quiet --overwrite --out "$out/$1.nc" 2>/dev/null
}

summary() {  # name, held-out data
  echo "== $1"
  "$program" evaluate "$out/$1.nc" --data "$2"
  "$program" summary "$out/$1.nc" 2>/dev/null | awk '/^prediction/ { n++; r = $NF; s += r; if (r > m) m = r } END { printf "R-hat of %d predictions: mean %.3f, largest %.3f\n", n, s / n, m }'
}

train=$data/synthetic/friedman_train.csv.gz
test=$data/synthetic/friedman_test.csv.gz
fit friedman "$train" "y ~ deep($inputs)" gaussian
summary friedman "$test"
"$program" predict "$out/friedman.nc" --data "$test" --out "$out/friedman.csv"
gzip -dc "$test" | awk -F, 'NR == 1 { for (k = 1; k <= NF; k++) if ($k == "f" || $k == "\"f\"") c = k; print "f"; next } { print $c }' |
  paste -d, - "$out/friedman.csv" |
  awk -F, 'NR > 1 { e += ($1 - $2)^2; c += $1 >= $4 && $1 <= $5; n++ } END { printf "RMSE to f %.4f, 95%% coverage of f %.4f\n", sqrt(e / n), c / n }'
fit friedman_logistic "$train" "yb ~ deep($inputs)" bernoulli
summary friedman_logistic "$test"
fit direct_marketing "$data/deepglm_paper/direct_marketing_train.csv.gz" 'y ~ deep(., layers = c(5, 5))' gaussian
summary direct_marketing "$data/deepglm_paper/direct_marketing_test.csv.gz"
