"""Scores of predictive distributions: what peers predict is scored here, what bdglm predicts by its own `evaluate`."""

import math
from statistics import NormalDist

import numpy as np

#: Families whose predictions are probabilities of classes.
CLASSES = ("bernoulli", "categorical")
LEVELS = {"cover50": 0.5, "cover90": 0.9}
#: Probabilities of peers are kept this far from 0 and 1, so that one row cannot make a score infinite.
LEAST_PROBABILITY = 1e-6


def gaussian_scores(y: np.ndarray, mean: np.ndarray, sd: np.ndarray | float) -> dict[str, float]:
    """RMSE, mean negative log density and coverage of central intervals; `y`, `mean`, `sd` of (rows,), in the unit of the response."""
    sd = np.broadcast_to(np.asarray(sd, float), y.shape)
    if not (sd > 0).all():
        raise ValueError("a standard deviation of a prediction is not positive; give the scale of the noise, not of the mean")
    z = (y - mean) / sd
    density = 0.5 * z**2 + np.log(sd) + 0.5 * math.log(2 * math.pi)
    covered = {name: float(np.mean(np.abs(z) <= NormalDist().inv_cdf(0.5 + level / 2))) for name, level in LEVELS.items()}
    return {"rmse": rmse(y, mean), "nlpd": float(density.mean()), **covered}


def class_scores(y: np.ndarray, p: np.ndarray) -> dict[str, float]:
    """Log loss and accuracy of `p`, the probabilities of 1, (rows,), or of the classes `y` counts from 0, (rows, classes)."""
    if p.ndim == 1:
        p = np.column_stack([1 - p, p])
    kept = np.clip(p, LEAST_PROBABILITY, 1 - LEAST_PROBABILITY)
    own = np.asarray(y, int)
    return {"log_loss": float(-np.log(kept[np.arange(len(own)), own]).mean()), "accuracy": float(np.mean(kept.argmax(axis=1) == own))}


def evaluated(found: dict, family: str) -> dict[str, float]:
    """The same scores as `bdglm evaluate --json` gives them."""
    if family in CLASSES:
        return {"log_loss": -found["log_score"], "accuracy": found["accuracy"]}
    return {"rmse": found["rmse"], "nlpd": -found["log_score"], **{name: found["coverage"][f"{level:g}"] for name, level in LEVELS.items()}}


def rmse(y: np.ndarray, mean: np.ndarray) -> float:
    return float(np.sqrt(np.mean((y - mean) ** 2)))


def mean_and_error(values: list[float]) -> tuple[float, float | None]:
    """Mean over splits and its standard error, which one split has not."""
    x = np.asarray(values, float)
    return float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x))) if len(x) > 1 else None
