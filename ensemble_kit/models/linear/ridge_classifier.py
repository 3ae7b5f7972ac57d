"""Ridge regression on class indicators, with calibrated probabilities."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.linear_model import RidgeClassifier
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.models.calibration import decision_values, fit_calibrated
from ensemble_kit.models.class_labels import encode_labels, row_weights


class CalibratedRidgeClassifier(ClassifierMixin, BaseEstimator):
    """Classify by ridge regression on -1 and 1, with calibrated probabilities.

    Parameters
    ----------
    alpha : float
        Strength of the penalty.
    solver : str
        Scikit-learn's; "sparse_cg" suits both dense and sparse input.
    n_splits : int
        Inner folds for the calibration.
    class_weight : None, "balanced" or dict by label
    random_state : int, optional

    Examples
    --------
    >>> from ensemble_kit.models.linear.ridge_classifier import (
    ...     CalibratedRidgeClassifier,
    ... )
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, ["a", "a", "b", "b"] * 5
    >>> model = CalibratedRidgeClassifier(random_state=0).fit(X, y)
    >>> model.predict([[0.2], [2.9]]).tolist()
    ['a', 'b']
    """

    def __init__(
        self,
        alpha: float = 1.0,
        solver: str = "auto",
        n_splits: int = 3,
        class_weight: Any = None,
        random_state: int | None = None,
    ):
        self.alpha = alpha
        self.solver = solver
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "CalibratedRidgeClassifier":
        """Fit to numbers, dense or sparse, and labels."""
        check_consistent_length(X, y)
        X = validate_data(self, X, accept_sparse="csr", dtype=[np.float64, np.float32])
        self.classes_, codes = encode_labels(y)
        self.model_, self.calibration_ = fit_calibrated(
            self._ridge,
            X,
            codes,
            row_weights(sample_weight, self.class_weight, codes, self.classes_),
            self.n_splits,
            self.random_state,
        )
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = validate_data(
            self, X, accept_sparse="csr", dtype=[np.float64, np.float32], reset=False
        )
        decisions = decision_values(self.model_, X, len(self.classes_))
        return self.calibration_.probabilities(decisions)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _ridge(self) -> RidgeClassifier:
        return RidgeClassifier(
            alpha=self.alpha, solver=self.solver, random_state=self.random_state
        )
