"""Splits of out-of-fold rows, whatever form the folds are given in."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.splitting.folds import FoldsLike
from ensemble_kit.splitting.inner_rows import shuffled_splitter

Array = NDArray[Any]


def splits_of(
    folds: FoldsLike, y: Array, classification: bool, seed: int = 0
) -> list[tuple[Array, Array]]:
    """Return (train, valid) row numbers.

    Parameters
    ----------
    folds : int, ndarray of shape (n_rows,), splitter, or iterable of pairs
        A number of folds, each row's fold number, an object with ``split``, or the
        splits themselves.
    y : ndarray of shape (n_rows,)
        Stratified by, when ``folds`` is a number and the rows are classified.
    """
    if isinstance(folds, int | np.integer):
        folds = shuffled_splitter(y, int(folds), classification, seed)
    if hasattr(folds, "split"):
        return list(folds.split(np.zeros((len(y), 1)), y))
    if isinstance(folds, np.ndarray):
        return _by_number(folds, len(y))
    return [(np.asarray(train), np.asarray(valid)) for train, valid in folds]


def _by_number(numbers: Array, n_rows: int) -> list[tuple[Array, Array]]:
    """Return one split per fold number."""
    if numbers.shape != (n_rows,) or len(np.unique(numbers)) < 2:
        raise PipelineError(
            f"fold numbers have shape {numbers.shape} and "
            f"{len(np.unique(numbers))} values; expected one number for each of "
            f"{n_rows} rows and two folds at least"
        )
    return [
        (np.flatnonzero(numbers != fold), np.flatnonzero(numbers == fold))
        for fold in np.unique(numbers)
    ]
