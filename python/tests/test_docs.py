"""The snippets of README and docs/python.md run as they stand."""

import pathlib
import re

import numpy as np
import pandas as pd
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["README.md", "docs/python.md"])
def test_snippets_run(name, monkeypatch, tmp_path):
    pytest.importorskip("matplotlib").use("Agg")
    for needed in ("xarray", "sklearn", "h5netcdf"):
        pytest.importorskip(needed)
    (tmp_path / "data").symlink_to(ROOT / "data")
    monkeypatch.chdir(tmp_path)
    random = np.random.default_rng(1)
    names = {"women": pd.read_csv("data/contraception.csv.gz"), "X": random.normal(size=(60, 2)), "clinic": random.integers(0, 5, 60)}
    names["y"] = (names["X"][:, 0] + random.normal(size=60) > 0).astype(int)
    snippets = re.findall(r"```python\n(.*?)```", (ROOT / name).read_text(), flags=re.DOTALL)
    assert snippets
    for snippet in snippets:
        exec(compile(snippet, name, "exec"), names)
