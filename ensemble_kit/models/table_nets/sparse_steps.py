"""Mini-batches of sparse rows, and Adam that touches only the columns they hold."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.arrays import MatrixLike


class Batch(NamedTuple):
    """Rows of a sparse matrix, cut down to the columns they hold.

    Parameters
    ----------
    X : csr_matrix of shape (n_rows, n_held)
    columns : ndarray of shape (n_held,)
        What the columns of X are in the whole matrix.
    rows : ndarray of shape (n_rows,)
    """

    X: sparse.csr_matrix
    columns: NDArray[np.int64]
    rows: NDArray[np.int64]


def shuffled_batches(
    X: sparse.csr_matrix, batch_size: int, rng: np.random.Generator
) -> Iterator[Batch]:
    """Pass over all rows once, in random order."""
    order = rng.permutation(X.shape[0])
    shuffled = X[order]
    place = np.zeros(X.shape[1], dtype=np.int32)
    for begin in range(0, len(order), batch_size):
        rows = order[begin : begin + batch_size]
        start, stop = shuffled.indptr[begin], shuffled.indptr[begin + len(rows)]
        indices = shuffled.indices[start:stop]
        held = np.zeros(X.shape[1], dtype=bool)
        held[indices] = True
        columns = np.flatnonzero(held)
        place[columns] = np.arange(len(columns))
        parts = (
            shuffled.data[start:stop],
            place[indices],
            shuffled.indptr[begin : begin + len(rows) + 1] - start,
        )
        shape = (len(rows), len(columns))
        yield Batch(sparse.csr_matrix(parts, shape=shape), columns, rows)


class Adam:
    """Adam over one array, all of it or some of its rows at a time.

    Rows that a batch does not touch keep their weights and their moments, as in the
    "lazy" Adam for embeddings.
    """

    def __init__(self, weights: NDArray[np.float32], decay: float = 0.0):
        self.weights = weights
        self.decay = decay
        self.mean = np.zeros_like(weights)
        self.square = np.zeros_like(weights)
        self.steps = 0

    def step(self, gradient: NDArray[Any], rate: float, rows: Any = ...) -> None:
        """Move the weights (of these rows) against a gradient."""
        self.steps += 1
        mean = self.mean[rows]
        mean += np.float32(0.1) * (gradient - mean)
        square = self.square[rows]
        square += np.float32(0.01) * (gradient * gradient - square)
        self.mean[rows], self.square[rows] = mean, square
        grown = rate * (1 - 0.99**self.steps) ** 0.5 / (1 - 0.9**self.steps)
        np.sqrt(square, out=square)
        square += np.float32(1e-7)
        mean /= square
        mean *= np.float32(grown)
        if self.decay:
            mean += np.float32(rate * self.decay) * self.weights[rows]
        self.weights[rows] -= mean


def as_float32(X: MatrixLike) -> sparse.csr_matrix:
    """Return X as CSR of float32 with sorted indices."""
    X = sparse.csr_matrix(X, dtype=np.float32)
    return X if X.has_sorted_indices else X.sorted_indices()
