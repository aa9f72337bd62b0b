"""Bayesian deep-net GLMs and GLMMs: posteriors of coefficients, random effects and a network inside the regression.

    import bdglm
    fit = bdglm.fit("use ~ deep(age, livch) + urban + (1 + urban | district)", table, seed=1)
    fit.summary()
"""

from ._core import DataError, DeviceError, Error, ModelError, NumericalError, Progress, __version__, families
from ._fit import Fit
from ._run import Interrupted, compare, fit, load, update

__all__ = [
    "DataError",
    "DeviceError",
    "Error",
    "Fit",
    "Interrupted",
    "ModelError",
    "NumericalError",
    "Progress",
    "__version__",
    "compare",
    "families",
    "fit",
    "load",
    "update",
]
