"""A fit: its summaries, draws, predictions, scores, checks and effects."""

from __future__ import annotations

import json
import os
import pathlib
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from . import _core
from . import _options as take
from ._copies import copy_file, file_bytes
from ._frames import Columns, to_columns, to_data
from ._predictions import checked_kind, predictions_of


class Fit:
    """The posterior of a model, with draws in memory or in a file. Made by `bdglm.fit`, `bdglm.update` and `bdglm.load`."""

    def __init__(self, posterior: _core.Posterior, path: pathlib.Path | None = None, columns: Columns | None = None):
        self._posterior = posterior
        self.path = path
        # A fit in memory that is saved has a path too, of its copy.
        self._file = None if path is None else pathlib.Path(os.path.abspath(path))
        self._columns = columns
        self._kept: tempfile.TemporaryDirectory | None = None

    def __repr__(self) -> str:
        formula = self.specification["formula"]
        state = "" if self.complete else ", to be resumed"
        return f"<bdglm.Fit {formula!r}: {self.chains} chains of {self.draws_per_chain} draws{state}>"

    @property
    def complete(self) -> bool:
        """Whether all draws that were asked for are there."""
        return self._posterior.complete

    @property
    def chains(self) -> int:
        """Chains that the run had."""
        return self._posterior.chains

    @property
    def draws_per_chain(self) -> int:
        """Kept draws of each chain."""
        return self._posterior.draws_per_chain

    @property
    def notes(self) -> list[str]:
        """What to know of data, priors and device."""
        return self._posterior.notes()

    @property
    def warnings(self) -> list[str]:
        """What the draws cannot carry; empty where all is well."""
        return [message for message, _, _ in self._posterior.warnings()]

    @property
    def specification(self) -> dict:
        """All that was asked for and understood."""
        return json.loads(self._posterior.specification())

    def names(self, all: bool = False) -> list[str]:
        """The posterior's scalars, random effects too where `all`."""
        return self._posterior.names(take.flag("all", all))

    def keys(self) -> list[str]:
        """What `names` gives, so that `dict(fit)` is all their draws."""
        return self.names()

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())

    def __contains__(self, name: object) -> bool:
        """Whether `fit[name]` has draws: a scalar, or a random effect that was kept."""
        return name in self.names() or name in self.names(all=True)

    def __getitem__(self, name: str) -> np.ndarray:
        """All draws of one scalar, shape (chains, draws)."""
        if not isinstance(name, str):
            raise _core.ModelError(f"fit[{name!r}] is not what a fit takes: a name of fit.names(), as fit[{self.names()[0]!r}]")
        return self._posterior.draws(name)

    def summary(self, all: bool = False):
        """A DataFrame: a row for each scalar, with mean, sd, quantiles, Monte Carlo error, effective draws and R-hat."""
        import pandas as pd

        rows = self._posterior.summary(take.flag("all", all))
        if self.draws_per_chain == 0:
            raise _core.DataError("the fit holds no draws yet (it was stopped before the first); fit.resume() goes on to them")
        return pd.DataFrame(rows).set_index("name").drop(columns="judged")

    def to_datatree(self):
        """All that the fit holds as an xarray DataTree, as ArviZ 1 reads it; draws are not copied."""
        import xarray as xr

        return xr.DataTree.from_dict(self._datasets())

    def to_inferencedata(self):
        """The same as ArviZ's InferenceData, of ArviZ before 1."""
        import arviz

        return arviz.InferenceData(**self._datasets())

    def _datasets(self) -> dict:
        import xarray as xr

        groups: dict[str, dict] = {}
        coordinates: dict[str, dict] = {}
        for full_name in self._posterior.arrays():
            group, _, name = full_name.partition("/")
            values, dimensions = self._posterior.array(full_name)
            groups.setdefault(group, {})[name] = ([dimension for dimension, _ in dimensions], values)
            for dimension, labels in dimensions:
                coordinates.setdefault(group, {})[dimension] = _coordinate(dimension, labels)
        return {group: xr.Dataset(variables, coords=coordinates[group]) for group, variables in groups.items()}

    @take.hinted
    def predict(self, data: Any, *, kind: str = "mean", groups: str = "new", weights: str = "equal", interval: float = 0.95, draws: int = 1000,
                threads: int = 0):
        """Predictions for the rows of a table.

        Parameters
        ----------
        data
            A table as `bdglm.fit` takes it, with the columns of the formula's right-hand side.
        kind
            "mean": expected responses, shape (rows,), or (rows, levels) of a response with more than two levels.
            "summary": a DataFrame of mean, sd, bounds, plug-in and the predictive interval. "draws": expected responses
            at `draws` posterior draws, (draws, rows) or (draws, rows, levels). "response": new responses at these draws,
            (draws, rows). "class": the most probable level of each row.
        groups
            "new" draws effects for groups that the fit has not seen, "known" refuses them, "none" leaves all out.
        weights
            Of the chains: "equal", or "stacked" by how well each predicts the fit's own rows left out, where chains do not
            agree; the predictions are then a mixture's, no longer the posterior's.
        interval
            Probability of the intervals of "summary".
        draws
            Posterior draws of "draws" and "response", spread evenly.
        threads
            0 for as many as the machine has.

        Rows with missing values are NaN. Raises DataError for columns that are missing or do not fit.
        """
        kind = checked_kind(kind)
        levels = self.levels if kind == "class" else []
        return predictions_of(self._posterior, to_data(data), kind, levels, groups=groups, weights=weights, interval=interval,
                              draws=draws, threads=threads)

    @property
    def levels(self) -> list[str]:
        """The levels of a response that has some, in order; else none."""
        return list(self.specification["frame"].get("response_levels", []))

    @take.hinted
    def evaluate(self, data: Any, *, groups: str = "new", weights: str = "equal") -> dict:
        """Scores of predictions against the responses in `data`: log score, rmse, accuracy, calibration, coverage."""
        return self._posterior.evaluate(to_data(data), take.groups_mode(groups), take.chain_weights(weights))

    @take.hinted
    def loo(self, threads: int = 0) -> dict:
        """Leave-one-out by Pareto smoothed importance sampling, and WAIC, with each row's share and Pareto k."""
        return self._posterior.loo(take.whole("threads", threads))

    @take.hinted
    def check(self, data: Any = None, *, groups: str = "new", threads: int = 0):
        """Statistics of the responses beside those that the model makes; a DataFrame."""
        import pandas as pd

        checked = self._posterior.check(None if data is None else to_data(data), take.groups_mode(groups), take.whole("threads", threads))
        return pd.DataFrame(checked["checks"]).set_index("statistic")

    @take.hinted
    def report(self, path: str | os.PathLike, data: Any = None, *, groups: str = "new", overwrite: bool = False, threads: int = 0) -> pathlib.Path:
        """Writes a page that shows the fit: one HTML file that needs no network.

        What was asked, whether the chains agree, posteriors beside priors, groups, checks, calibration, curves with their
        bands beside the plug-in, leave-one-out. With `data`, rows that hold the response, scores and checks are of these.
        Returns the path.
        """
        if not isinstance(path, (str, os.PathLike)):
            raise take.refused("path", path, "the path of a file")
        path = pathlib.Path(path)
        if not take.flag("overwrite", overwrite) and path.exists():
            raise _core.DataError(f"'{path}' is there already; overwrite=True replaces it")
        page = self._report(data, groups, False, threads)
        try:
            path.write_text(page, encoding="utf-8")
        except OSError as error:
            raise _core.DataError(f"cannot write '{path}': {error.strerror}") from error
        return path

    @take.hinted
    def report_data(self, data: Any = None, *, groups: str = "new", threads: int = 0) -> dict:
        """What `report` shows, as a dict of lists and numbers."""
        return json.loads(self._report(data, groups, True, threads))

    def _report(self, data: Any, groups: str, as_json: bool, threads: int) -> str:
        rows = None if data is None else to_data(data)
        return self._posterior.report(rows, take.groups_mode(groups), as_json, take.whole("threads", threads))

    @take.hinted
    def comparisons(self, variable: str, *, by: str | None = None, values: Iterable | None = None, data: Any = None, groups: str | None = None,
                    interval: float = 0.95, threads: int = 0):
        """Differences of the expected response where `variable` goes from one value to another, averaged over the rows.

        A factor's levels are compared with its first; a number's mean less half a standard deviation with its mean plus
        half of one; `values` = (from, to, ...) says otherwise. `by` averages within the levels of another column. The rows are
        those of the fit, or of `data`, at the posterior's draws; effects of groups are left out, or as `groups` says to
        `predict`. A DataFrame; the column of a `by` that is called as another is, "mean" say, is "mean_".
        """
        from ._effects import effects

        return effects(self, self._rows(data), variable, "comparisons", by=by, values=values, interval=interval, groups=groups, threads=threads)

    @take.hinted
    def slopes(self, variable: str, *, by: str | None = None, data: Any = None, groups: str | None = None, interval: float = 0.95, threads: int = 0):
        """Derivatives of the expected response by a number, averaged over the rows; as `comparisons`."""
        from ._effects import effects

        return effects(self, self._rows(data), variable, "slopes", by=by, interval=interval, groups=groups, threads=threads)

    @take.hinted
    def importance(self, *, data: Any = None, groups: str = "none", interval: float = 0.95, threads: int = 0):
        """The share of the expected response's variance over the rows that each variable moves, the largest first.

        Half the mean square of what expected responses change by when the rows exchange their values of the variable, over their
        variance: near 0 where it does not matter, near 1 where nothing else does; variables that act or vary together have shares
        that add up to more than 1. The rows are those of the fit, or of `data`; effects of groups are left out, or as `groups`
        says to `predict`. A DataFrame.
        """
        from ._effects import importance

        return importance(self, self._rows(data), groups=groups, interval=interval, threads=threads)

    @take.hinted
    def predictions(self, variable: str, *, by: str | None = None, values: Iterable | None = None, data: Any = None, points: int = 50,
                    groups: str | None = None, interval: float = 0.95, threads: int = 0):
        """Expected responses along `variable`, other numbers at their means, others at their commonest levels, with the plug-in
        beside the posterior's.

        The values are `points` of a grid, or all levels; `values` says otherwise. Effects of groups are left out, or as `groups`
        says to `predict`. A DataFrame; the column of a variable that is called as another is, "mean" say, is "mean_".
        """
        from ._effects import effects

        return effects(self, self._rows(data), variable, "predictions", by=by, values=values, points=points, interval=interval, groups=groups,
                       threads=threads)

    @take.hinted
    def plot_predictions(self, variable: str, *, by: str | None = None, values: Iterable | None = None, data: Any = None, points: int = 50,
                         groups: str | None = None, interval: float = 0.95, threads: int = 0, ax: Any = None):
        """Draws `predictions` with Matplotlib; returns the axes."""
        from ._effects import plot_predictions

        frame = self.predictions(variable, by=by, values=values, data=data, points=points, groups=groups, interval=interval, threads=threads)
        return plot_predictions(frame, variable, by, ax)

    def _rows(self, data: Any) -> Columns | None:
        """The rows to look at; None for those that a file keeps."""
        return self._columns if data is None else to_columns(data)

    def save(self, path: str | os.PathLike, overwrite: bool = False) -> None:
        """Writes a netCDF-4 file that ArviZ and the program open, and that can be resumed."""
        if not isinstance(path, (str, os.PathLike)):
            raise take.refused("path", path, "the path of a file")
        overwrite = take.flag("overwrite", overwrite)
        if self._file is not None:
            copy_file(self._file, os.fspath(path), overwrite)
        else:
            self._posterior.save(os.fspath(path), overwrite)
        if self.path is None:
            self.path = pathlib.Path(path)

    @take.hinted
    def resume(self, draws: int | None = None, *, threads: int = 0, max_seconds: float | None = None, progress: Any = "auto") -> Fit:
        """Goes on to the end, or to more draws of each chain; the draws so far stay, as an uninterrupted run's would."""
        from ._run import resume_file

        kept = None
        path = self._file or self.path
        if path is None:
            kept = tempfile.TemporaryDirectory(prefix="bdglm-")
            path = pathlib.Path(kept.name) / "fit.nc"
            self._posterior.save(os.fspath(path), False)
        fit = resume_file(path, draws=draws, threads=threads, max_seconds=max_seconds, progress=progress)
        fit._kept, fit._columns = kept or self._kept, self._columns
        return fit

    def __getstate__(self) -> dict:
        if self._file is not None:
            return {"file": file_bytes(self._file), "columns": self._columns}
        with tempfile.TemporaryDirectory(prefix="bdglm-") as folder:
            path = pathlib.Path(folder) / "fit.nc"
            self._posterior.save(os.fspath(path), False)
            return {"file": path.read_bytes(), "columns": self._columns}

    def __setstate__(self, state: dict) -> None:
        self._kept = tempfile.TemporaryDirectory(prefix="bdglm-")
        self.path = self._file = pathlib.Path(self._kept.name) / "fit.nc"
        self.path.write_bytes(state["file"])
        self._columns = state["columns"]
        self._posterior = _core.Posterior.open(os.fspath(self.path))


def _coordinate(dimension: str, labels: list[str]) -> np.ndarray:
    """Chains and draws are counted from zero; others have their labels, numbers where all are."""
    try:
        return np.array([int(label) for label in labels])
    except ValueError:
        return np.array(labels, dtype=str)
