"""Which members are worth their seconds."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics import Metric


def order_by_worth(
    predictions: dict[str, NDArray[np.float64]],
    y: NDArray[Any],
    metric: Metric,
    seconds: dict[str, float],
) -> list[str]:
    """Return members in the order of their gain per second in a growing blend.

    Parameters
    ----------
    predictions : dict of ndarray of shape (n_valid, n_outputs)
        One fold's predictions by member.
    y : ndarray of shape (n_valid,)
    metric : Metric
    seconds : dict of float
        What is left to fit; members that cost nothing come first.
    """
    left, chosen = dict(predictions), []
    blend: NDArray[np.float64] | None = None
    error = np.inf
    while left:
        errors = {
            name: _best_mixture(blend, values, y, metric)
            for name, values in left.items()
        }
        name = _worthiest(errors, error, seconds)
        new_error, share = errors[name]
        values = left.pop(name)
        blend = values if blend is None else (1 - share) * blend + share * values
        error = min(error, new_error)
        chosen.append(name)
    return chosen


def _worthiest(
    errors: dict[str, tuple[float, float]], error: float, seconds: dict[str, float]
) -> str:
    """Return the member with the highest gain per second; the best one to begin."""
    if not np.isfinite(error):
        return min(errors, key=lambda name: (errors[name][0], name))
    floor = max(1e-9, 0.05 * max(seconds.values(), default=1.0))
    return max(
        errors,
        key=lambda name: (
            max(0.0, error - errors[name][0]) / max(seconds[name], floor),
            -errors[name][0],
            name,
        ),
    )


def _best_mixture(
    blend: NDArray[np.float64] | None,
    values: NDArray[np.float64],
    y: NDArray[Any],
    metric: Metric,
) -> tuple[float, float]:
    """Return the lowest error of a mixture, and the newcomer's share in it."""
    if blend is None:
        return metric.error(y, values), 1.0
    shares = (0.1, 0.2, 0.35, 0.5)
    tried = [(metric.error(y, (1 - s) * blend + s * values), s) for s in shares]
    return min(tried)
