"""A target in units of its own spread, for models whose penalties have a scale."""

from typing import Any, NamedTuple, Protocol, TypeVar

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


class ScaledTargetMixin:
    """Fits values in units of their spread, and predicts within their range.

    Attributes
    ----------
    scale_ : TargetScale
    range_ : pair of float
        The least and the largest value of training.
    n_outputs_ : int
    """

    scale_: TargetScale
    range_: tuple[float, float]
    n_outputs_: int

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        """Return the target as training takes it."""
        scaled, self.scale_ = scale_target(y)
        least, largest = self.scale_.restore([scaled.min(), scaled.max()])
        self.range_ = (least, largest)
        self.n_outputs_ = 1
        return scaled

    def _restored(self, outputs: ArrayLike) -> NDArray[np.float64]:
        """Return raw outputs as values in the target's own units."""
        return np.clip(self.scale_.restore(outputs), *self.range_)


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
