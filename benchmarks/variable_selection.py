"""Friedman's first function among inputs that have no part in it: whether importances tell the five that have, and what the prior of inputs gains.

Usage: python benchmarks/variable_selection.py build/bdglm [--inputs 10 200] [--rows 1000] [--seeds 3] [--fit-options TEXT]
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd

REAL = 5
TEST_ROWS = 2000


def simulated(rows: int, inputs: int, seed: int) -> pd.DataFrame:
    """Uniform inputs x1, x2, ...; y = f(x1 .. x5) + N(0, 1) (Friedman 1991)."""
    random = np.random.default_rng(seed)
    x = random.random((rows, inputs))
    f = 10 * np.sin(np.pi * x[:, 0] * x[:, 1]) + 20 * (x[:, 2] - 0.5) ** 2 + 10 * x[:, 3] + 5 * x[:, 4]
    return pd.DataFrame(x, columns=[f"x{k + 1}" for k in range(inputs)]).assign(y=f + random.standard_normal(rows))


def said(command: list) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def measured(program: pathlib.Path, prior: str, rows: int, inputs: int, seed: int, options: list[str]) -> dict:
    """Log score of new rows, the least lower end of a real input's interval and the greatest upper end of another's."""
    table = simulated(rows + TEST_ROWS, inputs, seed)
    with tempfile.TemporaryDirectory() as name:
        train, test, fit = (pathlib.Path(name) / file for file in ("train.csv", "test.csv", "fit.nc"))
        table[:rows].to_csv(train, index=False)
        table[rows:].to_csv(test, index=False)
        start = time.monotonic()
        said([program, "fit", "--data", train, "--formula", "y ~ deep(., layers = c(50))", "--family", "gaussian", "--input-prior", prior,
              "--seed", str(seed), "--out", fit, "--quiet", *options])
        fitted = time.monotonic()
        told = json.loads(said([program, "importance", fit, "--json"]))
        counted = time.monotonic()
        score = json.loads(said([program, "evaluate", fit, "--data", test, "--json"]))
    of = {entry["variable"]: entry for entry in told["importances"]}
    names = [f"x{k + 1}" for k in range(inputs)]
    return {"log score": score["log_score"], "RMSE": score["rmse"], "real, least low": min(of[name]["low"] for name in names[:REAL]),
            "others, greatest high": max(of[name]["high"] for name in names[REAL:]),
            "others, sum of means": sum(of[name]["mean"] for name in names[REAL:]),
            "s fit": fitted - start, "s importance": counted - fitted}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--inputs", type=int, nargs="+", default=[10, 200])
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--fit-options", default="", metavar="TEXT", help="further options of `bdglm fit`, as --fit-options='--warmup 300'")
    options = parser.parse_args()
    if min(options.inputs) <= REAL:
        parser.error(f"--inputs is above {REAL}, the inputs that the function has")
    for inputs in options.inputs:
        for seed in range(1, options.seeds + 1):
            for prior in ("horseshoe", "normal"):
                found = measured(options.program.resolve(), prior, options.rows, inputs, seed, shlex.split(options.fit_options))
                print(f"{inputs} inputs, seed {seed}, {prior}:", ", ".join(f"{name} {value:.4g}" for name, value in found.items()), flush=True)


if __name__ == "__main__":
    main()
