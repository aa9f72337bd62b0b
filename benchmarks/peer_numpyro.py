"""Effective draws a second of chains_benchmark's hierarchical and logistic models, beside NumPyro's NUTS on the same device.

Usage: peer_numpyro.py FOLDER [--rows ROWS] [--seconds LIMIT]
FOLDER holds chains.json and the raw draws that chains_benchmark wrote. Prints one table and writes FOLDER/peer.json.
The peer's data are drawn from the same law as ours; a task that would pass the limit is left out and says so.
"""

import argparse
import json
import pathlib
import time

import numpy as np


def worst_effective(draws):
    """Smallest effective number of draws; `draws` is chains x draws x parameters."""
    from numpyro.diagnostics import effective_sample_size

    return float(min(effective_sample_size(draws[:, :, k]) for k in range(draws.shape[2])))


def run_nuts(model, arguments, warmup, samples, chains):
    """Worst effective draws of the shared parameters, and seconds without compilation."""
    import jax
    from numpyro.infer import MCMC, NUTS

    mcmc = MCMC(NUTS(model), num_warmup=warmup, num_samples=samples, num_chains=chains, chain_method="vectorized",
                progress_bar=False)
    mcmc.warmup(jax.random.PRNGKey(0), *arguments)
    jax.block_until_ready(mcmc.last_state)
    start = time.perf_counter()
    mcmc.run(jax.random.PRNGKey(1), *arguments)
    draws = mcmc.get_samples(group_by_chain=True)
    jax.block_until_ready(draws)
    seconds = time.perf_counter() - start
    parts = [np.asarray(draws[name]).reshape(chains, samples, -1) for name in ("beta", "sd") if name in draws]
    return worst_effective(np.concatenate(parts, axis=2)), seconds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=120)
    options = parser.parse_args()
    import jax
    import jax.numpy as jnp
    import numpyro
    import numpyro.distributions as dist

    report = json.loads((options.folder / "chains.json").read_text())
    results = {"numpyro": numpyro.__version__, "jax": jax.__version__, "device": str(jax.devices()[0]), "tasks": []}
    began = time.perf_counter()

    def linear(x, y):
        beta = numpyro.sample("beta", dist.Normal(0, 2.5).expand([x.shape[1]]))
        numpyro.sample("y", dist.Bernoulli(logits=x @ beta), obs=y)

    def hierarchical(x, g, groups, y):
        beta = numpyro.sample("beta", dist.Normal(0, 2.5).expand([x.shape[1]]))
        sd = numpyro.sample("sd", dist.HalfCauchy(2.5))
        u = numpyro.sample("u", dist.Normal(0, 1).expand([groups]))
        numpyro.sample("y", dist.Bernoulli(logits=x @ beta + sd * u[g]), obs=y)

    def compare(name, file, entry, parameters, model, arguments, warmup, samples):
        if time.perf_counter() - began > options.seconds:
            print(f"{name}: left out, past the limit of {options.seconds} s")
            return
        draws = np.fromfile(options.folder / file, dtype=np.float32).reshape(entry["chains"], -1, parameters)
        kept = (entry["sweeps"] - entry["warmup"]) / entry["sweeps"]
        ours = worst_effective(draws) / (entry["seconds"] * kept)
        effective, seconds = run_nuts(model, arguments, warmup, samples, entry["chains"])
        results["tasks"].append({"task": name, "bdglm_effective_per_second": ours,
                                 "numpyro_effective_per_second": effective / seconds,
                                 "ratio": ours * seconds / effective, "bdglm_seconds": entry["seconds"],
                                 "numpyro_seconds": seconds})
        print(f"{name}: bdglm {ours:.1f}, NumPyro {effective / seconds:.2f} effective draws/s of the worst parameter, "
              f"ratio {ours * seconds / effective:.1f}", flush=True)
        (options.folder / "peer.json").write_text(json.dumps(results, indent=1))

    rng = np.random.default_rng(5)
    if "logistic" in report:
        x = rng.standard_normal((options.rows, 100), dtype=np.float32)
        x[:, 0] = 1
        y = (rng.random(options.rows) < 1 / (1 + np.exp(-0.3 * x[:, :9].sum(axis=1)))).astype(np.float32)
        compare("logistic", "logistic.f32", report["logistic"], 100, linear, (jnp.asarray(x), jnp.asarray(y)), 150, 150)
    # The peer takes longest where groups are few.
    for entry in sorted(report.get("hierarchical", []), key=lambda entry: -entry["groups"]):
        n, groups = 100_000, entry["groups"]
        x = np.column_stack([np.ones(n), rng.standard_normal(n)]).astype(np.float32)
        g = (np.arange(n) * 7919) % groups
        logits = 0.3 * x.sum(axis=1) + rng.standard_normal(groups)[g]
        y = (rng.random(n) < 1 / (1 + np.exp(-logits))).astype(np.float32)
        compare(f"hierarchical_{groups}", f"hierarchical_{groups}.f32", entry, 3, hierarchical,
                (jnp.asarray(x), jnp.asarray(g), groups, jnp.asarray(y)), 300, 300)


if __name__ == "__main__":
    main()
