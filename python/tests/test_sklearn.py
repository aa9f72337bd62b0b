"""scikit-learn's own checks of the estimators, and their use in its tools."""

import pickle

import numpy as np
import pandas as pd
import pytest

sklearn = pytest.importorskip("sklearn")
from sklearn.datasets import load_iris, make_regression  # noqa: E402
from sklearn.model_selection import GridSearchCV, cross_val_score  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from sklearn.utils.estimator_checks import parametrize_with_checks  # noqa: E402

from bdglm.sklearn import BdglmClassifier, BdglmRegressor  # noqa: E402

SHORT = dict(chains=2, warmup=200, draws=200, random_state=0)


@parametrize_with_checks([BdglmRegressor(**SHORT), BdglmClassifier(**SHORT)])
def test_estimator_checks(estimator, check):
    check(estimator)


def test_iris():
    X, y = load_iris(return_X_y=True)
    assert cross_val_score(BdglmClassifier(**SHORT), X, y, cv=3).mean() > 0.93
    two = y < 2
    fitted = BdglmClassifier(**SHORT).fit(X[two], y[two])
    np.testing.assert_allclose(fitted.predict_proba(X[two]).sum(axis=1), 1)


def test_regression_intervals_samples_pipelines():
    X, y = make_regression(200, 3, noise=10, random_state=1)
    pipeline = make_pipeline(StandardScaler(), BdglmRegressor(**SHORT)).fit(X, y)
    assert pipeline.score(X, y) > 0.9
    bounds = pipeline[-1].predict_interval(pipeline[0].transform(X), level=0.9)
    assert 0.82 < ((bounds[:, 0] < y) & (y < bounds[:, 1])).mean() < 0.97
    assert pipeline[-1].sample_y(pipeline[0].transform(X), 7).shape == (200, 7)
    copy = pickle.loads(pickle.dumps(pipeline))
    np.testing.assert_allclose(copy.predict(X), pipeline.predict(X), rtol=1e-5)
    search = GridSearchCV(BdglmRegressor(**SHORT), {"formula": ["x0", "x0 + x1 + x2"]}, cv=2).fit(X, y)
    assert search.best_params_["formula"] == "x0 + x1 + x2"


def test_tables_without_a_formula_warn_of_nothing(recwarn):
    X, y = load_iris(return_X_y=True, as_frame=True)
    fitted = BdglmClassifier(**SHORT).fit(X, y)
    assert fitted.predict_proba(X).shape == (150, 3)
    BdglmRegressor(**SHORT).fit(X, y).predict(X)
    assert not [warning for warning in recwarn if "feature names" in str(warning.message)]


def test_groups_and_formulas_over_tables():
    random = np.random.default_rng(3)
    g = random.integers(0, 8, 300)
    x = random.normal(size=300)
    y = x + random.normal(size=8)[g] * 2 + random.normal(size=300) * 0.5
    plain = BdglmRegressor(**SHORT).fit(x[:, None], y)
    grouped = BdglmRegressor(**SHORT).fit(x[:, None], y, groups=g)
    r2 = [1 - ((y - p) ** 2).mean() / y.var() for p in (plain.predict(x[:, None]), grouped.predict(x[:, None], groups=g))]
    assert r2[1] > r2[0] + 0.2
    frame = pd.DataFrame({"x": x, "g": [f"g{k}" for k in g]})
    formula = BdglmRegressor("x + (1 | g)", **SHORT).fit(frame, y)
    np.testing.assert_allclose(formula.predict(frame), grouped.predict(x[:, None], groups=g), atol=0.15)


def test_options_of_the_network_are_those_of_the_formula():
    X, y = make_regression(60, 2, noise=10, random_state=1)
    tiny = dict(chains=1, warmup=20, draws=20, random_state=0)
    assert BdglmRegressor(layers="auto", activation="auto", knots="auto")._network() == ", layers = auto, activation = auto, knots = auto"
    given = BdglmRegressor(deep=True, layers=(np.int64(3), 2), activation="tanh", knots=3, **tiny).fit(X, y)
    written = BdglmRegressor("deep(x0, x1, layers = c(3, 2), activation = tanh, knots = 3)", **tiny).fit(X, y)
    np.testing.assert_array_equal(given.predict(X), written.predict(X))
    assert "activation = tanh" in given.fit_.specification["formula"]
    for level in (95, "a"):
        with pytest.raises(ValueError, match="^level=.* is not what level takes: a probability"):
            given.predict_interval(X, level=level)
    for name, value, message in (("activation", "tan", "relu, leaky_relu"), ("activation", 3, "activation=3"), ("layers", (4, 0), "layers=0"),
                                 ("knots", 1.5, "knots=1.5"), ("knots", -1, "knots=-1")):
        with pytest.raises(ValueError, match=message):
            BdglmRegressor(deep=True, **{name: value}, **tiny).fit(X, y)
