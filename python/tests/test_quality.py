"""benchmarks/quality: its scores, and results that an interrupted run left."""

import json
import math
import pathlib
import sys

import numpy as np
import pytest

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "benchmarks/quality"


@pytest.fixture(autouse=True)
def suite(monkeypatch):
    """Modules of the suite have short names: they are found, and forgotten again, within a test."""
    before = set(sys.modules)
    monkeypatch.syspath_prepend(str(FOLDER))
    yield
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(FOLDER)):
            del sys.modules[name]


def test_scores_of_a_gaussian_prediction():
    import scores

    y = np.array([0.0, 2.0, 10.0, 1.0])
    found = scores.gaussian_scores(y, np.array([0.0, 1.0, 4.0, 1.0]), np.array([1.0, 1.0, 3.0, 2.0]))
    # z = 0, 1, 2, 0; central 50 % end at .674, 90 % at 1.645.
    assert found["rmse"] == pytest.approx(math.sqrt(37 / 4))
    assert found["nlpd"] == pytest.approx((0 + 1 + 4 + 0) / 8 + math.log(6) / 4 + 0.5 * math.log(2 * math.pi))
    assert (found["cover50"], found["cover90"]) == (0.5, 0.75)
    # In another unit the density changes by the logarithm of the unit, per row.
    scaled = scores.gaussian_scores(1000 * y, 1000 * np.array([0.0, 1.0, 4.0, 1.0]), 1000 * np.array([1.0, 1.0, 3.0, 2.0]))
    assert scaled["nlpd"] - found["nlpd"] == pytest.approx(math.log(1000))
    with pytest.raises(ValueError, match="not positive"):
        scores.gaussian_scores(y, y, 0.0)


def test_coverage_of_draws_from_the_prediction_is_nominal():
    import scores

    y = np.random.default_rng(1).normal(3, 2, 20000)
    found = scores.gaussian_scores(y, np.full(len(y), 3.0), 2.0)
    assert found["cover50"] == pytest.approx(0.5, abs=0.015)
    assert found["cover90"] == pytest.approx(0.9, abs=0.01)


def test_scores_of_classes_and_standard_errors():
    import scores

    found = scores.class_scores(np.array([1, 0, 1]), np.array([0.8, 0.4, 0.0]))
    assert found["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.6) + math.log(1e-6)) / 3)
    assert found["accuracy"] == pytest.approx(2 / 3)
    of_all = scores.class_scores(np.array([2, 0, 1]), np.array([[0.1, 0.1, 0.8], [0.2, 0.4, 0.4], [0, 1, 0]]))
    assert of_all["log_loss"] == pytest.approx(-(math.log(0.8) + math.log(0.2) + math.log(1 - 1e-6)) / 3)
    assert of_all["accuracy"] == pytest.approx(2 / 3)
    assert scores.mean_and_error([1.0, 2.0, 3.0]) == pytest.approx((2, 1 / math.sqrt(3)))
    assert scores.mean_and_error([1.0]) == (1.0, None)


def test_a_half_written_line_is_fitted_again(tmp_path):
    from results import Results

    path = tmp_path / "results.jsonl"
    first, second, bad = ({"set": "yacht", "split": k, "method": "bdglm"} for k in (0, 1, 2))
    results = Results(path)
    results.append(first | {"rmse": 1.0})
    results.append(bad | {"failed": "more than 5 s"})
    with path.open("a") as file:
        file.write(json.dumps(second)[:20])

    again = Results(path)
    assert again.done("yacht", 0, "bdglm")
    assert not again.done("yacht", 1, "bdglm")
    assert again.done("yacht", 2, "bdglm")
    assert not again.done("yacht", 2, "bdglm", retry=True)
    again.append(second | {"rmse": 2.0})
    again.append(bad | {"rmse": 3.0})
    assert [line["rmse"] for line in Results(path).scored()] == [1.0, 2.0, 3.0]
    assert Results(path).failed() == []


def test_results_of_another_build_and_foreign_files_are_refused(tmp_path):
    from results import Results

    path = tmp_path / "results.jsonl"
    results = Results(path)
    results.append({"set": "yacht", "split": 0, "method": "bdglm", "version": "a", "settings": ""})
    assert results.other_build({"version": "a", "settings": ""}, {"bdglm"}) is None
    assert results.other_build({"version": "b", "settings": ""}, {"bdglm"}) == "version a, settings "
    assert results.other_build({"version": "b", "settings": ""}, {"linear"}) is None
    path.write_text("set,split\n")
    with pytest.raises(SystemExit, match="line 1: not a line of results"):
        Results(path)
    assert path.read_text() == "set,split\n"
