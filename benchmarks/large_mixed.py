"""Seconds, memory and effective draws of mixed models as rows grow, on any device, with the slope in log-log.

Usage: large_mixed.py PROGRAM [--families F ...] [--rows N ...] [--crossed GROUPS] [--devices cpu|cuda ...] [--json FILE]
Fits y ~ x1 + x2 + x3 + (1 | g), one group of g for 25 rows in random order, to data drawn from that model; needs NumPy.
"""

import argparse
import json
import os
import subprocess
import tempfile
import time

import numpy as np

INTERCEPT = {"gaussian": 0.0, "bernoulli": -0.5, "poisson": 0.5, "negative_binomial": 0.5}


def write_data(path, family, rows, groups, crossed, seed=1):
    """Draws `rows` rows of the model and writes them as CSV."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, 3))
    g = random.integers(0, groups, rows)
    eta = INTERCEPT[family] + x @ [0.3, -0.2, 0.1] + 0.5 * random.normal(size=groups)[g]
    columns, header, formats = [x, g], "y,x1,x2,x3,g", ["%.6g", "%.4f", "%.4f", "%.4f", "%d"]
    if crossed:
        h = random.integers(0, crossed, rows)
        eta += 0.3 * random.normal(size=crossed)[h]
        columns, header, formats = [*columns, h], header + ",h", [*formats, "%d"]
    if family == "gaussian":
        y = eta + random.normal(size=rows)
    elif family == "bernoulli":
        y = random.random(rows) < 1 / (1 + np.exp(-eta))
    elif family == "poisson":
        y = random.poisson(np.exp(eta))
    else:
        y = random.negative_binomial(2, 2 / (2 + np.exp(eta)))
    np.savetxt(path, np.column_stack([y, *columns]), delimiter=",", header=header, comments="", fmt=formats)


def fit(options, data, family, device, folder):
    """Wall and CPU seconds, MB, least effective draws and largest R-hat of all but the groups' effects."""
    formula = "y ~ x1 + x2 + x3 + (1 | g)" + (" + (1 | h)" if options.crossed else "")
    report = os.path.join(folder, "report.json")
    with open(report, "w") as out:
        started = time.perf_counter()
        process = subprocess.Popen(
            [options.program, "fit", "--data", data, "--formula", formula, "--family", family, "--device", device,
             "--chains", str(options.chains), "--threads", str(options.threads), "--warmup", str(options.warmup), "--draws",
             str(options.draws), "--seed", "3", "--out", os.path.join(folder, "fit.nc"), "--overwrite", "--quiet", "--json"],
            stdout=out)
        _, status, used = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"large_mixed: {family} on {device} ended with status {os.waitstatus_to_exitcode(status)}")
    with open(report) as file:
        shared = [p for p in json.load(file)["parameters"] if not p["name"].startswith("r_")]
    return {"seconds": time.perf_counter() - started, "cpu_seconds": used.ru_utime + used.ru_stime,
            "megabytes": used.ru_maxrss / 1000, "effective_draws": min(p["ess_bulk"] for p in shared),
            "rhat": max(p["rhat"] for p in shared)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--families", nargs="+", default=["bernoulli", "poisson", "negative_binomial"], choices=INTERCEPT)
    parser.add_argument("--rows", nargs="+", type=lambda text: int(float(text)), default=[1_000_000])
    parser.add_argument("--crossed", type=int, default=0, help="groups of a second, crossed term")
    parser.add_argument("--devices", nargs="+", default=["cpu"], choices=["cpu", "cuda"])
    parser.add_argument("--chains", type=int, default=4)
    parser.add_argument("--threads", type=int, default=4)
    parser.add_argument("--warmup", type=int, default=500)
    parser.add_argument("--draws", type=int, default=500)
    parser.add_argument("--json")
    options = parser.parse_args()
    results = []
    print(f"{'family':18s} {'rows':>8s} {'device':6s} {'s':>8s} {'CPU s':>8s} {'MB':>6s} {'ess':>6s} {'R-hat':>7s}")
    with tempfile.TemporaryDirectory() as folder:
        for family in options.families:
            for rows in options.rows:
                data = os.path.join(folder, "data.csv")
                write_data(data, family, rows, max(2, rows // 25), options.crossed)
                for device in options.devices:
                    measured = fit(options, data, family, device, folder)
                    results.append({"family": family, "rows": rows, "device": device, **measured})
                    print(f"{family:18s} {rows:8d} {device:6s} {measured['seconds']:8.2f} {measured['cpu_seconds']:8.2f} "
                          f"{measured['megabytes']:6.0f} {measured['effective_draws']:6.0f} {measured['rhat']:7.4f}", flush=True)
            for device in options.devices if len(options.rows) > 1 else []:
                points = [(r["rows"], r["cpu_seconds"]) for r in results if (r["family"], r["device"]) == (family, device)]
                slope = np.polyfit(*np.log(np.array(points)).T, 1)[0]
                print(f"{family:18s} slope of log CPU s over log rows on {device}: {slope:.3f}", flush=True)
    if options.json:
        with open(options.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
