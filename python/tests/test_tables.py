"""Tables of all libraries: the same draws, orders of categoricals, nulls, chunks, and identifiers beyond doubles."""

from __future__ import annotations

import decimal

import numpy as np
import pandas as pd
import pytest
from test_fit import FORMULA, N, SHORT, table

import bdglm


@pytest.fixture(scope="module")
def fit():
    return bdglm.fit(FORMULA, table(), family="bernoulli", **SHORT)


def test_categoricals_keep_their_order(fit):
    ordered = table()
    ordered["level"] = pd.Categorical(ordered["level"], categories=["lo", "mid", "hi"])
    summary = bdglm.fit(FORMULA, ordered, family="bernoulli", **SHORT).summary()
    assert list(summary.index)[2:4] == ["b_levelmid", "b_levelhi"]


def test_categoricals_of_numbers_are_factors_in_their_order(fit):
    numbered = table()
    codes = numbered["level"].map({"lo": 10, "mid": 5, "hi": 7})
    of_text = numbered.assign(level=pd.Categorical(codes.astype(str), categories=["10", "5", "7"]))
    expected = bdglm.fit(FORMULA, of_text, family="bernoulli", **SHORT)
    assert expected.names()[2:4] == ["b_level5", "b_level7"]
    whole = pd.Categorical(codes, categories=[10, 5, 7], ordered=True)
    floats = pd.Categorical(codes.astype(float), categories=[10.0, 5.0, 7.0])
    for given in (numbered.assign(level=whole), numbered.assign(level=floats), {**numbered, "level": whole}):
        made = bdglm.fit(FORMULA, given, family="bernoulli", **SHORT)
        np.testing.assert_array_equal(made["b_level7"], expected["b_level7"])
    # New rows need no categories: their numbers are found among the levels.
    np.testing.assert_array_equal(made.predict(numbered[:9].assign(level=codes)), expected.predict(of_text[:9]))
    response = numbered.assign(level=whole)
    of_numbers, of_labels = (bdglm.fit("level ~ x", rows, **SHORT) for rows in (response, of_text))
    assert of_numbers.levels == of_labels.levels == ["10", "5", "7"]
    assert of_numbers.specification["family"] == of_labels.specification["family"]


def test_tables_of_all_libraries_give_the_same_draws(fit):
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    frame = table()
    columns = {name: frame[name].to_numpy() for name in frame.columns}
    sources = [
        polars.DataFrame({name: list(values) for name, values in columns.items()}),
        pyarrow.table({name: list(values) for name, values in columns.items()}),
        {name: list(values) for name, values in columns.items()},
        frame.convert_dtypes(),
    ]
    for source in sources:
        np.testing.assert_array_equal(bdglm.fit(FORMULA, source, family="bernoulli", **SHORT)["b_x"], fit["b_x"], err_msg=str(type(source)))


def test_whole_numbers_beyond_doubles_are_identifiers():
    polars = pytest.importorskip("polars")
    pyarrow = pytest.importorskip("pyarrow")
    random = np.random.default_rng(5)
    ids = [2**60 + 100 * (k % 15) for k in range(150)]
    y = list(random.normal(size=150))
    with_gap = [None, *ids[1:]]
    sources = [
        pd.DataFrame({"y": y, "id": np.array(ids, dtype=np.int64)}),
        pd.DataFrame({"y": y, "id": np.array(ids, dtype=np.uint64) + np.uint64(2**63)}),
        pd.DataFrame({"y": y, "id": pd.array(with_gap, dtype="Int64")}),
        polars.DataFrame({"y": y, "id": ids}),
        pyarrow.table({"y": y, "id": with_gap}),
        {"y": np.array(y), "id": np.array(ids)},
        {"y": y, "id": pd.array(with_gap, dtype="Int64")},
        {"y": y, "id": [float("nan"), *ids[1:]]},
        {"y": y, "id": polars.Series(with_gap)},
        {"y": pyarrow.array(y), "id": pyarrow.chunked_array([with_gap[:50], ids[50:]])},
        {"y": y, "id": [-k for k in ids]},
    ]
    for source in sources:
        fit = bdglm.fit("y ~ 1 + (1 | id)", source, chains=1, warmup=5, draws=8, seed=1, progress=False)
        groups = [name for name in fit.names(all=True) if name.startswith("r_id")]
        assert len(groups) == 15, type(source)
    assert f"r_id[-{2**60 + 100},Intercept]" in groups
    assert fit.predict({"id": [-ids[1], -ids[2]]}, groups="known").shape == (2,)
    # Doubles hold these, so that they stay numbers.
    exact = bdglm.fit("y ~ 1 + id", {"y": y, "id": np.arange(150) + 2**53 - 150}, chains=1, warmup=5, draws=8, seed=1, progress=False)
    assert exact.names()[1] == "b_id"


def test_polars_enums_nulls_and_chunks():
    polars = pytest.importorskip("polars")
    frame = table()
    levels = polars.Series("level", list(frame["level"]), dtype=polars.Enum(["mid", "lo", "hi"]))
    whole = polars.DataFrame({"y": list(frame["y"]), "x": [None, *frame["x"][1:]], "g": [*frame["g"][:-1], None]}).with_columns(levels)
    chunked = polars.concat([whole[:100], whole[100:]], rechunk=False)
    fits = [bdglm.fit(FORMULA, source, family="bernoulli", **SHORT) for source in (whole, chunked)]
    np.testing.assert_array_equal(fits[0]["b_x"], fits[1]["b_x"])
    assert list(fits[0].summary().index)[2:4] == ["b_levello", "b_levelhi"]
    assert fits[0].specification["rows"] == N - 2


def test_decimals_beyond_doubles_are_identifiers():
    pyarrow = pytest.importorskip("pyarrow")
    ids = [None if k == 0 else decimal.Decimal(2**60 + 100 * (k % 15)) for k in range(60)]
    y = np.random.default_rng(5).normal(size=60)
    array = pyarrow.array(ids, pyarrow.decimal128(30, 2))
    sources = [{"y": y, "id": array}, {"y": y, "id": ids}, pyarrow.table({"y": y, "id": array}),
               pd.DataFrame({"y": y, "id": pd.array(ids, dtype=pd.ArrowDtype(pyarrow.decimal128(30, 2)))})]
    tiny = dict(chains=1, warmup=5, draws=8, seed=1, progress=False)
    for source in sources:
        names = bdglm.fit("y ~ 1 + (1 | id)", source, **tiny).names(all=True)
        assert f"r_id[{2**60 + 100},Intercept]" in names and sum(name.startswith("r_id") for name in names) == 15, type(source)
    small = pyarrow.array([decimal.Decimal(k) / 4 for k in range(60)], pyarrow.decimal128(30, 2))
    expected = bdglm.fit("y ~ x", {"y": y, "x": np.arange(60) / 4}, **tiny)["b_x"]
    np.testing.assert_array_equal(bdglm.fit("y ~ x", {"y": y, "x": small}, **tiny)["b_x"], expected)


def test_a_column_is_no_table():
    pyarrow = pytest.importorskip("pyarrow")
    for column in (table()["x"], pyarrow.array([1.0, 2.0])):
        with pytest.raises(bdglm.DataError, match="is one column, not a table: give a frame"):
            bdglm.fit("y ~ x", column)


class CompressedRows:
    """What bdglm reads of SciPy's sparse matrices, which the tests do not need to be there."""

    ndim = 2

    def __init__(self, dense: np.ndarray) -> None:
        self.shape, self.dtype = dense.shape, dense.dtype
        rows, self.indices = np.nonzero(dense)
        self.data = dense[rows, self.indices]
        self.indptr = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=len(dense)))])
        self.nnz = len(self.data)
        self.summed = False

    def tocsr(self, copy: bool = False) -> CompressedRows:
        return self

    def sum_duplicates(self) -> None:
        self.summed = True


def test_a_sparse_matrix_is_a_matrix():
    rng = np.random.default_rng(2)
    words = (rng.random((400, 300)) < 0.05) * rng.integers(1, 4, (400, 300)).astype(float)
    y = words[:, 0] - words[:, 1] + rng.normal(0, 0.3, 400)
    fits = [bdglm.fit("y ~ words", {"y": y, "words": matrix}, priors={"b": "normal(0, 0.5)"}, chains=2, warmup=100, draws=400, seed=1, progress=False)
            for matrix in (CompressedRows(words), words)]
    sparse, dense = (fit.predict({"words": words}) for fit in fits)
    # The same posterior by two samplers: means of 800 draws of predictors whose sd is about .3.
    assert np.abs(sparse - dense).max() < 0.12
    np.testing.assert_allclose(fits[0].predict({"words": CompressedRows(words)}), sparse, rtol=1e-12)
    bad = CompressedRows(words)
    bad.data = bad.data * np.nan
    with pytest.raises(bdglm.DataError, match="the sparse matrix 'words' holds nan in row 1; its numbers are finite"):
        bdglm.fit("y ~ words", {"y": y, "words": bad})
    odd = CompressedRows(words)
    odd.dtype = np.dtype(complex)
    with pytest.raises(bdglm.DataError, match="the sparse matrix 'words' has 2 dimensions of complex128"):
        bdglm.fit("y ~ words", {"y": y, "words": odd})


def test_a_two_dimensional_array_is_a_matrix(tmp_path):
    random = np.random.default_rng(8)
    images = random.integers(0, 256, (50, 3, 2), dtype=np.uint8)
    images[:, 1, 0] = 9
    y = images[:, 0, 1] / 100 + random.normal(size=50)
    single = {f"m{k + 1}": images.reshape(50, 6)[:, k] for k in range(6)}
    tiny = dict(chains=1, warmup=20, draws=20, seed=1, progress=False)
    of_columns = bdglm.fit("y ~ m1 + m2 + m4 + m5 + m6", {"y": y, **single}, **tiny)
    for matrix in (images, images.reshape(50, 6).astype(np.float32), np.asfortranarray(images.reshape(50, 6))):
        fit = bdglm.fit("y ~ m", {"y": y, "m": matrix}, **tiny)
        np.testing.assert_array_equal(fit["b_m6"], of_columns["b_m6"])
        np.testing.assert_array_equal(fit.predict({"m": matrix[:7]}), of_columns.predict({name: column[:7] for name, column in single.items()}))
    assert fit.notes == ["1 of 6 columns of 'm' is constant in the rows used and has no say"]
    np.testing.assert_array_equal(fit.predictions("m6"), of_columns.predictions("m6"))
    np.testing.assert_array_equal(bdglm.fit("y ~ m", {"y": y, "m": images[:, 0, :1]}, **tiny)["b_m"],
                                  bdglm.fit("y ~ m", {"y": y, "m": images[:, 0, 0]}, **tiny)["b_m"])
    with pytest.raises(bdglm.DataError, match="the fit reads the matrix 'm' of 6 columns, which is not there; give it as a two-dimensional array"):
        fit.predict(single)
    with pytest.raises(bdglm.DataError, match="the matrix 'm' has 49 rows, the data has 50"):
        bdglm.fit("y ~ m", {"y": y, "m": images[:49]}, **tiny)
    with pytest.raises(bdglm.DataError, match="column 'm' has 2 dimensions; a column has one, a matrix is a NumPy array of numbers"):
        bdglm.fit("y ~ m", {"y": y, "m": images.reshape(50, 6).tolist()}, **tiny)
    np.save(tmp_path / "m.npy", images)
    (tmp_path / "t.svm").write_text("".join(f"{float(y[i])!r} " + " ".join(f"{k + 1}:{v}" for k, v in enumerate(row)) + "\n" for i, row in enumerate(images.reshape(50, 6))))
    np.testing.assert_array_equal(bdglm.fit("y ~ x", tmp_path / "t.svm", **tiny)["b_x6"], of_columns["b_m6"])
