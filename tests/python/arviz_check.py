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
    with xarray.open_dataset(path, group="posterior") as dataset:
        assert dict(dataset.sizes)["chain"] == posterior.sizes["chain"]
        for dimension in dataset.sizes:
            assert dimension in dataset.coords, dimension
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
assert np.isfinite(arviz.loo(arviz.from_netcdf(rows)).elpd_loo)
tree.close()
with xarray.open_dataset(rows, group="posterior") as posterior:
    more = posterior[["b_age"]].load()
more.to_netcdf(rows, mode="a", group="mine")  # a file that others can write to
subprocess.run([program, "resume", rows, "--draws", "60", "--quiet"], check=True)

total = check(fit("mixed", "use ~ age + urban + (1 + urban | district)", "--chains", "4", "--warmup", "100", "--draws", "251"))
total += check(fit("deep", "use ~ deep(age, livch, layers = c(4)) + (1 | district)", "--chains", "2", "--warmup", "20", "--draws", "40"))
print(f"{total} figures agree with ArviZ {arviz.__version__} to 1e-6")
