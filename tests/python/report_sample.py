"""Writes sample data of a report as JSON, with every section, awkward names and nulls. Usage: report_sample.py OUT [--many]

With --many: a categorical response of three levels, six chains, a group of 300 levels and long names.
"""

import json
import math
import random
import sys

draw = random.Random(1)
many = "--many" in sys.argv
out = sys.argv[1]


def normal(x, mean, sd):
    return math.exp(-0.5 * ((x - mean) / sd) ** 2) / sd / math.sqrt(2 * math.pi)


def logistic(x):
    return 1 / (1 + math.exp(-x))


names = ["b_Intercept", "b_urban<Y>", "b_\"livch\" & more", "sd_district__Intercept", "sd_district__urbanY", "cor_district__Intercept__urbanY",
         "größe_µ", "prediction[1]"]
if many:
    names += [f"b_a_long_name_of_a_column_that_goes_on_{i}" for i in range(40)]
chains = 6 if many else 4

parameters, densities, traces = [], [], []
for i, name in enumerate(names):
    mean, sd = draw.gauss(0, 2) * 10 ** (i % 3 - 1), 0.1 + draw.random() * 10 ** (i % 3 - 1)
    prior = "" if name.startswith("prediction") else ["normal(0, 2.5)", "student_t(3, 0, 2.5)", "lkj(2)"][i % 3]
    rhat = 1.02 if i == 4 else 1.001
    parameters.append({"name": name, "mean": mean, "sd": sd, "q2.5": mean - 1.96 * sd, "q50": mean, "q97.5": mean + 1.96 * sd,
                       "ess_bulk": 210.0 if i == 4 else 3950.4, "ess_tail": None if i == 7 else 3800.2, "rhat": None if i == 7 else rhat,
                       "judged": i != 6, "prior": prior})
    if i >= 12:
        continue
    xs = [mean - 4 * sd + 8 * sd * j / 127 for j in range(128)]
    density = {"name": name, "x": xs, "posterior": [normal(x, mean, sd) for x in xs], "mean": mean, "low": mean - 1.96 * sd,
               "high": mean + 1.96 * sd}
    if prior:
        density["prior"] = [normal(x, 0, 2.5) for x in xs]
    densities.append(density)
    apart = [0.8 * sd if i == 4 and c == 1 else 0 for c in range(chains)]
    trace = [[draw.gauss(mean + apart[c], sd) for _ in range(250)] for c in range(chains)]
    ordered = sorted((value, c) for c in range(chains) for value in trace[c])
    ranks = [[0] * 20 for _ in range(chains)]
    for place, (_, c) in enumerate(ordered):
        ranks[c][place * 20 // len(ordered)] += 4
    if i == 2:
        trace[0][10:20] = [None] * 10
    traces.append({"name": name, "rhat": rhat, "ess_bulk": 3950.4, "every": 4, "traces": trace, "ranks": ranks, "expected": 50})


def levels(count, null_at):
    items = []
    for j in range(count):
        mean, sd = draw.gauss(0, 0.6), 0.15 + 0.3 * draw.random()
        level = f"{j + 1}" if not many or j % 7 else f"Niederösterreich <{j + 1}> a long level"
        items.append({"level": level, "mean": mean, "low": mean - 2 * sd, "high": mean + 2 * sd})
    items[null_at].update(mean=None, low=None, high=None)
    return items


effects = [{"group": "district", "coefficient": "Intercept", "levels": levels(300 if many else 60, 3), "left_out": 0},
           {"group": "district", "coefficient": "urbanY", "levels": levels(60, 5), "left_out": 12}]

statistics = []
for name, observed, mean, sd in [("mean", 0.3921, 0.392, 0.013), ("sd", 0.4884, 0.488, 0.003), ("share of Y in <urban>", 0.55, 0.49, 0.012),
                                 ("maximum", 1, 1, 0)]:
    statistic = {"statistic": name, "observed": observed, "mean": mean, "q2.5": mean - 2 * sd, "q97.5": mean + 2 * sd, "p_value": 0.48}
    if abs(observed - mean) > 2 * sd:
        statistic["finding"] = "The observed share lies above nearly all that the model makes."
    statistics.append(statistic)
if many:
    labels = ["setosa", "versicolor", "a level of a very long name & <tags>"]
    observed = [50, 48, 52]
    bars = {"kind": "levels", "labels": labels, "observed": observed}
else:
    labels = [str(k) for k in range(25)] + ["25+"]
    observed = [round(1451 * 0.2 * 0.8 ** k) for k in range(26)]
    bars = {"kind": "counts", "labels": labels, "observed": observed}
bars.update(mean=[v + draw.gauss(0, 4) for v in observed], low=[max(0, v - 2 * math.sqrt(v) - 1) for v in observed],
            high=[v + 2 * math.sqrt(v) + 3 for v in observed])


def bins():
    made = []
    for j in range(10):
        p, rows = 0.05 + 0.1 * j, [20, 60, 140, 260, 300, 280, 180, 120, 60, 31][j]
        half = 2 * math.sqrt(p * (1 - p) / rows)
        made.append({"probability": p, "observed": min(1, max(0, draw.gauss(p, 0.6 * half))) if j != 7 else p + 1.4 * half,
                     "low": max(0, p - half), "high": min(1, p + half), "rows": rows})
    return made


xs = [15 + 35 * j / 59 for j in range(60)]


def deep(x, shift=0.0):
    return logistic(-0.5 + 1.4 * math.sin((x - 12) / 6) * math.exp(-((x - 30) / 14) ** 2) + shift)


def curve(of, response, network, scale):
    spread = [0.25 + 0.9 * ((x - 30) / 20) ** 2 for x in xs]
    shifts = [draw.gauss(0, 1) for _ in range(30)]
    return {"of": of, "kind": "number", "network": network, "response": response, "x": [scale * x for x in xs], "mean": [deep(x) for x in xs],
            "low": [deep(x, -1.6 * s) for x, s in zip(xs, spread)], "high": [deep(x, 1.6 * s) for x, s in zip(xs, spread)],
            "plugin": [deep(x, 0.6 * math.sin(x / 3)) for x in xs],
            "draws": [[deep(x, shift * s) for x, s in zip(xs, spread)] for shift in shifts],
            "rug": sorted(scale * min(50, max(15, draw.gauss(29, 7))) for _ in range(200))}


curves = [curve("age", "P(use = Y)", True, 1), curve("income in <currency> & more", "P(use = Y)", True, 1000)]
for of, names_of in [("urban", ["N", "Y"]), ("livch", ["0", "1", "2", "3+ \"and more\"", "a very long level of this factor"])]:
    means = [0.3 + 0.08 * j for j in range(len(names_of))]
    curves.append({"of": of, "kind": "factor", "network": of == "livch", "response": "P(use = Y)", "labels": names_of, "mean": means,
                   "low": [m - 0.1 for m in means], "high": [m + 0.12 for m in means], "plugin": [m + 0.05 for m in means],
                   "draws": [[draw.gauss(m, 0.05) for m in means] for _ in range(30)]})

gx, gy = [1 + 6 * j / 29 for j in range(30)], [0.1 + 2.4 * j / 29 for j in range(30)]
steep = [[2.5 * (y - 1.2) + 0.9 * (x - 4) - 0.5 * math.sin(2 * x) for x in gx] for y in gy]
far = [[math.hypot((x - 4) / 2, (y - 1.3) / 0.8) for x in gx] for y in gy]
boundary = {"x": {"name": "length", "values": gx}, "y": {"name": "width", "values": gy}, "level": "versicolor",
            "mean": [[logistic(s / (0.6 + 0.5 * f)) for s, f in zip(a, b)] for a, b in zip(steep, far)],
            "sd": [[0.02 + 0.3 * (1 - math.exp(-f)) for f in row] for row in far],
            "plugin": [[logistic(3 * s) for s in row] for row in steep], "points": []}
boundary["mean"][0][0] = None
for _ in range(150):
    x, y = draw.gauss(4, 1), draw.gauss(1.3, 0.4)
    level = "versicolor" if draw.random() < logistic(3 * (2.5 * (y - 1.2) + 0.9 * (x - 4))) else draw.choice(["setosa", "virginica"])
    if gx[0] < x < gx[-1] and gy[0] < y < gy[-1]:
        boundary["points"].append({"x": x, "y": y, "observed": level})

rows = [{"number": j + 1, "pareto_k": min(0.6, max(-0.2, draw.gauss(0.1, 0.1))), "elpd_loo": -abs(draw.gauss(0.6, 0.2))}
        for j in range(1451)]
rows[320]["pareto_k"], rows[1200]["pareto_k"], rows[5]["pareto_k"] = 0.83, 1.2, None

warnings = [{"message": "sd_district__urbanY has 210 effective draws; 400 are wanted.", "advice": "Run it on: bdglm resume fit.nc --draws 4000"}]
data = {
    "title": "use ~ deep(age, livch) + urban + (1 + urban | district)", "file": "fit <1>.nc",
    "asked": {"formulas": ["use ~ deep(age, livch) + urban + (1 + urban | district)", "sigma ~ \"age\" & <urban>"], "family": "bernoulli",
              "link": "logit", "meaning": "P(use = Y); use: N = 0, Y = 1",
              "columns": [{"name": "use", "taken_for": "two levels: N, Y"}, {"name": "age", "taken_for": "number"},
                          {"name": "livch", "taken_for": "factor of 4 levels: 0, 1, 2, 3+"}, {"name": "<b>urban</b>", "taken_for": "factor: N, Y"}],
              "rows": 1451, "dropped": 3, "why_dropped": "a value is missing in age", "groups": [{"name": "district", "levels": 60}],
              "notes": ["The columns of deep() were scaled to sd 1."]},
    "verdict": {"good": not many, "sentence": "The chains disagree on one parameter: run them longer before you use its numbers." if many else
                "The chains agree: the numbers below can be used.", "warnings": warnings if many else []},
    "parameters": parameters, "parameters_left_out": 3, "densities": densities, "chains": traces, "effects": effects,
    "checks": {"rows": 1451, "draws": 4000, "statistics": statistics, "bars": bars},
    "scores": {"held_out": True, "rows": 483, "log_score": -0.6034, "log_score_plugin": -0.7731, "accuracy": 0.665, "brier": 0.21, "ece": 0.037},
    "coverage": [{"level": p, "share": p + 0.03 * math.sin(6 * p)} for p in (0.5, 0.8, 0.9, 0.95)],
    "calibration": [{"level": level, "bins": bins()} for level in (["setosa", "versicolor", "<virginica>"] if many else ["Y"])],
    "pit": {"shares": [0.05 + draw.gauss(0, 0.008) for _ in range(19)] + [0.085], "low": 0.034, "high": 0.067},
    "curves": curves, "boundary": boundary,
    "relevance": [{"name": name, "mean": mean, "low": 0.3 * mean, "high": 2.1 * mean} for name, mean in [("age", 1.9), ("livch", 0.6), ("x<y>", 0.05)]],
    "loo": {"elpd_loo": {"value": -871.3, "se": 14.2}, "p_loo": {"value": 38.2, "se": 1.1}, "elpd_waic": {"value": -870.9, "se": 14.1},
            "p_waic": {"value": 37.8, "se": 1.1}, "k_threshold": 0.7, "unreliable": 2, "rows": rows, "notes": ["Row 6 has no estimate."]},
    "run": {"version": "0.1.0", "machine": "cpu, 2 cores", "device": "cpu", "chains": chains, "warmup": 1000, "draws": 1000, "thin": 1,
            "seed": 1, "seconds": 132.4, "divergences": 0},
    "left_out": [{"section": "comparison", "why": "one fit has nothing to be compared with"}],
}
with open(out, "w", encoding="utf-8") as file:
    json.dump(data, file, allow_nan=False, ensure_ascii=False)
