"""Fits, updates and resumptions: options by name, progress, interruption."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import _core
from . import _options as take
from ._fit import Fit
from ._frames import Columns, _is_path, to_columns, to_data
from ._notes import log, tell
from ._progress import make_watcher


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; `fit` holds the draws it had made, and can be resumed."""

    def __init__(self, fit: Fit):
        super().__init__(f"interrupted with {fit.draws_per_chain} draws of each chain; .fit holds them, and .fit.resume() goes on")
        self.fit = fit


@take.hinted
def fit(
    formula: str | Iterable[str],
    data: Any,
    *,
    family: str | None = None,
    link: str | None = None,
    priors: Mapping[str, str] | Iterable[str] | None = None,
    chains: int = 4,
    warmup: int = 1000,
    draws: int = 1000,
    thin: int | str | None = None,
    seed: int | None = None,
    threads: int = 0,
    device: str = "auto",
    factors: Iterable[str] | None = None,
    sigma: str | None = None,
    layer_noise: str | float = "0",
    input_prior: str = "horseshoe",
    na: str = "omit",
    save: Iterable[str] | None = None,
    save_effects: str = "auto",
    until_ess: float | None = None,
    max_seconds: float | None = None,
    path: str | os.PathLike | None = None,
    overwrite: bool = False,
    progress: bool | str | Callable[[_core.Progress], Any] = "auto",
) -> Fit:
    """Fits a model to the columns of a table and returns its posterior.

    Parameters
    ----------
    formula
        The model, ``"use ~ deep(age, livch) + urban + (1 + urban | district)"``; several where further linear predictors
        have formulas of their own, ``["y ~ x", "sigma ~ z"]``.
    data
        A pandas, polars or pyarrow table, a dict of columns, a NumPy record array, or the path of a CSV file.
    family
        Of the response; found from it where None.
    link
        Of the mean; the family's usual one where None.
    priors
        Over the defaults, ``{"b": "normal(0, 1)", "sd_district": "half_t(3, 1)"}``.
    chains
        Chains, each a thread.
    warmup
        Sweeps of each chain before its first kept draw.
    draws
        Kept draws of each chain.
    thin
        Sweeps for each kept draw; None or "auto" makes one, ten of a small model that mixes badly.
    seed
        The same seed gives the same draws; without one they differ from call to call.
    threads
        0 for as many as the machine has; changes no draw.
    device
        "auto", "cpu" or "cuda".
    factors
        Columns of numbers to take as factors.
    sigma
        Column whose levels have a residual scale each.
    layer_noise
        Noise of hidden layers: 0, "learned" or a variance.
    input_prior
        Of the network's input weights: "horseshoe" or "normal".
    na
        "omit" leaves rows with missing values out, "error" refuses them, "impute" draws missing responses.
    save
        What to keep besides: "log_likelihood", "posterior_predictive".
    save_effects
        Which random effects to keep: "all", "moments", "none", "every=K" or "auto".
    until_ess
        Ends once the worst parameter has so many effective draws, a number above 0; None draws all.
    max_seconds
        Stops after so long, a number above 0, to be resumed; None never.
    path
        A netCDF-4 file that is written as the run goes, and survives it; without one draws stay in memory.
    overwrite
        Whether an older fit at `path` may be replaced.
    progress
        True, False, "auto" (in terminals and notebooks, of runs longer than a second), or a function that is called with
        what the run tells and may return False to stop it.

    Raises
    ------
    DataError
        Tables, columns, files that cannot be used.
    ModelError
        Formulas, families, priors, options that cannot be used.
    NumericalError
        The sampler cannot go on.
    DeviceError
        A GPU is missing or has too little memory.
    Interrupted
        A KeyboardInterrupt, on Ctrl-C; its `fit` holds the draws so far.
    """
    model = _core.ModelSpec()
    formulas = [] if formula is None else take.words("formula", formula, "a formula, 'y ~ x', or a list of several")
    if not formulas:
        raise _core.ModelError("there is no formula; write 'y ~ x'")
    model.formula = formulas[0]
    model.predictor_formulas = formulas[1:]
    columns = None if isinstance(data, _core.Data) or _is_path(data) or isinstance(data, (list, tuple)) else to_columns(data)
    model.data = _with_rows(to_data(data if columns is None else columns))
    model.family = take.text("family", family, "one name of bdglm.families(), or None to find it from the response")
    model.link = take.text("link", link, "the name of a link, as 'probit', or None for the family's own")
    model.sigma = take.text("sigma", sigma, "the name of a column, or None")
    model.factors = take.words("factors", factors, "names of columns")
    model.priors = _as_priors(priors)
    model.layer_noise = "0" if layer_noise is None else str(layer_noise)
    model.input_prior = take.text("input_prior", input_prior, "'horseshoe' or 'normal'", "horseshoe")
    model.na = take.text("na", na, "'omit', 'error' or 'impute'", "omit")
    options = _options(chains=chains, warmup=warmup, draws=draws, thin=thin, seed=seed, threads=threads, device=device, save=save,
                       save_effects=save_effects, until_ess=until_ess, max_seconds=max_seconds, overwrite=overwrite)
    with make_watcher(progress) as watch:
        posterior, raised = _core.fit(model, options, _path_text(path), watch)
    return _finished(posterior, raised, path, columns)


def update(fit: Fit, data: Any, *, path: str | os.PathLike | None = None, overwrite: bool = False,
           progress: bool | str | Callable[[_core.Progress], Any] = "auto", **options: Any) -> Fit:
    """Updates a fit by the rows of `data`, its posterior their prior. Options of the run are those of `fit`."""
    if not isinstance(fit, Fit):
        raise take.refused("fit", fit, "a fit, as bdglm.fit and bdglm.load give it")
    rows, run = _with_rows(to_data(data)), _options(overwrite=overwrite, **options)
    with make_watcher(progress) as watch:
        posterior, raised = _core.update(fit._posterior, rows, run, _path_text(path), watch)
    return _finished(posterior, raised, path)


def resume_file(path: str | os.PathLike, *, draws: int | None = None, threads: int = 0, seed: int | None = None,
                max_seconds: float | None = None, progress: bool | str | Callable[[_core.Progress], Any] = "auto") -> Fit:
    """Goes on with the fit in a file to its end, or to more draws."""
    wanted = 0 if draws is None else take.whole("draws", draws, 1, "a whole number from 1, or None for the run's end")
    threads, seconds = take.whole("threads", threads), take.limit("max_seconds", max_seconds)
    with make_watcher(progress) as watch:
        posterior, raised = _core.resume(_path_text(path), threads, wanted, seed, seconds, watch)
    return _finished(posterior, raised, path)


def load(path: str | os.PathLike) -> Fit:
    """The fit in a file that bdglm wrote."""
    if path is None:
        raise take.refused("path", path, "the path of a fit file")
    return Fit(_core.Posterior.open(_path_text(path)), pathlib.Path(_path_text(path)))


def compare(fits: Mapping[str, Fit], threads: int = 0):
    """Compares fits of the same responses by leave-one-out (PSIS), with stacking weights; a DataFrame, the best first."""
    import pandas as pd

    if not isinstance(fits, Mapping):
        raise _core.ModelError('fits are given with their names: bdglm.compare({"linear": a, "mixed": b})')
    for name, fit in fits.items():
        if not isinstance(fit, Fit):
            raise _core.ModelError(f"compare takes fits by their names, and {name!r} names {fit!r}, which is none")
    if len(fits) < 2:
        raise _core.DataError("compare takes two fits or more; fit.loo() tells of one")
    compared = _core.compare([(str(name), fit._posterior) for name, fit in fits.items()], take.whole("threads", threads))
    tell(compared["notes"])
    return pd.DataFrame(compared["models"]).set_index("name")


def _with_rows(data: _core.Data) -> _core.Data:
    if data.rows == 0:
        raise _core.DataError("the table has no rows" if data.names else "the table has no columns")
    return data


def _as_priors(priors: Mapping[str, str] | Iterable[str] | None) -> list[str]:
    if isinstance(priors, Mapping):
        return [f"{name} ~ {prior}" for name, prior in priors.items()]
    return take.words("priors", priors, """a dict, {"b": "normal(0, 1)"}, or a list, ["b ~ normal(0, 1)"]""")


def _thin(value: int | str | None) -> int:
    return 0 if value is None or value == "auto" else take.whole("thin", value, 1, "a whole number from 1, or 'auto'")


#: Options of which the library has another form.
_CONVERTED: dict[str, Callable[[Any], Any]] = {
    "thin": _thin,
    "seed": take.seed,
    "threads": lambda value: take.whole("threads", value),
    "device": lambda value: take.text("device", value, "'auto', 'cpu' or 'cuda'", "auto"),
    "save": lambda value: take.words("save", value, "names of what to keep, 'log_likelihood', 'posterior_predictive'"),
    "save_effects": lambda value: take.text("save_effects", value, "'all', 'moments', 'none', 'every=K' or 'auto'", "auto"),
    "until_ess": lambda value: take.limit("until_ess", value),
    "max_seconds": lambda value: take.limit("max_seconds", value),
    "overwrite": lambda value: take.flag("overwrite", value),
}


def _options(**settings: Any) -> _core.RunOptions:
    options = _core.RunOptions()
    for name, value in settings.items():
        if not hasattr(options, name):
            raise TypeError(f"there is no option '{name}'{take.meant(name, (n for n in dir(options) if not n.startswith('_')))}")
        try:
            setattr(options, name, _CONVERTED[name](value) if name in _CONVERTED else value)
        except (TypeError, OverflowError):
            raise _core.ModelError(f"{name}={value!r} is not what {name} takes, as in {name}={getattr(options, name)!r}") from None
    return options


def _path_text(path: str | os.PathLike | None) -> str:
    if path is None:
        return ""
    try:
        return os.fsdecode(path)
    except TypeError:
        raise take.refused("path", path, "the path of a file") from None


def _finished(posterior: _core.Posterior, raised: BaseException | None, path: str | os.PathLike | None,
              columns: Columns | None = None) -> Fit:
    fit = Fit(posterior, None if path is None else pathlib.Path(_path_text(path)), columns)
    if isinstance(raised, KeyboardInterrupt):
        raise Interrupted(fit) from None
    if raised is not None:
        raise raised
    tell(posterior.notes())
    for message, settings, advice in posterior.warnings():
        again = ", ".join(f"{name}={value}" for name, value in settings.items())
        log.warning("%s", message + (f"; fit again with {again}" if again else "") + (f"; {advice}" if advice else ""))
    return fit
