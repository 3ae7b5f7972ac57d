"""Metrics by name, called on canonical predictions of shape (n_rows, n_outputs)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.registry import Registry
from ensemble_kit.tasks import Task

Array = NDArray[Any]
CLASSIFICATION = frozenset({"binary", "multiclass"})
BINARY = frozenset({"binary"})
REGRESSION = frozenset({"regression"})
CLIP = 1e-15


@dataclass(frozen=True)
class Metric:
    """A score, its direction, and what it reads of the predictions.

    Parameters
    ----------
    name : str
    function : callable
        ``function(y, predictions, sample_weight)``; what ``predictions`` is says
        ``consumes``: labels 0..K-1, probabilities (n_rows, K), or values (n_rows,).
    greater_is_better : bool
    consumes : {"label", "probability", "value"}
    optimum : float
        The best possible score.
    tasks : frozenset of str
        Kinds of task it is defined for.
    transform : {"identity", "log1p", "even"}
        The scale a regression target is best fitted in for this metric; "even" is
        the one of the two others in which the target is less skewed.
    scale : {"identity", "log1p"}
        The scale that the predictions it is called with are in.
    ordered : bool
        Whether the classes are steps of one scale (kappa): label decisions are
        then cut points.

    Examples
    --------
    >>> import numpy as np
    >>> METRICS["accuracy"](np.array([0, 1]), np.array([[.9, .1], [.2, .8]]))
    1.0
    """

    name: str
    function: Callable[[Array, Array, Array | None], float]
    greater_is_better: bool
    consumes: Literal["label", "probability", "value"]
    optimum: float
    tasks: frozenset[str]
    transform: str = "identity"
    scale: str = "identity"
    ordered: bool = False

    def __call__(
        self, y: Array, predictions: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the score of canonical predictions.

        Parameters
        ----------
        y : ndarray of shape (n_rows,)
            Class numbers, or values.
        predictions : ndarray of shape (n_rows, n_outputs)
        sample_weight : ndarray of shape (n_rows,), optional
        """
        y, predictions = np.asarray(y), np.asarray(predictions)
        if predictions.ndim == 2 and self.consumes == "label":
            predictions = predictions.argmax(axis=1)
        elif predictions.ndim == 2 and self.consumes == "value":
            predictions = predictions[:, 0]
        return float(self.function(y, predictions, sample_weight))

    def error(
        self, y: Array, predictions: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the distance from the optimum: lower is better, 0 is best."""
        score = self(y, predictions, sample_weight)
        return self.optimum - score if self.greater_is_better else score - self.optimum

    def score_labels(
        self, y: Array, labels: Array, sample_weight: Array | None = None
    ) -> float:
        """Return the score of labels 0..K-1 that a decision chose."""
        return float(self.function(y, labels, sample_weight))

    def on(self, task: Task) -> "Metric":
        """Return this metric for a target and predictions fitted in a task's scale."""
        if task.transform == "identity":
            return self
        function = partial(_restored, self.function, task)
        return replace(self, function=function, scale=task.transform)

    @property
    def sign(self) -> str:
        """Return an arrow that points where scores get better."""
        return "↑" if self.greater_is_better else "↓"


def _restored(function: Any, task: Task, y: Array, values: Array, weight: Any) -> float:
    """Score in the target's own units."""
    return function(task.restore(y), task.restore(values), weight)


def normalized(probabilities: Array) -> Array:
    """Return probabilities clipped away from 0 and 1, rows summing to 1."""
    clipped = np.clip(np.asarray(probabilities, dtype=np.float64), CLIP, 1 - CLIP)
    return clipped / clipped.sum(axis=1, keepdims=True)


def _average(values: Array, weight: Array | None) -> float:
    return float(np.average(values, weights=weight))


def _log_loss(y: Array, probabilities: Array, weight: Array | None) -> float:
    true_class = normalized(probabilities)[np.arange(len(y)), y]
    return _average(-np.log(true_class), weight)


def _brier(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Sum over classes of squared errors, halved for two classes (Brier 1950)."""
    one_hot = np.eye(probabilities.shape[1])[y]
    squared = ((probabilities - one_hot) ** 2).sum(axis=1)
    return _average(squared / (2 if probabilities.shape[1] == 2 else 1), weight)


def _auc(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Area under the ROC curve; with more than two classes, one-vs-rest, macro.

    A class that no row has is left out of the mean; with one class in all, every
    ranking is as good as chance: 0.5.
    """
    from sklearn.metrics import roc_auc_score

    n_classes = probabilities.shape[1]
    columns = [1] if n_classes == 2 else range(n_classes)
    seen = [k for k in columns if 0 < (y == k).sum() < len(y)]
    scores = [
        roc_auc_score(y == k, probabilities[:, k], sample_weight=weight) for k in seen
    ]
    return float(np.mean(scores)) if scores else 0.5


def _gini(y: Array, probabilities: Array, weight: Array | None) -> float:
    """Normalised Gini coefficient: 2 AUC - 1."""
    return 2 * _auc(y, probabilities, weight) - 1


def _average_precision(y: Array, probabilities: Array, weight: Array | None) -> float:
    from sklearn.metrics import average_precision_score

    n_classes = probabilities.shape[1]
    columns = [1] if n_classes == 2 else range(n_classes)
    seen = [k for k in columns if (y == k).any()]
    scores = [
        average_precision_score(y == k, probabilities[:, k], sample_weight=weight)
        for k in seen
    ]
    return float(np.mean(scores)) if scores else 0.0


def _accuracy(y: Array, labels: Array, weight: Array | None) -> float:
    return _average(y == labels, weight)


def _balanced_accuracy(y: Array, labels: Array, weight: Array | None) -> float:
    """Mean recall over the classes that y has."""
    weight = np.ones(len(y)) if weight is None else weight
    recalls = [_average(labels[y == k] == k, weight[y == k]) for k in np.unique(y)]
    return float(np.mean(recalls))


def _f1(average: str, y: Array, labels: Array, weight: Array | None) -> float:
    from sklearn.metrics import f1_score

    return f1_score(y, labels, average=average, sample_weight=weight, zero_division=0)


def _mcc(y: Array, labels: Array, weight: Array | None) -> float:
    """Matthews' correlation, for any number of classes (Gorodkin 2004).

    0 where it is undefined: one class in y, or one label for all rows.
    """
    table = _confusion(y, labels, weight)
    true, called, total = table.sum(axis=1), table.sum(axis=0), table.sum()
    spread = (total**2 - true @ true) * (total**2 - called @ called)
    hit = np.trace(table) * total - true @ called
    return float(hit / spread**0.5) if spread > 0 else 0.0


def _confusion(y: Array, labels: Array, weight: Array | None) -> Array:
    """Return the weight of rows by (true, called) class number."""
    size = int(max(y.max(), labels.max())) + 1
    table = np.zeros((size, size))
    np.add.at(table, (y, labels), 1.0 if weight is None else weight)
    return table


def _quadratic_kappa(y: Array, labels: Array, weight: Array | None) -> float:
    """Cohen's kappa with squared distances between class numbers (Cohen 1968)."""
    observed = _confusion(y, labels, weight)
    size = len(observed)
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    distance = np.subtract.outer(np.arange(size), np.arange(size)) ** 2
    chance = (distance * expected).sum()
    return 1.0 if chance == 0 else float(1 - (distance * observed).sum() / chance)


def _mse(y: Array, values: Array, weight: Array | None) -> float:
    return _average((y - values) ** 2, weight)


def _rmse(y: Array, values: Array, weight: Array | None) -> float:
    return _mse(y, values, weight) ** 0.5


def _rmsle(y: Array, values: Array, weight: Array | None) -> float:
    """Root mean squared difference of log(1 + value); predictions cut at 0."""
    return _rmse(np.log1p(y), np.log1p(np.maximum(values, 0)), weight)


def _mae(y: Array, values: Array, weight: Array | None) -> float:
    return _average(np.abs(y - values), weight)


def _mape(y: Array, values: Array, weight: Array | None) -> float:
    scale = np.maximum(np.abs(y), np.finfo(np.float64).eps)
    return _average(np.abs(y - values) / scale, weight)


def _smape(y: Array, values: Array, weight: Array | None) -> float:
    """2 |y - v| / (|y| + |v|), 0 where both are 0; between 0 and 2."""
    scale = np.abs(y) + np.abs(values)
    ratio = np.divide(
        2 * np.abs(y - values), scale, out=np.zeros(len(y)), where=scale > 0
    )
    return _average(ratio, weight)


def _median_absolute_error(y: Array, values: Array, weight: Array | None) -> float:
    from sklearn.metrics import median_absolute_error

    return median_absolute_error(y, values, sample_weight=weight)


def _r2(y: Array, values: Array, weight: Array | None) -> float:
    spread = _average((y - _average(y, weight)) ** 2, weight)
    return 0.0 if spread == 0 else 1 - _mse(y, values, weight) / spread


def _pearson(y: Array, values: Array, weight: Array | None) -> float:
    y, values = y - _average(y, weight), values - _average(values, weight)
    scale = (_average(y**2, weight) * _average(values**2, weight)) ** 0.5
    return 0.0 if scale == 0 else _average(y * values, weight) / scale


def _spearman(y: Array, values: Array, weight: Array | None) -> float:
    """Pearson's correlation of ranks; a weight of two ranks like the row twice."""
    weight = np.ones(len(y)) if weight is None else weight
    return _pearson(_ranks(y, weight), _ranks(values, weight), weight)


def _ranks(values: Array, weight: Array) -> Array:
    """Return the weight below each value plus half of the weight at it."""
    _, place = np.unique(values, return_inverse=True)
    at = np.bincount(place, weights=weight)
    return (np.cumsum(at) - at / 2)[place]


METRICS: Registry[Metric] = Registry("metric", group="ensemble_kit.metrics")


def _add(
    name: str,
    function: Any,
    consumes: Any,
    tasks: frozenset[str],
    optimum: float = 1.0,
    **more: Any,
) -> None:
    """Add a metric; an optimum of 0 means that lower is better."""
    METRICS.add(Metric(name, function, optimum > 0, consumes, optimum, tasks, **more))


_add("log_loss", _log_loss, "probability", CLASSIFICATION, 0.0)
_add("brier", _brier, "probability", CLASSIFICATION, 0.0)
_add("auc", _auc, "probability", CLASSIFICATION)
_add("gini", _gini, "probability", CLASSIFICATION)
_add("average_precision", _average_precision, "probability", CLASSIFICATION)
_add("accuracy", _accuracy, "label", CLASSIFICATION)
_add("balanced_accuracy", _balanced_accuracy, "label", CLASSIFICATION)
_add("f1", partial(_f1, "binary"), "label", BINARY)
_add("f1_macro", partial(_f1, "macro"), "label", CLASSIFICATION)
_add("f1_micro", partial(_f1, "micro"), "label", CLASSIFICATION)
_add("f1_weighted", partial(_f1, "weighted"), "label", CLASSIFICATION)
_add("mcc", _mcc, "label", CLASSIFICATION)
_add("quadratic_kappa", _quadratic_kappa, "label", CLASSIFICATION, ordered=True)
_add("rmse", _rmse, "value", REGRESSION, 0.0)
_add("mse", _mse, "value", REGRESSION, 0.0)
_add("rmsle", _rmsle, "value", REGRESSION, 0.0, transform="log1p")
_add("mae", _mae, "value", REGRESSION, 0.0, transform="even")
_add("mape", _mape, "value", REGRESSION, 0.0, transform="even")
_add("smape", _smape, "value", REGRESSION, 0.0, transform="even")
_add(
    "median_absolute_error",
    _median_absolute_error,
    "value",
    REGRESSION,
    0.0,
    transform="even",
)
_add("r2", _r2, "value", REGRESSION)
_add("pearson", _pearson, "value", REGRESSION)
_add("spearman", _spearman, "value", REGRESSION)
