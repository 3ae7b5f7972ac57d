"""What the two stacked estimators share."""

import warnings
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import is_classifier
from sklearn.utils.validation import check_consistent_length
from threadpoolctl import threadpool_limits

from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.running.metric_objectives import metric_in_scale
from ensemble_kit.running.row_weights import weights_notes
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitting import (
    draw_seed,
    fit_stack,
    make_folds,
    make_source,
    with_upper_folds,
)
from ensemble_kit.stacking.given_tables import handed_over, holds_texts
from ensemble_kit.stacking.tables import (
    apply_kinds,
    apply_levels,
    learn_kinds,
    learn_levels,
    read_table,
)
from ensemble_kit.stacking.wiring import accepts_sparse, allows_nan, wire
from ensemble_kit.store.frames import take_rows
from ensemble_kit.tasks import Task

MakeTask = Callable[[ArrayLike, Metric], tuple[Task, NDArray[Any]]]
MIN_ROWS = 2


def tags_of_stack(tags: Any, members: Sequence[Any]) -> Any:
    """Return tags that say what the members together accept."""
    tags.input_tags.allow_nan = allows_nan(members)
    tags.input_tags.sparse = accepts_sparse(members)
    tags.input_tags.categorical = True
    tags.input_tags.string = True
    return tags


def fit_estimator(
    stack: Any,
    X: Any,
    y: ArrayLike,
    sample_weight: ArrayLike | None,
    groups: ArrayLike | None,
    make_task: MakeTask,
) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    """Fit a stacked estimator and set its attributes.

    Returns
    -------
    target : ndarray of shape (n_rows,)
        Encoded.
    weights : ndarray of shape (n_rows,) or None

    Warns
    -----
    UserWarning
        Where there are weights, with the members that take none.
    """
    X = handed_over(X)
    refuse_missing(y)
    table = read_table(stack, X, y, min_rows=MIN_ROWS, **_accepted(stack))
    metric = METRICS[stack.metric]
    task, target = make_task(y, metric)
    check_consistent_length(table, target, groups)
    weights = _read_weights(sample_weight, target, task)
    used = np.arange(len(target)) if weights is None else np.flatnonzero(weights)
    seed = draw_seed(stack.random_state)
    folds = _folds(stack, target, groups, seed, used)
    table = table if len(used) == len(target) else take_rows(table, used)
    texts = list(table) if holds_texts(X) else stack.texts
    stack._levels, stack._kinds = learn_levels(table, texts), learn_kinds(table)
    stack._columns = list(table) if hasattr(table, "columns") else []
    wiring = wire(
        stack.members,
        stack.final,
        stack.original,
        is_classifier=is_classifier(stack),
        is_array=not hasattr(X, "columns"),
        is_sparse=not hasattr(table, "columns"),
    )
    if weights is not None:
        for note in weights_notes(wiring.members):
            warnings.warn(note, UserWarning, stacklevel=3)
    table = apply_levels(table, stack._levels)
    arrays = _taken(weights, used), _taken(groups, used)
    source = make_source(table, target[used], task, folds, *arrays)
    source = with_upper_folds(source, is_classifier(stack), seed)
    scaled = metric_in_scale(metric, task)
    fitted = fit_stack(source, wiring, scaled, seed, stack.n_jobs).on_rows(
        used, len(target)
    )
    _set_attributes(stack, fitted, task, metric)
    return target, weights


def refuse_missing(y: ArrayLike) -> None:
    """Raise for missing values of a target, in the words of scikit-learn."""
    if y is None:
        return  # which scikit-learn has words for, too
    cells = np.asarray(y, dtype=object)
    missing = np.flatnonzero(pd.isna(cells))
    if len(missing):
        raise ValueError(
            f"Input y contains NaN. {len(missing)} of its {len(cells)} values are "
            f"missing, the first in row {missing[0]}: leave those rows out"
        )


def _folds(
    stack: Any,
    target: NDArray[Any],
    groups: ArrayLike | None,
    seed: int,
    used: NDArray[np.intp],
) -> Folds:
    """Return the folds of the rows that are used, numbered among themselves.

    A number of folds is drawn as if the other rows were not there.
    """
    classes = is_classifier(stack)
    if len(used) == len(target):
        return make_folds(stack.cv, target, classes, groups, seed)
    if isinstance(stack.cv, Integral):
        return make_folds(stack.cv, target[used], classes, _taken(groups, used), seed)
    folds = make_folds(stack.cv, target, classes, groups, seed).among(used)
    if not folds.pairs:
        raise ValueError("cv has no fold with rows of positive weight on both sides")
    return folds


def _taken(values: ArrayLike | None, used: NDArray[np.intp]) -> NDArray[Any] | None:
    """Return the values of some rows."""
    return None if values is None else np.asarray(values)[used]


def _accepted(stack: Any) -> dict[str, bool]:
    """Return what every member takes."""
    members = stack.members
    return {"nan": allows_nan(members), "sparse_too": accepts_sparse(members)}


def _read_weights(
    sample_weight: ArrayLike | None, target: NDArray[Any], task: Task
) -> NDArray[np.float64] | None:
    """Return checked weights; refuse those that leave nothing to learn from."""
    if sample_weight is not None and not np.any(np.asarray(sample_weight)):
        raise ValueError("sample_weight is zero for every row")
    weights = check_weights(sample_weight, len(target))
    if weights is None or not task.is_classification:
        return weights
    if len(np.unique(target[weights > 0])) < 2:
        raise ValueError("only one class of y has rows with a weight above zero")
    return weights


def _set_attributes(stack: Any, fitted: Any, task: Task, metric: Metric) -> None:
    final, _ = fitted.matrix.member(fitted.final)
    stack.oof_ = fitted.level1
    stack.oof_predictions_ = final if task.is_classification else task.restore(final)
    stack.leaderboard_ = fitted.leaderboard(metric.greater_is_better)
    stack.models_ = fitted.models()
    stack._ensemble, stack._final, stack._task = fitted.ensemble, fitted.final, task


def predict_estimator(stack: Any, X: Any) -> NDArray[np.float64]:
    """Return a fitted stack's predictions of shape (n_rows, n_outputs)."""
    table = read_table(stack, handed_over(X), **_accepted(stack))
    if stack._columns and hasattr(table, "columns"):
        # Arrays have no names, and by validation as many columns.
        table = table.set_axis(stack._columns, axis=1)
    table = apply_kinds(table, stack._kinds)
    table = apply_levels(table, stack._levels)
    with threadpool_limits(limits=1):
        found = stack._ensemble.predict(table)[stack._final]
    return found if stack._task.is_classification else stack._task.restore(found)
