"""One text column, whatever holds it, as a list of strings."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.arrays import TextsLike
from ensemble_kit.tables.other_libraries import handed_over

# Characters that are worked on at a time.
CHUNK = 2**21


def as_texts(X: TextsLike) -> list[str]:
    """Return one string per row; missing values are empty strings.

    Parameters
    ----------
    X : list, Series, 1-D array, categorical, or frame or 2-D array of one column
        Values that are no strings (numbers, say) become their ``str``.

    Raises
    ------
    ValueError
        When X has several columns, or is a single string.

    Examples
    --------
    >>> as_texts(["a", None, float("nan"), 7])
    ['a', '', '', '7']
    """
    if isinstance(X, str | bytes):
        raise ValueError(
            f"a text column is a sequence of texts; found one {type(X).__name__}: "
            "put it in a list"
        )
    if isinstance(X, list) and all(isinstance(text, str) for text in X):
        return list(X)
    values = _one_column(X)
    missing = pd.isna(values)
    return [
        "" if absent else value if isinstance(value, str) else str(value)
        for value, absent in zip(values, missing, strict=True)
    ]


def chunks(texts: list[str]) -> Iterator[list[str]]:
    """Yield runs of texts of about two million characters; one run at least."""
    ends = np.cumsum(np.fromiter(map(len, texts), dtype=np.int64, count=len(texts)))
    starts = np.flatnonzero(np.diff(ends // CHUNK, prepend=-1)) if texts else [0]
    for start, stop in pairwise([*starts, len(texts)]):
        yield texts[start:stop]


def _one_column(X: TextsLike) -> NDArray[np.object_]:
    """Return the values as a 1-D object array."""
    X = handed_over(X)
    if isinstance(X, pd.DataFrame):
        if X.shape[1] != 1:
            raise ValueError(
                f"a text featurizer takes one column; found {X.shape[1]}: "
                f"{list(X.columns)}"
            )
        X = X.iloc[:, 0]
    if isinstance(X, pd.Series | pd.Index | pd.Categorical):
        return np.asarray(X.astype(object), dtype=object)
    if isinstance(X, np.ndarray):
        return _one_array(X)
    values = np.empty(len(X), dtype=object)
    values[:] = X
    return values


def _one_array(X: np.ndarray) -> np.ndarray:
    if X.ndim == 2 and X.shape[1] == 1:
        X = X[:, 0]
    if X.ndim != 1:
        raise ValueError(
            f"a text featurizer takes one column; found an array of shape {X.shape}"
        )
    return X.astype(object)
