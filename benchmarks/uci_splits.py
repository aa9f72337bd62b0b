"""Held-out error, log score, coverage and mixing of a right side on the standard splits of UCI regression sets.

Usage: uci_splits.py PROGRAM DATA_DIR --splits 0 1 --right-side 'deep(XC, layers = c(50), activation = tanh)' NAME...
       [-- FIT_OPTIONS]

DATA_DIR/NAME/data.csv.gz has the target last, DATA_DIR/NAME/test_mask.csv.gz a column of zeros and ones a split. In a
right side XC stands for all inputs with commas between, XP with plus signs; a further one, 'sigma ~ deep()', is given
by --formula among FIT_OPTIONS. Needs pandas. A line a split: RMSE, mean negative log density, coverage of 90 %
intervals, R-hat and effective draws of the followed predictions, sigma and its R-hat, CPU seconds.
"""

import argparse
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

import pandas as pd


def fit_and_score(program, folder, train, test, formula, options):
    """Fits on one split; the figures of a line."""
    train.to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    fitted = subprocess.run(
        [program, "fit", "--data", folder / "train.csv", "--formula", formula, "--family", "gaussian", "--quiet", "--json",
         "--overwrite", "--out", folder / "fit.nc", *options],
        capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if fitted.returncode != 0:
        sys.exit(fitted.stderr)
    parameters = {p["name"]: p for p in json.loads(fitted.stdout)["parameters"]}
    predictions = pd.DataFrame([p for name, p in parameters.items() if name.startswith("prediction")])
    scored = subprocess.run([program, "evaluate", folder / "fit.nc", "--data", folder / "test.csv", "--json"],
                            capture_output=True, text=True, check=True)
    scores = json.loads(scored.stdout)
    sigma = parameters.get("sigma", {"mean": float("nan"), "rhat": float("nan")})
    return {"rmse": scores["rmse"], "nlpd": -scores["log_score"], "cover90": scores["coverage"]["0.9"],
            "rhat_worst": predictions["rhat"].max(), "rhat_median": predictions["rhat"].median(),
            "ess_least": predictions["ess_bulk"].min(), "ess_median": predictions["ess_bulk"].median(),
            "sigma": sigma["mean"], "sigma_rhat": sigma["rhat"],
            "cpu_s": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime}


def main():
    arguments = sys.argv[1:]
    options = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, options = arguments[:at], arguments[at + 1:]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("data", type=pathlib.Path)
    parser.add_argument("names", nargs="+")
    parser.add_argument("--splits", type=int, nargs="+", default=[0, 1])
    parser.add_argument("--right-side", default="deep(XC, layers = c(50))")
    asked = parser.parse_args(arguments)
    for name in asked.names:
        table = pd.read_csv(asked.data / name / "data.csv.gz")
        masks = pd.read_csv(asked.data / name / "test_mask.csv.gz")
        table.columns = [*(f"v{k}" for k in range(table.shape[1] - 1)), "target"]
        inputs = list(table.columns[:-1])
        right = asked.right_side.replace("XC", ", ".join(inputs)).replace("XP", " + ".join(inputs))
        rows = []
        for split in asked.splits:
            held_out = masks.iloc[:, split] == 1
            with tempfile.TemporaryDirectory() as folder:
                rows.append(fit_and_score(asked.program, pathlib.Path(folder), table[~held_out], table[held_out],
                                          f"target ~ {right}", options))
            print(name, split, *(f"{key} {value:.4g}" for key, value in rows[-1].items()), flush=True)
        if len(rows) > 1:
            print(name, "mean", *(f"{key} {value:.4g}" for key, value in pd.DataFrame(rows).mean().items()), flush=True)


if __name__ == "__main__":
    main()
