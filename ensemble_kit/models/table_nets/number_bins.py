"""The range of each number in pieces between quantiles."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Bins:
    """Pieces of the range of each number, between quantiles of the training rows.

    Parameters
    ----------
    low, steepness : ndarray of shape (n_numbers, n_bins)
        Where a piece begins, and one over its length: 0 for the pieces that a number
        of few values lacks.
    """

    low: NDArray[np.float32]
    steepness: NDArray[np.float32]


def learn_bins(numbers: NDArray[np.float32], n_bins: int) -> Bins:
    """Return the pieces between quantiles of numbers of shape (n_rows, n_numbers).

    Examples
    --------
    >>> learn_bins(np.array([[0.0], [1.0], [3.0]], np.float32), 2).low.tolist()
    [[0.0, 1.0]]
    """
    shape = (numbers.shape[1], n_bins)
    low, steepness = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for place, column in enumerate(numbers.T):
        edges = np.unique(np.quantile(column, np.linspace(0, 1, n_bins + 1)))
        n_pieces = len(edges) - 1
        low[place, :n_pieces] = edges[:-1]
        steepness[place, :n_pieces] = 1 / np.diff(edges)
    return Bins(low, steepness)
