"""Tables as the boosting libraries want them: safe names, aligned categories."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.identity_memo import IdentityMemo


@dataclass(frozen=True)
class CodedRows:
    """A few rows in the numbers that LightGBM reads of a frame; see `coded_rows`."""

    values: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the number of rows and of columns."""
        return self.values.shape


def coded_rows(
    parts: Sequence[Any],
    categories: Mapping[int, pd.Index],
    medians: NDArray[np.float64],
) -> CodedRows | None:
    """Return what `as_codes` would of a frame, from the parts it is made of.

    Parameters
    ----------
    parts : sequence of ndarray, sparse matrix or DataFrame
        Side by side the columns of the frame. None is returned where a frame among
        them holds more than categories, or their number is not that of the medians.
    categories : mapping of int to Index
        Of training, by the position of the column.
    medians : ndarray of shape (n_columns,)
    """
    blocks: list[NDArray[np.float64]] = []
    width = 0
    for part in parts:
        block = _coded_part(part, categories, width)
        if block is None:
            return None
        blocks.append(block)
        width += block.shape[1]
    if width != len(medians) or not blocks:
        return None
    values = np.hstack(blocks)
    values[np.isinf(values)] = np.nan
    return CodedRows(np.where(np.isnan(values) & ~np.isnan(medians), medians, values))


def _coded_part(
    part: Any, categories: Mapping[int, pd.Index], begin: int
) -> NDArray[np.float64] | None:
    """Return one part in numbers, None where that takes a frame."""
    if sparse.issparse(part):
        part = part.toarray()
    if not isinstance(part, pd.DataFrame):
        plain = isinstance(part, np.ndarray) and part.dtype.kind in "fiu"
        return part.astype(np.float64) if plain else None
    values = np.empty(part.shape, dtype=np.float64)
    for j in range(part.shape[1]):
        column, known = part.iloc[:, j].array, categories.get(begin + j)
        if known is None or not isinstance(column, pd.Categorical):
            return None
        places, names = _PLACES(known), column.categories
        values[:, j] = [
            np.nan if code < 0 else places.get(names[code], np.nan)
            for code in column.codes.tolist()
        ]
    return values


def _places(categories: pd.Index) -> dict[Any, int]:
    return {name: place for place, name in enumerate(categories.tolist())}


# Lookups of categories from training, which every few rows ask for anew.
_PLACES = IdentityMemo(_places)


def read_table(
    estimator: BaseEstimator, X: MatrixLike, reset: bool, accept_sparse: bool = True
) -> Any:
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
        accept_sparse="csr" if accept_sparse else False,
        dtype=[np.float64, np.float32],
        ensure_all_finite=False,
    )
    values = X.data if sparse.issparse(X) else X
    if np.isinf(values).any():
        X = X.copy()
        values = X.data if sparse.issparse(X) else X
        values[np.isinf(values)] = np.nan
    return X


def remember_categories(X: MatrixLike) -> dict[int, pd.Index]:
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


def align_categories(X: MatrixLike, categories: dict[int, pd.Index]) -> Any:
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


def as_codes(
    X: pd.DataFrame, categories: dict[int, pd.Index], medians: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return what LightGBM reads of a frame that `align_categories` has aligned.

    Categories are their numbers, NaN where unknown; new gaps are filled as by
    `fill_new_gaps`. For a few rows this is far sooner done than a frame.
    """
    values = np.full(X.shape, np.nan)
    plain = np.array([isinstance(t, np.dtype) and t.kind in "fiu" for t in X.dtypes])
    values[:, plain] = X.iloc[:, np.flatnonzero(plain)].to_numpy(np.float64)
    values[np.isinf(values)] = np.nan
    for position in np.flatnonzero(~plain).tolist():
        column = X.iloc[:, position]
        if position in categories:
            codes = category_codes(column, categories[position]).astype(np.float64)
            values[:, position] = np.where(codes < 0, np.nan, codes)
        else:
            values[:, position] = as_numbers(column)
    return np.where(np.isnan(values) & ~np.isnan(medians), medians, values)


def align_column(column: pd.Series, categories: pd.Index) -> pd.Categorical:
    """Return a column as categories known from training; others become missing."""
    return pd.Categorical.from_codes(category_codes(column, categories), categories)


def category_codes(column: pd.Series, categories: pd.Index) -> NDArray[np.int64]:
    """Return each row's place in ``categories``; -1 for missing and unknown ones."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        column = column.where(column.isna(), column.astype(str)).astype("category")
    places = categories.get_indexer(column.cat.categories)
    return np.r_[places, -1][column.cat.codes]


def remember_medians(X: MatrixLike) -> NDArray[np.float64]:
    """Return the median of each number column without gaps, NaN for all others."""
    if sparse.issparse(X):
        return np.full(X.shape[1], np.nan)
    if isinstance(X, pd.DataFrame):
        return np.array([_median(column) for column in _columns(X)])
    return np.median(X, axis=0)


def fill_new_gaps(X: MatrixLike, medians: NDArray[np.float64]) -> Any:
    """Return X with medians where a column has gaps that training did not have.

    LightGBM would read such a gap as a 0; the median goes with most training rows
    at every split, which is what the other libraries do.
    """
    if sparse.issparse(X) or not (known := ~np.isnan(medians)).any():
        return X
    if isinstance(X, pd.DataFrame):
        names = X.columns[known]
        return X.fillna(dict(zip(names, medians[known], strict=True)))
    return np.where(np.isnan(X), medians, X)


def as_numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return a column as floats: dates in days, infinities as missing."""
    if column.dtype.kind == "M":
        stamp = column.array.astype("datetime64[s]").astype(np.int64) / 86400.0
        return np.where(column.isna(), np.nan, stamp)
    numbers = pd.to_numeric(column, errors="coerce")
    values = numbers.to_numpy(np.float64, na_value=np.nan)
    return np.where(np.isinf(values), np.nan, values)


def refuse_one_row(n_rows: int) -> None:
    """Raise ValueError for a single training row, which some libraries crash on."""
    if n_rows < 2:
        raise ValueError(f"two training rows are needed at least; n_samples = {n_rows}")


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


def _median(column: pd.Series) -> float:
    """Return the median of a number column without gaps, else NaN."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return float("nan")
    return float(np.median(column.to_numpy()))
