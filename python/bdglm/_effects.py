"""Marginal effects as frames and pictures: expected responses along a variable, comparisons and slopes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from . import _core
from . import _options as take
from ._frames import Columns
from ._notes import tell

if TYPE_CHECKING:
    from ._fit import Fit

#: What the columns of a frame are called besides the variable and `by`.
_COLUMNS = ("variable", "from", "to", "response", "mean", "sd", "low", "high", "plugin")

_TAKES_VALUES = "a list of the variable's values, as values=[0, 1]"


def effects(
    fit: Fit,
    rows: Columns | None,
    variable: str,
    kind: str,
    *,
    by: str | None,
    interval: float,
    values: Iterable | None = None,
    points: int = 50,
    groups: str = "none",
    threads: int = 0,
):
    """A DataFrame of one kind of `_core.EffectKind`; without `rows`, of the rows that the fit keeps."""
    import pandas as pd

    if not isinstance(variable, str):
        raise take.refused("variable", variable, "the name of a column")
    by = take.text("by", by, "the name of one column, or None") or None
    points, threads = take.whole("points", points, 1), take.whole("threads", threads)
    interval, groups = take.probability(interval), take.groups_mode(groups)
    text = rows is not None and variable not in rows.numbers
    given = _values(values)
    wanted = [str(value) if text or isinstance(value, str) else take.number("values", value, _TAKES_VALUES) for value in given]
    data = None if rows is None else rows.to_data()
    of_kind = getattr(_core.EffectKind, kind)
    told, notes = _core.effects(fit._posterior, data, variable, of_kind, by or "", wanted, points, interval, groups, threads,
                                *_columns_for(variable, by))
    tell(notes)
    frame = pd.DataFrame(told)
    if kind == "comparisons" and len(given) == 2:
        frame["from"], frame["to"] = given
    return frame


def _values(values: Iterable | None) -> list:
    if values is None:
        return []
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise take.refused("values", values, _TAKES_VALUES)
    return list(values)


def _columns_for(variable: str, by: str | None) -> tuple[str, str]:
    """What the columns of the variable's values and of `by` are called: their names, with underscores where others are called so."""
    taken = list(_COLUMNS)
    for name in (variable, by or ""):
        while name in taken:
            name += "_"
        taken.append(name)
    return taken[-2], taken[-1]


def plot_predictions(frame: Any, variable: str, by: str | None, ax: Any) -> Any:
    import matplotlib.pyplot as plt

    if ax is None:
        _, ax = plt.subplots()
    value_name, by_name = _columns_for(variable, by)
    keys = [key for key in (by_name, "response") if key in frame.columns]
    parts = list(frame.groupby(keys, sort=False)) if keys else [((), frame)]
    along = frame[value_name]
    numeric = along.dtype.kind in "biuf"
    for label, part in parts:
        name = ", ".join(f"{key} {value}" for key, value in zip(keys, label)) or None
        if numeric:
            values = along[part.index]
            (line,) = ax.plot(values, part["mean"], label=name)
            ax.fill_between(values, part["low"], part["high"], alpha=0.2, color=line.get_color(), linewidth=0)
            ax.plot(values, part["plugin"], linestyle=":", linewidth=1, color=line.get_color())
        else:
            ax.errorbar(along[part.index], part["mean"], yerr=[part["mean"] - part["low"], part["high"] - part["mean"]], fmt="o",
                        capsize=3, label=name)
    ax.set_xlabel(variable)
    ax.set_ylabel("expected response")
    if keys:
        ax.legend()
    return ax
