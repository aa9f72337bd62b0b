"""scikit-learn estimators: linear, mixed or deep by a formula, or all columns of an array.

    from bdglm.sklearn import BdglmClassifier
    BdglmClassifier(deep=True).fit(X, y).predict_proba(X)
"""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, check_random_state, validate_data

from . import _core
from . import _options as take
from ._fit import Fit
from ._frames import Columns, to_columns
from ._run import fit as run_fit

_RESPONSE = "y"
_LEVEL = "a probability, as 0.95"
_ACTIVATIONS = "the name of an activation, as 'tanh'"
_KNOTS = "a number of knots, as 16, or 'auto'"


def _array_columns(X: np.ndarray) -> Columns:
    """The columns of a validated array of shape (rows, features), named x0, x1, ..."""
    columns = Columns()
    for k in range(X.shape[1]):
        columns.add_numbers(f"x{k}", np.ascontiguousarray(X[:, k]))
    return columns


class _BdglmEstimator(BaseEstimator):
    def __init__(self, formula=None, *, deep=False, layers=None, activation=None, knots=None, priors=None, chains=4, warmup=1000, draws=1000,
                 threads=0, device="auto", random_state=None):
        self.formula = formula
        self.deep = deep
        self.layers = layers
        self.activation = activation
        self.knots = knots
        self.priors = priors
        self.chains = chains
        self.warmup = warmup
        self.draws = draws
        self.threads = threads
        self.device = device
        self.random_state = random_state

    def _formula(self, columns: Columns, groups: bool) -> str:
        if self.formula is not None:
            response, _, right = self.formula.partition("~") if "~" in self.formula else ("", "", self.formula)
            if response.strip() not in ("", _RESPONSE):
                raise _core.ModelError(
                    f"the formula's response is {_RESPONSE!r} or left out, since scikit-learn gives it apart, not {response.strip()!r}"
                )
            return f"{_RESPONSE} ~ {right}"
        names = [f"`{name}`" if not name.isidentifier() else name for name in columns.names if name not in (_RESPONSE, "group")]
        if self.deep:
            right = f"deep({', '.join(names)}{self._network()})"
        else:
            right = " + ".join(names)
        return f"{_RESPONSE} ~ {right}" + (" + (1 | group)" if groups else "")

    def _network(self) -> str:
        """The options of `deep(...)` that are given, as the formula has them."""
        text = ""
        if isinstance(self.layers, str) and self.layers == "auto":
            text += ", layers = auto"
        elif self.layers is not None:
            widths = [self.layers] if np.ndim(self.layers) == 0 else self.layers
            text += ", layers = c(" + ", ".join(str(take.whole("layers", width, 1, "widths, as (32, 16), or 'auto'")) for width in widths) + ")"
        if self.activation is not None:
            text += f", activation = {take.text('activation', self.activation, _ACTIVATIONS)}"
        if isinstance(self.knots, str) and self.knots == "auto":
            text += ", knots = auto"
        elif self.knots is not None:
            text += f", knots = {take.whole('knots', self.knots, 0, _KNOTS)}"
        return text

    def _reads_table(self, X: Any) -> bool:
        return self.formula is not None and hasattr(X, "columns")

    def _columns(self, X: Any, reset: bool) -> Columns:
        """The columns of X: those of a table where a formula names them, else of the array as x0, x1, ..."""
        if self._reads_table(X):
            if reset:
                self.feature_names_in_ = np.asarray([str(name) for name in X.columns], dtype=object)
                self.n_features_in_ = len(self.feature_names_in_)
            return to_columns(X)
        return _array_columns(validate_data(self, X, reset=reset, dtype=np.float64))

    def _add_groups(self, columns: Columns, groups: Any) -> None:
        groups = np.asarray(groups)
        if groups.shape != (len(columns),):
            raise ValueError(f"groups has shape {groups.shape}; it needs one label for each of the {len(columns)} rows")
        columns.add_text("group", [str(label) for label in groups])

    def _fit(self, columns: Columns, family: str, groups: bool) -> Fit:
        seed = int(check_random_state(self.random_state).randint(0, 2**31 - 1))
        return run_fit(self._formula(columns, groups), columns, family=family, priors=self.priors or (), chains=self.chains,
                       warmup=self.warmup, draws=self.draws, threads=self.threads, device=self.device, seed=seed, progress=False)

    def _new(self, X: Any, groups: Any) -> tuple[Columns, str]:
        check_is_fitted(self)
        columns = self._columns(X, reset=False)
        if groups is not None:
            self._add_groups(columns, groups)
            return columns, "new"
        return columns, "new" if self.formula is not None else "none"

    def _made(self, X: Any, groups: Any, interval: float = 0.95, draws: int = 0) -> dict:
        columns, mode = self._new(X, groups)
        threads = take.whole("threads", self.threads)
        if not 0 < take.number("level", interval, _LEVEL) < 1:
            raise take.refused("level", interval, _LEVEL)
        return self.fit_._posterior.predict(columns.to_data(), mode, "equal", interval, draws, threads)

    def sample_y(self, X: Any, n_samples: int = 1, groups: Any = None) -> np.ndarray:
        """New responses drawn from the posterior predictive, shape (rows, n_samples)."""
        return self._made(X, groups, draws=take.whole("n_samples", n_samples, 1))["new_draws"].T


class BdglmRegressor(RegressorMixin, _BdglmEstimator):
    """Regression by a Bayesian linear, mixed or deep model.

    Parameters
    ----------
    formula
        The right-hand side, "deep(a, b) + c + (1 | g)", over the columns of a table, or x0, x1, ... of an array; all
        columns where None.
    deep
        Without a formula, whether the columns go through a network.
    layers
        The widths of its hidden layers, ``(32, 16)``; 32 and 32 where None. "auto": those of five that predict held-out
        rows best.
    activation
        Of its hidden units: "relu", "leaky_relu", "abs", "tanh", "silu" or "mixed", half relu and half tanh; "mixed" where
        None. "auto": mixed, relu or tanh, as predicts held-out rows best.
    knots
        How many places along each number its part may bend at; where None, 0 below 2,048 rows, and from there on what predicts
        held-out rows better in a short fit, 0 or the cube root of the rows. "auto": the one of 0, 4, 16 and that which predicts them best.
    priors, chains, warmup, draws, threads, device
        As in `bdglm.fit`.
    random_state
        Seed of the draws.

    Attributes
    ----------
    fit_
        The `bdglm.Fit`.
    """

    def fit(self, X, y, groups=None):
        """Fits the model; `groups` are labels of rows that share a random intercept."""
        if self._reads_table(X):
            columns = self._columns(X, reset=True)
        else:
            X, y = validate_data(self, X, y, dtype=np.float64, y_numeric=True, ensure_min_samples=2)
            columns = _array_columns(X)
        columns.add_numbers(_RESPONSE, np.ascontiguousarray(y, dtype=np.float64))
        if groups is not None:
            self._add_groups(columns, groups)
        self.fit_ = self._fit(columns, "gaussian", groups is not None)
        return self

    def predict(self, X, groups=None):
        """Expected responses, shape (rows,)."""
        return self._made(X, groups)["mean"][:, 0]

    def predict_interval(self, X, level=0.95, groups=None):
        """Bounds of the central predictive interval, shape (rows, 2)."""
        made = self._made(X, groups, interval=level)
        return np.column_stack([made["predictive_low"], made["predictive_high"]])


class BdglmClassifier(ClassifierMixin, _BdglmEstimator):
    """Classification, of two classes (logistic) or many (categorical), by a Bayesian linear, mixed or deep model.

    Parameters are those of `BdglmRegressor`. `fit_` is the `bdglm.Fit`, `classes_` has the labels.
    """

    def fit(self, X, y, groups=None):
        """Fits the model; `groups` are labels of rows that share a random intercept."""
        table = self._reads_table(X)
        if not table:
            X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
        y = np.asarray(y)
        check_classification_targets(y)
        self.classes_, codes = np.unique(y, return_inverse=True)
        self.fit_ = None
        columns = self._columns(X, reset=True) if table else _array_columns(X)
        if len(self.classes_) == 1:
            return self
        columns.add_factor(_RESPONSE, codes.astype(np.int32), [f"class {k}" for k in range(len(self.classes_))])
        if groups is not None:
            self._add_groups(columns, groups)
        self.fit_ = self._fit(columns, "bernoulli" if len(self.classes_) == 2 else "categorical", groups is not None)
        return self

    def predict_proba(self, X, groups=None):
        """Posterior predictive probabilities, shape (rows, classes)."""
        check_is_fitted(self)
        if self.fit_ is None:
            return np.ones((len(self._columns(X, reset=False)), 1))
        mean = self._made(X, groups)["mean"]
        if mean.shape[1] == 1:
            return np.column_stack([1 - mean[:, 0], mean[:, 0]])
        return mean / mean.sum(axis=1, keepdims=True)

    def predict(self, X, groups=None):
        """The most probable class of each row."""
        probabilities = self.predict_proba(X, groups)
        return self.classes_[probabilities.argmax(axis=1)]
