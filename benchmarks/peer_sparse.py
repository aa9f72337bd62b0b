"""Effective draws a second of a logistic regression on 20,000 word counts, beside bayesbridge (PyPI), under one Laplace prior, and the agreement of
both posteriors. Ours is the whole program, reading and writing included, one chain on one thread; the peer's is its sampling alone."""

import argparse
import gzip
import resource
import subprocess
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import scipy.sparse

WORDS = 20000


def effective_draws(draws: np.ndarray) -> float:
    """Of one chain, by Geyer's initial monotone sequence."""
    n = len(draws)
    spectrum = np.fft.rfft(draws - draws.mean(), 2 * n)
    correlation = np.fft.irfft(spectrum * spectrum.conj())[:n]
    correlation /= correlation[0]
    total, last = 0.0, np.inf
    for k in range(n // 2):
        pair = correlation[2 * k] + correlation[2 * k + 1]
        if pair < 0:
            break
        last = min(last, pair)
        total += last
    return n / (2 * total - 1)


def row(name: str, seconds: float, sweeps: int, draws: np.ndarray, chosen: np.ndarray) -> None:
    found = np.array([effective_draws(draws[:, k]) for k in chosen])
    figures = [np.quantile(found, q) / len(draws) * sweeps / seconds for q in (0, 0.05, 0.5)]
    print(f"| {name} | {seconds:.0f} | {sweeps} | {seconds / sweeps:.3f} | " + " | ".join(f"{x:.2f}" for x in figures) + " |", flush=True)


def ours(program: str, folder: Path, scale: float, warmup: int, draws: int) -> tuple[float, np.ndarray]:
    with tempfile.TemporaryDirectory() as temporary:
        fit = Path(temporary) / "fit.nc"
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([program, "fit", "--data", str(folder / "train_meta.csv.gz"), "--matrix", f"words={folder / 'train.svm.gz'}", "--formula",
                        "sentiment ~ words", "--family", "bernoulli", "--prior", f"b_words ~ laplace(0, {scale})", "--chains", "1", "--threads", "1",
                        "--warmup", str(warmup), "--draws", str(draws), "--seed", "1", "--out", str(fit), "--quiet"], check=True, stdout=subprocess.DEVNULL)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        with h5py.File(fit) as file:
            return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, file["posterior/b"][0, :, 1:].astype(float)


def counts(path: Path) -> tuple[scipy.sparse.csr_matrix, np.ndarray]:
    starts, columns, values, ratings = [0], [], [], []
    with gzip.open(path, "rt") as lines:
        for line in lines:
            rating, *pairs = line.split()
            ratings.append(float(rating))
            for pair in pairs:
                index, value = pair.split(":")
                columns.append(int(index) - 1)
                values.append(float(value))
            starts.append(len(columns))
    return scipy.sparse.csr_matrix((values, columns, starts), shape=(len(ratings), WORDS)), np.array(ratings)


def peer(folder: Path, scale: float, warmup: int, draws: int) -> tuple[float, np.ndarray]:
    from bayesbridge import BayesBridge, RegressionCoefPrior, RegressionModel

    x, ratings = counts(folder / "train.svm.gz")
    x = x[:, np.flatnonzero(np.diff(x.tocsc().indptr) > 0)]
    prior = RegressionCoefPrior(bridge_exponent=1.0, sd_for_intercept=5.0,
                                global_scale_prior_hyper_param={"log10_mean": np.log10(scale), "log10_sd": 0.001})
    bridge = BayesBridge(RegressionModel((ratings > 5).astype(float), x, family="logit"), prior)
    start = time.process_time()
    samples, _ = bridge.gibbs(n_iter=warmup + draws, n_burnin=warmup, init={"global_scale": scale}, coef_sampler_type="cg", seed=1)
    return time.process_time() - start, samples["coef"][1:].T


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("program")
    parser.add_argument("data", type=Path, help="folder of train_meta.csv.gz and train.svm.gz")
    parser.add_argument("--scale", type=float, default=0.05, help="of the Laplace prior")
    parser.add_argument("--warmup", type=int, default=100)
    parser.add_argument("--draws", type=int, default=300)
    parser.add_argument("--without-peer", action="store_true")
    given = parser.parse_args()
    chosen = np.r_[np.arange(200), np.random.default_rng(0).choice(np.arange(200, WORDS - 100), 600, replace=False)]
    print("| | CPU s | sweeps | s a sweep | least effective draws a CPU s | 5 % | median |\n|---|---|---|---|---|---|---|")
    seconds, own = ours(given.program, given.data, given.scale, given.warmup, given.draws)
    row("ours", seconds, given.warmup + given.draws, own, chosen)
    if given.without_peer:
        return
    seconds, other = peer(given.data, given.scale, given.warmup, given.draws)
    row("bayesbridge", seconds, given.warmup + given.draws, other, chosen)
    z = (own.mean(0) - other.mean(0)) / np.hypot(own.std(0), other.std(0)) * np.sqrt(given.draws / 2)
    print(f"\nmeans: correlation {np.corrcoef(own.mean(0), other.mean(0))[0, 1]:.4f}, sd of their differences in standard errors {z.std():.2f} (of half "
          f"as many effective draws as draws); standard deviations: median ratio {np.median(own.std(0) / other.std(0)):.3f}")


if __name__ == "__main__":
    main()
