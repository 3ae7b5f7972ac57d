"""A target in units of its own spread, for models whose penalties have a scale."""

from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray
from sklearn.utils import column_or_1d

Model = TypeVar("Model")


class TargetScale(NamedTuple):
    """The center and the spread of a target."""

    center: float
    spread: float

    def restore(self, values: NDArray[Any]) -> NDArray[np.float64]:
        """Return scaled values in the target's own units."""
        return np.asarray(values, dtype=np.float64) * self.spread + self.center


def scale_target(y: Any) -> tuple[NDArray[np.float64], TargetScale]:
    """Return y centered by its mean, in standard deviations, and that scale."""
    y = np.asarray(column_or_1d(y, warn=True), dtype=np.float64)
    spread = float(y.std()) or 1.0
    scale = TargetScale(float(y.mean()), spread)
    return (y - scale.center) / scale.spread, scale


def unscale_linear(model: Model, scale: TargetScale) -> Model:
    """Return a linear model fitted to a scaled target, in the target's own units."""
    model.coef_ = model.coef_ * scale.spread
    model.intercept_ = scale.restore(model.intercept_)
    return model
