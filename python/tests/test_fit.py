"""Fits from Python: the same draws as the program's, predictions, effects, files, errors."""

import logging
import os
import pathlib
import pickle
import subprocess

import numpy as np
import pandas as pd
import pytest

import bdglm

N = 300


def table():
    random = np.random.default_rng(1)
    x = random.normal(size=N)
    g = random.integers(0, 12, N)
    u = random.normal(size=12)
    level = random.integers(0, 3, N)
    y = random.random(N) < 1 / (1 + np.exp(-(0.3 + 0.8 * x + 0.5 * (level == 2) + u[g])))
    return pd.DataFrame({"y": y.astype(int), "x": x, "g": [f"g{k:02d}" for k in g], "level": np.array(["lo", "mid", "hi"])[level]})


FORMULA = "y ~ x + level + (1 | g)"
SHORT = dict(chains=2, warmup=150, draws=200, seed=3, progress=False)


@pytest.fixture(scope="module")
def fit():
    return bdglm.fit(FORMULA, table(), family="bernoulli", **SHORT)


def test_summary_names_what_brms_names(fit):
    summary = fit.summary()
    assert list(summary.index) == ["b_Intercept", "b_x", "b_levello", "b_levelmid", "sd_g__Intercept"]
    assert summary.loc["b_x", "mean"] == pytest.approx(0.8, abs=0.5)
    assert fit["b_x"].shape == (2, 200)
    assert fit["b_x"].mean() == pytest.approx(summary.loc["b_x", "mean"], rel=1e-12)
    assert "r_g[g00,Intercept]" in fit.names(all=True)


def test_same_seed_same_draws(fit):
    again = bdglm.fit(FORMULA, table(), family="bernoulli", threads=1, **SHORT)
    np.testing.assert_array_equal(fit["b_x"], again["b_x"])


def test_program_and_python_make_the_same_draws(fit, tmp_path):
    program = os.environ.get("BDGLM_PROGRAM")
    if not program:
        pytest.skip("BDGLM_PROGRAM names no program")
    frame = table()
    frame.to_csv(tmp_path / "t.csv", index=False)
    subprocess.run([program, "fit", "--data", tmp_path / "t.csv", "--formula", FORMULA, "--family", "bernoulli", "--chains", "2", "--warmup",
                    "150", "--draws", "200", "--seed", "3", "--quiet", "--out", tmp_path / "t.nc"], check=True, capture_output=True)
    loaded = bdglm.load(tmp_path / "t.nc")
    # Text that is read from a file has all digits of a double.
    for name in loaded.names():
        np.testing.assert_array_equal(loaded[name], fit[name], err_msg=name)


def test_predictions(fit):
    new = table()[:7]
    mean = fit.predict(new)
    assert mean.shape == (7,) and (mean > 0).all() and (mean < 1).all()
    draws = fit.predict(new, kind="draws", draws=50)
    assert draws.shape == (50, 7)
    assert set(np.unique(fit.predict(new, kind="response", draws=50))) <= {0.0, 1.0}
    frame = fit.predict(new, kind="summary")
    assert ((frame["low"] < frame["mean"]) & (frame["mean"] < frame["high"])).all()
    stranger = new.assign(g="another")
    assert fit.predict(stranger).shape == (7,)
    with pytest.raises(bdglm.DataError, match="another.*`groups='new'` .* `groups='none'`"):
        fit.predict(stranger, groups="known")
    with pytest.raises(ValueError, match="kind"):
        fit.predict(new, kind="odds")


def test_many_levels():
    random = np.random.default_rng(2)
    x = random.normal(size=200)
    species = np.array(["a", "b", "c"])[np.clip(np.round(x + random.normal(size=200) * 0.5), -1, 1).astype(int) + 1]
    fit = bdglm.fit("species ~ x", {"species": species, "x": x}, **SHORT)
    made = fit.predict({"x": [-2.0, 0.0, 2.0]})
    assert made.shape == (3, 3)
    np.testing.assert_allclose(made.sum(axis=1), 1, rtol=1e-6)
    assert list(fit.predict({"x": [-2.0, 0.0, 2.0]}, kind="class")) == ["a", "b", "c"]


def test_effects(fit, tmp_path):
    compared = fit.comparisons("level", by="g")
    assert {"variable", "from", "to", "g", "mean", "low", "high"} <= set(compared.columns)
    assert len(compared) == 2 * 12
    slope = fit.slopes("x").iloc[0]
    probabilities = fit.predict(table(), groups="none")
    expected = (fit["b_x"].mean() * probabilities * (1 - probabilities)).mean()
    assert slope["mean"] == pytest.approx(expected, rel=0.05)
    fit.save(tmp_path / "f.nc")
    loaded = bdglm.load(tmp_path / "f.nc").slopes("x").iloc[0]
    assert loaded["mean"] == pytest.approx(slope["mean"], rel=1e-9)
    along = fit.predictions("x", by="level", points=9)
    assert len(along) == 27 and (along["low"] < along["high"]).all()
    with pytest.raises(bdglm.DataError, match="no column 'z'"):
        fit.slopes("z")
    with pytest.raises(bdglm.DataError, match="factor"):
        fit.slopes("level")
    two = fit.predictions("x", values=[-1, 2.5])
    assert list(two["x"]) == [-1, 2.5] and "from" not in two
    assert list(fit.predictions("level", values=["mid"], data=table())["level"]) == ["mid"]
    # With effects of groups it is the expected response of the commonest of them.
    group = table()["g"].mode()[0]
    rows = table().assign(g=group, level=table()["level"].mode()[0])[:2].assign(x=[-1, 2.5])
    np.testing.assert_allclose(fit.predictions("x", values=[-1, 2.5], groups="known")["mean"], fit.predict(rows, groups="known"), rtol=0.02)
    assert fit.slopes("x", groups="known").iloc[0]["mean"] != slope["mean"]
    assert fit.comparisons("x", groups="known", threads=1).iloc[0]["mean"] > 0
    with pytest.raises(bdglm.ModelError, match="`groups='none'` leaves random effects out"):
        fit.predictions("g", groups="none")
    assert fit.predictions("g")["mean"].nunique() > 1
    with pytest.raises(bdglm.ModelError, match="'new', 'known' or 'none'"):
        fit.slopes("x", groups="all")


def test_importance(fit):
    told = fit.importance()
    assert set(told["variable"]) == {"x", "level"}
    assert (told["mean"].diff().dropna() <= 0).all() and ((told["low"] <= told["mean"]) & (told["mean"] <= told["high"])).all()
    assert set(fit.importance(groups="known", interval=0.5, threads=1)["variable"]) == {"x", "level", "g"}
    np.testing.assert_allclose(fit.importance(data=table())["mean"], told["mean"], rtol=1e-9)
    with pytest.raises(bdglm.ModelError, match="'new', 'known' or 'none'"):
        fit.importance(groups="all")


def test_effects_of_columns_that_are_called_as_those_of_the_frame():
    frame = table().rename(columns={"x": "mean", "level": "low"})
    fit = bdglm.fit("y ~ mean + low", frame, family="bernoulli", **SHORT)
    along = fit.predictions("mean", by="low", values=[-1.0, 1.0])
    assert list(along.columns) == ["mean_", "low_", "mean", "sd", "low", "high", "plugin"]
    assert list(along["mean_"]) == [-1.0, 1.0] * 3 and set(along["low_"]) == {"hi", "lo", "mid"}
    assert (along["low"] < along["mean"]).all() and (along["mean"] < along["high"]).all()
    pytest.importorskip("matplotlib").use("Agg")
    assert len(fit.plot_predictions("mean", by="low").collections) == 3


def test_plot(fit):
    pytest.importorskip("matplotlib").use("Agg")
    axes = fit.plot_predictions("x", by="level")
    assert len(axes.collections) == 3


def test_plots_of_many_levels_keep_names_apart():
    pytest.importorskip("matplotlib").use("Agg")
    import pandas as pd
    from bdglm._effects import plot_predictions

    def names_overlap(levels: int, parts: int) -> bool:
        frame = pd.DataFrame([{"g": f"district {k}", "f": f"p{p}", "mean": k, "low": k - 1, "high": k + 1, "plugin": k}
                              for p in range(parts) for k in range(levels)])
        axes = plot_predictions(frame, "g", "f", None)
        axes.figure.canvas.draw()
        labels = axes.get_yticklabels() if axes.get_ylabel() == "g" else axes.get_xticklabels()
        assert labels[0].get_text() == "district 0" and len(labels) <= 60
        boxes = [label.get_window_extent() for label in labels]
        return any(a.overlaps(b) for a, b in zip(boxes, boxes[1:]))

    for levels in (3, 12, 25, 40, 60, 150):
        assert not names_overlap(levels, 2), levels


def test_scores_checks_comparisons(fit):
    scores = fit.evaluate(table())
    assert scores["rows"] == N and scores["log_score"] < 0 and 0.5 < scores["accuracy"] <= 1
    loo = fit.loo()
    assert loo["elpd_loo"] < 0 and loo["row_pareto_k"].shape == (N,)
    assert "mean" in fit.check().index
    other = bdglm.fit("y ~ x", table(), family="bernoulli", **SHORT)
    compared = bdglm.compare({"mixed": fit, "linear": other})
    assert compared.index[0] == "mixed" and compared["weight"].sum() == pytest.approx(1)


def test_scores_by_chain_are_those_of_the_chains_own_draws():
    rng = np.random.default_rng(3)
    x = rng.normal(size=12)
    rows = {"x": x, "y": 1 + x + rng.normal(size=12)}
    fit = bdglm.fit("y ~ x", rows, family="gaussian", seed=2, chains=3, draws=40, warmup=20)
    mean = fit["b_Intercept"][..., None] + fit["b_x"][..., None] * x
    sd = fit["sigma"][..., None]
    density = np.exp(-0.5 * ((rows["y"] - mean) / sd) ** 2) / sd / np.sqrt(2 * np.pi)
    chains = fit.evaluate(rows)["chains"]
    assert chains["log_score_alone"] == pytest.approx(np.log(density.mean(axis=1)).mean(axis=1))
    assert chains["log_score_without"] == pytest.approx(
        [np.log(np.delete(density, c, axis=0).mean(axis=(0, 1))).mean() for c in range(3)])
    assert chains["share_between"] == pytest.approx((mean.mean(axis=1).var(axis=0) / mean.var(axis=(0, 1))).mean())
    assert "chains" not in bdglm.fit("y ~ x", rows, family="gaussian", seed=2, chains=1, draws=40, warmup=20).evaluate(rows)


def test_chains_weigh_by_stacking():
    rng = np.random.default_rng(3)
    x = rng.normal(size=60)
    rows = {"x": x, "y": np.abs(x) + 0.3 * rng.normal(size=60)}
    fit = bdglm.fit("y ~ deep(x, layers = c(3))", rows, family="gaussian", seed=2, chains=3, draws=40, warmup=3)
    assert fit.evaluate(rows, weights="stacked")["log_score"] > fit.evaluate(rows)["log_score"]
    all_draws, left = (fit.predict(rows, kind="draws", draws=120, weights=weights) for weights in ("equal", "stacked"))
    assert len(all_draws) == 120 and len(left) < 120
    assert {tuple(draw) for draw in left} <= {tuple(draw) for draw in all_draws}
    np.testing.assert_allclose(fit.predict(rows, weights="stacked"), left.mean(axis=0))
    with pytest.raises(bdglm.ModelError, match="'equal' or 'stacked', not 'loo'"):
        fit.predict(rows, weights="loo")


def test_arviz_reads_what_memory_and_files_hold(fit, tmp_path):
    xarray = pytest.importorskip("xarray")
    tree = fit.to_datatree()
    assert tree["posterior"]["b_x"].shape == (2, 200)
    fit.save(tmp_path / "fit.nc")
    with xarray.open_dataset(tmp_path / "fit.nc", group="posterior", engine="h5netcdf") as stored:
        np.testing.assert_array_equal(stored["b_x"].values, tree["posterior"]["b_x"].values)
    arviz = pytest.importorskip("arviz")
    if hasattr(arviz, "InferenceData"):
        bulk = arviz.ess(fit.to_inferencedata(), var_names=["b_x"])["b_x"]
        assert float(bulk) == pytest.approx(fit.summary().loc["b_x", "ess_bulk"], rel=1e-6)


def test_arrays_own_the_librarys_memory(fit):
    values = fit.to_datatree()["posterior"]["b_x"].values
    base = values
    while isinstance(base, np.ndarray) and base.base is not None:
        base = base.base
    assert not isinstance(base, np.ndarray)


def test_saved_loaded_resumed_pickled(fit, tmp_path):
    fit.save(tmp_path / "fit.nc")
    longer = bdglm.load(tmp_path / "fit.nc").resume(draws=300)
    assert longer.draws_per_chain == 300
    memory = bdglm.fit(FORMULA, table(), family="bernoulli", **SHORT).resume(draws=300)
    np.testing.assert_array_equal(memory["b_x"], longer["b_x"])
    np.testing.assert_array_equal(pickle.loads(pickle.dumps(fit))["b_x"], fit["b_x"])


def test_errors_are_typed_and_say_what_to_do():
    frame = table()
    with pytest.raises(bdglm.DataError, match="'z'") as raised:
        bdglm.fit("y ~ z", frame, **SHORT)
    assert isinstance(raised.value, (bdglm.Error, ValueError))
    assert "--" not in str(raised.value)
    with pytest.raises(bdglm.ModelError, match="poison"):
        bdglm.fit("y ~ x", frame, family="poison", **SHORT)
    with pytest.raises(bdglm.ModelError):
        bdglm.fit("y ~ x", frame, priors={"b": "normal(0)"}, **SHORT)
    with pytest.raises(bdglm.ModelError, match="device"):
        bdglm.fit("y ~ x", frame, device="abacus", **SHORT)
    with pytest.raises(bdglm.DataError, match="when"):
        bdglm.fit("y ~ x", frame.assign(when=pd.Timestamp("2026-01-01")), **SHORT)
    for wrong in ({"thin": "many"}, {"chains": "4"}, {"seed": -1}, {"draws": 1e3}):
        name = next(iter(wrong))
        with pytest.raises(bdglm.ModelError, match=f"{name}=.* is not what {name} takes"):
            bdglm.fit("y ~ x", frame, **{**SHORT, **wrong})
    with pytest.raises(bdglm.ModelError, match="with their names"):
        bdglm.compare([1, 2])
    with pytest.raises(bdglm.DataError, match="no table"):
        bdglm.fit("y ~ x", 3, **SHORT)
    with pytest.raises(bdglm.DataError):
        bdglm.fit("y ~ x", pathlib.Path("no_such_file.csv"), **SHORT)


def test_warnings_are_logged(caplog):
    with caplog.at_level(logging.WARNING, logger="bdglm"):
        bdglm.fit("y ~ x", table(), family="bernoulli", chains=2, warmup=5, draws=8, seed=1, progress=False)
    assert any("effective draws" in record.getMessage() or "R-hat" in record.getMessage() for record in caplog.records)


def test_notes_of_effects_and_predictions_are_logged(fit, caplog):
    with caplog.at_level(logging.INFO, logger="bdglm"):
        fit.predictions("x", by="g", points=2)
        assert any("lines of its levels are alike" in record.getMessage() for record in caplog.records)
        caplog.clear()
        gaps = table()[:5]
        gaps.loc[0, "x"] = np.nan
        assert np.isnan(fit.predict(gaps)[0])
        assert caplog.records


def test_update_is_the_joint_fit():
    random = np.random.default_rng(4)
    x = random.normal(size=400)
    frame = pd.DataFrame({"x": x, "y": 1 + 2 * x + random.normal(size=400)})
    first = bdglm.fit("y ~ x", frame[:200], chains=2, warmup=300, draws=1500, seed=1, progress=False)
    both = bdglm.update(first, frame[200:], chains=2, warmup=300, draws=1500, seed=2, progress=False).summary()
    joint = bdglm.fit("y ~ x", frame, chains=2, warmup=300, draws=1500, seed=3, progress=False).summary()
    np.testing.assert_allclose(both["mean"], joint["mean"], atol=0.02)


def test_a_bar_that_opens_late_counts_from_the_start():
    pytest.importorskip("tqdm")
    from bdglm._progress import _open_bar

    bar = _open_bar(100, 5.0)
    assert bar.format_dict["elapsed"] >= 5
    bar.close()


def test_report_is_a_page_and_its_data_are_the_summary(tmp_path):
    frame = table()
    fit = bdglm.fit("y ~ x", frame, **SHORT)
    page = fit.report(tmp_path / "report.html")
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!DOCTYPE html>") and "y ~ x" in text and "http:" not in text and "https:" not in text
    with pytest.raises(bdglm.DataError, match="overwrite=True"):
        fit.report(page)
    fit.report(page, frame.head(20), overwrite=True)
    data = fit.report_data()
    assert [p["name"] for p in data["parameters"]] == list(fit.summary().index)
    assert fit.report_data(frame.head(20))["scores"]["rows"] == 20
