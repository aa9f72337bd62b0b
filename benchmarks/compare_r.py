"""Posterior means and standard deviations at default settings beside the estimates and standard errors of R's packages, on real data.

Usage: compare_r.py PROGRAM DATA [MODEL ...] [--seed N]
PROGRAM is bdglm; DATA a folder with NAME/NAME.csv.gz. Needs Rscript with lme4, MASS, glmmTMB and ordinal (Debian: r-cran-NAME). One thread
each; seconds are processor time, of bdglm for the whole program, of R for the fit alone. Ends with 1 where a coefficient differs by more than
half a standard error."""
import argparse
import csv
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile

VISITS = "visits ~ hospital + relevel(health, 'average') + chronic + gender + school + insurance"
IMMUN = "immun ~ kid2p + mom25p + ord + ethn + momEd + husEd + momWork + rural + pcInd81 + (1 | mom) + (1 | comm)"

# Of each model: data, formula, family, and the fit in R of the formula f to the data d.
MODELS = {
    "bacteria": ("bacteria", "y ~ trt + late + (1 | ID)", "bernoulli", "glmmTMB(f, d, binomial)"),
    "bacteria, 15 points": ("bacteria", "y ~ trt + late + (1 | ID)", "bernoulli", "glmer(f, d, binomial, nAGQ = 15)"),
    "nmes1988": ("nmes1988", VISITS, "negative_binomial", "glm.nb(f, d)"),
    "guimmun": ("guimmun", IMMUN, "bernoulli", "glmmTMB(f, d, binomial)"),
    "abalone": ("abalone", "rings ~ .", "gaussian", "lm(f, d)"),
    "abalone, gamma": ("abalone", "rings ~ .", "gamma", "glm(f, Gamma('log'), d)"),
    "chem97": ("chem97", "factor(score) ~ gcsecnt + gender + (1 | school)", "ordinal", "clmm(f, data = d)"),
}

# Estimates, standard errors and seconds as lines of words; sd_ of groups, their errors by the delta method where the fit has them.
REPORT = """
suppressMessages({library(lme4); library(MASS); library(glmmTMB); library(ordinal)})
line <- function(name, estimate, error) cat("@", format(c(estimate, error), digits = 10), name, "\\n")
lines <- function(table) for (k in rownames(table)) line(k, table[k, 1], table[k, 2])
report <- function(fit) UseMethod("report")
report.lm <- function(fit) { lines(coef(summary(fit))); s <- sigma(fit); line("sigma", s, s / sqrt(2 * df.residual(fit))) }
report.glm <- function(fit) { s <- gamma.shape(fit, it.lim = 100); lines(coef(summary(fit, dispersion = 1 / s$alpha))); line("shape", s$alpha, s$SE) }
report.negbin <- function(fit) { lines(coef(summary.glm(fit, dispersion = 1))); line("shape", fit$theta, fit$SE.theta) }
report.glmerMod <- function(fit) { lines(coef(summary(fit))); v <- as.data.frame(VarCorr(fit))
  for (k in seq_len(nrow(v))) line(paste0("sd_", v$grp[k]), v$sdcor[k], NA) }
report.glmmTMB <- function(fit) { lines(coef(summary(fit))$cond); v <- VarCorr(fit)$cond
  e <- sqrt(diag(fit$sdr$cov.fixed))[names(fit$sdr$par.fixed) == "theta"]
  for (k in seq_along(v)) { s <- attr(v[[k]], "stddev"); line(paste0("sd_", names(v)[k]), s, s * e[k]) } }
report.clmm <- function(fit) { t <- coef(summary(fit)); cuts <- length(fit$alpha); rownames(t)[1:cuts] <- paste0("cut[", 1:cuts, "]"); lines(t)
  v <- VarCorr(fit); for (k in names(v)) line(paste0("sd_", k), attr(v[[k]], "stddev"), NA) }
"""


def with_late(path, folder):
    """The data of bacteria with a column for the weeks after the second."""
    with gzip.open(path, "rt", newline="") as file:
        rows = list(csv.DictReader(file))
    with open(os.path.join(folder, "table.csv"), "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, [*rows[0], "late"])
        writer.writeheader()
        writer.writerows({**row, "late": int(int(row["week"]) > 2)} for row in rows)
    return file.name


def processor_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def by_r(path, formula, call):
    """Names to (estimate, standard error or None), and the seconds of the fit."""
    code = REPORT + (
        f'd <- read.csv("{path}", stringsAsFactors = TRUE)\nf <- {formula}\n'
        f'time <- system.time(fit <- {call})\nreport(fit)\ncat("@@", time[["user.self"]] + time[["sys.self"]], "\\n")\n')
    out = subprocess.run(["Rscript", "-e", code], check=True, capture_output=True, text=True).stdout
    estimates, seconds = {}, 0.0
    for words in (line.split(None, 3) for line in out.splitlines()):
        if words and words[0] == "@":
            estimates[name_of(words[3].strip())] = (float(words[1]), None if words[2] in ("NA", "NaN") else float(words[2]))
        elif words and words[0] == "@@":
            seconds = float(words[1])
    return estimates, seconds


def by_bdglm(program, path, formula, family, seed):
    """Names to (mean, standard deviation, R-hat), and the seconds of the program."""
    with tempfile.TemporaryDirectory() as folder:
        before = processor_seconds()
        run = subprocess.run([program, "fit", "--data", path, "--formula", formula, "--family", family, "--seed", str(seed),
                              "--threads", "1", "--quiet", "--json", "--out", os.path.join(folder, "fit.nc")], check=True, capture_output=True, text=True)
        seconds = processor_seconds() - before
    summary = json.loads(run.stdout)
    return {name_of(p["name"]): (p["mean"], p["sd"], p["rhat"]) for p in summary["parameters"]}, seconds


def name_of(parameter):
    """One name of a parameter for both."""
    name = re.sub(r"relevel\((\w+), ['\"]\w+['\"]\)", r"\1", parameter)
    return re.sub(r"^b_|__Intercept$", "", name).replace("(Intercept)", "Intercept")


def table(theirs, ours):
    """Prints both; whether a coefficient differs."""
    differs = False
    print("| parameter | mean | sd | R's estimate | standard error | difference in these |\n|---|---|---|---|---|---|")
    for name, (estimate, error) in theirs.items():
        mean, sd, _ = ours[name]
        difference = (mean - estimate) / (error or sd)
        differs = differs or (abs(difference) > 0.5 and not name.startswith("sd_"))
        words = "none" if error is None else f"{error:.3g}"
        print(f"| {name} | {mean:.4g} | {sd:.3g} | {estimate:.4g} | {words} | {difference:+.2f} |", flush=True)
    return differs


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("models", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = "1"
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        for model in arguments.models or MODELS:
            data, formula, family, call = MODELS[model]
            path = os.path.join(os.path.abspath(arguments.data), data, data + ".csv.gz")
            if "late" in formula:
                path = with_late(path, folder)
            theirs, their_seconds = by_r(path, formula, call)
            ours, our_seconds = by_bdglm(arguments.program, path, formula, family, arguments.seed)
            print(f"\n**{model}**: `{formula}`, {family}, {our_seconds:.1f} s, R-hat at most {max(p[2] for p in ours.values()):.3f}; "
                  f"R: `{call}`, {their_seconds:.1f} s\n")
            failed = table(theirs, ours) or failed
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
