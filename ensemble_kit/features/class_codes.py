"""Targets as class numbers, for features that compare classes."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import column_or_1d


def is_regression(y: ArrayLike) -> bool:
    """Return whether a target is a number to predict: floats are, labels are not."""
    return np.asarray(y).dtype.kind == "f"


def class_codes(
    y: ArrayLike, n_bins: int = 4
) -> tuple[NDArray[np.int64], NDArray[Any]]:
    """Return each row's class number, and the classes.

    Floats are a regression's target: they are cut into ``n_bins`` classes of about
    equal size, whose upper bounds take the place of labels.

    Examples
    --------
    >>> class_codes(["b", "a", "b"])[0].tolist()
    [1, 0, 1]
    >>> class_codes([0.1, 5.0, 0.2, 9.0], n_bins=2)[0].tolist()
    [0, 1, 0, 1]
    """
    values = column_or_1d(y)
    if not is_regression(values):
        classes, codes = np.unique(values, return_inverse=True)
        return codes.astype(np.int64), classes
    cuts = np.unique(np.quantile(values, np.linspace(0, 1, n_bins + 1)[1:-1]))
    codes = np.searchsorted(cuts, values, side="left")
    present, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.int64), np.append(cuts, np.max(values, initial=-np.inf))[
        present
    ]


def one_hot(codes: NDArray[np.int64], n_classes: int) -> NDArray[np.float64]:
    """Return the indicator matrix, (n_rows, n_classes)."""
    return np.eye(n_classes)[codes]
