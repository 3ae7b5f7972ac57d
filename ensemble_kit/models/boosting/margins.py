"""Rows that boosting begins from what another model has said of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SMALLEST = 1e-6

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Begun:
    """A matrix of rows, with the logarithms of probabilities that trees add to.

    Parameters
    ----------
    X : matrix of shape (n_rows, n_features)
    logs : ndarray of shape (n_rows, n_classes)
        Of all classes, by their numbers.
    """

    X: Any
    logs: Numbers

    @classmethod
    def of(cls, X: Any, probabilities: Numbers) -> "Begun":
        """Return rows with the probabilities that another model gives them."""
        return cls(X, np.log(np.clip(probabilities, SMALLEST, 1.0)))

    @property
    def shape(self) -> tuple[int, ...]:
        """Return that of the matrix."""
        return tuple(self.X.shape)

    def __len__(self) -> int:
        return len(self.logs)


def begun(X: Any, classes: NDArray[Any]) -> tuple[Any, Numbers | None]:
    """Return the matrix, and what scores of classes begin from, if it says so.

    Returns
    -------
    X : matrix
    margin : ndarray of shape (n_rows,) or (n_rows, n_classes), or None
        Log odds of the second of two classes; of more, logarithms around their mean.

    Examples
    --------
    >>> rows = Begun.of(np.zeros((1, 2)), np.array([[0.2, 0.8]]))
    >>> begun(rows, np.array([0, 1]))[1].round(3).tolist()
    [1.386]
    """
    if not isinstance(X, Begun):
        return X, None
    logs = X.logs[:, np.asarray(classes, dtype=np.intp)]
    if logs.shape[1] == 2:
        return X.X, logs[:, 1] - logs[:, 0]
    return X.X, logs - logs.mean(axis=1, keepdims=True)


def probabilities_of(scores: Numbers) -> Numbers:
    """Return probabilities of shape (n_rows, n_classes) from scores of classes.

    Examples
    --------
    >>> probabilities_of(np.zeros(1)).tolist()
    [[0.5, 0.5]]
    """
    from scipy.special import expit, softmax

    if scores.ndim == 1:
        second = expit(scores)
        return np.column_stack([1 - second, second])
    return np.asarray(softmax(scores, axis=1), dtype=np.float64)
