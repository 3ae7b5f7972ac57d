"""Linear support vector machines: calibrated classes, and a scale-free regressor."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.models.calibration import decision_values, fit_calibrated
from ensemble_kit.models.class_labels import encode_labels, row_weights
from ensemble_kit.models.target_scale import scale_target, unscale_linear


class LinearSVMClassifier(ClassifierMixin, BaseEstimator):
    """Classify with a linear SVM whose probabilities are calibrated.

    One-vs-rest decision values of inner folds give a temperature and class biases
    (`ensemble_kit.models.calibration`); the machine itself is fitted to all rows.

    Parameters
    ----------
    C : float
        Inverse regularisation; larger for texts, smaller for noisy numbers.
    n_splits : int
        Inner folds for the calibration.
    class_weight : None, "balanced" or dict by label
    max_iter : int
    random_state : int, optional

    Examples
    --------
    >>> from ensemble_kit.models.linear.linear_svm import LinearSVMClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, ["a", "a", "b", "b"] * 5
    >>> LinearSVMClassifier(random_state=0).fit(X, y).predict([[0.2], [2.9]]).tolist()
    ['a', 'b']
    """

    def __init__(
        self,
        C: float = 0.1,
        n_splits: int = 3,
        class_weight: Any = None,
        max_iter: int = 5000,
        random_state: int | None = None,
    ):
        self.C = C
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LinearSVMClassifier":
        """Fit to numbers, dense or sparse, and labels."""
        check_consistent_length(X, y)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        self.classes_, codes = encode_labels(y)
        self.model_, self.calibration_ = fit_calibrated(
            self._machine,
            X,
            codes,
            row_weights(sample_weight, self.class_weight, codes, self.classes_),
            self.n_splits,
            self.random_state,
        )
        self.n_iter_ = int(self.model_.n_iter_)
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        decisions = decision_values(self.model_, X, len(self.classes_))
        return self.calibration_.probabilities(decisions)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]

    def _machine(self) -> LinearSVC:
        return LinearSVC(
            C=self.C,
            tol=1e-3,
            dual="auto",
            max_iter=self.max_iter,
            random_state=self.random_state,
        )


class LinearSVMRegressor(LinearSVR):
    """Predict numbers with a linear SVM, whatever the scale of the target.

    The target is fitted in units of its standard deviation, so that ``C`` and
    ``epsilon`` mean the same everywhere; its loss is the absolute error beyond
    ``epsilon``. Otherwise this is scikit-learn's ``LinearSVR``.
    """

    def fit(
        self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LinearSVMRegressor":
        """Fit to numbers, dense or sparse, and values."""
        check_consistent_length(X, y)
        scaled, scale = scale_target(y, sample_weight)
        super().fit(X, scaled, sample_weight)
        return unscale_linear(self, scale)
