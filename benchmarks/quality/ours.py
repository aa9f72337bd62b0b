"""Methods of bdglm: formulae, and one fit by the program with its scores, R-hats and CPU seconds."""

import hashlib
import json
import pathlib
import resource
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd
import scores
from sets import RESPONSE, Split

#: Right sides and further formulas: COMMAS and PLUS stand for the inputs; (1 | group) is added for each grouping.
METHODS: dict[str, list[str]] = {
    "bdglm": ["deep(COMMAS, layers = c(50))"],
    "bdglm-default": ["deep(COMMAS)"],
    "bdglm-tanh": ["deep(COMMAS, layers = c(50), activation = tanh)"],
    "bdglm-linear+deep": ["PLUS + deep(COMMAS, layers = c(50))"],
    "bdglm-no-knots": ["deep(COMMAS, layers = c(50), knots = 0)"],
    "bdglm-knots": ["deep(COMMAS, layers = c(50), knots = auto)"],
    "bdglm-sigma": ["deep(COMMAS, layers = c(50))", "sigma ~ deep()"],
    "linear": ["PLUS"],
}


def unfit(method: str, split: Split) -> str | None:
    """Why a method cannot have the set."""
    scaled = any(formula.startswith("sigma ~") for formula in METHODS[method])
    return "has no scale to model" if scaled and split.family != "gaussian" else None


def formulas(method: str, split: Split) -> list[str]:
    first, *more = [right.replace("COMMAS", ", ".join(split.inputs)).replace("PLUS", " + ".join(split.inputs)) for right in METHODS[method]]
    return [f"{RESPONSE} ~ {first}" + "".join(f" + (1 | {name})" for name in split.groups), *more]


def version(program: pathlib.Path) -> str:
    """What --version says, and the digest of the program's file, which tells builds of one version apart."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return f"{said} (sha256 {hashlib.sha256(program.read_bytes()).hexdigest()[:8]})"


def timed(command: list, limit: float) -> tuple[str, float, float]:
    """Standard output, CPU seconds and wall seconds of a command; what it says on standard error where it fails."""
    start = time.monotonic()
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = subprocess.run(command, capture_output=True, text=True, timeout=limit, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if run.returncode != 0:
        raise RuntimeError(run.stderr.strip() or f"exit status {run.returncode}")
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return run.stdout, cpu, time.monotonic() - start


def mixing(parameters: list[dict]) -> dict[str, float | None]:
    """R-hat of the followed predictions, worst and median, their least effective draws, and sigma's R-hat, where the model has them."""
    followed = [p for p in parameters if p["name"].startswith("prediction") and p["rhat"] is not None]
    sigma = next((p["rhat"] for p in parameters if p["name"] == "sigma"), None)
    if not followed:
        return {"rhat_sigma": sigma}
    rhat = [p["rhat"] for p in followed]
    return {"rhat_worst": max(rhat), "rhat_median": float(np.median(rhat)), "rhat_sigma": sigma, "ess_least": min(p["ess_bulk"] for p in followed)}


def measured(program: pathlib.Path, method: str, split: Split, seed: int, options: list[str], limit: float) -> dict:
    """Fits, predicts, scores: the figures of a line."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        train, test, fit, predicted = (folder / file for file in ("train.csv", "test.csv", "fit.nc", "predicted.csv"))
        split.train.to_csv(train, index=False)
        split.test.to_csv(test, index=False)
        made = formulas(method, split)
        stated = [word for formula in made for word in ("--formula", formula)]
        summary, cpu_fit, wall = timed([program, "fit", "--data", train, *stated, "--family", split.family, "--seed", str(seed), "--quiet", "--json",
                                        "--out", fit, *options], limit)
        _, cpu_predict, _ = timed([program, "predict", fit, "--data", test, "--out", predicted, "--threads", "1"], limit)
        found = json.loads(timed([program, "evaluate", fit, "--data", test, "--json", "--threads", "1"], limit)[0])
        line = {**scores.evaluated(found, split.family), "cpu_fit": cpu_fit, "cpu_predict": cpu_predict, "wall": wall, "formulas": made}
        if split.truth is not None:
            rows = pd.read_csv(predicted)
            line["rmse_truth"] = scores.rmse(split.truth, rows["mean"].to_numpy())
            line["cover95_truth"] = float(np.mean((split.truth >= rows["q2.5"]) & (split.truth <= rows["q97.5"])))
        return {**line, **mixing(json.loads(summary)["parameters"])}
