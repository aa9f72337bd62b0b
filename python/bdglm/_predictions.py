"""Predictions as arrays and frames: expected responses, new ones, classes, summaries."""

from __future__ import annotations

from typing import Any

import numpy as np

from . import _core
from . import _options as take
from ._notes import tell

_KINDS = ("mean", "summary", "draws", "response", "class")


def predictions_of(posterior: _core.Posterior, rows: _core.Data, kind: str, levels: list[str], *, groups: Any, weights: Any, interval: Any,
                   draws: Any, threads: Any):
    """What `Fit.predict` returns; `levels` are those of a response that has some."""
    draws = take.whole("draws", draws, 1)
    wanted = draws if kind in ("draws", "response") else 0
    made = posterior.predict(rows, take.groups_mode(groups), take.chain_weights(weights), take.probability(interval), wanted,
                             take.whole("threads", threads))
    tell(made["notes"])
    if kind == "draws":
        return _squeezed(made["expected_draws"])
    if kind == "response":
        return made["new_draws"]
    if kind == "class":
        return _classes(made, levels)
    if kind == "mean":
        return _squeezed(made["mean"])
    return _prediction_frame(made)


def checked_kind(kind: str) -> str:
    if not isinstance(kind, str) or kind not in _KINDS:
        raise _core.ModelError(f"kind is one of {', '.join(_KINDS)}, not {kind!r}")
    return kind


def _squeezed(values: np.ndarray) -> np.ndarray:
    return values[..., 0] if values.shape[-1] == 1 else values


def _classes(made: dict, two: list[str]) -> np.ndarray:
    levels = np.array(made["levels"] or two, dtype=object)
    if len(levels) == 0:
        raise _core.ModelError("the response has no levels, so that a row has no class; ask for kind='mean'")
    mean = made["mean"]
    known = ~np.isnan(mean).any(axis=1)
    out = np.full(len(mean), None, dtype=object)
    if mean.shape[1] == 1:
        out[known] = levels[(mean[known, 0] > 0.5).astype(int)]
    else:
        out[known] = levels[mean[known].argmax(axis=1)]
    return out


def _prediction_frame(made: dict):
    import pandas as pd

    columns: dict[str, np.ndarray] = {}
    several = made["mean"].shape[1] > 1
    for k in range(made["mean"].shape[1]):
        prefix = f"{made['levels'][k]}_" if several else ""
        for name in ("mean", "sd", "low", "high", "plugin"):
            columns[prefix + name] = made[name][:, k]
    columns["predictive_low"], columns["predictive_high"] = made["predictive_low"], made["predictive_high"]
    return pd.DataFrame(columns)
