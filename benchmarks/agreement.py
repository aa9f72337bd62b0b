"""Agreement with reference posteriors, a line a model: the worst difference of means in combined Monte Carlo errors, the worst ratio of
standard deviations, the worst R-hat.

Usage: agreement.py PROGRAM REFERENCE DATA [MODEL ...] [--seed N]
PROGRAM is bdglm; REFERENCE a folder of tables MODEL.csv (parameter or par, mean, sd, mcse_mean or mcse, ...; lines of comment begin with #),
some of them in REFERENCE/families, with data of its own in REFERENCE/families/data; DATA a folder with NAME/NAME.csv.gz. Everything but the priors is at its default. Ends with 1 where a model
does not agree: means within 4 errors, standard deviations within 10 %, R-hat at most 1.01. Needs Python alone."""
import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile

PRIORS = ["b ~ normal(0, 2.5)"]
INTERCEPT = ["b_Intercept ~ normal(0, 5)"]
CUT = ["cut ~ normal(0, 5)"]
SD = ["sd ~ half_t(2, 2.5)"]
SHAPE = ["shape ~ gamma(2, 0.1)"]
VISITS = "visits ~ hospital + relevel(health, 'average') + chronic + gender + school + insurance"

T = ["sigma ~ half_t(3, 2.5)", "nu ~ gamma(2, 0.1)"]

CROSSED = "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)"
SLOPES = "use ~ age + I(age^2) + urban + livch + (1 + urban | district)"
EPIL = "y ~ lbase*trt + lage + V4 + (1 | subject)"
HUANG_WAND = ["sd ~ half_t(2, 2.5)"]

# Tables with names of their own: of each parameter there, that of a summary.
NAMES = {
    "insteval_seed1": {"sd_s": "sd_s__Intercept", "sd_d": "sd_d__Intercept"},
    "insteval_seed2": {"sd_s": "sd_s__Intercept", "sd_d": "sd_d__Intercept"},
    "contraception": {
        "sd_district_1": "sd_district__Intercept", "sd_district_2": "sd_district__urbanY", "cor_district": "cor_district__Intercept__urbanY"},
    "verbagg": {"sd_id_1": "sd_id__Intercept", "sd_item_1": "sd_item__Intercept"},
    "epil_negative_binomial_gibbs": {"reciprocal_dispersion": "shape", "sd_subject": "sd_subject__Intercept"},
    "epil_negative_binomial_jags": {
        "b[1]": "b_Intercept", "b[2]": "b_lbase", "b[3]": "b_trtprogabide", "b[4]": "b_lage", "b[5]": "b_lbase:trtprogabide", "bV": "b_V4",
        "r": "shape", "sd": "sd_subject__Intercept"},
}

# Of each model: data, formula, family (and link), priors beside those above.
MODELS = {
    "contraception": ("contraception", SLOPES, "bernoulli", HUANG_WAND),
    "verbagg": ("verbagg", CROSSED, "bernoulli", HUANG_WAND),
    "insteval_seed1": (
        "insteval", "y ~ 1 + (1 | s) + (1 | d)", "gaussian",
        HUANG_WAND + ["b_Intercept ~ normal(3, 5)", "sigma ~ inv_gamma(0.5, 0.05)"]),
    "epil_negative_binomial_gibbs": ("epil", EPIL, "negative_binomial", ["sd ~ exponential(1)", "shape ~ exponential(1)"]),
    "epil_negative_binomial_jags": ("epil", EPIL, "negative_binomial", ["sd ~ exponential(1)", "shape ~ exponential(1)"]),
    "poisson_grouseticks": ("own/grouseticks", "TICKS ~ YEAR + HEIGHT_scaled + (1|BROOD) + (1|INDEX) + (1|LOCATION)", "poisson", SD),
    "poisson_mmmec_region": ("own/mmmec", "deaths ~ uvb + offset(log(expected)) + (1|region)", "poisson", SD),
    "categorical_iris": ("iris", "Species ~ Sepal.Length + Sepal.Width", "categorical", []),
    "negative_binomial_quine": ("quine", "Days ~ Eth + Sex + Age + Lrn", "negative_binomial", SHAPE),
    "negative_binomial_nmes1988": ("nmes1988", VISITS, "negative_binomial", SHAPE),
    "beta_sim": ("own/beta_sim", "y ~ x1 + x2 + (1|g)", "beta", SD + ["phi ~ gamma(2, 0.1)"]),
    "gamma_concrete": ("own/concrete_std", "strength ~ .", "gamma", SHAPE),
    "probit_psid1976": ("psid1976", "participation ~ age + education + experience + youngkids + oldkids", "bernoulli probit", []),
    "ordinal_logit_wine_red": ("own/wine_red_std", "quality ~ .", "ordinal", CUT),
    "ordinal_probit_wine_red": ("own/wine_red_std", "quality ~ .", "ordinal probit", CUT),
    "ordinal_logit_chem97": ("own/chem97_2000", "score ~ gcsecnt + gender + (1 | school)", "ordinal", CUT + SD),
    "student_t_boston": ("own/boston_std", "medv ~ .", "student_t", T),
    "student_t_diabetes": ("own/diabetes_std", "progression ~ .", "student_t", T),
    "student_t_sleepstudy": ("own/sleepstudy_rt", "rt ~ Days + (1 + Days | Subject)", "student_t", T + SD),
    "zero_inflated_poisson_nmes1988": ("nmes1988", VISITS, "zero_inflated_poisson", ["zi ~ beta(1, 1)"]),
}


def fit(program, path, formula, family, priors, seed):
    """The summary of a fit at default settings."""
    with tempfile.TemporaryDirectory() as folder:
        name, *link = family.split()
        command = [program, "fit", "--data", path, "--formula", formula, "--family", name, "--seed", str(seed), "--quiet", "--json",
                   "--out", os.path.join(folder, "fit.nc")]
        for word in link:
            command += ["--link", word]
        for prior in priors:
            command += ["--prior", prior]
        return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def rows_of(path, names):
    """A table's rows under the names of a summary."""
    with open(path, encoding="utf-8") as file:
        rows = list(csv.DictReader(line for line in file if not line.startswith("#")))
    for row in rows:
        own = row.get("parameter") or row["par"]
        if "par" in row:
            known = {**names, "(Intercept)": "b_Intercept"}
            own = known.get(own) or (own if own in ("sigma", "shape") else "b_" + own)
        row["parameter"] = own
        row["mcse_mean"] = row.get("mcse_mean") or row["mcse"]
    return rows


def name_of(parameter):
    """The reference's name of a parameter: releveled factors are named as the column."""
    return parameter.replace('relevel(health, "average")', "health").replace("relevel(health, 'average')", "health")


def compare(reference, summary):
    """Worst z score of means, ratio of standard deviations furthest from 1, R-hat, and what is missing."""
    ours = {name_of(p["name"]): p for p in summary["parameters"]}
    worst_z, worst_ratio, worst_rhat, missing = 0.0, 1.0, 0.0, []
    for row in reference:
        p = ours.get(row["parameter"])
        if p is None:
            missing.append(row["parameter"])
            continue
        error = (float(row["mcse_mean"]) ** 2 + p["sd"] ** 2 / p["ess_bulk"]) ** 0.5
        worst_z = max(worst_z, abs(p["mean"] - float(row["mean"])) / error)
        ratio = p["sd"] / float(row["sd"])
        if abs(ratio - 1) > abs(worst_ratio - 1):
            worst_ratio = ratio
        worst_rhat = max(worst_rhat, p["rhat"])
    return worst_z, worst_ratio, worst_rhat, missing


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("reference")
    parser.add_argument("data")
    parser.add_argument("models", nargs="*")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    failed = False
    print("| model | worst mean, errors | worst sd, ratio | worst R-hat | least effective draws | seconds | |\n|---|---|---|---|---|---|---|")
    for model in arguments.models or MODELS:
        data, formula, family, priors = MODELS[model]
        own = data.startswith("own/")
        name = data.split("/")[-1]
        families = os.path.join(arguments.reference, "families")
        path = os.path.join(families, "data", name + ".csv.gz") if own else os.path.join(arguments.data, name, name + ".csv.gz")
        folder = arguments.reference if model in NAMES else families
        reference = rows_of(os.path.join(folder, model + ".csv"), NAMES.get(model, {}))
        own_intercept = family.startswith("ordinal") or any(prior.startswith("b_Intercept") for prior in priors)
        summary = fit(arguments.program, path, formula, family, PRIORS + ([] if own_intercept else INTERCEPT) + priors, arguments.seed)
        z, ratio, rhat, missing = compare(reference, summary)
        agrees = z <= 4 and 0.9 <= ratio <= 1.1 and rhat <= 1.01 and not missing
        failed = failed or not agrees
        least = min(p["ess_bulk"] for p in summary["parameters"])
        word = "agrees" if agrees else "DIFFERS" + (", without " + ", ".join(missing) if missing else "")
        print(f"| {model} | {z:.2f} | {ratio:.3f} | {rhat:.4f} | {least:.0f} | {summary['seconds']:.1f} | {word} |", flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
