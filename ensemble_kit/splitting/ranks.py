"""Ranks of many numbers, from one sort of them."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]


def dense_ranks(values: Numbers) -> Numbers:
    """Return the place of every value among the distinct ones, from 1; NaN of NaN.

    Examples
    --------
    >>> dense_ranks(np.array([0.5, np.nan, 0.1, 0.5])).tolist()
    [2.0, nan, 1.0, 2.0]
    """
    places: Numbers = np.unique(values, return_inverse=True)[1] + np.float64(1)
    places[np.isnan(values)] = np.nan
    return places


def average_ranks(values: Numbers) -> Numbers:
    """Return ranks from 1, their mean where values are equal, the missing ones first.

    Examples
    --------
    >>> average_ranks(np.array([0.5, np.nan, 0.1, 0.5])).tolist()
    [3.5, 1.0, 2.0, 3.5]
    """
    distinct, places, counts = np.unique(
        values, return_inverse=True, return_counts=True
    )
    last = np.cumsum(counts)
    if len(distinct) and np.isnan(distinct[-1]):
        last = np.append(last[:-1] + counts[-1], counts[-1])
    return np.asarray((last - (counts - 1) / 2)[places])
