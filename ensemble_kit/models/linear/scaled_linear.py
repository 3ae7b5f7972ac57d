"""Penalised and robust regressions whose penalties mean the same on every scale."""

from typing import Any

from numpy.typing import ArrayLike
from sklearn.linear_model import ElasticNet, HuberRegressor, QuantileRegressor

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.target_scale import scale_target, unscale_linear


class ScaledElasticNet(ElasticNet):
    """Elastic net (lasso at ``l1_ratio=1``) on a target in standard deviations."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        return tags

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "ScaledElasticNet":
        """Fit to numbers, dense or sparse, and values."""
        scaled, scale = scale_target(y, sample_weight)
        super().fit(X, scaled, sample_weight=sample_weight)
        return unscale_linear(self, scale)


class ScaledHuberRegressor(HuberRegressor):
    """Huber regression on a target in standard deviations."""

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "ScaledHuberRegressor":
        """Fit to numbers, dense or sparse, and values."""
        scaled, scale = scale_target(y, sample_weight)
        super().fit(X, scaled, sample_weight=sample_weight)
        return unscale_linear(self, scale)


class ScaledQuantileRegressor(QuantileRegressor):
    """Linear quantile regression on a target in standard deviations."""

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "ScaledQuantileRegressor":
        """Fit to numbers, dense or sparse, and values."""
        scaled, scale = scale_target(y, sample_weight)
        super().fit(X, scaled, sample_weight=sample_weight)
        return unscale_linear(self, scale)
