"""Logistic regression that selects columns: L1 and elastic net."""

import inspect
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import ClassWeight, MatrixLike
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    encode_labels,
    row_weights,
)
from ensemble_kit.models.output_losses import probabilities
from ensemble_kit.parameter_limits import WEIGHTED, Limits


class SparseLogisticClassifier(ProbabilityClassifierMixin, BaseEstimator):
    """Classify by logistic regressions with an L1 or elastic-net penalty.

    With a pure L1 penalty each class is told from the rest (liblinear's coordinate
    descent, which is quick on sparse input); with a mixed one all classes share a
    softmax (saga).

    Parameters
    ----------
    C : float
        Inverse regularisation; row weights are scaled to mean 1 before it applies.
    l1_ratio : float
        1 is L1 alone; below, the rest of the penalty is L2.
    class_weight : None, "balanced" or dict by label
    max_iter : int
    random_state : int, optional

    Attributes
    ----------
    classes_ : ndarray
    coef_ : ndarray of shape (n_outputs, n_features)
    intercept_ : ndarray of shape (n_outputs,)

    Examples
    --------
    >>> from ensemble_kit.models.linear.sparse_logistic import SparseLogisticClassifier
    >>> X, y = [[0.0, 1], [1.0, 0], [2.0, 1], [3.0, 0]] * 9, ["a", "a", "b", "b"] * 9
    >>> model = SparseLogisticClassifier(random_state=0).fit(X, y)
    >>> model.predict([[0.2, 0], [2.9, 1]]).tolist()
    ['a', 'b']
    """

    _parameter_constraints: ClassVar[Limits] = {**WEIGHTED}

    def __init__(
        self,
        C: float = 1.0,
        l1_ratio: float = 1.0,
        class_weight: ClassWeight = None,
        max_iter: int = 1000,
        random_state: int | None = None,
    ):
        self.C = C
        self.l1_ratio = l1_ratio
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "SparseLogisticClassifier":
        """Fit to numbers, dense or sparse, and labels."""
        check_consistent_length(X, y)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        self.classes_, codes = encode_labels(y)
        weights = row_weights(sample_weight, self.class_weight, codes, self.classes_)
        if weights is not None:
            weights = weights / weights.mean()  # saga fails to converge above 1
        if self.l1_ratio < 1 or len(self.classes_) == 2:
            fits = [self._logistic().fit(X, codes, weights)]
        else:
            labels = range(len(self.classes_))
            fits = [self._logistic().fit(X, codes == k, weights) for k in labels]
        self.is_one_vs_rest_ = len(fits) > 1
        self.coef_ = np.vstack([fit.coef_ for fit in fits])
        self.intercept_ = np.hstack([fit.intercept_ for fit in fits])
        self.n_iter_ = max(int(fit.n_iter_.max()) for fit in fits)
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        outputs = X @ self.coef_.T + self.intercept_
        if self.is_one_vs_rest_:
            outputs = -np.logaddexp(0, -outputs)
        return probabilities(outputs)

    def _logistic(self) -> LogisticRegression:
        """Return scikit-learn's estimator, whose penalty changed its spelling."""
        mixed = self.l1_ratio < 1
        spelling = inspect.signature(LogisticRegression).parameters["penalty"].default
        old = {"penalty": "elasticnet" if mixed else "l1"}
        return LogisticRegression(
            C=self.C,
            l1_ratio=self.l1_ratio,
            solver="saga" if mixed else "liblinear",
            tol=1e-3 if mixed else 1e-4,
            max_iter=self.max_iter,
            random_state=self.random_state,
            **({} if spelling == "deprecated" else old),
        )
