"""Fits, updates and resumptions: options by name, progress, interruption."""

from __future__ import annotations

import logging
import os
import pathlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from . import _core
from ._fit import Fit
from ._frames import Columns, _is_path, to_columns, to_data
from ._progress import make_watcher

_log = logging.getLogger("bdglm")


class Interrupted(KeyboardInterrupt):
    """A run was interrupted; `fit` holds the draws it had made, and can be resumed."""

    def __init__(self, fit: Fit):
        super().__init__(f"interrupted with {fit.draws_per_chain} draws of each chain; .fit holds them, and .fit.resume() goes on")
        self.fit = fit


def fit(
    formula: str | Iterable[str],
    data: Any,
    *,
    family: str = "",
    link: str = "",
    priors: Mapping[str, str] | Iterable[str] = (),
    chains: int = 4,
    warmup: int = 1000,
    draws: int = 1000,
    thin: int | str | None = None,
    seed: int | None = None,
    threads: int = 0,
    device: str = "auto",
    factors: Iterable[str] = (),
    sigma: str = "",
    layer_noise: str | float = "0",
    input_prior: str = "horseshoe",
    na: str = "omit",
    save: Iterable[str] = (),
    save_effects: str = "auto",
    until_ess: float = 0,
    max_seconds: float = 0,
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
        Of the response; found from it where empty.
    link
        Of the mean; the family's usual one where empty.
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
        Ends once the worst parameter has so many effective draws.
    max_seconds
        Stops after so long, to be resumed.
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
    formulas = [formula] if isinstance(formula, str) else list(formula)
    if not formulas:
        raise _core.ModelError("there is no formula; write 'y ~ x'")
    model.formula = formulas[0]
    model.predictor_formulas = formulas[1:]
    columns = None if isinstance(data, _core.Data) or _is_path(data) or isinstance(data, (list, tuple)) else to_columns(data)
    model.data = to_data(data if columns is None else columns)
    model.family, model.link, model.sigma = family, link, sigma
    model.factors = _words(factors)
    model.priors = _as_priors(priors)
    model.layer_noise, model.input_prior, model.na = str(layer_noise), input_prior, na
    options = _options(chains=chains, warmup=warmup, draws=draws, thin=0 if thin in (None, "auto") else thin, seed=seed, threads=threads, device=device, save=_words(save),
                       save_effects=save_effects, until_ess=until_ess, max_seconds=max_seconds, overwrite=overwrite)
    with make_watcher(progress) as watch:
        posterior, raised = _core.fit(model, options, _path_text(path), watch)
    return _finished(posterior, raised, path, columns)


def update(fit: Fit, data: Any, *, path: str | os.PathLike | None = None, overwrite: bool = False,
           progress: bool | str | Callable[[_core.Progress], Any] = "auto", **options: Any) -> Fit:
    """Updates a fit by the rows of `data`, its posterior their prior. Options of the run are those of `fit`."""
    with make_watcher(progress) as watch:
        posterior, raised = _core.update(fit._posterior, to_data(data), _options(overwrite=overwrite, **options), _path_text(path), watch)
    return _finished(posterior, raised, path)


def resume_file(path: str | os.PathLike, *, draws: int = 0, threads: int = 0, seed: int | None = None, max_seconds: float = 0,
                progress: bool | str | Callable[[_core.Progress], Any] = "auto") -> Fit:
    """Goes on with the fit in a file to its end, or to more draws."""
    with make_watcher(progress) as watch:
        posterior, raised = _core.resume(_path_text(path), threads, draws, seed, max_seconds, watch)
    return _finished(posterior, raised, path)


def load(path: str | os.PathLike) -> Fit:
    """The fit in a file that bdglm wrote."""
    return Fit(_core.Posterior.open(_path_text(path)), pathlib.Path(path))


def compare(fits: Mapping[str, Fit], threads: int = 0):
    """Compares fits of the same responses by leave-one-out (PSIS), with stacking weights; a DataFrame, the best first."""
    import pandas as pd

    if not isinstance(fits, Mapping):
        raise _core.ModelError('fits are given with their names: bdglm.compare({"linear": a, "mixed": b})')
    compared = _core.compare([(name, fit._posterior) for name, fit in fits.items()], threads)
    _tell(compared["notes"])
    return pd.DataFrame(compared["models"]).set_index("name")


def _words(given: str | Iterable[str]) -> list[str]:
    """One word, or several."""
    return [given] if isinstance(given, str) else list(given)


def _as_priors(priors: Mapping[str, str] | Iterable[str]) -> list[str]:
    if isinstance(priors, str):
        return [priors]
    if isinstance(priors, Mapping):
        return [f"{name} ~ {prior}" for name, prior in priors.items()]
    return list(priors)


def _options(**settings: Any) -> _core.RunOptions:
    options = _core.RunOptions()
    for name, value in settings.items():
        if not hasattr(options, name):
            raise TypeError(f"there is no option '{name}'; options are {', '.join(n for n in dir(options) if not n.startswith('_'))}")
        try:
            setattr(options, name, value)
        except (TypeError, OverflowError):
            raise _core.ModelError(f"{name}={value!r} is not what {name} takes, as in {name}={getattr(options, name)!r}") from None
    return options


def _path_text(path: str | os.PathLike | None) -> str:
    return "" if path is None else os.fspath(path)


def _finished(posterior: _core.Posterior, raised: BaseException | None, path: str | os.PathLike | None,
              columns: Columns | None = None) -> Fit:
    fit = Fit(posterior, None if path is None else pathlib.Path(path), columns)
    if isinstance(raised, KeyboardInterrupt):
        raise Interrupted(fit) from None
    if raised is not None:
        raise raised
    _tell(posterior.notes())
    for message, settings, advice in posterior.warnings():
        again = ", ".join(f"{name}={value}" for name, value in settings.items())
        _log.warning("%s", message + (f"; fit again with {again}" if again else "") + (f"; {advice}" if advice else ""))
    return fit


def _tell(notes: Iterable[str]) -> None:
    for note in notes:
        _log.info("%s", note)
