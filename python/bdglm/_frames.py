"""Tables of other libraries as the columns that bdglm reads."""

from __future__ import annotations

import decimal
from collections.abc import Mapping
from typing import Any

import numpy as np

from . import _core


#: Whole numbers beyond it are not all doubles: such are identifiers, and their column is text, as in a CSV file.
_LARGEST_EXACT = 2**53


class Columns:
    """Columns by name, each as numbers (float64, NaN missing), text ("" missing), or codes into ordered levels (-1 missing), and matrices
    (float64 of shape (n, p), NaN missing, or SciPy's compressed sparse rows)."""

    def __init__(self) -> None:
        self.numbers: dict[str, np.ndarray] = {}
        self.texts: dict[str, np.ndarray] = {}
        self.factors: dict[str, tuple[np.ndarray, list[str]]] = {}
        self.matrices: dict[str, Any] = {}
        self.names: list[str] = []

    def add_numbers(self, name: str, values: np.ndarray) -> None:
        self.names.append(name)
        self.numbers[name] = values

    def add_text(self, name: str, values: list[str]) -> None:
        self.names.append(name)
        self.texts[name] = np.array(values, dtype=object)

    def add_factor(self, name: str, codes: np.ndarray, levels: list[str]) -> None:
        self.names.append(name)
        self.factors[name] = (codes, levels)

    def add_matrix(self, name: str, values: Any) -> None:
        self.names.append(name)
        self.matrices[name] = values

    def to_data(self) -> _core.Data:
        data = _core.Data()
        for name in self.names:
            if name in self.numbers:
                data.add_numbers(name, self.numbers[name])
            elif name in self.texts:
                data.add_text(name, list(self.texts[name]))
            elif name in self.matrices:
                _add_matrix(data, name, self.matrices[name])
            else:
                data.add_factor(name, *self.factors[name])
        return data

    def __len__(self) -> int:
        for name in self.names[:1]:
            values = self.factors[name][0] if name in self.factors else {**self.numbers, **self.texts, **self.matrices}[name]
            return values.shape[0]
        return 0


def _add_matrix(data: _core.Data, name: str, values: Any) -> None:
    if isinstance(values, np.ndarray):
        data.add_matrix(name, values)
        return
    starts, indices = values.indptr.astype(np.int64), values.indices.astype(np.int32)
    data.add_sparse_matrix(name, values.shape[1], starts, indices, np.ascontiguousarray(values.data, dtype=np.float64))


def to_data(table: Any) -> _core.Data:
    """What `bdglm.fit` takes as a table, as the library reads it: paths, or what `to_columns` takes."""
    if isinstance(table, _core.Data):
        return table
    if isinstance(table, Columns):
        return table.to_data()
    if _is_path(table):
        return _core.Data.read([str(table)])
    if isinstance(table, (list, tuple)) and table and all(_is_path(entry) for entry in table):
        return _core.Data.read([str(path) for path in table])
    return to_columns(table).to_data()


def _is_path(table: Any) -> bool:
    return isinstance(table, str) or hasattr(table, "__fspath__")


def to_columns(table: Any) -> Columns:
    """The columns of `table`: a pandas, polars or pyarrow table or whatever else has Arrow's PyCapsule interface, a
    mapping of names to one-dimensional arrays or lists, or a NumPy record array. A NumPy array of numbers of shape (n, ...) with two dimensions
    or more in a mapping is a matrix, which formulas read by its name: `y ~ deep(pixels)`; dimensions after the first become its columns. So is a
    sparse matrix of SciPy's.

    Numbers and booleans become numbers, text becomes text, categoricals keep the order of their levels. A column with
    whole numbers or decimals beyond 2^53, identifiers that doubles would merge, becomes text. Missing are NaN, None, and nulls.
    Raises DataError for a column that is none of these, and names it.
    """
    if isinstance(table, Columns):
        return table
    data = Columns()
    if _is_column(table):
        name = getattr(table, "name", None) or "x"
        raise _core.DataError(
            f"a {type(table).__name__} is one column, not a table: give a frame of all columns that the formula names, or of this one alone "
            f"by {{{str(name)!r}: ...}}"
        )
    if _is_pandas(table):
        names = _distinct([str(name) for name in table.columns])
        for k, name in enumerate(names):
            _add(data, name, table.iloc[:, k])
    elif hasattr(table, "__arrow_c_stream__"):
        _add_arrow(data, table)
    elif isinstance(table, Mapping):
        _distinct([str(name) for name in table])
        for name, column in table.items():
            _add(data, str(name), column)
    elif isinstance(table, np.ndarray) and table.dtype.names:
        for name in table.dtype.names:
            _add(data, name, table[name])
    else:
        raise _core.DataError(
            f"a {type(table).__name__} is no table: give a pandas, polars or pyarrow table, a dict of columns, a NumPy record array, "
            "or the path of a CSV file"
        )
    return data


def _distinct(names: list[str]) -> list[str]:
    seen: set[str] = set()
    for name in names:
        if name in seen:
            raise _core.DataError(f"two columns are called '{name}'; rename one or leave it out")
        seen.add(name)
    return names


def _is_pandas(table: Any) -> bool:
    return type(table).__module__.split(".")[0] == "pandas" and hasattr(table, "columns")


def _is_column(table: Any) -> bool:
    """Whether it is a Series of pandas or polars, or an array of pyarrow."""
    module, kind = type(table).__module__.split(".")[0], type(table).__name__
    return kind == "Series" or (module == "pyarrow" and kind.endswith("Array") and kind != "StructArray")


def _is_missing(value: Any) -> bool:
    if value is None:
        return True
    try:
        return bool(value != value)
    except (TypeError, ValueError):
        # pandas.NA refuses to say what it is.
        return True


def _add_codes(data: Columns, name: str, codes: Any, levels: Any) -> None:
    data.add_factor(name, np.ascontiguousarray(codes, dtype=np.int32), [_label(level) for level in levels])


def _label(value: Any) -> str:
    """The text of a level; whole numbers have no ".0", as where a missing value beside integers made them floats."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    if isinstance(value, decimal.Decimal):
        return str(int(value)) if value == value.to_integral_value() else format(value.normalize(), "f")
    return str(value)


def _add(data: Columns, name: str, column: Any) -> None:
    if hasattr(column, "tocsr") and hasattr(column, "nnz"):
        rows = column.tocsr(copy=True)
        if rows.ndim != 2 or rows.dtype.kind not in "biuf":
            raise _core.DataError(f"the sparse matrix '{name}' has {rows.ndim} dimensions of {rows.dtype}; a matrix has two, of real numbers")
        rows.sum_duplicates()
        data.add_matrix(name, rows)
        return
    dtype = getattr(column, "dtype", None)
    # A pandas Series has its codes under `cat`, a Categorical bare.
    categorical = getattr(column, "cat", column)
    if hasattr(categorical, "codes") and hasattr(categorical, "categories"):
        _add_codes(data, name, np.asarray(categorical.codes), list(categorical.categories))
        return
    if not _is_pandas_series(column) and (hasattr(column, "__arrow_c_stream__") or hasattr(column, "__arrow_c_array__")):
        _add_arrow_array(data, name, column)
        return
    if _is_pandas_series(column) and not isinstance(dtype, np.dtype):
        # Extension types: nullable numbers and booleans, text.
        exact = not _is_numeric_extension(dtype) or dtype.kind == "O" or (dtype.kind in "iu" and _has_identifiers(column.dropna().to_numpy()))
        column = np.asarray(column.astype(object)) if exact else column.to_numpy(dtype=np.float64, na_value=np.nan)
    if isinstance(column, (list, tuple)) and any(_is_identifier(value) for value in column):
        # NumPy would make doubles of these beside others.
        column = np.array(column, dtype=object)
    values = np.asarray(column)
    if values.ndim > 1 and isinstance(column, np.ndarray) and values.dtype.kind in "biuf" and values.size > 0:
        data.add_matrix(name, np.ascontiguousarray(values.reshape(len(values), -1), dtype=np.float64))
        return
    if values.ndim != 1:
        as_list = f"; write [{values[()]!r}] for one row" if values.ndim == 0 else ", a matrix is a NumPy array of numbers"
        raise _core.DataError(f"column '{name}' has {values.ndim} dimensions; a column has one{as_list}")
    if values.dtype.kind in "iu" and _has_identifiers(values):
        data.add_text(name, [str(v) for v in values])
    elif values.dtype.kind in "biuf":
        _add_numbers(data, name, values)
    elif values.dtype.kind in "US":
        data.add_text(name, [str(v) for v in values])
    elif values.dtype.kind == "O":
        _add_objects(data, name, values)
    else:
        raise _core.DataError(f"column '{name}' holds {values.dtype}; make it numbers or text, a date by its days or its year, say")


def _has_identifiers(values: np.ndarray) -> bool:
    """Whether any of these whole numbers is beyond what doubles tell apart."""
    return values.dtype.itemsize == 8 and bool(((values > _LARGEST_EXACT) | (values < -_LARGEST_EXACT)).any())


def _is_identifier(value: Any) -> bool:
    if isinstance(value, decimal.Decimal):
        return value.is_finite() and abs(value) > _LARGEST_EXACT
    return isinstance(value, (int, np.integer)) and abs(int(value)) > _LARGEST_EXACT


def _is_pandas_series(column: Any) -> bool:
    return type(column).__module__.split(".")[0] == "pandas" and hasattr(column, "to_numpy")


def _is_numeric_extension(dtype: Any) -> bool:
    return bool(getattr(dtype, "_is_numeric", False) or getattr(dtype, "_is_boolean", False))


def _add_numbers(data: Columns, name: str, values: np.ndarray) -> None:
    data.add_numbers(name, np.ascontiguousarray(values, dtype=np.float64))


def _add_objects(data: Columns, name: str, values: np.ndarray) -> None:
    missing = [_is_missing(v) for v in values]
    present = [v for v, gone in zip(values, missing) if not gone]
    if all(isinstance(v, str) for v in present) and present:
        data.add_text(name, ["" if gone else v for v, gone in zip(values, missing)])
    elif all(isinstance(v, (int, float, decimal.Decimal, np.number, np.bool_)) for v in present):
        if any(_is_identifier(v) for v in present):
            data.add_text(name, ["" if gone else _label(v) for v, gone in zip(values, missing)])
            return
        _add_numbers(data, name, np.array([np.nan if gone else float(v) for v, gone in zip(values, missing)]))
    else:
        kinds = sorted({type(v).__name__ for v in present})
        raise _core.DataError(f"column '{name}' mixes or holds {', '.join(kinds)}; make it numbers or text")


def _add_arrow(data: Columns, table: Any) -> None:
    import nanoarrow

    whole = nanoarrow.Array(table)
    _distinct([field.name for field in whole.schema.fields])
    for k, field in enumerate(whole.schema.fields):
        _add_arrow_column(data, field.name, field.type.name, _chunks(whole.child(k)))


def _add_arrow_array(data: Columns, name: str, column: Any) -> None:
    """A column that is an array of Arrow's own, or a polars Series."""
    import nanoarrow

    array = nanoarrow.Array(column)
    _add_arrow_column(data, name, array.schema.type.name, _chunks(array))


def _chunks(array: Any) -> list:
    return [chunk for chunk in array.iter_chunks() if len(chunk) > 0]


def _add_arrow_column(data: Columns, name: str, kind: str, parts: list) -> None:
    if kind == "DICTIONARY":
        levels, codes = _levels_and_codes(parts)
        _add_codes(data, name, codes, levels)
    elif kind in ("STRING", "LARGE_STRING", "STRING_VIEW"):
        data.add_text(name, ["" if value is None else value for part in parts for value in part.iter_py()])
    elif kind in ("INT64", "UINT64") and any(_holds_identifiers(part) for part in parts):
        data.add_text(name, ["" if value is None else str(value) for part in parts for value in part.iter_py()])
    elif kind.startswith("DECIMAL"):
        values = [value for part in parts for value in part.iter_py()]
        _add_objects(data, name, np.array(values, dtype=object))
    elif kind in _ARROW_NUMBERS:
        values = [_arrow_numbers(part) for part in parts]
        _add_numbers(data, name, np.concatenate(values) if values else np.empty(0))
    else:
        raise _core.DataError(f"column '{name}' holds {kind.lower()}; make it numbers or text, a date by its days or its year, say")


_ARROW_NUMBERS = {"BOOL", "NA", "HALF_FLOAT", "FLOAT", "DOUBLE"} | {f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)}


def _levels_and_codes(parts: list) -> tuple[list[str], list[int]]:
    """Levels of all chunks' dictionaries in order, and each row's place among them, -1 where null."""
    import nanoarrow

    places: dict[str, int] = {}
    codes: list[int] = []
    for part in parts:
        for level in nanoarrow.Array(nanoarrow.c_array(part).dictionary).iter_py():
            if level is not None:
                places.setdefault(str(level), len(places))
        codes.extend(-1 if value is None else places[str(value)] for value in part.iter_py())
    return list(places), codes


def _holds_identifiers(part: Any) -> bool:
    # Doubles that reach the bound tell where the values themselves must be looked at.
    return bool((np.abs(_arrow_numbers(part)) >= _LARGEST_EXACT).any()) and any(
        value is not None and _is_identifier(value) for value in part.iter_py()
    )


def _arrow_numbers(part: Any) -> np.ndarray:
    """The numbers of one chunk; nulls become NaN."""
    import nanoarrow

    array = nanoarrow.c_array(part)
    if part.schema.type.name in _ARROW_NUMBERS - {"BOOL", "NA", "HALF_FLOAT"} and array.null_count == 0:
        return np.asarray(part.buffers[1])[array.offset : array.offset + len(part)].astype(np.float64)
    return np.array([np.nan if value is None else float(value) for value in part.iter_py()], dtype=np.float64)
