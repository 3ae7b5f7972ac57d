"""The columns beside the texts: numbers scaled, categories numbered.

States are plain dicts of arrays, as everything a fitted text model keeps.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from ensemble_kit.column_roles import role_of

QUANTILES = np.linspace(0.001, 0.999, 201)


def column_roles(frame: pd.DataFrame) -> list[str]:
    """Return "text", "number" or "category" for each column, by its dtype.

    Dates count as numbers; plain strings and objects are text.

    Examples
    --------
    >>> column_roles(pd.DataFrame({"a": ["x"], "b": [1.5]}))
    ['text', 'number']
    """
    roles = [role_of(frame.iloc[:, i].dtype) for i in range(frame.shape[1])]
    return ["number" if role == "datetime" else role for role in roles]


def learn_numbers(values: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Return what it takes to scale columns of numbers as the training rows' are.

    Parameters
    ----------
    values : ndarray of shape (n_rows, n_columns)
        NaN where a value is missing.
    """
    columns = [column[~np.isnan(column)] for column in values.T]
    knots = [np.quantile(c, QUANTILES) if len(c) else QUANTILES * 0 for c in columns]
    return {
        "knots": np.array(knots).reshape(len(columns), len(QUANTILES)),
        "missing": np.asarray(np.isnan(values).any(axis=0)),
    }


def scale_numbers(
    values: NDArray[np.float64], state: Mapping[str, NDArray[Any]]
) -> NDArray[np.float32]:
    """Return normal scores of the numbers, and an indicator where some were missing.

    A value becomes the normal quantile of its rank among the training rows; a
    missing value becomes 0, with its own column telling so.
    """
    scores = [
        _scores(column, k) for column, k in zip(values.T, state["knots"], strict=True)
    ]
    indicators = np.isnan(values)[:, state["missing"]]
    table = np.array(scores).reshape(values.shape[1], len(values)).T
    return np.hstack([np.nan_to_num(table), indicators]).astype(np.float32)


def learn_levels(column: pd.Series, min_count: int = 2) -> NDArray[Any]:
    """Return a category column's levels; those seen less often count as unseen."""
    counts = column.dropna().astype(str).value_counts()
    return np.array(sorted(counts.index[counts >= min_count]), dtype=str)


def number_levels(column: pd.Series, levels: NDArray[Any]) -> NDArray[np.int64]:
    """Return each row's level from 1 on; 0 for a missing or unseen one."""
    codes = pd.Index(levels, dtype=object).get_indexer(column.astype(object).map(_name))
    return codes.astype(np.int64) + 1


def read_numbers(frame: pd.DataFrame, positions: list[int]) -> NDArray[np.float64]:
    """Return the columns at these positions as floats, infinities as missing."""
    table = np.empty((len(frame), len(positions)))
    for place, position in enumerate(positions):
        table[:, place] = _floats(frame.iloc[:, position])
    table[np.isinf(table)] = np.nan
    return table


def _floats(column: pd.Series) -> NDArray[np.float64]:
    if pd.api.types.is_datetime64_any_dtype(column):
        days = (column - pd.Timestamp(0, tz=column.dt.tz)) / pd.Timedelta(days=1)
        return days.to_numpy(np.float64)
    if pd.api.types.is_timedelta64_dtype(column):
        column = column.dt.total_seconds()
    return column.to_numpy(np.float64, na_value=np.nan)


def _scores(column: NDArray[np.float64], knots: NDArray[Any]) -> NDArray[np.float64]:
    """Return normal scores by the middle of the ranks that a value spans."""
    low = np.interp(column, knots, QUANTILES)
    high = 1 - np.interp(-column, -knots[::-1], QUANTILES)
    return np.where(np.isnan(column), np.nan, ndtri((low + high) / 2))


def _name(value: object) -> str:
    return "" if value is None or value != value else str(value)
