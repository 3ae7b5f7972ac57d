"""What the argmax calls each row while the scores of single classes move."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


class Totals(NamedTuple):
    """The weight of rows by class, as far as metrics of labels need it.

    Parameters
    ----------
    hit, true, called : ndarray of shape (..., n_classes)
        Of rows called what they are, of rows of the class, and of rows called it.
    total : ndarray of shape (...)
        Of all rows.
    """

    hit: Array
    true: Array
    called: Array
    total: Array


class Race:
    """Scores of the classes, and the first two of each row while single ones move.

    Of equal scores that of the lower class is ahead.

    Parameters
    ----------
    scores : ndarray of shape (n_rows, n_classes)
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    weight : ndarray of shape (n_rows,)
    """

    def __init__(self, scores: Array, y: Array, weight: Array):
        self.scores = np.array(scores.T, order="C")  # a class's side by side
        self.y, self.weight = y, weight
        self.true = np.bincount(y, weight, len(self.scores))
        self.total = self.true.sum()
        self.first, self.second = _first_two(self.scores)
        rows = np.arange(len(y))
        self.best = self.scores[self.first, rows]
        self.next_best = self.scores[self.second, rows]

    def rivals(self, k: int) -> tuple[Array, Array]:
        """Return each row's best class but one, and how far that is ahead of it."""
        is_first = self.first == k
        rival = np.where(is_first, self.second, self.first)
        return rival, np.where(is_first, self.next_best, self.best) - self.scores[k]

    def totals(self, k: int, shifts: Array) -> Totals:
        """Return the totals with a class's scores raised by each of some shifts.

        Parameters
        ----------
        k : int
        shifts : ndarray of shape (n_shifts,)
            Rising.

        Returns
        -------
        Totals
            Of shape (n_shifts, n_classes).
        """
        rival, ahead = self.rivals(k)
        is_near = ahead <= shifts[-1]
        rows, far = np.flatnonzero(is_near), np.where(is_near, 0.0, self.weight)
        # such a row goes from its rival to class k from shift number step on
        step, loser = np.searchsorted(shifts, ahead[rows]), rival[rows]
        truth, near = self.y[rows], self.weight[rows]
        n_shifts, n_classes = len(shifts), len(self.scores)
        # wrong rows first, then right ones
        cells = ((truth == loser) * n_shifts + step) * n_classes + loser
        lost = np.bincount(cells, near, 2 * n_shifts * n_classes)
        kept = np.bincount(
            (rival == self.y) * n_classes + rival, far, 2 * n_classes
        ).reshape(2, 1, n_classes)
        gone = lost.reshape(2, n_shifts, n_classes).cumsum(axis=1)
        left = (gone[:, -1:] - gone) + kept  # where nothing is left, exactly 0
        hit, called = left[1], left[0] + left[1]
        is_k = truth == k
        called[:, k] = gone.sum(axis=(0, 2))
        hit[:, k] = np.bincount(step[is_k], near[is_k], n_shifts).cumsum()
        return Totals(hit, self.true, called, self.total)

    def move(self, k: int, scores: Array) -> None:
        """Give a class new scores; most rows keep their first two."""
        self.scores[k] = scores
        was_among = (self.first == k) | (self.second == k)
        self._insert(k, np.flatnonzero(~was_among & (scores >= self.next_best)))
        rows = np.flatnonzero(was_among)
        taken, places = self.scores[:, rows], np.arange(len(rows))
        first, second = _first_two(taken)
        self.first[rows], self.best[rows] = first, taken[first, places]
        self.second[rows], self.next_best[rows] = second, taken[second, places]

    def _insert(self, k: int, rows: Array) -> None:
        """Put a class into its place in rows of which it was none of the first two."""
        scores = self.scores[k, rows]
        passes = _is_ahead(k, scores, self.second[rows], self.next_best[rows])
        rows, scores = rows[passes], scores[passes]
        wins = _is_ahead(k, scores, self.first[rows], self.best[rows])
        won, placed = rows[wins], rows[~wins]
        self.second[won], self.next_best[won] = self.first[won], self.best[won]
        self.first[won], self.best[won] = k, scores[wins]
        self.second[placed], self.next_best[placed] = k, scores[~wins]


def _is_ahead(k: int, scores: Array, other: Array, its_scores: Array) -> Array:
    """Return in which rows a class is ahead of another."""
    return (scores > its_scores) | ((scores == its_scores) & (k < other))


def _first_two(scores: Array) -> tuple[Array, Array]:
    """Return the classes of the highest and the second highest score of each row.

    Parameters
    ----------
    scores : ndarray of shape (n_classes, n_rows)
    """
    by_row = np.array(scores.T, order="C")
    first = by_row.argmax(axis=1)
    by_row[np.arange(len(by_row)), first] = -np.inf
    return first, by_row.argmax(axis=1)
