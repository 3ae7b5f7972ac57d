"""Kernel support vector machines: exact on few rows, approximate on many."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.kernel_approximation import Nystroem
from sklearn.pipeline import Pipeline
from sklearn.svm import SVC, SVR, LinearSVC, LinearSVR
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import ClassWeight, MatrixLike
from ensemble_kit.models.calibration import CalibratedClassifierMixin
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.models.target_scale import scale_target
from ensemble_kit.parameter_limits import WEIGHTED, Limits


class _KernelSVM(BaseEstimator):
    """What the classifier and the regressor share."""

    _parameter_constraints: ClassVar[Limits] = {**WEIGHTED}

    def __init__(
        self,
        C: float = 1.0,
        width: float = 0.1,
        exact_rows: int = 4000,
        n_components: int = 600,
        n_splits: int = 3,
        class_weight: ClassWeight = None,
        random_state: int | None = None,
    ):
        self.C = C
        self.width = width
        self.exact_rows = exact_rows
        self.n_components = n_components
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _check(self, X: MatrixLike, reset: bool = False) -> Any:
        """Return X checked, and learn the width of the kernel from it."""
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=reset)
        if reset:
            self.gamma_ = self.width * _scale(X)
        return X

    def _approximate(self, X: MatrixLike, machine: BaseEstimator) -> Pipeline:
        """Return a linear machine on Nystroem's features of the kernel."""
        features = Nystroem(
            gamma=self.gamma_,
            n_components=min(self.n_components, X.shape[0]),
            random_state=self.random_state,
        )
        return Pipeline([("kernel", features), ("machine", machine)])


class KernelSVMClassifier(CalibratedClassifierMixin, _KernelSVM):
    """Classify with an RBF-kernel SVM whose probabilities are calibrated.
    Up to ``exact_rows`` training rows the machine is exact; above, a linear machine
    is fitted to ``n_components`` Nystroem features of the same kernel.

    Parameters
    ----------
    C : float
        Inverse regularisation.
    width : float
        The kernel is ``exp(-width * d)`` where d is the mean squared difference over
        the columns, in units of their variance. 1 is what scikit-learn calls
        "scale"; with many columns, less of it is better.
    exact_rows : int
        Most rows for the exact machine, whose time grows with their square.
    n_components : int
        Rows the approximation is built on.
    n_splits : int
        Inner folds for the calibration.
    class_weight : None, "balanced" or dict by label
    random_state : int, optional

    Attributes
    ----------
    is_exact_ : bool

    Examples
    --------
    >>> from ensemble_kit.models.neighbors.kernel_svm import KernelSVMClassifier
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, ["a", "b", "b", "a"] * 5
    >>> model = KernelSVMClassifier(random_state=0).fit(X, y)
    >>> model.predict([[0.1], [1.4]]).tolist()
    ['a', 'b']
    """

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        X = self._check(X, reset)
        if reset:
            self.is_exact_ = X.shape[0] <= self.exact_rows
        if self.is_exact_:
            return X
        if reset:
            self.kernel_ = self._approximate(X, None)[:1].fit(X)
        return self.kernel_.transform(X)

    def _machine(self) -> Any:
        if self.is_exact_:
            return SVC(C=self.C, gamma=self.gamma_, cache_size=500)
        return LinearSVC(C=self.C, tol=1e-3, random_state=self.random_state)


class KernelSVMRegressor(RegressorMixin, _KernelSVM):
    """Predict numbers with an RBF-kernel SVM; see `KernelSVMClassifier`.

    The target is fitted in units of its standard deviation; ``n_splits`` and
    ``class_weight`` mean nothing here.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "KernelSVMRegressor":
        """Fit to numbers, dense or sparse, and values."""
        check_consistent_length(X, y)
        X = self._check(X, reset=True)
        scaled, self.scale_ = scale_target(y, sample_weight)
        weights = check_weights(sample_weight, len(scaled))
        self.is_exact_ = X.shape[0] <= self.exact_rows
        if self.is_exact_:
            self.model_ = SVR(C=self.C, gamma=self.gamma_, cache_size=500)
            self.model_.fit(X, scaled, sample_weight=weights)
            return self
        machine = LinearSVR(C=self.C, tol=1e-3, random_state=self.random_state)
        self.model_ = self._approximate(X, machine)
        self.model_.fit(X, scaled, machine__sample_weight=weights)
        return self

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        check_is_fitted(self)
        values = self.model_.predict(self._check(X))
        return self.scale_.restore(values)


def _scale(X: MatrixLike) -> float:
    """Return the gamma that scikit-learn calls "scale"."""
    square = X.multiply(X).mean() if hasattr(X, "multiply") else np.square(X).mean()
    variance = float(square - X.mean() ** 2)
    return 1.0 / (X.shape[1] * variance) if variance > 0 else 1.0
