"""Effective draws per CPU second of the worst parameter: ours against rstanarm's chain from peer_rstanarm.R.

Usage: effective_draws.py PROGRAM DATA_DIR [PEER_DIR] - needs arviz for the peer's effective draws.
"""

import csv
import json
import os
import resource
import subprocess
import sys
import tempfile

TASKS = {
    "logistic": ("synthetic/t1_logistic.csv.gz", "y ~ ."),
    "contraception": ("contraception/contraception.csv.gz",
                      "use ~ age + I(age^2) + urban + livch + (1 + urban | district)"),
    "verbagg": ("verbagg/verbagg.csv.gz", "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)"),
    "insteval": ("insteval/insteval.csv.gz", "y ~ 1 + (1 | s) + (1 | d)"),
}


def ours(program, data, formula):
    with tempfile.TemporaryDirectory() as folder:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        out = subprocess.run([program, "fit", "--data", data, "--formula", formula, "--threads", "1", "--seed", "3",
                              "--quiet", "--json", "--out", f"{folder}/fit.nc"], check=True, capture_output=True, text=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    worst = min(json.loads(out.stdout)["parameters"], key=lambda p: p["ess_bulk"])
    return worst["name"], worst["ess_bulk"], seconds


def peer(folder, task):
    import arviz
    import numpy as np
    path = f"{folder}/{task}_draws.csv"
    if not os.path.exists(path):
        return None
    with open(path) as file:
        rows = list(csv.reader(file))
    draws = np.array(rows[1:], dtype=float)
    ess = {name: float(arviz.ess(draws[None, :, k])) for k, name in enumerate(rows[0])}
    with open(f"{folder}/{task}_seconds.txt") as file:
        seconds = float(file.read())
    worst = min(ess, key=ess.get)
    return worst, ess[worst], seconds


program, data_dir = sys.argv[1:3]
for task, (data, formula) in TASKS.items():
    name, ess, seconds = ours(program, os.path.join(data_dir, data), formula)
    line = f"{task:14s} ours {ess / seconds:8.1f} /s ({name}, {ess:.0f} in {seconds:.1f} CPU s)"
    other = peer(sys.argv[3], task) if len(sys.argv) > 3 else None
    if other:
        line += f"   rstanarm {other[1] / other[2]:7.2f} /s ({other[0]}, {other[1]:.0f} in {other[2]:.1f})"
        line += f"   ratio {ess / seconds / (other[1] / other[2]):.0f}"
    print(line, flush=True)
