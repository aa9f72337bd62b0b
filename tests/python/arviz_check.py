"""Opens fit files with ArviZ and xarray as they are, and holds our diagnostics against ArviZ's."""

import json
import subprocess
import sys
import warnings

import arviz
import numpy as np
import xarray

program, source, work = sys.argv[1:4]
data = f"{source}/data/contraception.csv.gz"


def fit(name, formula, *options):
    path = f"{work}/{name}.nc"
    subprocess.run([program, "fit", "--data", data, "--formula", formula, "--out", path, "--seed", "5", "--quiet", "--overwrite",
                    *options], check=True)
    return path


def check(path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # ArviZ names the group 'bdglm' that is not in its schema
        posterior = arviz.from_netcdf(path).posterior
    for engine in ("netcdf4", "h5netcdf"):
        with xarray.open_dataset(path, group="posterior", engine=engine) as dataset:
            assert dict(dataset.sizes)["chain"] == posterior.sizes["chain"]
            for dimension in dataset.sizes:
                assert dimension in dataset.coords, dimension
            assert dataset.equals(posterior), engine
    assert np.all(np.isfinite(posterior["b_Intercept"]))
    summary = json.loads(subprocess.run([program, "summary", path, "--json", "--all"], check=True, capture_output=True,
                                        text=True).stdout)
    ours = {p["name"]: p for p in summary["parameters"]}
    compared = 0
    for name, variable in posterior.data_vars.items():
        values = variable.values.reshape(variable.shape[0], variable.shape[1], -1)
        labels = [""]
        for dimension in variable.dims[2:]:
            labels = [f"{a},{b}" if a else str(b) for a in labels for b in variable[dimension].values]
        for k in range(values.shape[2]):
            mine = ours[name + (f"[{labels[k]}]" if labels[k] else "")]
            draws = values[:, :, k]
            theirs = {"mean": draws.mean(), "sd": draws.std(ddof=1), "rhat": arviz.rhat(draws),
                      "ess_bulk": arviz.ess(draws), "ess_tail": arviz.ess(draws, method="tail"),
                      "mcse": arviz.mcse(draws), "q2.5": np.quantile(draws, 0.025), "q97.5": np.quantile(draws, 0.975)}
            for key, value in theirs.items():
                assert abs(mine[key] - value) <= 1e-6 * max(1, abs(value)), (name, key, mine[key], value)
                compared += 1
    return compared


def told(verb, *paths):
    return json.loads(subprocess.run([program, verb, *paths, "--json"], check=True, capture_output=True, text=True).stdout)


def near(mine, theirs, what):
    assert np.all(np.abs(np.asarray(mine) - theirs) <= 1e-6 * np.maximum(1, np.abs(theirs))), (what, mine, theirs)
    return np.size(theirs)


def check_accuracy(paths):
    """loo, waic and compare of fits whose log likelihood was saved."""
    fits, compared = {}, 0
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        for path in paths:
            fits[path] = arviz.from_netcdf(path)
            # ArviZ computes in the precision of the file, which is single.
            fits[path].log_likelihood["y"] = fits[path].log_likelihood["y"].astype(float)
            mine, loo, waic = told("loo", path), arviz.loo(fits[path], pointwise=True), arviz.waic(fits[path], pointwise=True)
            for name, value in {"elpd_loo": loo.elpd_loo, "elpd_loo_se": loo.se, "p_loo": loo.p_loo, "k_threshold": loo.good_k,
                                "elpd_waic": waic.elpd_waic, "elpd_waic_se": waic.se, "p_waic": waic.p_waic}.items():
                compared += near(mine[name], value, name)
            for name, value in {"elpd_loo": loo.loo_i, "pareto_k": loo.pareto_k, "elpd_waic": waic.waic_i}.items():
                compared += near(mine["by_row"][name], value.values, name)
        table = arviz.compare(fits)
        elpd = np.stack([arviz.loo(fits[path], pointwise=True).loo_i.values for path in paths], axis=1)
    models = {model["name"]: model for model in told("compare", *paths)["models"]}
    assert list(models) == list(table.index)
    for path, model in models.items():
        for name in ("elpd_loo", "se", "p_loo", "elpd_diff", "dse"):
            compared += near(model[name], table.loc[path][name], name)
    # ArviZ's minimiser ends within about 1e-6 of the best weights.
    score = [np.log(np.exp(elpd) @ [of(path) for path in paths]).sum()
             for of in (lambda path: models[path]["weight"], lambda path: table.loc[path]["weight"])]
    assert score[0] >= score[1] - 1e-8, score
    return compared


# Trees, truth values, one coordinate of observations, and whole posteriors beside saved rows.
rows = fit("rows", "use ~ age + (1 | district)", "--chains", "2", "--warmup", "50", "--draws", "50",
           "--save", "log_likelihood", "--save", "posterior_predictive")
tree = xarray.open_datatree(rows)
assert tree["sample_stats"]["diverging"].dtype == bool
assert tree["sample_stats"]["n_steps"].dtype.kind == "i"
observed = tree["observed_data"]["y"]
for group in ("log_likelihood", "posterior_predictive"):
    assert np.array_equal(tree[group]["obs"], observed["obs"]), group
assert (tree["posterior_predictive"]["y"] - observed).shape == (2, 50, observed.size)
tree.close()
with xarray.open_dataset(rows, group="posterior") as posterior:
    more = posterior[["b_age"]].load()
for engine in ("netcdf4", "h5netcdf"):
    more.to_netcdf(rows, mode="a", group=f"mine_{engine}", engine=engine)  # a file that others can write to
subprocess.run([program, "resume", rows, "--draws", "60", "--quiet"], check=True)

total = check(fit("mixed", "use ~ age + urban + (1 + urban | district)", "--chains", "4", "--warmup", "100", "--draws", "251"))
total += check(fit("deep", "use ~ deep(age, livch, layers = c(4)) + (1 | district)", "--chains", "2", "--warmup", "20", "--draws", "40"))
more = fit("more", "use ~ age + urban + (1 + urban | district)", "--chains", "2", "--warmup", "50", "--draws", "60",
           "--save", "log_likelihood")
plain = fit("plain", "use ~ urban", "--chains", "2", "--warmup", "50", "--draws", "60", "--save", "log_likelihood")
total += check_accuracy([rows, more, plain])
print(f"{total} figures agree with ArviZ {arviz.__version__} to 1e-6")
