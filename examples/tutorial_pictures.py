"""Draws the pictures of docs/tutorial.md from the fits that its commands write: tutorial_pictures.py FITS [OUT]."""

import pathlib
import re
import sys

import bdglm
import matplotlib
import numpy as np
import pandas as pd
from scipy import stats

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[1]
BAYES, PLUGIN, GREY = "#1f4e9c", "#c8501e", "#777777"
plt.rcParams.update(
    {"svg.fonttype": "none", "svg.hashsalt": "bdglm", "font.family": "sans-serif", "font.size": 9, "axes.spines.top": False,
     "axes.spines.right": False, "legend.frameon": False, "path.simplify_threshold": 0.5}
)


def save(figure, folder, name):
    figure.tight_layout()
    path = folder / f"{name}.svg"
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
    # Hundredths of a point are enough, and make half the file.
    path.write_text(re.sub(r"(\d+\.\d\d)\d+", r"\1", path.read_text()))


def draws(fit, name):
    return fit[name].ravel()


def iris(fits, out):
    """The probability of versicolor along the length, and the posterior of the length at which it is one half."""
    fit = bdglm.load(fits / "iris.nc")
    flowers = pd.read_csv(ROOT / "examples/iris_two_species.csv")
    grid = pd.DataFrame({"Sepal.Length": np.linspace(4.2, 7.1, 60)})
    curve = fit.predict(grid, kind="summary")
    boundary = -draws(fit, "b_Intercept") / draws(fit, "b_Sepal.Length")
    print("iris: boundary", boundary.mean(), np.quantile(boundary, [0.025, 0.975]))
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.9), gridspec_kw={"width_ratios": [3, 2]})
    x = grid["Sepal.Length"]
    left.fill_between(x, curve["low"], curve["high"], color=BAYES, alpha=0.2, linewidth=0, label="95 % band")
    left.plot(x, curve["mean"], color=BAYES, label="posterior predictive")
    left.plot(x, curve["plugin"], color=PLUGIN, linestyle=":", label="plug-in")
    species = (flowers["Species"] == "versicolor").astype(float)
    left.plot(flowers["Sepal.Length"], species, "|", color=GREY, markersize=7)
    left.set(xlabel="sepal length, cm", ylabel="P(versicolor)")
    left.legend(loc="center right")
    right.hist(boundary, bins=40, density=True, histtype="stepfilled", color=BAYES, alpha=0.5)
    right.axvline(-draws(fit, "b_Intercept").mean() / draws(fit, "b_Sepal.Length").mean(), color=PLUGIN, linestyle=":")
    right.set(xlabel="boundary, cm", yticks=[], ylabel="posterior density")
    save(figure, out, "iris")


def coin(fits, out):
    """The probability of heads after ten and fifty tosses beside the Beta distribution, and the next ten tosses."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 2.7))
    p = np.linspace(0.001, 0.999, 200)
    left.plot(p, np.ones_like(p), color=GREY, linewidth=1, label="prior")
    for name, heads, tails, color in (("coin1", 9, 1, BAYES), ("coin", 37, 13, "#2e8b57")):
        chances = 1 / (1 + np.exp(-draws(bdglm.load(fits / f"{name}.nc"), "b_Intercept")))
        exact = stats.beta(1 + heads, 1 + tails)
        print(f"{name}: draws {chances.mean():.4f} ({chances.std(ddof=1):.4f}), Beta {exact.mean():.4f} ({exact.std():.4f})")
        left.hist(chances, bins=60, range=(0, 1), density=True, histtype="stepfilled", color=color, alpha=0.35)
        left.plot(p, exact.pdf(p), color=color, label=f"Beta({1 + heads}, {1 + tails})")
    left.set(xlabel="probability of heads", yticks=[], ylabel="density")
    left.legend(loc="upper left")
    heads = np.arange(11)
    chances = 1 / (1 + np.exp(-draws(bdglm.load(fits / "coin1.nc"), "b_Intercept")))
    shares = stats.binom(10, chances[:, None]).pmf(heads).mean(axis=0)
    plugin = stats.binom(10, 0.9).pmf(heads)
    print("coin: P(6 or fewer of the next ten) predictive", shares[:7].sum(), "plug-in", plugin[:7].sum(),
          "exact", stats.betabinom(10, 10, 2).cdf(6))
    right.bar(heads - 0.2, shares, width=0.38, color=BAYES, label="posterior predictive")
    right.bar(heads + 0.2, plugin, width=0.38, color=PLUGIN, label="plug-in, 9 of 10")
    right.set(xlabel="heads in the next ten tosses", ylabel="probability")
    right.legend(loc="upper left")
    save(figure, out, "coin")


def deliveries(fits, out):
    """The next delivery of either company."""
    fit = bdglm.load(fits / "deliveries.nc")
    new = fit.predict({"company": ["A", "B"]}, kind="response", draws=16000)
    print("deliveries: P(A is faster)", (new[:, 0] < new[:, 1]).mean(), np.quantile(new, [0.025, 0.975], axis=0).T)
    figure, axes = plt.subplots(figsize=(6, 2.5))
    for k, (company, days, color) in enumerate((("A", 15, BAYES), ("B", 20, "#2e8b57"))):
        axes.hist(new[:, k], bins=70, range=(-10, 45), density=True, histtype="stepfilled", color=color, alpha=0.4, label=f"company {company}")
        axes.axvline(days, color=color, linestyle=":")
    axes.set(xlabel="days of the next delivery (dotted: the plug-in, certain)", yticks=[], ylabel="predictive density")
    axes.legend()
    save(figure, out, "deliveries")


def shrinkage(fits, out):
    """Districts' shares of users: raw, and by the mixed model, against the women in the district."""
    fit = bdglm.load(fits / "mixed.nc")
    women = pd.read_csv(fits / "train.csv", dtype={"district": str})
    women["expected"] = fit.predict(women)
    women["used"] = (women["use"] == "Y").astype(float)
    by = women.groupby("district").agg(raw=("used", "mean"), model=("expected", "mean"), n=("used", "size"))
    print("shrinkage: sd of raw shares", by["raw"].std(), "of the model's", by["model"].std())
    print(by.loc[by["n"] <= 3])
    figure, (left, right) = plt.subplots(1, 2, figsize=(8, 3.1))
    left.vlines(by["n"], by["raw"], by["model"], color=GREY, linewidth=0.6)
    left.plot(by["n"], by["raw"], "o", color=PLUGIN, markersize=3, label="share of users")
    left.plot(by["n"], by["model"], "o", color=BAYES, markersize=3, label="mixed model")
    left.axhline(women["used"].mean(), color=GREY, linestyle=":", linewidth=1)
    left.set(xscale="log", xlabel="women in the district", ylabel="uses contraception")
    left.legend()
    levels = sorted(by.index, key=int)
    effects = np.array([draws(fit, f"r_district[{level},Intercept]") for level in levels])
    order = np.argsort(effects.mean(axis=1))
    low, high = np.quantile(effects[order], [0.05, 0.95], axis=1)
    right.vlines(np.arange(len(levels)), low, high, color=BAYES, linewidth=1)
    right.plot(effects[order].mean(axis=1), "o", color=BAYES, markersize=2.5)
    right.axhline(0, color=GREY, linewidth=0.8)
    right.set(xlabel="districts, in order", ylabel="effect on the log odds, 90 %")
    save(figure, out, "shrinkage")


def deep(fits, out):
    """Use against age by number of living children: the mixed model, and the deep one with its plug-in."""
    women = pd.read_csv(fits / "train.csv", dtype={"district": str})
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.1), sharey=True)
    for panel, name, title in zip(axes, ("mixed", "deep"), ("mixed model", "deep mixed model")):
        fit = bdglm.load(fits / f"{name}.nc")
        for level, color in (("0", PLUGIN), ("3+", BAYES)):
            ages = women.loc[women["livch"] == level, "age"]
            grid = pd.DataFrame({"age": np.linspace(ages.min(), ages.max(), 40), "livch": level, "urban": "N", "district": "1"})
            made = fit.predict(grid, kind="summary", groups="none")
            panel.fill_between(grid["age"], made["low"], made["high"], color=color, alpha=0.2, linewidth=0)
            panel.plot(grid["age"], made["mean"], color=color, label=f"{level} children")
            panel.plot(grid["age"], made["plugin"], color=color, linestyle=":")
        panel.set(title=title, xlabel="age, centred")
    axes[0].set(ylabel="P(use), rural, no district", ylim=(0, 1))
    axes[0].legend()
    save(figure, out, "deep")


def main():
    fits = pathlib.Path(sys.argv[1])
    out = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else ROOT / "docs/pictures"
    out.mkdir(parents=True, exist_ok=True)
    for picture in (iris, coin, deliveries, shrinkage, deep):
        picture(fits, out)


if __name__ == "__main__":
    main()
