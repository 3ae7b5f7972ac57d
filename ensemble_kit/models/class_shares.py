"""Classes that count otherwise in a fit than in the data, and the way back from it.

A fit in which classes are sampled or weighed anew gives probabilities of rows in which
classes are as frequent as it has seen them. Multiplied by the class's share in the data
over that in the fit, and scaled to sum to 1, they are those of the data's rows again
(Elkan 2001; Dal Pozzolo et al. 2015): members that were fitted so can be blended with
others, and decided as they are.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]


@dataclass(frozen=True)
class WithDataShares:
    """A fitted classifier whose probabilities go by the classes' shares in the data.

    Parameters
    ----------
    estimator : fitted classifier
        Its classes are class numbers.
    shift : ndarray of shape (n_classes,)
        What the probability of each class number is multiplied by.
    """

    estimator: Any
    shift: NDArray[np.float64]

    @property
    def classes_(self) -> Array:
        """Return the classes that the fit has seen."""
        return np.asarray(self.estimator.classes_)

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        probabilities = np.asarray(self.estimator.predict_proba(X), dtype=np.float64)
        return shifted(probabilities, self.shift[self.classes_.astype(np.intp)])

    def predict(self, X: Any) -> Array:
        """Return the likeliest class of each row."""
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


def shifted(probabilities: Array, shift: Array) -> NDArray[np.float64]:
    """Return probabilities multiplied by class, rows summing to 1 as before.

    Examples
    --------
    >>> shifted(np.array([[0.5, 0.5]]), np.array([3.0, 1.0]))
    array([[0.75, 0.25]])
    """
    moved = probabilities * shift
    total = moved.sum(axis=1, keepdims=True)
    even = np.full_like(moved, 1.0 / moved.shape[1])
    return np.divide(moved, total, out=even, where=total > 0)


def shift_between(data: Array, fitted: Array) -> NDArray[np.float64]:
    """Return what leads from the classes' weight in a fit back to that in the data.

    Parameters
    ----------
    data, fitted : ndarray of shape (n_classes,)
        Weight of the rows of each class; 1 where the fit has none of it.
    """
    seen = fitted > 0
    in_data, in_fit = data / data.sum(), fitted / fitted.sum()
    return np.where(seen, in_data / np.where(seen, in_fit, 1.0), 1.0)


def balanced_weights(y: Array, n_classes: int) -> NDArray[np.float64]:
    """Return weights by which all classes that y has weigh the same together.

    n_rows / (n_classes * rows of the class), as scikit-learn has them (King and Zeng
    2001).
    """
    counts = np.bincount(y, minlength=n_classes)
    n_seen = max(1, int((counts > 0).sum()))
    return np.asarray(len(y) / (n_seen * np.maximum(counts, 1.0)))
