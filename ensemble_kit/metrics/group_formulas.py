"""Metrics that go by groups of rows: ``formula(y, predictions, weight, groups)``."""

import numpy as np

from ensemble_kit.metrics.formulas import Array, average, mse

R2_WITHIN = "r2_within"


def r2_within(y: Array, values: Array, weight: Array | None, groups: Array) -> float:
    """Share of the variance around each group's own mean that is explained.

    One minus the squared differences over those to the group's mean: above 0,
    predictions know more than the means of the groups. A group of one row, or of one
    value, has no variance: its differences count, and it adds nothing to explain. 0
    where no group has any.
    """
    y = np.asarray(y, dtype=np.float64)
    spread = average((y - group_means(y, weight, groups)) ** 2, weight)
    rounding = 4 * np.finfo(np.float64).eps * float(np.abs(y).max(initial=0.0))
    return 0.0 if spread <= rounding**2 else 1 - mse(y, values, weight) / spread


def group_means(y: Array, weight: Array | None, groups: Array) -> Array:
    """Return for each row the weighted mean of its group; its y where that weighs 0."""
    _, at = np.unique(groups, return_inverse=True)
    weight = np.ones(len(y)) if weight is None else np.asarray(weight)
    sums, total = np.bincount(at, weight * y), np.bincount(at, weight)
    return np.divide(sums[at], total[at], out=y.copy(), where=total[at] > 0)
