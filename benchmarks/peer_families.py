"""Effective draws a CPU second of the worst parameter: bdglm beside NumPyro's NUTS (one thread each, NumPyro compiled before it is timed).

Usage: peer_families.py PROGRAM DATA [iris|grouseticks|contraception ...] [--draws N]
PROGRAM is bdglm; DATA the folder with iris/iris.csv.gz, grouseticks/grouseticks.csv.gz and contraception/contraception.csv.gz.
Priors are the same in both; NUTS has a dense mass matrix of the parameters that are compared. Needs numpyro, jax, arviz < 1, pandas."""
import argparse
import json
import os
import resource
import subprocess
import tempfile

os.environ.update(OMP_NUM_THREADS="1", XLA_FLAGS="--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
import arviz  # noqa: E402
import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402
import numpyro  # noqa: E402
import numpyro.distributions as dist  # noqa: E402
import pandas as pd  # noqa: E402
from numpyro.infer import MCMC, NUTS  # noqa: E402

numpyro.enable_x64()


def cpu(who):
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def half_t(scale):
    return dist.FoldedDistribution(dist.StudentT(2, 0, scale))


def iris(data):
    path = f"{data}/iris/iris.csv.gz"
    table = pd.read_csv(path)
    x = np.column_stack([np.ones(len(table)), table["Sepal.Length"], table["Sepal.Width"]])
    y = table["Species"].astype("category").cat.codes.values

    def model():
        beta = numpyro.sample("beta", dist.Normal(0, np.array([[5.0], [2.5], [2.5]])).expand([3, 2]))
        eta = x @ beta
        numpyro.sample("y", dist.Categorical(logits=jnp.column_stack([jnp.zeros(len(y)), eta])), obs=y)

    words = ["--data", path, "--formula", "Species ~ Sepal.Length + Sepal.Width", "--prior", "b_Intercept ~ normal(0, 5)"]
    return model, ["beta"], words


def grouseticks(data):
    table = pd.read_csv(f"{data}/grouseticks/grouseticks.csv.gz")
    table["h"] = (table["HEIGHT"] - 462.2) / 35.9
    year = table["YEAR"].astype(str)
    x = np.column_stack([np.ones(len(table)), table["h"], year == "96", year == "97"]).astype(float)
    y = table["TICKS"].values
    groups = {name: table[name].astype("category").cat.codes.values for name in ("INDEX", "BROOD", "LOCATION")}

    def model():
        scale = np.array([5.0, 2.5, 2.5, 2.5])
        eta = x @ numpyro.sample("beta", dist.Normal(0, scale))
        for name, codes in groups.items():
            sd = numpyro.sample("sd_" + name, half_t(2.5))
            u = numpyro.sample("u_" + name, dist.Normal(0, 1).expand([codes.max() + 1]))
            eta = eta + sd * u[codes]
        numpyro.sample("y", dist.Poisson(jnp.exp(eta)), obs=y)

    folder = tempfile.mkdtemp()
    named = pd.DataFrame({"y": y, "h": table["h"], "year": "Y" + year})
    for name, codes in groups.items():
        named[name] = [name[0] + str(code) for code in codes]
    named.to_csv(folder + "/ticks.csv", index=False)
    words = ["--data", folder + "/ticks.csv", "--formula", "y ~ h + year + (1 | INDEX) + (1 | BROOD) + (1 | LOCATION)",
             "--family", "poisson", "--prior", "b_Intercept ~ normal(0, 5)"]
    return model, ["beta", "sd_INDEX", "sd_BROOD", "sd_LOCATION"], words


TASKS = {"iris": iris, "grouseticks": grouseticks}


def peer(model, names, draws, seed):
    """Sampling alone: a run compiles every time, so that the time of one of few draws is taken off."""
    def run(kept):
        mcmc = MCMC(NUTS(model, dense_mass=[tuple(names)]), num_warmup=1000, num_samples=kept, progress_bar=False)
        mcmc.warmup(jax.random.PRNGKey(10 * seed + 1))
        mcmc.run(jax.random.PRNGKey(10 * seed + 2))
        before = cpu(resource.RUSAGE_SELF)
        mcmc.run(jax.random.PRNGKey(10 * seed + 3))
        samples = jax.block_until_ready(mcmc.get_samples())
        return cpu(resource.RUSAGE_SELF) - before, samples
    few, _ = run(10)
    whole, samples = run(draws)
    values = np.column_stack([np.asarray(samples[n]).reshape(draws, -1) for n in names])
    return min(float(arviz.ess(values[:, k][None, :])) for k in range(values.shape[1])), whole - few


def ours(program, words, draws, seed):
    """Sampling alone: the time of a run of all draws less that of a run of one."""
    def run(kept, folder):
        before = cpu(resource.RUSAGE_CHILDREN)
        out = subprocess.run([program, "fit", *words, "--threads", "1", "--chains", "1", "--seed", str(seed), "--quiet", "--json", "--draws", str(kept),
                              "--out", f"{folder}/{kept}.nc"], capture_output=True, text=True, check=True).stdout
        return cpu(resource.RUSAGE_CHILDREN) - before, json.loads(out)
    with tempfile.TemporaryDirectory() as folder:
        warm, _ = run(4, folder)
        whole, summary = run(draws, folder)
    return min(p["ess_bulk"] for p in summary["parameters"]), whole - warm


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("data")
    parser.add_argument("tasks", nargs="*", default=list(TASKS))
    parser.add_argument("--draws", type=int, default=8000)
    a = parser.parse_args()
    for name in a.tasks or TASKS:
        model, names, words = TASKS[name](a.data)
        rates = {"bdglm": [], "numpyro": []}
        for seed in (1, 2, 3):
            for who, (effective, seconds) in (("bdglm", ours(a.program, words, a.draws, seed)), ("numpyro", peer(model, names, a.draws, seed))):
                rates[who].append(effective / seconds)
        median = {who: float(np.median(r)) for who, r in rates.items()}
        print(f"{name}: bdglm {median['bdglm']:.0f}, NumPyro {median['numpyro']:.0f} effective draws a CPU second, "
              f"ratio {median['bdglm'] / median['numpyro']:.1f}", flush=True)


if __name__ == "__main__":
    main()
