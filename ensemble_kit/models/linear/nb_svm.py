"""Logistic regression on columns weighted by naive Bayes (NB-SVM)."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.linear_model import LogisticRegression

from ensemble_kit.arrays import Array, ClassWeight, MatrixLike
from ensemble_kit.models.calibration import CalibratedClassifierMixin, Calibration
from ensemble_kit.models.linear.naive_bayes import split_signs
from ensemble_kit.parameter_limits import WEIGHTED, Limits


class NBSVMClassifier(CalibratedClassifierMixin, BaseEstimator):
    """Classify texts by logistic regressions on naive-Bayes-weighted columns.

    For each class, columns are multiplied by their log-count ratio between the class
    and the rest, then a logistic regression tells the class from the rest; the
    classes' decision values are calibrated together.

    Parameters
    ----------
    C : float
        Inverse regularisation.
    alpha : float
        Smoothing of the counts.
    binary : bool
        Whether counts stand for presence when ratios are taken.
    n_splits : int
        Inner folds for the calibration.
    class_weight : None, "balanced" or dict by label
    max_iter : int
    random_state : int, optional

    Notes
    -----
    Wang and Manning, "Baselines and Bigrams", ACL 2012, with logistic regression in
    place of the support vector machine. Columns with negative values are split by
    sign.

    Examples
    --------
    >>> from ensemble_kit.models.linear.nb_svm import NBSVMClassifier
    >>> X, y = [[3, 0], [2, 1], [0, 4], [1, 3]] * 3, ["a", "a", "b", "b"] * 3
    >>> NBSVMClassifier(random_state=0).fit(X, y).predict([[2, 0]]).tolist()
    ['a']
    """

    _parameter_constraints: ClassVar[Limits] = {**WEIGHTED}

    def __init__(
        self,
        C: float = 1.0,
        alpha: float = 1.0,
        binary: bool = True,
        n_splits: int = 3,
        class_weight: ClassWeight = None,
        max_iter: int = 300,
        random_state: int | None = None,
    ):
        self.C = C
        self.alpha = alpha
        self.binary = binary
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.random_state = random_state

    def _read(self, X: MatrixLike, reset: bool = False) -> sparse.csr_matrix:
        return split_signs(sparse.csr_matrix(super()._read(X, reset)))

    def _machine(self) -> "_OneVersusRest":
        return _OneVersusRest(self)

    def _keep(self, machine: "_OneVersusRest", calibration: Calibration) -> None:
        self.coef_, self.intercept_ = machine.coef_, machine.intercept_
        self.n_iter_ = machine.n_iter_
        self.temperature_, self.bias_ = calibration.temperature, calibration.bias

    def _fitted(self) -> tuple["_OneVersusRest", Calibration]:
        machine = _OneVersusRest(self)
        machine.coef_, machine.intercept_ = self.coef_, self.intercept_
        machine.classes_ = np.arange(len(self.classes_))
        return machine, Calibration(self.temperature_, self.bias_)


class _OneVersusRest:
    """The logistic regressions of all classes, with decision values."""

    def __init__(self, settings: NBSVMClassifier):
        self.settings = settings

    def fit(
        self, X: MatrixLike, codes: Array, sample_weight: Array | None = None
    ) -> "_OneVersusRest":
        self.classes_ = np.unique(codes)
        positive = self.classes_ if len(self.classes_) > 2 else self.classes_[1:]
        fits = [self._fit(X, codes == label, sample_weight) for label in positive]
        self.coef_ = np.column_stack([coef for coef, _, _ in fits])
        self.intercept_ = np.array([intercept for _, intercept, _ in fits])
        self.n_iter_ = max(n_iter for _, _, n_iter in fits)
        return self

    def decision_function(self, X: MatrixLike) -> NDArray[np.float64]:
        values = X @ self.coef_ + self.intercept_
        return values[:, 0] if values.shape[1] == 1 else values

    def _fit(
        self, X: MatrixLike, is_class: Array, weights: Array | None
    ) -> tuple[Any, float, int]:
        """Return weights for X as it is, an intercept and the iterations."""
        settings = self.settings
        ratio = log_count_ratio(X, is_class, weights, settings.alpha, settings.binary)
        model = LogisticRegression(C=settings.C, max_iter=settings.max_iter, tol=1e-3)
        model.fit(X @ sparse.diags(ratio), is_class, sample_weight=weights)
        intercept, n_iter = float(model.intercept_[0]), int(model.n_iter_.max())
        return model.coef_[0] * ratio, intercept, n_iter


def log_count_ratio(
    X: sparse.csr_matrix,
    is_class: NDArray[np.bool_],
    weights: NDArray[np.float64] | None = None,
    alpha: float = 1.0,
    binary: bool = True,
) -> NDArray[np.float64]:
    """Return each column's log ratio of smoothed shares in the class and the rest."""
    counts = X.sign() if binary else X
    weights = np.ones(X.shape[0]) if weights is None else weights
    inside = counts.T @ (weights * is_class) + alpha
    outside = counts.T @ (weights * ~is_class) + alpha
    return np.log(inside / inside.sum()) - np.log(outside / outside.sum())
