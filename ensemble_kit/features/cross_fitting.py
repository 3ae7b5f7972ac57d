"""Inner folds, and class scores as differences: what cross-fitted features share."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold


def inner_splits(
    codes: NDArray[np.int64],
    regression: bool,
    n_splits: int,
    random_state: int | None,
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Return inner folds; of a single row, the row itself on both sides."""
    rows = np.arange(len(codes))
    n_splits = min(n_splits, len(codes))
    if n_splits < 2:
        return [(rows, rows)]
    smallest = np.bincount(codes).min()
    stratified = not regression and smallest >= n_splits
    splitter = StratifiedKFold if stratified else KFold
    folds = splitter(n_splits, shuffle=True, random_state=random_state)
    return list(folds.split(rows, codes))


def contrasts(scores: NDArray[Any]) -> NDArray[Any]:
    """Return class scores as differences; the last axis is the classes.

    Of two classes, the second minus the first; of more, each minus their mean. A
    single column, a regression's, stays.

    Examples
    --------
    >>> contrasts(np.array([[1.0, 4.0]])).tolist()
    [[3.0]]
    >>> contrasts(np.array([[1.0, 4.0, 1.0]])).tolist()
    [[-1.0, 2.0, -1.0]]
    """
    if scores.shape[-1] == 1:
        return scores
    if scores.shape[-1] == 2:
        return scores[..., 1:] - scores[..., :1]
    return scores - scores.mean(axis=-1, keepdims=True)
