"""Cross-fitted tables from levels to statistics of the target."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

# From codes (n_rows, n_columns), numbers of levels and targets (n_rows, n_outputs)
# to one table (n_levels + 2, n_outputs) per column: levels, missing, unseen.
Fit = Callable[[np.ndarray, Sequence[int], np.ndarray], list[np.ndarray]]


def target_columns(y: Any) -> np.ndarray:
    """Return the target as columns to take means of.

    Floats are values and give one column; anything else is a class label: two
    classes give one column, K classes give K.
    """
    y = np.asarray(y)
    if y.dtype.kind == "f":
        return y.reshape(-1, 1).astype(np.float64)
    classes, places = np.unique(y, return_inverse=True)
    if len(classes) <= 2:
        return places.reshape(-1, 1).astype(np.float64)
    return np.eye(len(classes))[places]


def balanced_folds(
    y: Any, n_splits: int, random_state: int | np.random.RandomState | None
) -> np.ndarray:
    """Return a fold per row, drawn so that every fold sees the same kinds of y.

    Rows are sorted by y and each run of ``n_splits`` neighbours is dealt out to the
    folds at random; classes of any size, and floats, need no other treatment.
    """
    random = np.random.default_rng(random_state)
    y = np.asarray(y)
    shuffled = random.permutation(len(y))
    order = shuffled[np.argsort(y[shuffled], kind="stable")]
    deals = random.random((-(-len(y) // n_splits), n_splits)).argsort(axis=1)
    folds = np.empty(len(y), dtype=np.int64)
    folds[order] = deals.ravel()[: len(y)]
    return folds


def cross_fitted(
    fit: Fit,
    codes: np.ndarray,
    sizes: Sequence[int],
    targets: np.ndarray,
    folds: np.ndarray,
) -> np.ndarray:
    """Return for each row what tables fitted on the other folds say about it."""
    result = np.empty((len(codes), len(sizes) * targets.shape[1]), dtype=np.float32)
    for fold in np.unique(folds):
        inside = folds == fold
        tables = fit(codes[~inside], sizes, targets[~inside])
        result[inside] = look_up(tables, codes[inside], targets.shape[1])
    return result


def look_up(
    tables: Sequence[np.ndarray], codes: np.ndarray, n_outputs: int
) -> np.ndarray:
    """Return the tables' rows side by side, float32, all outputs of a column first."""
    parts = [table[codes[:, j]] for j, table in enumerate(tables)]
    empty = np.empty((len(codes), 0))
    return np.hstack([empty, *parts]).astype(np.float32)


def output_names(columns: Sequence[str], n_outputs: int, suffix: str) -> np.ndarray:
    """Return a name for each column and output."""
    ends = [""] if n_outputs == 1 else [f"_{k}" for k in range(n_outputs)]
    names = [f"{column}_{suffix}{end}" for column in columns for end in ends]
    return np.array(names, dtype=object)
