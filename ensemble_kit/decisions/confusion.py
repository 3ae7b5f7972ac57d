"""Confusion tables, and binary label metrics from counts for many thresholds."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics import Metric
from ensemble_kit.metrics.costs import cost_of_counts, costs_of
from ensemble_kit.oof.tensors import is_standard

Array = NDArray[Any]
# Of the weights of true and false positives, false and true negatives.
CountsMetric = Callable[[Array, Array, Array, Array], Array]


def _ratio(above: Array, below: Array) -> Array:
    """Return above / below, 0 where below is 0."""
    return np.divide(above, below, out=np.zeros(np.shape(above)), where=below > 0)


def _accuracy(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    return _ratio(tp + tn, tp + fp + fn + tn)


def _balanced_accuracy(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    return (_ratio(tp, tp + fn) + _ratio(tn, tn + fp)) / 2


def _f1(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    return _ratio(2 * tp, 2 * tp + fp + fn)


def _f1_macro(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    return (_f1(tp, fp, fn, tn) + _f1(tn, fn, fp, tp)) / 2


def _f1_weighted(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    positive, negative = tp + fn, tn + fp
    total = positive * _f1(tp, fp, fn, tn) + negative * _f1(tn, fn, fp, tp)
    return _ratio(total, positive + negative)


def _mcc(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    scale = np.sqrt((tp + fp) * (tp + fn) * (tn + fp) * (tn + fn))
    return _ratio(tp * tn - fp * fn, scale)


def _kappa(tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    chance = (tp + fp) * (fp + tn) + (tp + fn) * (fn + tn)
    return _ratio(2 * (tp * tn - fp * fn), chance)


COUNT_METRICS: dict[str, Callable[..., Array]] = {
    "accuracy": _accuracy,
    "f1_micro": _accuracy,
    "balanced_accuracy": _balanced_accuracy,
    "f1": _f1,
    "f1_macro": _f1_macro,
    "f1_weighted": _f1_weighted,
    "mcc": _mcc,
    "quadratic_kappa": _kappa,
}


def counts_metric(metric: Metric) -> CountsMetric | None:
    """Return the function of (tp, fp, fn, tn) that equals a metric, if known.

    For a metric of costs it is one minus the mean cost.
    """
    matrix = costs_of(metric.function)
    if matrix is not None:
        return partial(cost_of_counts, matrix) if len(matrix) == 2 else None
    known = is_standard(metric, *COUNT_METRICS)
    return COUNT_METRICS[metric.name] if known else None


def scores_above(function: CountsMetric, positive: Array, negative: Array) -> Array:
    """Return the metric when bins from b on are called positive, for b = 0..n_bins.

    Parameters
    ----------
    function : callable
        A function of (tp, fp, fn, tn).
    positive, negative : ndarray of shape (..., n_bins)
        Weight of positive and of negative rows in each bin, lowest scores first.
    """
    fn, tn = _below(positive), _below(negative)
    tp, fp = fn[..., -1:] - fn, tn[..., -1:] - tn
    return function(tp, fp, fn, tn)


def _below(bins: Array) -> Array:
    """Return the weight below each of the n_bins + 1 borders."""
    start = np.zeros((*bins.shape[:-1], 1))
    return np.concatenate([start, np.cumsum(bins, axis=-1)], axis=-1)


def confusion_table(y: Array, labels: Array, weight: Array, n_classes: int) -> Array:
    """Return the weight of rows by (true, called) class."""
    cells = np.bincount(y * n_classes + labels, weights=weight, minlength=n_classes**2)
    return cells.reshape(n_classes, n_classes)
