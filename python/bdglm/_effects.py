"""Marginal effects: expected responses along a variable, comparisons and slopes, at the posterior's draws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from . import _core
from ._frames import Columns

if TYPE_CHECKING:
    from ._fit import Fit

#: Rows that an average is taken over, and draws that it is taken at.
_MOST_ROWS = 2000
_DRAWS = 1000


def _column(rows: Columns, name: str) -> None:
    if name not in rows.names:
        raise _core.DataError(f"there is no column '{name}'; columns are {', '.join(rows.names)}")


def _draws(fit: Fit, rows: Columns) -> np.ndarray:
    """Expected responses, shape (draws, rows, levels)."""
    made = fit._posterior.predict(rows.to_data(), "none", 0.95, _DRAWS, 0)
    return made["expected_draws"]


def _sample(rows: Columns) -> Columns:
    n = len(rows)
    if n <= _MOST_ROWS:
        return rows
    return rows.take(np.linspace(0, n - 1, _MOST_ROWS).astype(int))


def _groups_by(rows: Columns, by: str | None) -> list[tuple[Any, np.ndarray]]:
    """The rows of each level of `by`, or all."""
    everywhere = np.ones(len(rows), dtype=bool)
    if by is None:
        return [(None, everywhere)]
    _column(rows, by)
    if by in rows.numbers:
        values = rows.numbers[by]
        levels = np.unique(values[~np.isnan(values)])
        if len(levels) > 10:
            raise _core.DataError(f"'{by}' has {len(levels)} values; by= takes a factor, or a number of at most 10 values")
        return [(level, values == level) for level in levels]
    if by in rows.texts:
        return [(level, rows.texts[by] == level) for level in rows.levels(by)]
    codes, all_levels = rows.factors[by]
    return [(level, codes == all_levels.index(level)) for level in rows.levels(by)]


def _row(draws: np.ndarray, interval: float) -> dict[str, float]:
    low, high = np.quantile(draws, [(1 - interval) / 2, (1 + interval) / 2])
    return {"mean": float(draws.mean()), "sd": float(draws.std(ddof=1)), "low": float(low), "high": float(high)}


def _averages(fit: Fit, difference: np.ndarray, rows: Columns, by: str | None, told: dict, interval: float) -> list[dict]:
    levels = fit.levels if difference.shape[2] > 1 else [None]
    out = []
    for level, members in _groups_by(rows, by):
        known = members & ~np.isnan(difference[0]).any(axis=1)
        if not known.any():
            continue
        for k, response in enumerate(levels):
            entry = dict(told)
            if by is not None:
                entry[by] = level
            if response is not None:
                entry["response"] = response
            out.append({**entry, **_row(difference[:, known, k].mean(axis=1), interval)})
    return out


def comparisons(fit: Fit, rows: Columns, variable: str, by: str | None, values: tuple | None, interval: float):
    import pandas as pd

    _column(rows, variable)
    rows = _sample(rows)
    if values is not None:
        pairs = [tuple(values)]
    elif variable in rows.numbers:
        column = rows.numbers[variable]
        center, half = np.nanmean(column), np.nanstd(column) / 2
        pairs = [(center - half, center + half)]
    else:
        levels = rows.levels(variable)
        pairs = [(levels[0], level) for level in levels[1:]]
    at: dict[Any, np.ndarray] = {}
    for value in {value for pair in pairs for value in pair}:
        changed = rows.take(np.arange(len(rows)))
        changed.set(variable, value)
        at[value] = _draws(fit, changed)
    out = []
    for before, after in pairs:
        told = {"variable": variable, "from": before, "to": after}
        out += _averages(fit, at[after] - at[before], rows, by, told, interval)
    return pd.DataFrame(out)


def slopes(fit: Fit, rows: Columns, variable: str, by: str | None, interval: float):
    import pandas as pd

    _column(rows, variable)
    if variable not in rows.numbers:
        raise _core.DataError(f"'{variable}' is a factor, which has no slope; ask for comparisons('{variable}')")
    rows = _sample(rows)
    step = 1e-3 * max(float(np.nanstd(rows.numbers[variable])), 1e-12)
    ends = []
    for sign in (-1, 1):
        changed = rows.take(np.arange(len(rows)))
        changed.numbers[variable] = changed.numbers[variable] + sign * step
        ends.append(_draws(fit, changed))
    return pd.DataFrame(_averages(fit, (ends[1] - ends[0]) / (2 * step), rows, by, {"variable": variable}, interval))


def _typical(rows: Columns) -> Columns:
    """One row: numbers at their means, others at their commonest levels."""
    typical = rows.take(np.zeros(1, dtype=int))
    for name, values in rows.numbers.items():
        present = values[~np.isnan(values)]
        levels, counts = np.unique(present, return_counts=True)
        # A number of few values is a code or an indicator more likely than a quantity.
        typical.numbers[name] = np.array([levels[counts.argmax()] if 0 < len(levels) <= 2 else present.mean()])
    for name, values in rows.texts.items():
        levels, counts = np.unique(values[values != ""].astype(str), return_counts=True)
        typical.texts[name] = np.array([levels[counts.argmax()]], dtype=object)
    for name, (codes, levels) in rows.factors.items():
        present = codes[codes >= 0]
        typical.factors[name] = (np.array([np.bincount(present).argmax()], dtype=np.int32), levels)
    return typical


def predictions(fit: Fit, rows: Columns, variable: str, by: str | None, points: int, interval: float):
    import pandas as pd

    _column(rows, variable)
    if variable in rows.numbers:
        column = rows.numbers[variable]
        values: list = list(np.linspace(np.nanmin(column), np.nanmax(column), points))
    else:
        values = rows.levels(variable)
    typical = _typical(rows)
    out = []
    for level, _ in _groups_by(rows, by):
        grid = typical.take(np.zeros(len(values), dtype=int))
        if by is not None:
            grid.set(by, level)
        if variable in grid.numbers:
            grid.numbers[variable] = np.array(values, dtype=float)
        elif variable in grid.texts:
            grid.texts[variable] = np.array(values, dtype=object)
        else:
            levels = grid.factors[variable][1]
            grid.factors[variable] = (np.array([levels.index(v) for v in values], dtype=np.int32), levels)
        made = fit._posterior.predict(grid.to_data(), "none", interval, 0, 0)
        responses = made["levels"] if made["mean"].shape[1] > 1 else [None]
        for k, response in enumerate(responses):
            for i, value in enumerate(values):
                entry = {variable: value}
                if by is not None:
                    entry[by] = level
                if response is not None:
                    entry["response"] = response
                entry.update({name: float(made[name][i, k]) for name in ("mean", "sd", "low", "high", "plugin")})
                out.append(entry)
    return pd.DataFrame(out)


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
