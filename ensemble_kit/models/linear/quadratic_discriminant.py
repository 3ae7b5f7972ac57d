"""Quadratic discriminant analysis that small and rare classes do not end."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.models.calibration import decision_values, fit_calibrated
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    check_weights,
    encode_labels,
)


class QuadraticDiscriminant(ProbabilityClassifierMixin, BaseEstimator):
    """Classify by one normal distribution per class, calibrated on inner folds.

    The covariance of a class is ``(1 - reg_param) * S + reg_param * I``, with S that of
    its rows (Friedman 1989, "Regularized discriminant analysis"): a class may have
    fewer rows than there are columns, or a single one. Normal densities of many
    columns are far too sure of themselves, hence the calibration.

    Parameters
    ----------
    reg_param : float
        Share of the identity; columns should be scaled to a variance of about 1.
    n_splits : int
        Inner folds for the calibration.
    random_state : int, optional
        Deals the rows to the inner folds.

    Examples
    --------
    >>> from ensemble_kit.models.linear.quadratic_discriminant import (
    ...     QuadraticDiscriminant,
    ... )
    >>> X, y = [[-2.0], [-0.1], [0.1], [2.0]] * 9, ["far", "near", "near", "far"] * 9
    >>> model = QuadraticDiscriminant(random_state=0).fit(X, y)
    >>> model.predict([[-1.9], [0.0], [1.9]]).tolist()
    ['far', 'near', 'far']
    """

    def __init__(
        self,
        reg_param: float = 0.3,
        n_splits: int = 3,
        random_state: int | None = None,
    ):
        self.reg_param = reg_param
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "QuadraticDiscriminant":
        """Fit to numbers and labels."""
        check_consistent_length(X, y)
        X = validate_data(self, X, dtype=np.float64)
        self.classes_, codes = encode_labels(y)
        self.model_, self.calibration_ = fit_calibrated(
            lambda: _ClassDensities(self.reg_param),
            X,
            codes,
            check_weights(sample_weight, len(codes)),
            self.n_splits,
            self.random_state,
        )
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        decisions = decision_values(self.model_, X, len(self.classes_))
        return self.calibration_.probabilities(decisions)


class _ClassDensities:
    """Log densities of the classes, with their shares, as decision values."""

    def __init__(self, reg_param: float):
        self.reg_param = reg_param

    def fit(
        self,
        X: MatrixLike,
        codes: NDArray[np.int64],
        sample_weight: NDArray[np.float64] | None = None,
    ) -> "_ClassDensities":
        weights = np.ones(len(codes)) if sample_weight is None else sample_weight
        present = [c for c in np.unique(codes) if weights[codes == c].sum() > 0]
        self.classes_ = np.array(present)
        self.shares_ = np.array([weights[codes == c].sum() for c in present])
        self.normals_ = [
            self._normal(X[codes == c], weights[codes == c]) for c in present
        ]
        return self

    def _normal(self, X: MatrixLike, weights: Array) -> tuple[Any, Any, Any]:
        """Return mean, variances along the axes of the covariance, and the axes."""
        mean = np.average(X, axis=0, weights=weights)
        centred = (X - mean) * np.sqrt(weights / weights.sum())[:, None]
        variances, axes = np.linalg.eigh(centred.T @ centred)
        variances = (1 - self.reg_param) * np.maximum(variances, 0) + self.reg_param
        return mean, variances, axes

    def predict_joint_log_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        logs = [self._log_density(X, *normal) for normal in self.normals_]
        return np.column_stack(logs) + np.log(self.shares_)

    def _log_density(
        self, X: MatrixLike, mean: Array, variances: Array, axes: Array
    ) -> NDArray[np.float64]:
        distances = np.square((X - mean) @ axes / np.sqrt(variances)).sum(axis=1)
        return -(distances + np.log(variances).sum()) / 2
