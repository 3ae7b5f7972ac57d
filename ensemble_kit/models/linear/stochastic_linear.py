"""Averaged stochastic gradient descent for a target of any scale."""

from numpy.typing import ArrayLike
from sklearn.linear_model import SGDRegressor

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.target_scale import scale_target, unscale_linear


class StochasticLinearRegressor(SGDRegressor):
    """Predict numbers with scikit-learn's ``SGDRegressor`` on a scaled target.

    The target is fitted in units of its standard deviation, so that ``alpha``,
    ``epsilon`` and the learning rate mean the same everywhere.
    """

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "StochasticLinearRegressor":
        """Fit to numbers, dense or sparse, and values."""
        scaled, scale = scale_target(y, sample_weight)
        super().fit(X, scaled, sample_weight=sample_weight)
        return unscale_linear(self, scale)
