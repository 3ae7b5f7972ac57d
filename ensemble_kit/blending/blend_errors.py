"""The error of a finished blend, by the fastest exact way a metric has."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.averages import SMALLEST
from ensemble_kit.blending.greedy_scores import ranked_classes
from ensemble_kit.blending.label_scores import threshold_score
from ensemble_kit.decisions.confusion import counts_metric
from ensemble_kit.metrics import Metric
from ensemble_kit.metrics.exact_auc import exact_auc, weighted_auc
from ensemble_kit.oof.tensors import Rows, is_standard, normalize

Array = NDArray[Any]


def blend_error(rows: Rows, metric: Metric) -> Callable[[Array], float]:
    """Return a function of blended outputs (n_rows, n_outputs), lower is better.

    Binary label metrics are taken at their best threshold.
    """
    y, weight = rows.y, rows.weight
    if rows.classification and is_standard(metric, "log_loss"):
        return lambda blend: _log_loss(y, weight, normalize(blend))
    classes = ranked_classes(rows) if rows.classification else []
    if classes and is_standard(metric, "auc", "gini"):
        return _auc_error(rows, classes)
    function = counts_metric(metric)
    if rows.n_outputs == 2 and function is not None:
        return lambda blend: (
            1 - threshold_score(function, normalize(blend)[:, 1], y, weight)
        )
    scaled = weight * len(y)
    finish = normalize if rows.classification else np.asarray
    return lambda blend: metric.error(y, finish(blend), scaled)


def _log_loss(y: Array, weight: Array, probabilities: Array) -> float:
    true = np.maximum(probabilities[np.arange(len(y)), y], SMALLEST)
    return -float(weight @ np.log(true))


def _auc_error(rows: Rows, classes: list[int]) -> Callable[[Array], float]:
    """Return a function: one minus the mean AUC of the classes."""
    positive = [(rows.y == k).astype(np.uint64) for k in classes]
    equal = np.ptp(rows.weight) == 0

    def error(blend: Array) -> float:
        columns = normalize(blend)[:, classes].T
        pairs = list(zip(columns, positive, strict=True))
        if equal:
            return 1 - float(np.mean([exact_auc(c, p) for c, p in pairs]))
        return 1 - float(np.mean([weighted_auc(c, p, rows.weight) for c, p in pairs]))

    return error
