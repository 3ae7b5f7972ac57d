"""Members that are fitted already: taken as they are, whatever rows a fold has."""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike


def _has(method: str) -> Callable[[Any], bool]:
    """Return a check of whether the fitted estimator has a method."""

    def check(self: Any) -> bool:
        getattr(self.estimator, method)  # whose AttributeError names the estimator
        return True

    return check


class PrefitMember(BaseEstimator):
    """A fitted estimator whose ``fit`` learns nothing and whose clone is itself.

    It tells classes by their numbers in the stack, values in the scale of the stack.

    Parameters
    ----------
    estimator : fitted estimator
    classes : ndarray, optional
        The labels of the stack, in order.
    encode : callable, optional
        Values of the target in the scale that the stack fits.
    """

    def __init__(
        self,
        estimator: Any,
        classes: NDArray[Any] | None = None,
        encode: Callable[[NDArray[Any]], NDArray[Any]] | None = None,
    ):
        self.estimator = estimator
        self.classes = classes
        self.encode = encode

    def __sklearn_clone__(self) -> Self:
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        return get_tags(self.estimator)

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return no parameters: nothing about it is to be set."""
        return {}

    @property
    def classes_(self) -> NDArray[np.intp]:
        """Return the numbers of the classes that the estimator knows."""
        known = np.asarray(self.estimator.classes_).tolist()
        own = np.asarray(self.classes).tolist()
        unknown = [label for label in known if label not in own]
        if unknown:
            raise ValueError(f"it knows a class {unknown[0]!r} that y has no row of")
        return np.array([own.index(label) for label in known], dtype=np.intp)

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn nothing."""
        return self

    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Return class numbers, or values in the scale of the stack."""
        predicted = self.estimator.predict(X)
        if self.encode is not None:
            return self.encode(np.asarray(predicted))
        own = list(np.asarray(self.classes))
        return np.array([own.index(label) for label in predicted], dtype=np.intp)

    @available_if(_has("predict_proba"))
    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return what the estimator says."""
        return np.asarray(self.estimator.predict_proba(X))

    @available_if(_has("decision_function"))
    def decision_function(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return what the estimator says."""
        return np.asarray(self.estimator.decision_function(X))


def refuse_unfitted(name: str, estimator: Any) -> None:
    """Raise, with the member's name, for an estimator that was never fitted.

    Raises
    ------
    NotFittedError
    """
    try:
        check_is_fitted(estimator)
    except (NotFittedError, TypeError) as error:
        raise NotFittedError(
            f"members: {name} is not fitted, and cv='prefit' takes members as they "
            f"are: {error}"
        ) from error
