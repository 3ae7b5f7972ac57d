"""Formulas of the metrics: ``formula(y, predictions, sample_weight)``."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
CLIP = 1e-15


def normalized(probabilities: Array) -> Array:
    """Return probabilities clipped away from 0 and 1, rows summing to 1."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), CLIP, 1 - CLIP)
    return clipped / clipped.sum(axis=1, keepdims=True)


def average(values: Array, weight: Array | None) -> float:
    """Return the weighted mean."""
    mean = values.mean() if weight is None else np.average(values, weights=weight)
    return float(mean)


def log_loss(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Mean of minus the logarithm of the true class's probability."""
    true_class = normalized(probabilities)[np.arange(len(y)), y]
    return average(-np.log(true_class), weight)


def brier(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Sum over classes of squared errors, halved for two classes (Brier 1950)."""
    one_hot = np.eye(probabilities.shape[1])[y]
    squared = ((probabilities - one_hot) ** 2).sum(axis=1)
    return average(squared / (2 if probabilities.shape[1] == 2 else 1), weight)


def auc(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Area under the ROC curve; with more than two classes, one-vs-rest, macro.

    A class that no row has is left out of the mean; with one class in all, every
    ranking is as good as chance: 0.5.
    """
    n_classes = probabilities.shape[1]
    columns = [1] if n_classes == 2 else range(n_classes)
    seen = [k for k in columns if 0 < (y == k).sum() < len(y)]
    scores = [_binary_auc(y == k, probabilities[:, k], weight) for k in seen]
    return float(np.mean(scores)) if scores else 0.5


def _binary_auc(y: Array, scores: Array, weight: Array | None) -> float:
    """Return `roc_auc_score` to the bit, without its questions of what labels are.

    Of a few hundred rows they take two fifths of its time.
    """
    from sklearn.metrics import auc, roc_curve

    false, true, _ = roc_curve(y, scores, sample_weight=weight)
    return float(auc(false, true))


def gini(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Normalised Gini coefficient: 2 AUC - 1."""
    return 2 * auc(y, probabilities, weight) - 1


def average_precision(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Precision over the steps of recall; with more classes, their mean."""
    from sklearn.metrics import average_precision_score

    n_classes = probabilities.shape[1]
    columns = [1] if n_classes == 2 else range(n_classes)
    seen = [k for k in columns if (y == k).any()]
    scores = [
        average_precision_score(y == k, probabilities[:, k], sample_weight=weight)
        for k in seen
    ]
    return float(np.mean(scores)) if scores else 0.0


def accuracy(y: Array, labels: Array, weight: Array | None) -> float:
    """Share of rows with the right label."""
    return average(y == labels, weight)


def balanced_accuracy(y: Array, labels: Array, weight: Array | None) -> float:
    """Mean recall over the classes that y has."""
    weight = np.ones(len(y)) if weight is None else weight
    recalls = [average(labels[y == k] == k, weight[y == k]) for k in np.unique(y)]
    return float(np.mean(recalls))


def f1(average: str, y: Array, labels: Array, weight: Array | None) -> float:
    """Harmonic mean of precision and recall, averaged as scikit-learn does it."""
    from sklearn.metrics import f1_score

    return f1_score(y, labels, average=average, sample_weight=weight, zero_division=0)


def mcc(y: Array, labels: Array, weight: Array | None) -> float:
    """Matthews' correlation, for any number of classes (Gorodkin 2004).

    0 where it is undefined: one class in y, or one label for all rows.
    """
    table = confusion(y, labels, weight)
    true, called, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    spread = (total**2 - true @ true) * (total**2 - called @ called)
    hit = np.trace(table) * total - true @ called
    return float(hit / spread**0.5) if spread > 0 else 0.0


def confusion(y: Array, labels: Array, weight: Array | None) -> Array:
    """Return the weight of rows by (true, called) class number."""
    size = int(max(y.max(), labels.max())) + 1
    table = np.zeros((size, size))
    np.add.at(table, (y, labels), 1.0 if weight is None else weight)
    return table


def quadratic_kappa(y: Array, labels: Array, weight: Array | None) -> float:
    """Cohen's kappa with squared distances between class numbers (Cohen 1968)."""
    observed = confusion(y, labels, weight)
    size = len(observed)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    distance = np.subtract.outer(np.arange(size), np.arange(size)) ** 2
    chance = (distance * expected).sum()
    return 1.0 if chance == 0 else float(1 - (distance * observed).sum() / chance)


def mse(y: Array, values: Array, weight: Array | None) -> float:
    """Mean of squared differences."""
    return average((y - values) ** 2, weight)


def rmse(y: Array, values: Array, weight: Array | None) -> float:
    """Square root of the mean squared difference."""
    return mse(y, values, weight) ** 0.5


def rmsle(y: Array, values: Array, weight: Array | None) -> float:
    """Root mean squared difference of log(1 + value); predictions cut at 0."""
    return rmse(np.log1p(y), np.log1p(np.maximum(values, 0)), weight)


def mae(y: Array, values: Array, weight: Array | None) -> float:
    """Mean of absolute differences."""
    return average(np.abs(y - values), weight)


def mape(y: Array, values: Array, weight: Array | None) -> float:
    """Mean of absolute differences, each divided by the true value."""
    scale = np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return average(np.abs(y - values) / scale, weight)


def smape(y: Array, values: Array, weight: Array | None) -> float:
    """2 |y - v| / (|y| + |v|), 0 where both are 0; between 0 and 2."""
    scale = np.abs(y) + np.abs(values)
    ratio = np.divide(
        2 * np.abs(y - values), scale, out=np.zeros(len(y)), where=scale > 0
    )
    return average(ratio, weight)


def median_absolute_error(y: Array, values: Array, weight: Array | None) -> float:
    """Median of absolute differences."""
    from sklearn.metrics import median_absolute_error

    return median_absolute_error(y, values, sample_weight=weight)


def r2(y: Array, values: Array, weight: Array | None) -> float:
    """Share of the variance that is explained; 0 where there is none."""
    spread = average((y - average(y, weight)) ** 2, weight)
    return 0.0 if spread == 0 else 1 - mse(y, values, weight) / spread


def pearson(y: Array, values: Array, weight: Array | None) -> float:
    """Correlation; 0 where one side does not vary."""
    y, values = y - average(y, weight), values - average(values, weight)
    scale = (average(y**2, weight) * average(values**2, weight)) ** 0.5
    return 0.0 if scale == 0 else average(y * values, weight) / scale


def spearman(y: Array, values: Array, weight: Array | None) -> float:
    """Pearson's correlation of ranks; a weight of two ranks like the row twice."""
    weight = np.ones(len(y)) if weight is None else weight
    return pearson(ranks(y, weight), ranks(values, weight), weight)


def ranks(values: Array, weight: Array) -> Array:
    """Return the weight below each value plus half of the weight at it."""
    _, place = np.unique(values, return_inverse=True)
    at = np.bincount(place, weights=weight)
    return (np.cumsum(at) - at / 2)[place]
