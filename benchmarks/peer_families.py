"""Effective draws a CPU second of the worst parameter: bdglm beside NumPyro's NUTS (one thread each, NumPyro compiled before it is timed).

Usage: peer_families.py PROGRAM DATA [TASK ...] [--draws N] [--warmup N of the peer] [--seeds N]
PROGRAM is bdglm; DATA the folder with NAME/NAME.csv.gz (wine_red and concrete in uci_regression). Tasks: iris, grouseticks, quine, wine, concrete, panel,
logistic, contraception (age in decades), verbagg, insteval, epil. Priors are the same in both; NUTS has a dense mass matrix of the parameters that are
compared. Needs numpyro, jax, arviz < 1, pandas."""
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


def written(table):
    path = tempfile.mkdtemp() + "/table.csv"
    table.to_csv(path, index=False)
    return path


def standardised(frame):
    return (frame - frame.mean()) / frame.std()


def coefficients(columns):
    """An intercept of N(0, 5), others of N(0, 2.5)."""
    return numpyro.sample("beta", dist.Normal(0, np.concatenate([[5.0], np.full(columns - 1, 2.5)])))


USUAL = ["--prior", "b_Intercept ~ normal(0, 5)", "--prior", "b ~ normal(0, 2.5)"]


def quine(data):
    path = f"{data}/quine/quine.csv.gz"
    table = pd.read_csv(path)
    dummies = pd.get_dummies(table[["Eth", "Sex", "Age", "Lrn"]], drop_first=True)
    x = np.column_stack([np.ones(len(table)), dummies]).astype(float)
    y = table["Days"].values

    def model():
        shape = numpyro.sample("shape", dist.Gamma(2, 0.1))
        numpyro.sample("y", dist.NegativeBinomial2(jnp.exp(x @ coefficients(x.shape[1])), shape), obs=y)

    words = ["--data", path, "--formula", "Days ~ Eth + Sex + Age + Lrn", "--family", "negative_binomial", *USUAL, "--prior", "shape ~ gamma(2, 0.1)"]
    return model, ["beta", "shape"], words


def wine(data):
    table = pd.read_csv(f"{data}/uci_regression/wine_red/data.csv.gz")
    response = table.columns[-1]
    inputs = standardised(table.drop(columns=response))
    x = inputs.values
    levels = np.unique(table[response])
    y = np.searchsorted(levels, table[response])

    def model():
        cut = numpyro.sample("cut", dist.ImproperUniform(dist.constraints.ordered_vector, (), (len(levels) - 1,)))
        numpyro.factor("prior", dist.Normal(0, 5).log_prob(cut).sum())
        beta = numpyro.sample("beta", dist.Normal(0, 2.5).expand([x.shape[1]]))
        numpyro.sample("y", dist.OrderedLogistic(x @ beta, cut), obs=y)

    named = inputs.set_axis([f"x{k}" for k in range(x.shape[1])], axis=1).assign(y=table[response])
    words = ["--data", written(named), "--formula", "y ~ .", "--family", "ordinal", "--prior", "b ~ normal(0, 2.5)", "--prior", "cut ~ normal(0, 5)"]
    return model, ["beta", "cut"], words


def concrete(data):
    table = pd.read_csv(f"{data}/uci_regression/concrete/data.csv.gz")
    inputs = standardised(table.iloc[:, :-1])
    x = np.column_stack([np.ones(len(table)), inputs])
    y = table.iloc[:, -1].values

    def model():
        shape = numpyro.sample("shape", dist.Gamma(2, 0.1))
        numpyro.sample("y", dist.Gamma(shape, shape * jnp.exp(-(x @ coefficients(x.shape[1])))), obs=y)

    named = inputs.set_axis([f"x{k}" for k in range(inputs.shape[1])], axis=1).assign(y=y)
    words = ["--data", written(named), "--formula", "y ~ .", "--family", "gamma", *USUAL, "--prior", "shape ~ gamma(2, 0.1)"]
    return model, ["beta", "shape"], words


def panel(_):
    """Proportions of 40 groups of 10."""
    random = np.random.default_rng(5)
    g = np.repeat(np.arange(40), 10)
    x = np.column_stack([np.ones(400), random.standard_normal((400, 2))])
    mean = 1 / (1 + np.exp(-(x @ [-0.3, 0.6, -0.8] + random.normal(0, 0.6, 40)[g])))
    y = np.clip(random.beta(12 * mean, 12 * (1 - mean)), 1e-6, 1 - 1e-6)

    def model():
        phi = numpyro.sample("phi", dist.Gamma(2, 0.1))
        sd = numpyro.sample("sd", half_t(2.5))
        u = numpyro.sample("u", dist.Normal(0, 1).expand([40]))
        mu = jax.nn.sigmoid(x @ coefficients(3) + sd * u[g])
        numpyro.sample("y", dist.Beta(mu * phi, (1 - mu) * phi), obs=y)

    named = pd.DataFrame({"y": y, "x1": x[:, 1], "x2": x[:, 2], "g": ["g" + str(k) for k in g]})
    words = ["--data", written(named), "--formula", "y ~ x1 + x2 + (1 | g)", "--family", "beta", *USUAL, "--prior", "phi ~ gamma(2, 0.1)",
             "--prior", "sd ~ half_t(2, 2.5)"]
    return model, ["beta", "phi", "sd"], words


def logistic(data):
    path = f"{data}/synthetic/t1_logistic.csv.gz"
    table = pd.read_csv(path)
    x = np.column_stack([np.ones(len(table)), table.drop(columns="y")])
    y = table["y"].values

    def model():
        numpyro.sample("y", dist.Bernoulli(logits=x @ coefficients(x.shape[1])), obs=y)

    return model, ["beta"], ["--data", path, "--formula", "y ~ .", *USUAL]


def grouped(y, x, slopes, family, scale=half_t, centre=0.0):
    """A model of y by x and, of each (codes, columns) of slopes, normal effects, correlated where there are several."""
    def model():
        prior = np.concatenate([[5.0], np.full(x.shape[1] - 1, 2.5)])
        eta = x @ numpyro.sample("beta", dist.Normal(np.concatenate([[centre], np.zeros(x.shape[1] - 1)]), prior))
        for k, (codes, z) in enumerate(slopes):
            sd = numpyro.sample(f"sd{k}", scale(2.5).expand([z.shape[1]]))
            u = numpyro.sample(f"u{k}", dist.Normal(0, 1).expand([codes.max() + 1, z.shape[1]]))
            if z.shape[1] > 1:
                factor = numpyro.sample(f"factor{k}", dist.LKJCholesky(z.shape[1], 1.0))
                numpyro.deterministic(f"cor{k}", factor[1, 0])
                u = u @ factor.T
            eta = eta + ((u * sd)[codes] * z).sum(axis=1)
        family(eta, y)

    return model


def bernoulli(eta, y):
    numpyro.sample("y", dist.Bernoulli(logits=eta), obs=y)


def codes_of(column):
    return column.astype("category").cat.codes.values


def contraception(data):
    table = pd.read_csv(f"{data}/contraception/contraception.csv.gz")
    table["age"] = table["age"] / 10
    urban = (table["urban"] == "Y").values.astype(float)
    one = np.ones(len(table))
    x = np.column_stack([one, table["age"], table["age"] ** 2, urban, *[table["livch"].astype(str) == k for k in ("1", "2", "3+")]]).astype(float)
    model = grouped((table["use"] == "Y").values.astype(int), x, [(codes_of(table["district"]), np.column_stack([one, urban]))], bernoulli)
    words = ["--data", written(table), "--formula", "use ~ age + I(age^2) + urban + livch + (1 + urban | district)", "--family", "bernoulli", *USUAL,
             "--prior", "sd ~ half_t(2, 2.5)"]
    return model, ["beta", "sd0", "cor0"], words


def verbagg(data):
    path = f"{data}/verbagg/verbagg.csv.gz"
    table = pd.read_csv(path)
    one = np.ones((len(table), 1))
    x = np.column_stack([one, table["Anger"], table["Gender"] == "M", table["btype"] == "scold", table["btype"] == "shout", table["situ"] == "self"])
    slopes = [(codes_of(table["id"]), one), (codes_of(table["item"]), one)]
    model = grouped((table["r2"] == "Y").values.astype(int), x.astype(float), slopes, bernoulli)
    words = ["--data", path, "--formula", "r2 ~ Anger + Gender + btype + situ + (1 | id) + (1 | item)", "--family", "bernoulli", *USUAL,
             "--prior", "sd ~ half_t(2, 2.5)"]
    return model, ["beta", "sd0", "sd1"], words


def insteval(data):
    path = f"{data}/insteval/insteval.csv.gz"
    table = pd.read_csv(path)
    one = np.ones((len(table), 1))

    def gaussian(eta, y):
        numpyro.sample("y", dist.Normal(eta, numpyro.sample("sigma", half_t(2.5))), obs=y)

    model = grouped(table["y"].values.astype(float), one, [(codes_of(table["s"]), one), (codes_of(table["d"]), one)], gaussian, centre=3.0)
    words = ["--data", path, "--formula", "y ~ 1 + (1 | s) + (1 | d)", "--family", "gaussian", "--prior", "b_Intercept ~ normal(3, 5)",
             "--prior", "sd ~ half_t(2, 2.5)", "--prior", "sigma ~ half_t(2, 2.5)"]
    return model, ["beta", "sd0", "sd1", "sigma"], words


def epil(data):
    path = f"{data}/epil/epil.csv.gz"
    table = pd.read_csv(path)
    trt = (table["trt"] == "progabide").values.astype(float)
    one = np.ones((len(table), 1))
    x = np.column_stack([one, table["lbase"], trt, table["lage"], table["V4"], table["lbase"] * trt])

    def negative_binomial(eta, y):
        numpyro.sample("y", dist.NegativeBinomial2(jnp.exp(eta), numpyro.sample("shape", dist.Exponential(1))), obs=y)

    model = grouped(table["y"].values, x, [(codes_of(table["subject"]), one)], negative_binomial, scale=lambda _: dist.Exponential(1))
    words = ["--data", path, "--formula", "y ~ lbase*trt + lage + V4 + (1 | subject)", "--family", "negative_binomial", *USUAL,
             "--prior", "sd ~ exponential(1)", "--prior", "shape ~ exponential(1)"]
    return model, ["beta", "sd0", "shape"], words


TASKS = {task.__name__: task for task in (contraception, verbagg, insteval, epil, iris, grouseticks, quine, wine, concrete, panel, logistic)}


def peer(model, names, draws, seed, warmup):
    """Sampling alone: a run compiles every time, so that the time of one of few draws is taken off."""
    def run(kept):
        dense = [tuple(n for n in names if not n.startswith("cor"))]
        mcmc = MCMC(NUTS(model, dense_mass=dense), num_warmup=warmup, num_samples=kept, progress_bar=False)
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
    parser.add_argument("--warmup", type=int, default=1000)
    parser.add_argument("--seeds", type=int, default=3)
    a = parser.parse_args()
    for name in a.tasks or TASKS:
        model, names, words = TASKS[name](a.data)
        rates = {"bdglm": [], "numpyro": []}
        for seed in range(1, a.seeds + 1):
            for who, (effective, seconds) in (("bdglm", ours(a.program, words, a.draws, seed)), ("numpyro", peer(model, names, a.draws, seed, a.warmup))):
                rates[who].append(effective / seconds)
        median = {who: float(np.median(r)) for who, r in rates.items()}
        print(f"{name}: bdglm {median['bdglm']:.0f}, NumPyro {median['numpyro']:.0f} effective draws a CPU second, "
              f"ratio {median['bdglm'] / median['numpyro']:.1f}", flush=True)


if __name__ == "__main__":
    main()
