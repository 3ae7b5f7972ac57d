"""Labels from probabilities, decided so that a label metric comes out high."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.utils import check_random_state
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import RandomState
from ensemble_kit.decisions.class_weights import TOTALS_METRICS, ClassWeights
from ensemble_kit.decisions.confusion import counts_metric
from ensemble_kit.decisions.cut_points import best_cut_points
from ensemble_kit.decisions.thresholds import best_threshold
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.metrics.costs import cheapest_classes, costs_of
from ensemble_kit.oof.tensors import checked_weight, encoded, is_standard
from ensemble_kit.splitting.folds import FoldsLike

Array = NDArray[Any]
SMALLEST = 1e-15
N_KEYS = 3  # by which rows are put in order at first


class Decision(ClassifierMixin, BaseEstimator):
    """Choose labels from probabilities so that a label metric is high.

    Two classes get a threshold, more classes get weights before the argmax, ordered
    classes (kappa) get cut points on the expected class number. All are steadied by
    bootstrap samples. For accuracy the likeliest class stays unless the gain is
    larger than two standard errors, and for costs that of the least expected cost;
    metrics of probabilities always keep the likeliest.

    Parameters
    ----------
    metric : str or Metric
        A metric of labels.
    n_bags : int
        Bootstrap samples; 0 fits the rows themselves, which overfits few rows.
    random_state : int, RandomState or None
        Draws the samples.

    Attributes
    ----------
    kind_ : {"argmax", "threshold", "class_weights", "cut_points", "expected_cost"}
    threshold_ : float
        Class 1 from this probability on (binary).
    class_weights_ : ndarray of shape (n_classes,)
        Multiply the probabilities, geometric mean 1.
    cut_points_ : ndarray of shape (n_classes - 1,)
        Rising; label k lies between cuts k - 1 and k of the expected class number.
    costs_ : ndarray of shape (n_classes, n_classes)
        By true and by called class.
    classes_ : ndarray

    Examples
    --------
    >>> p = np.repeat([0.1, 0.3, 0.4], 40)
    >>> y = np.repeat([0, 1, 1], 40)
    >>> decision = Decision("f1", random_state=0).fit(np.stack([1 - p, p], axis=1), y)
    >>> round(decision.threshold_, 2)
    0.2
    """

    def __init__(
        self,
        metric: str | Metric = "accuracy",
        n_bags: int = 30,
        random_state: RandomState = 0,
    ):
        self.metric = metric
        self.n_bags = n_bags
        self.random_state = random_state

    def fit(
        self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "Decision":
        """Fit the decision on out-of-fold probabilities.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_classes)
            Probabilities; for an ordered metric also values of shape (n_rows, 1).
        y : array-like of shape (n_rows,)
            Class numbers or labels.
        sample_weight : array-like of shape (n_rows,), optional
        """
        probabilities, y = _checked(X), np.asarray(y)
        metric = _metric(self.metric)
        self.n_features_in_ = probabilities.shape[1]
        n_classes = self.n_features_in_
        if n_classes == 1:
            n_classes = len(np.unique(y))
        self.classes_, y = encoded(y, n_classes)
        weight = checked_weight(sample_weight, y)
        rng = check_random_state(self.random_state)
        if not _is_of_counts(metric, probabilities.shape[1], weight):
            # samples are drawn row by row: an order of the rows' own keeps the fit
            # independent of the order they come in
            order = order_of_rows([y, *probabilities.T[::-1], weight])
            probabilities, y, weight = probabilities[order], y[order], weight[order]
        self._fit(metric, probabilities, y, weight, rng)
        return self

    def predict(self, X: ArrayLike) -> Array:
        """Return labels of shape (n_rows,)."""
        check_is_fitted(self)
        probabilities = _checked(X, self.n_features_in_)
        if self.kind_ == "threshold":
            codes = (probabilities[:, 1] >= self.threshold_).astype(np.int64)
        elif self.kind_ == "cut_points":
            codes = np.searchsorted(self.cut_points_, expected_class(probabilities))
        elif self.kind_ == "expected_cost":
            codes = cheapest_classes(probabilities, self.costs_)
        elif self.kind_ == "class_weights":
            codes = (probabilities * self.class_weights_).argmax(axis=1)
        else:
            codes = probabilities.argmax(axis=1)
        return self.classes_[codes]

    def _fit(
        self,
        metric: Metric,
        probabilities: Array,
        y: Array,
        weight: Array,
        rng: np.random.RandomState,
    ) -> None:
        """Choose the kind of decision and fit it."""
        score = counts_metric(metric)
        n_outputs, n_classes = probabilities.shape[1], len(self.classes_)
        self.kind_ = "argmax"
        costs = costs_of(metric.function)
        if costs is not None and n_outputs == len(costs):
            self.kind_, self.costs_ = "expected_cost", costs
        if n_outputs == 2 and score is not None:
            self._fit_threshold(metric, score, probabilities, y, weight, rng)
        elif metric.ordered:
            self.kind_ = "cut_points"
            scores = expected_class(probabilities)
            self.cut_points_ = best_cut_points(
                scores, y, weight, n_classes, self.n_bags, rng
            )
        elif n_outputs == 1:
            raise PipelineError(
                f"values of one column decide ordered classes only; {metric.name!r} "
                "needs a column of probabilities per class"
            )
        elif is_standard(metric, *TOTALS_METRICS):
            self._fit_class_weights(metric, probabilities, y, weight, rng)

    def _fit_threshold(
        self,
        metric: Metric,
        score: Callable[..., Array],
        probabilities: Array,
        y: Array,
        weight: Array,
        rng: np.random.RandomState,
    ) -> None:
        """Fit the threshold of class 1."""
        positive = probabilities[:, 1]
        threshold = best_threshold(score, positive, y, weight, self.n_bags, rng)
        if self.kind_ == "expected_cost":
            moved = self.costs_[y, (positive >= threshold).astype(np.int64)]
            cheapest = self.costs_[y, cheapest_classes(probabilities, self.costs_)]
            if not _significant(-moved, -cheapest, weight):
                return
        moved = (positive >= threshold) == (y == 1)
        likeliest = probabilities.argmax(axis=1) == y
        if is_accuracy(metric) and not _significant(moved, likeliest, weight):
            return
        self.kind_, self.threshold_ = "threshold", threshold

    def _fit_class_weights(
        self,
        metric: Metric,
        probabilities: Array,
        y: Array,
        weight: Array,
        rng: np.random.RandomState,
    ) -> None:
        """Fit the weights of the classes."""
        logs = np.log(np.maximum(probabilities, SMALLEST))
        start = np.zeros(logs.shape[1])
        if metric.name == "balanced_accuracy":
            # for honest probabilities one over the prior is optimal
            start -= np.log(np.bincount(y, weight, logs.shape[1]) + 1)
            start -= start.mean()
        search = ClassWeights(TOTALS_METRICS[metric.name], logs, y, weight, start)
        # for accuracy one fit, which flatters itself, has to be significant first
        for n_bags in (0, self.n_bags) if is_accuracy(metric) else (self.n_bags,):
            log_weights = search.best(n_bags, rng)
            moved = (logs + log_weights).argmax(axis=1) == y
            likeliest = logs.argmax(axis=1) == y
            if is_accuracy(metric) and not _significant(moved, likeliest, weight):
                return
        self.kind_, self.class_weights_ = "class_weights", np.exp(log_weights)


def order_of_rows(keys: Sequence[Array]) -> Array:
    """Return the stable order of rows by some keys, the first ones counting most.

    Later keys are looked at only where earlier ones tie: of probabilities few do.

    Parameters
    ----------
    keys : sequence of ndarray of shape (n_rows,)
        Finite numbers.

    Examples
    --------
    >>> order_of_rows([np.array([1, 0, 1]), np.array([3, 3, 2])]).tolist()
    [1, 2, 0]
    """
    order = np.lexsort(keys[:N_KEYS][::-1])
    tied = np.ones(max(0, len(order) - 1), dtype=bool)
    for key in keys[:N_KEYS]:
        tied &= key[order[1:]] == key[order[:-1]]
    places = np.flatnonzero(np.r_[False, tied] | np.r_[tied, False])
    rows = np.sort(order[places])
    order[places] = rows[np.lexsort([key[rows] for key in keys[::-1]])]
    return order


def _is_of_counts(metric: Metric, n_outputs: int, weight: Array) -> bool:
    """Return whether a fit sees but whole numbers of rows, in no order.

    So do thresholds of rows that weigh one each: sums of ones are exact.
    """
    is_counted = counts_metric(metric) is not None and costs_of(metric.function) is None
    return n_outputs == 2 and is_counted and bool((weight == 1).all())


def is_accuracy(metric: Metric) -> bool:
    """Return whether the likeliest class is already the best guess."""
    return is_standard(metric, "accuracy", "f1_micro")


def _significant(right: Array, right_before: Array, weight: Array) -> bool:
    """Return whether the gain in right rows exceeds two standard errors."""
    change = (right.astype(np.float64) - right_before) * weight
    return float(change.sum()) > 2 * float(np.sqrt((change**2).sum()))


def expected_class(probabilities: Array) -> Array:
    """Return the mean class number, or the value of a single column."""
    if probabilities.shape[1] == 1:
        return probabilities[:, 0]
    return probabilities @ np.arange(probabilities.shape[1])


def _checked(probabilities: ArrayLike, n_outputs: int | None = None) -> Array:
    """Return finite predictions of shape (n_rows, n_outputs)."""
    values = np.asarray(probabilities, dtype=np.float64)
    wrong = values.ndim != 2 or n_outputs not in (None, values.shape[1])
    if wrong or not np.isfinite(values).all():
        raise PipelineError(
            f"expected finite predictions of shape (n_rows, {n_outputs or 'n_outputs'})"
            f"; found shape {values.shape}"
        )
    return values


def _metric(metric: str | Metric) -> Metric:
    """Return the metric of a name."""
    return metric if isinstance(metric, Metric) else METRICS[metric]


def honest_decision_score(
    probabilities: ArrayLike,
    y: ArrayLike,
    metric: str | Metric,
    folds: FoldsLike = 5,
    decision: Decision | None = None,
) -> float:
    """Return the score of labels, each fold decided by a fit on the other folds.

    Parameters
    ----------
    probabilities : ndarray of shape (n_rows, n_outputs)
        Out-of-fold predictions.
    y : array-like of shape (n_rows,)
        Class numbers 0..K-1.
    metric : str or Metric
        A metric that does not consume labels is scored as it is.
    folds : int, ndarray, splitter or iterable of pairs
        See ``splits_of``.
    decision : Decision, optional
        Unfitted; by default one for this metric.

    Examples
    --------
    >>> p = np.repeat([0.1, 0.3, 0.4], 40)
    >>> y = np.repeat([0, 1, 1], 40)
    >>> honest_decision_score(np.stack([1 - p, p], axis=1), y, "f1")
    1.0
    """
    # Whoever only decides labels needs no splitters, and they take long to import.
    from ensemble_kit.splitting.given_folds import splits_of

    metric, values, y = _metric(metric), _checked(probabilities), np.asarray(y)
    if metric.consumes != "label":
        return metric(y, values)
    template = Decision(metric) if decision is None else decision
    pairs = splits_of(folds, y, classification=True)
    seen = np.unique(np.concatenate([valid for _, valid in pairs]))
    labels = held_labels(template, values, y, pairs)
    return metric.score_labels(y[seen], labels[seen])


def held_labels(
    decision: Decision,
    probabilities: Array,
    y: Array,
    pairs: Iterable[tuple[Array, Array]],
    weight: Array | None = None,
) -> NDArray[np.int64]:
    """Return labels decided by rows that are not the ones they are decided for.

    Parameters
    ----------
    decision : Decision
        Unfitted.
    probabilities : ndarray of shape (n_rows, n_outputs)
        Out-of-fold predictions, finite in the rows of the pairs.
    y : ndarray of int of shape (n_rows,)
        Class numbers.
    pairs : iterable of (rows to fit on, rows to decide)
        Where there is nothing to fit on, the likeliest class is taken.
    weight : ndarray of shape (n_rows,), optional

    Returns
    -------
    ndarray of int of shape (n_rows,)
        Class numbers; 0 in rows that no pair decides.
    """
    labels = np.zeros(len(y), dtype=np.int64)
    for train, held in pairs:
        if len(train):
            part = None if weight is None else weight[train]
            fitted = clone(decision).fit(probabilities[train], y[train], part)
            labels[held] = fitted.predict(probabilities[held])
        else:
            labels[held] = probabilities[held].argmax(axis=1)
    return labels
