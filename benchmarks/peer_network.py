"""Predictions of a small network by bdglm, from several seeds at its defaults, beside long chains of NumPyro's NUTS of the same model.

Usage: peer_network.py PROGRAM [--data-seeds N] [--seeds N] [--warmup N] [--draws N]

y of 200 rows and three inputs, gaussian or of two values; one layer of eight tanh units, normal weights, half-t scales. Of the expected response at 40 new
inputs: differences of the two means in posterior standard deviations and in standard errors (ours from the spread over seeds, NUTS's from effective draws),
and ratios of standard deviations. Prints a Markdown table.
"""

import argparse
import pathlib
import subprocess
import tempfile
import time

import numpy as np
import pandas as pd

ROWS, NEW, INPUTS, WIDTH = 200, 40, 3, 8
PRIORS = {"Intercept": "normal(0, 5)", "bias": "normal(0, 1)", "weight_scale1": "half_t(3, 0.8)", "weight_scale2": "half_t(3, 1)"}


def simulated(seed: int, family: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Inputs of mean zero and variance one, responses, new inputs."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((ROWS, INPUTS))
    x = (x - x.mean(axis=0)) / x.std(axis=0, ddof=1)
    f = np.sin(2 * x[:, 0]) + 0.5 * x[:, 1] * x[:, 2]
    y = f + 0.3 * random.standard_normal(ROWS) if family == "gaussian" else (random.random(ROWS) < 1 / (1 + np.exp(-2 * f))).astype(float)
    return x, y, random.standard_normal((NEW, INPUTS))


def by_nuts(x: np.ndarray, y: np.ndarray, new: np.ndarray, family: str, warmup: int, draws: int, chains: int) -> dict:
    """Means, standard deviations and standard errors of the expected responses at `new`, the largest R-hat, and seconds."""
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist
    from numpyro.diagnostics import effective_sample_size, split_gelman_rubin
    from numpyro.infer import MCMC, NUTS

    def half_t(name: str, scale: float) -> jnp.ndarray:
        return jnp.abs(numpyro.sample(name, dist.StudentT(3, 0, scale)))

    def expected(p: dict, z: jnp.ndarray) -> jnp.ndarray:
        hidden = jnp.tanh(z @ p["w"] + p["bias"])
        f = p["intercept"] + hidden @ p["b"]
        return f if family == "gaussian" else jax.nn.sigmoid(f)

    def model(x: jnp.ndarray, y: jnp.ndarray) -> None:
        first, last = half_t("first", 0.8), half_t("last", 1.0)
        p = {"w": first * numpyro.sample("w", dist.Normal(0, 1).expand([INPUTS, WIDTH])),
             "bias": numpyro.sample("bias", dist.Normal(0, 1).expand([WIDTH])),
             "b": last * numpyro.sample("b", dist.Normal(0, 1).expand([WIDTH])), "intercept": numpyro.sample("intercept", dist.Normal(0, 5))}
        numpyro.deterministic("new", expected(p, new))
        mean = expected(p, x)
        law = dist.Normal(mean, half_t("sigma", 1.0)) if family == "gaussian" else dist.Bernoulli(mean)
        numpyro.sample("y", law, obs=y)

    start = time.monotonic()
    mcmc = MCMC(NUTS(model, target_accept_prob=0.9), num_warmup=warmup, num_samples=draws, num_chains=chains, chain_method="vectorized", progress_bar=False)
    mcmc.run(jax.random.PRNGKey(0), x, y)
    f = np.asarray(mcmc.get_samples(group_by_chain=True)["new"], dtype=float)
    sd = f.std(axis=(0, 1))
    return {"mean": f.mean(axis=(0, 1)), "sd": sd, "se": sd / np.sqrt(effective_sample_size(f)), "rhat": float(np.max(split_gelman_rubin(f))),
            "seconds": time.monotonic() - start}


def by_bdglm(program: pathlib.Path, x: np.ndarray, y: np.ndarray, new: np.ndarray, family: str, seed: int) -> dict:
    names = [f"x{k + 1}" for k in range(INPUTS)]
    priors = PRIORS | ({"sigma": "half_t(3, 1)"} if family == "gaussian" else {})
    with tempfile.TemporaryDirectory() as folder:
        data, points, fit, out = (pathlib.Path(folder) / name for name in ("data.csv", "new.csv", "fit.nc", "predicted.csv"))
        pd.DataFrame(x, columns=names).assign(y=y).to_csv(data, index=False)
        pd.DataFrame(new, columns=names).to_csv(points, index=False)
        start = time.monotonic()
        subprocess.run([program, "fit", "--data", data, "--formula", f"y ~ deep({', '.join(names)}, layers = c({WIDTH}), activation = tanh)",
                        "--family", family, "--input-prior", "normal", "--seed", str(seed), "--quiet", "--out", fit,
                        *(word for name, law in priors.items() for word in ("--prior", f"{name} ~ {law}"))], check=True, capture_output=True)
        seconds = time.monotonic() - start
        subprocess.run([program, "predict", fit, "--data", points, "--out", out], check=True, capture_output=True)
        table = pd.read_csv(out)
    return {"mean": table["mean"].to_numpy(), "sd": table["sd"].to_numpy(), "seconds": seconds}


def main() -> None:
    parser = argparse.ArgumentParser(prog="peer_network.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program", type=pathlib.Path)
    parser.add_argument("--data-seeds", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=4000)
    parser.add_argument("--chains", type=int, default=8)
    options = parser.parse_args()
    print("| family, data | differences in sd: root mean square, largest | in standard errors: the same | ratio of sds: mean, range "
          "| R-hat of NUTS | s of a fit, of NUTS |")
    print("|---|---|---|---|---|---|", flush=True)
    for family in ("gaussian", "bernoulli"):
        for number in range(options.data_seeds):
            x, y, new = simulated(number, family)
            nuts = by_nuts(x, y, new, family, options.warmup, options.draws, options.chains)
            ours = [by_bdglm(options.program.resolve(), x, y, new, family, seed + 1) for seed in range(options.seeds)]
            means = np.array([o["mean"] for o in ours])
            difference = means.mean(axis=0) - nuts["mean"]
            error = np.sqrt(means.var(axis=0, ddof=1) / options.seeds + nuts["se"] ** 2)
            in_sd, in_se = difference / nuts["sd"], difference / error
            ratio = np.mean([o["sd"] for o in ours], axis=0) / nuts["sd"]
            print(f"| {family}, {number} | {np.sqrt(np.mean(in_sd**2)):.3f}, {np.max(np.abs(in_sd)):.3f} | {np.sqrt(np.mean(in_se**2)):.2f}, "
                  f"{np.max(np.abs(in_se)):.2f} | {ratio.mean():.3f}, {ratio.min():.3f} to {ratio.max():.3f} | {nuts['rhat']:.3f} | "
                  f"{np.mean([o['seconds'] for o in ours]):.1f}, {nuts['seconds']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
