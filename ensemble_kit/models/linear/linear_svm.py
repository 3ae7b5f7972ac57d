"""Linear support vector machines: calibrated classes, and a scale-free regressor."""

from typing import ClassVar

from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.svm import LinearSVC, LinearSVR
from sklearn.utils import check_consistent_length

from ensemble_kit.arrays import ClassWeight, MatrixLike
from ensemble_kit.models.calibration import CalibratedClassifierMixin, Calibration
from ensemble_kit.models.target_scale import scale_target, unscale_linear
from ensemble_kit.parameter_limits import WEIGHTED, Limits


class LinearSVMClassifier(CalibratedClassifierMixin, BaseEstimator):
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

    _parameter_constraints: ClassVar[Limits] = {**WEIGHTED}

    def __init__(
        self,
        C: float = 0.1,
        n_splits: int = 3,
        class_weight: ClassWeight = None,
        max_iter: int = 5000,
        random_state: int | None = None,
    ):
        self.C = C
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.max_iter = max_iter
        self.random_state = random_state

    def _machine(self) -> LinearSVC:
        return LinearSVC(
            C=self.C,
            tol=1e-3,
            dual="auto",
            max_iter=self.max_iter,
            random_state=self.random_state,
        )

    def _keep(self, machine: LinearSVC, calibration: Calibration) -> None:
        super()._keep(machine, calibration)
        self.n_iter_ = int(machine.n_iter_)


class LinearSVMRegressor(LinearSVR):
    """Predict numbers with a linear SVM, whatever the scale of the target.

    The target is fitted in units of its standard deviation, so that ``C`` and
    ``epsilon`` mean the same everywhere; its loss is the absolute error beyond
    ``epsilon``. Otherwise this is scikit-learn's ``LinearSVR``.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "LinearSVMRegressor":
        """Fit to numbers, dense or sparse, and values."""
        check_consistent_length(X, y)
        scaled, scale = scale_target(y, sample_weight)
        super().fit(X, scaled, sample_weight)
        return unscale_linear(self, scale)
