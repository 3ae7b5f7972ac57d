"""A target in units of its own spread, for models whose penalties have a scale."""

from typing import NamedTuple, Protocol, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite, column_or_1d

from ensemble_kit.models.class_labels import check_weights

Model = TypeVar("Model", bound="LinearModel")


class LinearModel(Protocol):
    """A fitted sum of weighted columns."""

    coef_: NDArray[np.float64]
    intercept_: NDArray[np.float64]


class TargetScale(NamedTuple):
    """The center and the spread of a target."""

    center: float
    spread: float

    def restore(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return scaled values in the target's own units."""
        return np.asarray(values, dtype=np.float64) * self.spread + self.center


def scale_target(
    y: ArrayLike, sample_weight: ArrayLike | None = None
) -> tuple[NDArray[np.float64], TargetScale]:
    """Return y centered by its weighted mean, in standard deviations, and the scale."""
    y = number_target(y)
    weights = check_weights(sample_weight, len(y))
    center = float(np.average(y, weights=weights))
    spread = float(np.sqrt(np.average(np.square(y - center), weights=weights))) or 1.0
    return (y - center) / spread, TargetScale(center, spread)


def number_target(y: ArrayLike) -> NDArray[np.float64]:
    """Return a target as finite floats.

    Raises
    ------
    ValueError
        When a value is missing or infinite, or there are several per row.
    """
    y = column_or_1d(y, warn=True)
    assert_all_finite(y, input_name="y")
    return np.asarray(y, dtype=np.float64)


def unscale_linear(model: Model, scale: TargetScale) -> Model:
    """Return a linear model fitted to a scaled target, in the target's own units."""
    model.coef_ = model.coef_ * scale.spread
    model.intercept_ = scale.restore(model.intercept_)
    return model
