"""The loss by which probes compare models on valid rows."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def valid_loss(
    estimator: Any, X: Any, y: NDArray[Any], weight: ArrayLike | None = None
) -> float:
    """Return a fitted estimator's loss on valid rows, as the probes compare it."""
    if hasattr(estimator, "classes_"):
        return log_loss(estimator.predict_proba(X), y, estimator.classes_, weight)
    errors = np.asarray(estimator.predict(X), dtype=np.float64).ravel() - y
    absolute = minimises_absolute_error(estimator)
    losses = np.abs(errors) if absolute else np.square(errors)
    return float(np.average(losses, weights=_as_weights(weight)))


def log_loss(
    proba: NDArray[Any],
    y: NDArray[Any],
    classes: NDArray[Any],
    weight: ArrayLike | None = None,
) -> float:
    """Return the mean log loss; classes the model never met cost a fixed price."""
    column = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    hit = np.where(classes[column] == y, proba[np.arange(len(y)), column], 0.0)
    return float(
        np.average(-np.log(np.clip(hit, 1e-6, 1.0)), weights=_as_weights(weight))
    )


def minimises_absolute_error(estimator: Any) -> bool:
    """Return whether an estimator's own objective is the absolute error."""
    absolute = {
        "l1",
        "mae",
        "MAE",
        "absolute_error",
        "reg:absoluteerror",
        "epsilon_insensitive",
        "quantile",
    }
    names = ("objective", "loss", "loss_function")
    return any(getattr(estimator, name, None) in absolute for name in names)


def _as_weights(weight: ArrayLike | None) -> NDArray[np.float64] | None:
    return None if weight is None else np.asarray(weight, dtype=np.float64)
