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

#: The most characters of labels that stand side by side below axes; more are turned.
_MOST_CHARACTERS = 60
#: The most levels from left to right; more go from top to bottom, a label each up to `_MOST_LABELS`, beyond that every few.
_MOST_ACROSS = 25
_MOST_LABELS = 60

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
    groups: str | None = None,
    threads: int = 0,
):
    """A DataFrame of one kind of `_core.EffectKind`; without `rows`, of the rows that the fit keeps."""
    import pandas as pd

    if not isinstance(variable, str):
        raise take.refused("variable", variable, "the name of a column")
    by = take.text("by", by, "the name of one column, or None") or None
    points, threads = take.whole("points", points, 1), take.whole("threads", threads)
    interval, groups = take.probability(interval), None if groups is None else take.groups_mode(groups)
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


def importance(fit: Fit, rows: Columns | None, *, groups: str, interval: float, threads: int):
    """A DataFrame of the shares of the expected response's variance that variables move; without `rows`, of the rows that the fit keeps."""
    import pandas as pd

    interval, groups, threads = take.probability(interval), take.groups_mode(groups), take.whole("threads", threads)
    told, notes = _core.importance(fit._posterior, None if rows is None else rows.to_data(), groups, interval, threads)
    tell(notes)
    return pd.DataFrame(told)


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

    own = ax is None
    if ax is None:
        _, ax = plt.subplots()
    value_name, by_name = _columns_for(variable, by)
    keys = [key for key in (by_name, "response") if key in frame.columns]
    parts = list(frame.groupby(keys, sort=False)) if keys else [((), frame)]
    along = frame[value_name]
    numeric = along.dtype.kind in "biuf"
    places = {value: k for k, value in enumerate(dict.fromkeys(along))}
    down = not numeric and len(places) > _MOST_ACROSS
    for k, (label, part) in enumerate(parts):
        name = ", ".join(f"{key} {value}" for key, value in zip(keys, label)) or None
        if numeric:
            values = along[part.index]
            (line,) = ax.plot(values, part["mean"], label=name)
            ax.fill_between(values, part["low"], part["high"], alpha=0.2, color=line.get_color(), linewidth=0)
            ax.plot(values, part["plugin"], linestyle=":", linewidth=1, color=line.get_color())
        else:
            at = [places[value] + _beside(k, len(parts)) for value in along[part.index]]
            spread = [part["mean"] - part["low"], part["high"] - part["mean"]]
            if down:
                ax.errorbar(part["mean"], at, xerr=spread, fmt="o", markersize=4, label=name)
            else:
                ax.errorbar(at, part["mean"], yerr=spread, fmt="o", capsize=3, label=name)
    if not numeric:
        _label_levels(ax, [str(value) for value in places], down)
        if down and own:
            ax.figure.set_figheight(max(ax.figure.get_figheight(), 1 + 0.16 * min(len(places), _MOST_LABELS)))
    ax.set_xlabel("expected response" if down else variable)
    ax.set_ylabel(variable if down else "expected response")
    if keys:
        ax.legend()
    return ax


def _beside(part: int, parts: int) -> float:
    """How far from its level's place a part stands, so that intervals of several parts do not hide each other."""
    return 0.0 if parts == 1 else 0.4 * (part / (parts - 1) - 0.5)


def _label_levels(ax: Any, names: list[str], down: bool) -> None:
    """Names the places of levels, the first at the left or at the top, so that no name lies on another."""
    every = -(-len(names) // _MOST_LABELS)
    shown = range(0, len(names), every)
    if down:
        ax.set_yticks(shown, [names[k] for k in shown], fontsize="x-small" if len(shown) > _MOST_ACROSS else None)
        ax.set_ylim(len(names) - 0.5, -0.5)
    else:
        ax.set_xticks(shown, [names[k] for k in shown])
        ax.set_xlim(-0.5, len(names) - 0.5)
        if sum(map(len, names)) > _MOST_CHARACTERS:
            ax.tick_params(axis="x", labelrotation=90)
