"""Peers: each fits a split and predicts its test rows, its settings searched on a fifth of the training rows; run as a process, one fit of one peer.

Usage: peers.py METHOD SPLIT.pickle, where the pickle holds a `sets.Split`; prints the figures of a line as JSON.
"""

import importlib.metadata
import importlib.util
import itertools
import json
import os
import pathlib
import pickle
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import scores
from sets import RESPONSE, Split

#: What a peer predicts: expected responses, probabilities of 1 or of all classes, and the standard deviation of a new observation.
Predicted = tuple[np.ndarray, np.ndarray | float | None]
#: A peer's fit, which gives back the prediction of the test rows as a function, so that the two are timed apart.
Fit = Callable[[], Predicted]

MOST_ROUNDS, PATIENCE, RATE = 3000, 50, 0.05
LEAVES, LEAST_ROWS = (7, 31), (5, 20)
GAUSSIAN_PROCESS_ROWS = 2000
LAPLACE_STEPS = 8000


def y(table: pd.DataFrame) -> np.ndarray:
    return table[RESPONSE].to_numpy(float)


def inner(split: Split) -> np.ndarray:
    """The fifth of the training rows on which settings are chosen."""
    held_out = np.zeros(len(split.train), bool)
    held_out[np.random.default_rng(0).permutation(len(held_out))[: len(held_out) // 5]] = True
    return held_out


def categories(split: Split) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Inputs and groups, with text as categories of all rows."""
    columns = [*split.inputs, *split.groups]
    whole = pd.concat([split.train[columns], split.test[columns]], ignore_index=True)
    for name in columns:
        if not pd.api.types.is_numeric_dtype(whole[name]):
            whole[name] = whole[name].astype("category")
    return whole[: len(split.train)], whole[len(split.train) :]


def indicators(split: Split) -> tuple[np.ndarray, np.ndarray]:
    """Inputs with an indicator a level of text, standardised by the training rows."""
    whole = pd.get_dummies(pd.concat([split.train[split.inputs], split.test[split.inputs]], ignore_index=True)).to_numpy(float)
    x = whole[: len(split.train)]
    whole = (whole - x.mean(axis=0)) / np.where(x.std(axis=0) > 0, x.std(axis=0), 1)
    return whole[: len(split.train)], whole[len(split.train) :]


def loss(split: Split, truth: np.ndarray, predicted: np.ndarray) -> float:
    return scores.class_scores(truth, predicted)["log_loss"] if split.family in scores.CLASSES else scores.rmse(truth, predicted)


def lightgbm(split: Split) -> Fit:
    """Trees of 7 or 31 leaves of 5 or 20 rows at least; rounds by early stopping; noise: the RMSE of the held-out fifth."""
    import lightgbm as lgb

    x, x_new = categories(split)
    classes, out = split.family in scores.CLASSES, inner(split)
    kind = {"gaussian": {"objective": "regression"}, "bernoulli": {"objective": "binary"},
            "categorical": {"objective": "multiclass", "num_class": split.train[RESPONSE].nunique()}}[split.family]
    data = lgb.Dataset(x[~out], y(split.train)[~out], free_raw_data=False)
    check = lgb.Dataset(x[out], y(split.train)[out], reference=data, free_raw_data=False)
    best, rounds, chosen = np.inf, 0, {}
    for leaves, rows in itertools.product(LEAVES, LEAST_ROWS):
        words = {**kind, "learning_rate": RATE, "num_leaves": leaves, "min_data_in_leaf": rows, "verbose": -1, "num_threads": threads(),
                 "seed": 1, "feature_pre_filter": False}
        model = lgb.train(words, data, MOST_ROUNDS, valid_sets=[check], callbacks=[lgb.early_stopping(PATIENCE, verbose=False)])
        found = loss(split, y(split.train)[out], model.predict(x[out]))
        if found < best:
            best, rounds, chosen = found, model.best_iteration, words
    model = lgb.train(chosen, lgb.Dataset(x, y(split.train)), rounds)
    return lambda: (model.predict(x_new), None if classes else best)


def gpboost(split: Split) -> Fit:
    """Trees as those of lightgbm beside a random intercept a group; rounds by early stopping."""
    import gpboost as gpb

    x, x_new = (table.drop(columns=split.groups) for table in categories(split))
    groups, out = split.train[split.groups].to_numpy(), inner(split)

    def grouped(rows: np.ndarray) -> gpb.GPModel:
        likelihood = "bernoulli_logit" if split.family == "bernoulli" else "gaussian"
        return gpb.GPModel(group_data=groups[rows], likelihood=likelihood, num_parallel_threads=threads())

    best, rounds, chosen = np.inf, 0, {}
    for leaves, rows in itertools.product(LEAVES, LEAST_ROWS):
        words = {"learning_rate": RATE, "num_leaves": leaves, "min_data_in_leaf": rows, "verbose": -1, "num_threads": threads(), "seed": 1}
        effects = grouped(~out)
        effects.set_prediction_data(group_data_pred=groups[out])
        data = gpb.Dataset(x[~out], y(split.train)[~out])
        check = gpb.Dataset(x[out], y(split.train)[out], reference=data)
        model = gpb.train(words, data, num_boost_round=500, gp_model=effects, valid_sets=check, early_stopping_rounds=20,
                          use_gp_model_for_validation=True, verbose_eval=False)
        if (found := model.best_score["valid_0"][next(iter(model.best_score["valid_0"]))]) < best:
            best, rounds, chosen = found, model.best_iteration, words
    model = gpb.train(chosen, gpb.Dataset(x, y(split.train)), num_boost_round=rounds, gp_model=grouped(np.ones(len(x), bool)))

    def predict() -> Predicted:
        found = model.predict(data=x_new, group_data_pred=split.test[split.groups].to_numpy(), predict_var=True, pred_latent=False)
        return found["response_mean"], None if split.family == "bernoulli" else np.sqrt(found["response_var"])

    return predict


def hist_boosting(split: Split) -> Fit:
    """scikit-learn's trees of 7 or 31 leaves, 5 rows at least; rounds by the held-out fifth, noise its RMSE."""
    from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor

    x, x_new = categories(split)
    classes, out = split.family in scores.CLASSES, inner(split)
    make = HistGradientBoostingClassifier if classes else HistGradientBoostingRegressor
    words = {"learning_rate": RATE, "min_samples_leaf": LEAST_ROWS[0], "early_stopping": False, "categorical_features": "from_dtype",
             "random_state": 1}
    best, rounds, leaves = np.inf, 0, 0
    for tried in LEAVES:
        model = make(max_leaf_nodes=tried, max_iter=500, **words).fit(x[~out], y(split.train)[~out])
        stages = model.staged_predict_proba(x[out]) if classes else model.staged_predict(x[out])
        for stage, predicted in enumerate(stages, 1):
            if (found := loss(split, y(split.train)[out], predicted)) < best:
                best, rounds, leaves = found, stage, tried
    model = make(max_leaf_nodes=leaves, max_iter=rounds, **words).fit(x, y(split.train))
    return lambda: (model.predict_proba(x_new), None) if classes else (model.predict(x_new), best)


def gaussian_process(split: Split) -> Fit:
    """A length scale an input and noise; the squared exponential or Matern's 5/2, whichever has the larger marginal likelihood."""
    from sklearn.gaussian_process import GaussianProcessRegressor
    from sklearn.gaussian_process.kernels import RBF, ConstantKernel, Matern, WhiteKernel

    x, x_new = indicators(split)
    scales = {"length_scale": np.full(x.shape[1], 2.0), "length_scale_bounds": (1e-2, 1e3)}
    kernels = [ConstantKernel(1.0, (1e-2, 1e4)) * kernel + WhiteKernel(0.1, (1e-8, 10)) for kernel in (RBF(**scales), Matern(nu=2.5, **scales))]
    models = [GaussianProcessRegressor(kernel, normalize_y=True, random_state=1).fit(x, y(split.train)) for kernel in kernels]
    best = max(models, key=lambda model: model.log_marginal_likelihood_value_)
    return lambda: best.predict(x_new, return_std=True)


def ngboost(split: Split) -> Fit:
    """Its defaults (normal distribution, trees of depth 3, rate .01), rounds by the held-out fifth, 3,000 at most."""
    import ngboost as ngb

    x, x_new = indicators(split)
    binary, out = split.family == "bernoulli", inner(split)
    make = ngb.NGBClassifier if binary else ngb.NGBRegressor
    truth = y(split.train).astype(int) if binary else y(split.train)
    words = {"verbose": False, "random_state": 1}
    searched = make(n_estimators=MOST_ROUNDS, **words).fit(x[~out], truth[~out], X_val=x[out], Y_val=truth[out], early_stopping_rounds=PATIENCE)
    rounds = MOST_ROUNDS if searched.best_val_loss_itr is None else searched.best_val_loss_itr + 1
    model = make(n_estimators=rounds, **words).fit(x, truth)

    def predict() -> Predicted:
        if binary:
            return model.predict_proba(x_new)[:, 1], None
        found = model.pred_dist(x_new).params
        return found["loc"], found["scale"]

    return predict


def laplace(split: Split) -> Fit:
    """A layer of 50 tanh units, prior and noise by the marginal likelihood of Laplace's approximation (Immer et al. 2021), linearised predictions."""
    import torch
    from laplace import marglik_training

    torch.set_num_threads(threads())
    torch.manual_seed(1)
    x, x_new = (torch.tensor(table, dtype=torch.float32) for table in indicators(split))
    centre, unit = y(split.train).mean(), y(split.train).std()
    scaled = torch.tensor((y(split.train) - centre) / unit, dtype=torch.float32)[:, None]
    loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, scaled), batch_size=128, shuffle=True)
    net = torch.nn.Sequential(torch.nn.Linear(x.shape[1], 50), torch.nn.Tanh(), torch.nn.Linear(50, 1))
    epochs = max(1, LAPLACE_STEPS // len(loader))
    found, *_ = marglik_training(net, loader, likelihood="regression", hessian_structure="kron", n_epochs=epochs, n_epochs_burnin=epochs // 10,
                                 marglik_frequency=max(1, epochs // 100), n_hypersteps=30, optimizer_kwargs={"lr": 1e-2},
                                 scheduler_cls=torch.optim.lr_scheduler.CosineAnnealingLR, scheduler_kwargs={"T_max": epochs * len(loader)})

    def predict() -> Predicted:
        mean, variance = (part.detach().numpy().astype(float) for part in found(x_new))
        return centre + unit * mean[:, 0], unit * np.sqrt(variance[:, 0, 0] + float(found.sigma_noise) ** 2)

    return predict


#: Of each peer its fit, the module and the package that it needs.
METHODS: dict[str, tuple[Callable[[Split], Fit], str, str]] = {
    "lightgbm": (lightgbm, "lightgbm", "lightgbm"),
    "gpboost": (gpboost, "gpboost", "gpboost"),
    "hist-boosting": (hist_boosting, "sklearn", "scikit-learn"),
    "gaussian-process": (gaussian_process, "sklearn", "scikit-learn"),
    "ngboost": (ngboost, "ngboost", "ngboost"),
    "laplace": (laplace, "laplace", "laplace-torch"),
}


def threads() -> int:
    return int(os.environ.get("OMP_NUM_THREADS", "1"))


def missing(method: str) -> bool:
    return importlib.util.find_spec(METHODS[method][1]) is None


def version(method: str) -> str:
    return f"{METHODS[method][2]} {importlib.metadata.version(METHODS[method][2])}"


def unfit(method: str, split: Split) -> str | None:
    """Why a method cannot have the set."""
    if method == "gpboost" and not split.groups:
        return "is for groups; without them it is lightgbm"
    if method in ("hist-boosting", "gaussian-process", "ngboost", "laplace") and split.groups:
        return "takes no groups of so many levels"
    if method == "gaussian-process" and (len(split.train) > GAUSSIAN_PROCESS_ROWS or split.family != "gaussian"):
        return f"is for gaussian responses of {GAUSSIAN_PROCESS_ROWS:,} rows at most"
    if method == "laplace" and split.family != "gaussian":
        return "is here for gaussian responses"
    if method in ("gpboost", "ngboost") and split.family == "categorical":
        return "is here for numbers and two classes"
    return None


def measured(method: str, split: Split, number: int, limit: float) -> dict:
    """The figures of a line, from a process of its own with `number` threads, which ends at the limit."""
    environment = {**os.environ, **{name: str(number) for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "split.pickle"
        path.write_bytes(pickle.dumps(split))
        run = subprocess.run([sys.executable, __file__, method, path], capture_output=True, text=True, timeout=limit, check=False, env=environment)
    if run.returncode != 0:
        raise RuntimeError((run.stderr.strip().splitlines() or [f"exit status {run.returncode}"])[-1])
    return json.loads(run.stdout.splitlines()[-1])


def main() -> None:
    warnings.filterwarnings("ignore")
    method, path = sys.argv[1:]
    split: Split = pickle.loads(pathlib.Path(path).read_bytes())
    __import__(METHODS[method][1])
    start, begin = time.process_time(), time.monotonic()
    predict = METHODS[method][0](split)
    fitted, wall = time.process_time(), time.monotonic() - begin
    mean, sd = predict()
    line = {"cpu_fit": fitted - start, "cpu_predict": time.process_time() - fitted, "wall": wall}
    truth = y(split.test)
    line.update(scores.class_scores(truth, mean) if split.family in scores.CLASSES else scores.gaussian_scores(truth, mean, sd))
    if split.truth is not None:
        line["rmse_truth"] = scores.rmse(split.truth, mean[:, 1] if mean.ndim == 2 else mean)
    print(json.dumps(line))


if __name__ == "__main__":
    main()
