"""Marginal effects as frames and pictures: expected responses along a variable, comparisons and slopes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import _core
from ._frames import Columns

if TYPE_CHECKING:
    from ._fit import Fit


def effects(
    fit: Fit,
    rows: Columns | None,
    variable: str,
    kind: str,
    *,
    by: str | None,
    interval: float,
    values: tuple | None = None,
    points: int = 50,
):
    """A DataFrame of one kind of `_core.EffectKind`; without `rows`, of the rows that the fit keeps."""
    import pandas as pd

    text = rows is not None and variable not in rows.numbers
    wanted = [str(value) if text or isinstance(value, str) else float(value) for value in values or ()]
    data = None if rows is None else rows.to_data()
    of_kind = getattr(_core.EffectKind, kind)
    frame = pd.DataFrame(_core.effects(fit._posterior, data, variable, of_kind, by or "", wanted, points, interval))
    if values is not None and len(values) == 2:
        frame["from"], frame["to"] = values
    return frame


def plot_predictions(frame: Any, variable: str, by: str | None, ax: Any) -> Any:
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots()
    keys = [key for key in (by, "response") if key is not None and key in frame.columns]
    parts = list(frame.groupby(keys, sort=False)) if keys else [((), frame)]
    numeric = frame[variable].dtype.kind in "biuf"
    for label, part in parts:
        name = ", ".join(f"{key} {value}" for key, value in zip(keys, label)) or None
        if numeric:
            (line,) = ax.plot(part[variable], part["mean"], label=name)
            ax.fill_between(part[variable], part["low"], part["high"], alpha=0.2, color=line.get_color(), linewidth=0)
            ax.plot(part[variable], part["plugin"], linestyle=":", linewidth=1, color=line.get_color())
        else:
            ax.errorbar(part[variable], part["mean"], yerr=[part["mean"] - part["low"], part["high"] - part["mean"]], fmt="o",
                        capsize=3, label=name)
    ax.set_xlabel(variable)
    ax.set_ylabel("expected response")
    if keys:
        ax.legend()
    return ax
