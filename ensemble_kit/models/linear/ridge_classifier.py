"""Ridge regression on class indicators, with calibrated probabilities."""

from typing import Any, ClassVar

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.linear_model import RidgeClassifier
from sklearn.utils.validation import validate_data

from ensemble_kit.arrays import ClassWeight, MatrixLike
from ensemble_kit.models.calibration import CalibratedClassifierMixin
from ensemble_kit.parameter_limits import WEIGHTED, Limits


class CalibratedRidgeClassifier(CalibratedClassifierMixin, BaseEstimator):
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

    _parameter_constraints: ClassVar[Limits] = {**WEIGHTED}

    def __init__(
        self,
        alpha: float = 1.0,
        solver: str = "auto",
        n_splits: int = 3,
        class_weight: ClassWeight = None,
        random_state: int | None = None,
    ):
        self.alpha = alpha
        self.solver = solver
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.random_state = random_state

    def _read(self, X: MatrixLike, reset: bool = False) -> Any:
        dtypes = [np.float64, np.float32]
        return validate_data(self, X, accept_sparse="csr", dtype=dtypes, reset=reset)

    def _machine(self) -> RidgeClassifier:
        return RidgeClassifier(
            alpha=self.alpha, solver=self.solver, random_state=self.random_state
        )
