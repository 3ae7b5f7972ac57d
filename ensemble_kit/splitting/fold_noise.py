"""How much a difference between two scores owes to chance."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.splitting.folds import Rows

FEWEST_PIECES = 6
# Rows vary by themselves more than two scores on the same rows differ by, so that
# models matter less: counted whole, 99 of 100 intervals of scores hold, and not 95.
SHARE_OF_SCORES = 0.5  # chosen on made competitions: all of it held in 99 of 100


def standard_error(
    differences: ArrayLike, pairs: Iterable[tuple[Rows, Rows]]
) -> NDArray[np.float64]:
    """Return the standard error of the mean of paired differences, one per split.

    Splits share training rows, so that their differences vary together: the variance
    of the mean is that of one difference times 1/n + the mean of test rows per
    training row, and not 1/n alone (Nadeau and Bengio 2003).

    Parameters
    ----------
    differences : array-like of shape (n_splits,) or (n_splits, n_compared)
        Of one score from another, both on the same splits.
    pairs : iterable of (train rows, valid rows)
        The splits, in any order.

    Returns
    -------
    ndarray of shape () or (n_compared,)
        In the unit of the differences; 0 of a single split, whose noise is not known.

    Examples
    --------
    >>> halves = [(np.arange(2), np.arange(2)), (np.arange(2), np.arange(2))]
    >>> round(float(standard_error([0.0, 2.0], halves)), 6)
    1.732051
    """
    values = np.asarray(differences, dtype=np.float64)
    if len(values) < 2:
        return np.zeros(values.shape[1:])
    variance = values.var(axis=0, ddof=1)
    return np.asarray(np.sqrt(variance * (1 / len(values) + valid_per_train(pairs))))


def widening(pairs: Iterable[tuple[Rows, Rows]], n_rows: int, is_paired: bool) -> float:
    """Return how much wider an interval over out-of-fold rows is for their models.

    Rows that are drawn anew tell how a score of these very models varies; on fresh
    rows other models are judged, and those of the folds have training rows in common.
    Nadeau and Bengio (2003) add the mean of test rows per training row to 1/n, the
    variance of single splits being one: here that is the number of rows per training
    row, added to 1. For two scores on the same rows it is added whole, for a score
    alone half of it; both are measured in ``benchmarks/coverage.py``.

    Parameters
    ----------
    pairs : iterable of (train rows, valid rows)
        The splits, in any order.
    n_rows : int
        Validated ones, that the interval is taken over.
    is_paired : bool
        Whether it is of a difference of two scores on the same rows.

    Returns
    -------
    float
        What a standard error is multiplied by.

    Examples
    --------
    >>> halves = [(np.arange(2), np.arange(2)), (np.arange(2), np.arange(2))]
    >>> round(widening(halves, 4, is_paired=True), 6)
    1.732051
    """
    per_row = float(np.mean([1 / max(1, len(train)) for train, _ in pairs]))
    share = 1.0 if is_paired else SHARE_OF_SCORES
    return float(np.sqrt(1 + share * n_rows * per_row))


def valid_per_train(pairs: Iterable[tuple[Rows, Rows]]) -> float:
    """Return how many validation rows there are per training row, on average."""
    return float(np.mean([len(valid) / len(train) for train, valid in pairs]))


def in_pieces(
    pairs: Iterable[tuple[Rows, Rows]], order: NDArray[np.float64] | None = None
) -> list[tuple[Rows, Rows]]:
    """Return splits whose validation rows are cut into pieces, where they are few.

    Of two or three splits nobody can tell how much scores vary; of six pieces, each a
    stretch along the order, one can.

    Parameters
    ----------
    pairs : iterable of (train rows, valid rows)
    order : ndarray of shape (n_rows,), optional
        Rows that are near in it stay together; by default any piece is a draw.

    Examples
    --------
    >>> halves = [(np.arange(6), np.arange(6, 12)), (np.arange(6, 12), np.arange(6))]
    >>> [valid.tolist() for _, valid in in_pieces(halves, np.arange(12.0))][:3]
    [[6, 7], [8, 9], [10, 11]]
    """
    splits = list(pairs)
    if not 0 < len(splits) < FEWEST_PIECES - 1:
        return splits
    each = -(-FEWEST_PIECES // len(splits))
    smaller = []
    for number, (train, valid) in enumerate(splits):
        rows = np.random.default_rng(number).permutation(valid)
        if order is not None:
            rows = rows[np.argsort(order[rows], kind="stable")]
        pieces = np.array_split(rows, each)
        smaller += [(train, np.sort(piece)) for piece in pieces if len(piece)]
    return smaller


def score_to_expect(
    score: float,
    fold_scores: ArrayLike,
    pairs: Iterable[tuple[Rows, Rows]],
    n_test: int,
) -> tuple[float, float] | None:
    """Return between what the score of a test lies in 95 of 100 draws.

    The test has noise of its own beside that of the out-of-fold score, which is that of
    one split of its size: the variance of one score times 1/n + test rows per training
    row (see `standard_error`) + rows of a split per row of the test.

    Parameters
    ----------
    score : float
        Of all out-of-fold rows.
    fold_scores : array-like of shape (n_splits,)
    pairs : iterable of (train rows, valid rows)
        The splits, or pieces of them; see `in_pieces`.
    n_test : int
        Rows of the test.

    Returns
    -------
    (low, high), or None of a single split, whose noise is not known.

    Examples
    --------
    >>> halves = [(np.arange(2), np.arange(2)), (np.arange(2), np.arange(2))]
    >>> low, high = score_to_expect(1.0, [0.9, 1.1], halves, n_test=100)
    >>> round(low, 2), round(high, 2)
    (-1.22, 3.22)
    """
    from scipy.special import stdtrit

    values, splits = np.asarray(fold_scores, dtype=np.float64), list(pairs)
    if len(values) < 2 or not n_test:
        return None
    of_folds = float(standard_error(values, splits)) ** 2
    n_valid = float(np.mean([len(valid) for _, valid in splits]))
    of_test = float(values.var(ddof=1)) * n_valid / n_test
    reach = float(stdtrit(len(values) - 1, 0.975)) * np.sqrt(of_folds + of_test)
    return float(score - reach), float(score + reach)
