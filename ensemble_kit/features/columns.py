"""Columns as the featurizers want them: frames, numbers and coded categories."""

from bisect import bisect_left
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.tables.other_libraries import handed_over

# The largest magnitude that survives a cast to float32.
LARGEST = 3e38
# So many rows are looked up one by one: an index takes longer to make.
FEW = 20


class SharedFrame(pd.DataFrame):
    """A few rows that many transformers read and none changes.

    What one of them has had to work out is remembered for the others. What is taken
    from it is an ordinary frame.
    """

    _internal_names = [*pd.DataFrame._internal_names, "_remembered"]
    _internal_names_set = set(_internal_names)

    def remembered(self, what: Hashable, work: Callable[[], Any]) -> Any:
        """Return what ``work`` has returned when it was called first."""
        known = self.__dict__.setdefault("_remembered", {})
        if what not in known:
            known[what] = work()
        return known[what]


def as_frame(X: MatrixLike) -> pd.DataFrame:
    """Return X as a frame; a Series becomes its only column.

    Raises
    ------
    TypeError
        For a sparse matrix.
    ValueError
        For an array that has no two dimensions, or complex numbers.
    """
    if isinstance(X, pd.DataFrame):
        return X
    X = handed_over(X)
    if isinstance(X, pd.DataFrame):
        return X
    if isinstance(X, pd.Series):
        return X.to_frame()
    if sparse.issparse(X):
        raise TypeError("a table has no sparse columns here; pass X.toarray()")
    return pd.DataFrame(_cells(np.asarray(X)) if hasattr(X, "__array__") else X)


def _cells(values: np.ndarray) -> np.ndarray:
    """Return an array that can be a table."""
    if values.ndim != 2:
        raise ValueError(
            f"a table has two dimensions; found an array of shape {values.shape}. "
            "Reshape your data: X.reshape(-1, 1) is one column, X.reshape(1, -1) one "
            "row"
        )
    if np.iscomplexobj(values):
        raise ValueError("Complex data not supported")
    return values


def as_numbers(X: MatrixLike) -> np.ndarray:
    """Return a frame's columns as float64; what is not finite becomes NaN.

    Booleans become 0 and 1, spans of time seconds; values that float32 cannot hold
    are cut to what it can.
    """
    frame = as_frame(X)
    if isinstance(frame, SharedFrame):
        return frame.remembered("numbers", lambda: _as_numbers(frame)).copy()
    return _as_numbers(frame)


def _as_numbers(frame: pd.DataFrame) -> np.ndarray:
    if all(isinstance(t, np.dtype) and t.kind in "fiub" for t in frame.dtypes.array):
        values = np.array(frame.to_numpy(dtype=np.float64), order="C")
    else:
        values = np.empty(frame.shape, dtype=np.float64)
        for j in range(frame.shape[1]):
            values[:, j] = _number_column(frame.iloc[:, j])
    values[~np.isfinite(values)] = np.nan
    return np.clip(values, -LARGEST, LARGEST, out=values)


def names_of(X: MatrixLike) -> np.ndarray:
    """Return the names of a frame's columns as strings."""
    return np.array([str(name) for name in as_frame(X).columns], dtype=object)


def fit_levels(X: MatrixLike) -> list[list[str]]:
    """Return each column's levels as sorted strings, missing values left out."""
    frame = as_frame(X)
    return [
        sorted(_labelled(frame.iloc[:, j])[1].tolist()) for j in range(frame.shape[1])
    ]


def level_codes(X: MatrixLike, levels: Sequence[Sequence[str]]) -> np.ndarray:
    """Return the place of each value in its column's levels.

    Returns
    -------
    ndarray of int64, shape (n_rows, n_columns)
        -1 for a value that is none of the levels, and the number of levels for a
        missing value: a table with one more row than levels, and a last one for the
        unknown, can be indexed with it.
    """
    frame = as_frame(X)
    codes = np.empty(frame.shape, dtype=np.int64)
    if len(frame) <= FEW:
        for j, known in enumerate(levels):
            codes[:, j] = [_place(label, known) for label in _labels(frame, j)]
        return codes
    for j, known in enumerate(levels):
        labelled, labels = _labelled(frame.iloc[:, j])
        places = pd.Index(known, dtype=object).get_indexer(labels)
        codes[:, j] = np.append(places, len(known))[labelled]
    return codes


def _number_column(column: pd.Series) -> np.ndarray:
    if isinstance(column.dtype, pd.CategoricalDtype):
        column = column.astype(column.cat.categories.dtype)
    if pd.api.types.is_timedelta64_dtype(column.dtype):
        column = column.dt.total_seconds()
    return column.to_numpy(dtype=np.float64, na_value=np.nan)


def _labelled(column: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Return codes into distinct labels (-1: missing) and the labels that occur."""
    codes, values = pd.factorize(column)
    merged, labels = pd.factorize(
        np.array([_label(value) for value in values], dtype=object)
    )
    return np.append(merged, -1)[codes], np.asarray(labels, dtype=object)


def _labels(frame: pd.DataFrame, j: int) -> list[str | None]:
    """Return the labels of a column of a few rows, None for what is missing."""
    if isinstance(frame, SharedFrame):
        return frame.remembered(j, lambda: _labels(pd.DataFrame(frame), j))
    values = frame.iloc[:, j].array
    if isinstance(values, pd.Categorical):
        names = values.categories
        cells = [None if code < 0 else names[code] for code in values.codes.tolist()]
    else:
        cells = list(values)
    return [None if pd.isna(cell) else _label(cell) for cell in cells]


def _place(label: str | None, levels: Sequence[str]) -> int:
    """Return the place of one label in sorted levels, as `level_codes` has it."""
    if label is None:
        return len(levels)
    place = bisect_left(levels, label)
    return place if place < len(levels) and levels[place] == label else -1


def _label(value: object) -> str:
    """Return a value as text: 3.0 and 3 are one level."""
    if isinstance(value, np.floating):
        value = float(value)  # of single precision in the digits of double
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
