"""Tables as the boosting libraries want them: safe names, aligned categories."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data


def read_table(estimator: BaseEstimator, X: Any, reset: bool) -> Any:
    """Return X checked: a frame stays one, arrays become float, sparse becomes CSR.

    Missing values are allowed; infinities become missing, as two of the libraries
    refuse them. ``estimator`` gets or is held to ``n_features_in_``.
    """
    if isinstance(X, pd.DataFrame) and not _is_numeric(X):
        validate_data(estimator, X, skip_check_array=True, reset=reset)
        _refuse_empty(X)
        return X
    X = validate_data(
        estimator,
        X,
        reset=reset,
        accept_sparse="csr",
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
    )
    values = X.data if sparse.issparse(X) else X
    if np.isinf(values).any():
        X = X.copy()
        values = X.data if sparse.issparse(X) else X
        values[np.isinf(values)] = np.nan
    return X


def remember_categories(X: Any) -> dict[int, pd.Index]:
    """Return the categories of each column that is not a number, by position.

    Text columns count as categories here; arrays have none.
    """
    if not isinstance(X, pd.DataFrame):
        return {}
    return {
        position: _categories(column)
        for position, column in enumerate(_columns(X))
        if not _numbers(column)
    }


def align_categories(X: Any, categories: dict[int, pd.Index]) -> Any:
    """Return X with columns named 0, 1, ... and the training rows' categories.

    Unseen categories become missing. Names are replaced because LightGBM refuses
    JSON's punctuation in them, XGBoost brackets and CatBoost nothing but repeats.
    """
    if not isinstance(X, pd.DataFrame):
        return X
    aligned = {
        str(position): (
            align_column(column, categories[position])
            if position in categories
            else as_numbers(column)
        )
        for position, column in enumerate(_columns(X))
    }
    return pd.DataFrame(aligned, index=pd.RangeIndex(len(X)))


def align_column(column: pd.Series, categories: pd.Index) -> pd.Categorical:
    """Return a column as categories known from training; others become missing."""
    if column.dtype == object:
        column = column.where(column.isna(), column.astype(str))
    return pd.Categorical(column.array, categories=categories)


def as_numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return a column as floats: dates in days, infinities as missing."""
    if column.dtype.kind == "M":
        stamp = column.array.astype("datetime64[s]").astype(np.int64) / 86400.0
        return np.where(column.isna(), np.nan, stamp)
    numbers = pd.to_numeric(column, errors="coerce")
    values = numbers.to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isinf(values), np.nan, values)


def _is_numeric(X: pd.DataFrame) -> bool:
    """Return whether every column is of a plain numpy number."""
    return all(isinstance(t, np.dtype) and t.kind in "fiub" for t in X.dtypes)


def _refuse_empty(X: pd.DataFrame) -> None:
    if 0 in X.shape:
        raise ValueError(f"X has {X.shape[0]} rows and {X.shape[1]} columns; none is 0")


def _columns(X: pd.DataFrame) -> list[pd.Series]:
    """Return the columns by position, so that repeated names do no harm."""
    return [X.iloc[:, position] for position in range(X.shape[1])]


def _numbers(column: pd.Series) -> bool:
    """Return whether a column holds numbers or dates."""
    kinds = pd.api.types
    return kinds.is_numeric_dtype(column) or kinds.is_datetime64_any_dtype(column)


def _categories(column: pd.Series) -> pd.Index:
    """Return the categories that occur, in a lasting order."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.remove_unused_categories().cat.categories
    return pd.Index(sorted(column.dropna().astype(str).unique()))
