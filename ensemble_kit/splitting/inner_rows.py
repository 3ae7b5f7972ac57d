"""Training rows split once more: to judge by, or to predict rows a fit has not seen.

Draws differ in what must be even, and keys of stored work follow from each of them.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.splitting.folds import Rows, Splitter

HELD_IN_TIME = 0.75
Pair: TypeAlias = tuple[Rows, Rows]


def inner_split(
    y: NDArray[Any],
    stratify: bool,
    *,
    seed: int,
    groups: NDArray[Any] | None = None,
    times: NDArray[Any] | None = None,
    fraction: float = 0.2,
) -> Pair:
    """Return rows to fit and rows to judge by, in the spirit of the outer folds.

    The last rows in time, whole groups, or a stratified draw. A class that a draw
    would lose keeps its rows in the part that is fitted.
    """
    n_valid = max(1, round(fraction * len(y)))
    if times is not None:
        order = np.argsort(times, kind="stable")
        return np.sort(order[:-n_valid]), np.sort(order[-n_valid:])
    generator = np.random.default_rng(seed)
    if groups is not None and len(np.unique(groups)) > 1:
        return _split_groups(groups, n_valid, generator)
    order = generator.permutation(len(y))
    if stratify:
        # Rows in the order of their class, random within: every fifth is judged.
        order = order[np.argsort(y[order], kind="stable")]
        step = max(2, round(1 / fraction))
        position = np.arange(len(y)) - _starts(y[order])
        judged = position % step == step - 1
        judged[-1] |= not judged.any()
        return np.sort(order[~judged]), np.sort(order[judged])
    return np.sort(order[n_valid:]), np.sort(order[:n_valid])


def shuffle_split(
    y: NDArray[Any], fraction: float, classification: bool, seed: int
) -> Pair:
    """Return shuffled rows to fit and to hold, by class where that can be done."""
    from sklearn.model_selection import ShuffleSplit, StratifiedShuffleSplit

    counts = np.unique(y, return_counts=True)[1] if classification else np.array([0])
    stratified = counts.min() >= 2 and fraction * len(y) >= len(counts)
    kind = StratifiedShuffleSplit if stratified else ShuffleSplit
    splitter = kind(1, test_size=fraction, random_state=seed)
    train, valid = next(splitter.split(np.zeros(len(y)), y))
    return train, valid


def shuffled_splitter(
    y: NDArray[Any], n_splits: int, classification: bool, seed: int | None
) -> Splitter:
    """Return a shuffled splitter, stratified while every class fills the folds."""
    from sklearn.model_selection import KFold, StratifiedKFold

    fills = classification and np.bincount(y)[np.unique(y)].min() >= n_splits
    kind = StratifiedKFold if fills else KFold
    splitter: Splitter = kind(n_splits, shuffle=True, random_state=seed)
    return splitter


def inner_splits(
    codes: NDArray[np.int64], n_splits: int, classification: bool, seed: int | None
) -> list[Pair]:
    """Return pairs of training and held rows; of a single row, itself on both sides.

    Parameters
    ----------
    codes : ndarray of int of shape (n_rows,)
        Class numbers, or bins of a target that is no class.
    """
    rows = np.arange(len(codes))
    n_splits = min(n_splits, len(codes))
    if n_splits < 2:
        return [(rows, rows)]
    splitter = shuffled_splitter(codes, n_splits, classification, seed)
    return list(splitter.split(rows, codes))


def spirited_splits(
    y: NDArray[Any],
    n_splits: int,
    classification: bool,
    *,
    seed: int,
    groups: NDArray[Any] | None = None,
    times: NDArray[Any] | None = None,
    length: float = 0.0,
) -> list[Pair]:
    """Return pairs of training and held rows, in the spirit of the outer folds.

    Later rows from earlier ones, the first ones never held; whole groups; or a
    stratified draw.

    Parameters
    ----------
    length : float
        Of what is held in time, counted back from the end; at most twice
        ``n_splits`` such windows hold three quarters of the time, if need be by
        being longer; none is longer than a third.

    Examples
    --------
    >>> pairs = spirited_splits(np.zeros(5), 2, False, seed=0, times=np.arange(5))
    >>> [(train.tolist(), held.tolist()) for train, held in pairs]
    [([0, 1], [2]), ([0, 1, 2], [3]), ([0, 1, 2, 3], [4])]
    """
    if times is not None:
        last, span = float(np.max(times)), float(np.ptp(times))
        window = max(length, HELD_IN_TIME * span / (2 * n_splits), 1e-12)
        window = min(window, max(span / 3, 1e-12))
        back = np.floor((last - times) / window).astype(np.int64)
        n_windows = min(2 * n_splits, int(HELD_IN_TIME * span / window + 1e-9))
        pairs = [
            (np.flatnonzero(back > k), np.flatnonzero(back == k))
            for k in range(max(1, n_windows) - 1, -1, -1)
        ]
        return [pair for pair in pairs if len(pair[0]) and len(pair[1])]
    if groups is not None and (n_groups := len(np.unique(groups))) > 1:
        units = np.unique(groups, return_inverse=True)[1]
        order = np.random.default_rng(seed).permutation(n_groups)
        fold = (order % min(n_splits, n_groups))[units]
        return [
            (np.flatnonzero(fold != k), np.flatnonzero(fold == k))
            for k in range(min(n_splits, n_groups))
        ]
    splitter = shuffled_splitter(y, max(2, min(n_splits, len(y))), classification, seed)
    return list(splitter.split(np.zeros((len(y), 1)), y))


def balanced_folds(
    y: ArrayLike, n_splits: int, random_state: int | np.random.RandomState | None
) -> NDArray[np.int64]:
    """Return a fold per row, drawn so that every fold sees the same kinds of y.

    Rows are sorted by y and each run of ``n_splits`` neighbours is dealt out to the
    folds at random; classes of any size, and floats, need no other treatment.
    """
    random = np.random.default_rng(random_state)
    targets = np.asarray(y)
    order = _by_class(targets, random)
    n_rows = len(targets)
    deals = random.random((-(-n_rows // n_splits), n_splits)).argsort(axis=1)
    folds = np.empty(n_rows, dtype=np.int64)
    folds[order] = deals.ravel()[:n_rows]
    return folds


def folds_in_turn(
    codes: NDArray[np.int64],
    n_splits: int,
    random_state: int | np.random.RandomState | None,
) -> NDArray[np.int64]:
    """Return a fold per row; the rows of a class go to one fold after the other."""
    order = _by_class(codes, np.random.default_rng(random_state))
    folds = np.empty(len(codes), dtype=np.int64)
    folds[order] = np.arange(len(codes)) % n_splits
    return folds


def _by_class(y: NDArray[Any], generator: np.random.Generator) -> Rows:
    """Return row numbers in the order of y, random within equal values."""
    order = generator.permutation(len(y))
    return order[np.argsort(y[order], kind="stable")]


def _starts(sorted_labels: NDArray[Any]) -> Rows:
    """Return for each row where the run of its label starts."""
    return np.searchsorted(sorted_labels, sorted_labels, side="left")


def _split_groups(
    groups: NDArray[Any], n_valid: int, generator: np.random.Generator
) -> Pair:
    names, counts = np.unique(groups, return_counts=True)
    order = generator.permutation(len(names))
    enough = 1 + int(np.searchsorted(np.cumsum(counts[order]), n_valid))
    judged = np.isin(groups, names[order[: min(enough, len(names) - 1)]])
    return np.flatnonzero(~judged), np.flatnonzero(judged)
