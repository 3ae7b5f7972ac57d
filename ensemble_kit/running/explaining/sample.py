"""Rows that a run is explained on."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ensemble_kit.arrays import Array, Rows

Predict = Callable[[pd.DataFrame, int], Array]
# Of y, predictions, and which rows of the sample they are of.
Score = Callable[[Array, Array, Rows], float]


@dataclass(frozen=True)
class Sample:
    """Rows that importance is measured on.

    Parameters
    ----------
    X : DataFrame
    y : ndarray of shape (n_rows,)
    folds : ndarray of int of shape (n_rows,)
        Of each row: the one whose models have not seen it.
    units : ndarray of int of shape (n_rows,)
        What is never parted; see `row_parts`.
    """

    X: pd.DataFrame
    y: Array
    folds: Array
    units: Array
