"""What Python's calls do with options of a wrong type, tables without rows, and fits that hold no draws or lie in files."""

import copy
import pickle

import numpy as np
import pandas as pd
import pytest
from test_fit import FORMULA, table

import bdglm

TINY = dict(chains=1, warmup=20, draws=20, seed=1, progress=False)


@pytest.fixture(scope="module")
def fit():
    return bdglm.fit(FORMULA, table(), family="bernoulli", **TINY)


def refuses(name, call):
    with pytest.raises(bdglm.ModelError, match=f"^{name}=.* is not what {name} takes"):
        call()


def test_options_that_are_not_there_name_the_nearest(fit):
    for call, name, near in ((lambda **named: bdglm.fit("y ~ x", table(), **named), "chain", "chains"),
                             (lambda **named: bdglm.fit("y ~ x", table(), **named), "cores", "threads"),
                             (lambda **named: bdglm.update(fit, table(), **named), "warm_up", "warmup"),
                             (lambda **named: fit.predict(table(), **named), "group", "groups"),
                             (lambda **named: fit.slopes("x", **named), "newdata", "data")):
        with pytest.raises(TypeError, match=f"no option '{name}'; did you mean {near}"):
            call(**{name: 3})


def test_names_that_are_not_there_name_the_nearest(fit):
    with pytest.raises(bdglm.ModelError, match=r"'r_g' is of several scalars, each by itself: 'r_g\[g00,Intercept\]'"):
        fit["r_g"]
    with pytest.raises(bdglm.ModelError, match="did you mean 'b_x'"):
        fit["x"]
    with pytest.raises(bdglm.ModelError, match="not 95$"):
        fit.predict(table(), interval=95)
    with pytest.raises(bdglm.DataError, match="no column 'xx' in the fit's own rows; the nearest name"):
        bdglm.Fit(fit._posterior).slopes("xx")


def test_none_is_the_default():
    nones = dict.fromkeys(["family", "link", "sigma", "na", "factors", "save", "priors", "input_prior", "layer_noise", "device", "until_ess",
                           "max_seconds", "thin"])
    made = bdglm.fit("y ~ x", table(), **nones, **TINY)
    np.testing.assert_array_equal(made["b_x"], bdglm.fit("y ~ x", table(), **TINY)["b_x"])


@pytest.mark.parametrize("name, value", [("family", ["gaussian"]), ("link", 3), ("sigma", ["a"]), ("na", 1), ("factors", 3), ("save", 3),
                                         ("priors", [1]), ("priors", 3), ("formula", 3), ("formula", ["y ~ x", 3]), ("path", 3),
                                         ("max_seconds", 0), ("thin", 0), ("until_ess", 0), ("until_ess", float("nan")), ("thin", 2.5),
                                         ("threads", 2**40), ("overwrite", "no"), ("seed", -1), ("seed", 1.5)])
def test_fit_refuses(name, value):
    refuses(name, lambda: bdglm.fit(**{"formula": "y ~ x", "data": table(), **TINY, name: value}))


def test_methods_refuse(fit):
    rows = table()[:3]
    for name, value in (("draws", -1), ("draws", 2.5), ("groups", None), ("interval", None), ("interval", "0.9"), ("threads", "a")):
        refuses(name, lambda: fit.predict(rows, **{name: value}))
    for name, value in (("points", 2.5), ("by", ["f", "g"]), ("values", 3), ("values", "lo"), ("values", [None]), ("interval", None)):
        refuses(name, lambda: fit.predictions("x", **{name: value}))
    for variable in (None, 3):
        refuses("variable", lambda: fit.slopes(variable))
    for name, value in (("draws", "a"), ("draws", 0), ("max_seconds", 0), ("threads", None)):
        refuses(name, lambda: fit.resume(**{name: value}))
    refuses("threads", lambda: fit.loo(threads="a"))
    refuses("groups", lambda: fit.evaluate(rows, groups=None))
    refuses("weights", lambda: fit.evaluate(rows, weights=[1, 0]))
    refuses("groups", lambda: fit.check(groups=3))
    refuses("groups", lambda: fit.report_data(groups=3))
    refuses("all", lambda: fit.summary(all="yes"))
    refuses("path", lambda: fit.save(None))
    refuses("path", lambda: fit.report(None))
    refuses("fit", lambda: bdglm.update(None, rows))
    refuses("path", lambda: bdglm.load(None))
    with pytest.raises(bdglm.ModelError, match=r"fit\[None\].*fit\['b_Intercept'\]"):
        fit[None]
    with pytest.raises(bdglm.ModelError, match="'b' names 3"):
        bdglm.compare({"a": fit, "b": 3})
    with pytest.raises(bdglm.DataError, match=r"two fits or more; fit.loo\(\) tells of one"):
        bdglm.compare({"a": fit})
    pd.testing.assert_frame_equal(fit.summary(all=1), fit.summary(all=True))


def test_a_fit_is_a_mapping_of_its_names(fit):
    assert "b_x" in fit and "r_g[g00,Intercept]" in fit and "b_z" not in fit and None not in fit
    assert list(fit) == fit.keys() == fit.names()
    np.testing.assert_array_equal(dict(fit)["b_x"], fit["b_x"])


def test_a_fit_without_draws_says_so():
    stopped = bdglm.fit("y ~ x", table(), **{**TINY, "warmup": 10**6}, max_seconds=0.2)
    assert stopped.draws_per_chain == 0
    with pytest.raises(bdglm.DataError, match=r"no draws yet.*fit.resume\(\)"):
        stopped.summary()


def test_fits_in_files_are_copied_and_pickled(fit, tmp_path):
    first, second = tmp_path / "a.nc", tmp_path / "b.nc"
    made = bdglm.fit("y ~ x", table(), path=first, **TINY)
    for held in (made, bdglm.load(first), pickle.loads(pickle.dumps(made)), copy.copy(made)):
        np.testing.assert_array_equal(pickle.loads(pickle.dumps(held))["b_x"], made["b_x"])
        held.save(second, overwrite=True)
        np.testing.assert_array_equal(bdglm.load(second)["b_x"], made["b_x"])
    with pytest.raises(bdglm.DataError, match="overwrite=True"):
        made.save(second)
    made.save(first, overwrite=True)
    with pytest.raises(bdglm.DataError, match="cannot copy"):
        made.save(tmp_path / "none" / "b.nc")
    assert bdglm.load(second).resume(draws=30).draws_per_chain == 30
    # A fit in memory that was saved copies its own draws.
    fit.save(tmp_path / "c.nc")
    (tmp_path / "c.nc").unlink()
    np.testing.assert_array_equal(copy.copy(fit)["b_x"], fit["b_x"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.nc", "b.nc"]


def test_tables_without_rows_and_with_columns_twice(fit):
    frame = table()
    with pytest.raises(bdglm.DataError, match="has no rows"):
        bdglm.fit("y ~ x", frame[:0], **TINY)
    with pytest.raises(bdglm.DataError, match="has no rows"):
        bdglm.update(fit, frame[:0])
    with pytest.raises(bdglm.DataError, match="has no columns"):
        bdglm.fit("y ~ x", {}, **TINY)
    assert fit.predict(frame[:0]).shape == (0,)
    with pytest.raises(bdglm.DataError, match="two columns are called 'x'"):
        bdglm.fit("y ~ x", pd.concat([frame, frame[["x"]]], axis=1), **TINY)
