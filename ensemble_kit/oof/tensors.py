"""The out-of-fold tensor (rows, members, outputs): checked, fitted on, blended."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.metrics import METRICS, Metric

Array = NDArray[Any]
Predictions: TypeAlias = Array | Sequence[Array]


@dataclass(frozen=True)
class Rows:
    """What a blend is fitted on: predictions, encoded targets, weights of sum 1.

    Of windows in time also how many rows the models that predicted each row knew.
    """

    tensor: Array
    y: Array
    weight: Array
    known: Array | None = None

    @property
    def n_members(self) -> int:
        """Return the number of members."""
        return self.tensor.shape[1]

    @property
    def n_outputs(self) -> int:
        """Return the number of classes, or 1 for regression."""
        return self.tensor.shape[2]

    @property
    def classification(self) -> bool:
        """Return whether the outputs are class probabilities."""
        return self.n_outputs > 1

    def take(self, rows: Array) -> "Rows":
        """Return some of the rows, their weights again of sum 1."""
        weight = self.weight[rows]
        known = None if self.known is None else self.known[rows]
        return Rows(self.tensor[rows], self.y[rows], weight / weight.sum(), known)


def as_tensor(predictions: Predictions) -> Array:
    """Return predictions as a tensor of shape (n_rows, n_members, n_outputs).

    Parameters
    ----------
    predictions : ndarray of 3 axes, or list of arrays, one per member
        A member's array has shape (n_rows, n_outputs), or (n_rows,) for regression.
    """
    if isinstance(predictions, list | tuple):
        members = [np.asarray(member) for member in predictions]
        columns = [m[:, np.newaxis] if m.ndim == 1 else m for m in members]
        _check_same_shape(columns)
        tensor = np.stack(columns, axis=1)
    else:
        tensor = np.asarray(predictions)
    if not np.issubdtype(tensor.dtype, np.floating):
        tensor = tensor.astype(np.float64)
    _check_tensor(tensor)
    return tensor


def _check_same_shape(members: list[Array]) -> None:
    """Refuse members of different rows or outputs."""
    shapes = sorted({member.shape for member in members})
    if len(shapes) != 1:
        raise PipelineError(
            f"members' predictions have shapes {shapes}; expected one shape, "
            "(n_rows, n_outputs), for at least one member"
        )


def _check_tensor(tensor: Array) -> None:
    """Refuse what is not a finite tensor with rows, members and outputs."""
    if tensor.ndim != 3 or 0 in tensor.shape:
        raise PipelineError(
            f"predictions have shape {tensor.shape}; expected (n_rows, n_members, "
            "n_outputs), none of them 0"
        )
    if not np.isfinite(tensor).all():
        rows = np.flatnonzero(~np.isfinite(tensor).all(axis=(1, 2)))
        raise PipelineError(
            f"predictions are not finite in {len(rows)} rows (first: {rows[0]}); "
            "leave out rows that were never validated"
        )


def checked_rows(X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None) -> Rows:
    """Return what a blend is to be fitted on; labels stay as they are."""
    tensor, y = as_tensor(X), np.asarray(y)
    weight = np.ones(len(tensor)) if sample_weight is None else sample_weight
    weight = np.asarray(weight, dtype=np.float64)
    _check_lengths(len(tensor), y, weight)
    return Rows(tensor, y, weight / weight.sum())


def prepared_rows(X: Predictions, y: ArrayLike) -> Rows:
    """Return checked predictions with class numbers, or values, of equal weight."""
    tensor, y = as_tensor(X), np.asarray(y)
    weight = np.full(len(tensor), 1 / len(tensor))
    _check_lengths(len(tensor), y, weight)
    if tensor.shape[2] > 1:
        y = encoded(y, tensor.shape[2])[1]
    return Rows(tensor, y, weight)


def checked_weight(sample_weight: ArrayLike | None, y: Array) -> Array:
    """Return one weight per row, 1 by default."""
    weight = np.ones(len(y)) if sample_weight is None else sample_weight
    weight = np.asarray(weight, dtype=np.float64)
    _check_lengths(len(y), y, weight)
    return weight


def _check_lengths(n_rows: int, y: Array, weight: Array) -> None:
    """Refuse targets or weights that do not belong to the rows."""
    mistakes = [
        f"{name} has shape {values.shape}, expected ({n_rows},)"
        for name, values in (("y", y), ("sample_weight", weight))
        if values.shape != (n_rows,)
    ]
    if not mistakes and not (weight.min() >= 0 and weight.sum() > 0):
        mistakes = ["sample_weight has negative or only zero weights"]
    if mistakes:
        raise PipelineError(problems("a fit on predictions", mistakes))


def encoded(y: Array, n_classes: int) -> tuple[Array, Array]:
    """Return the classes behind the columns and y as numbers 0..K-1.

    Whole numbers within 0..K-1 are class numbers already, so that rows which lack
    a rare class can be fitted on; any other labels must number K.
    """
    if np.issubdtype(y.dtype, np.integer) and y.min() >= 0 and y.max() < n_classes:
        return np.arange(n_classes), y
    classes, y = np.unique(y, return_inverse=True)
    if len(classes) != n_classes:
        raise PipelineError(
            f"y has {len(classes)} classes but the predictions have {n_classes} "
            "columns; expected one column per class, in sorted order"
        )
    return classes, y


def steering_metric(metric: str | Metric | None, n_outputs: int) -> Metric:
    """Return the metric that steers a blend: by default log loss or RMSE.

    So do they for a metric that goes by groups, which a blend is not told: on the same
    rows the least squared error is the most variance explained within groups, too.
    """
    found = METRICS[metric] if isinstance(metric, str) and metric else metric
    if isinstance(found, Metric) and not found.is_grouped:
        return found
    return METRICS["log_loss" if n_outputs > 1 else "rmse"]


def is_standard(metric: Metric, *names: str) -> bool:
    """Return whether a metric is one of these, unchanged (not rescaled)."""
    return metric.name in names and _same_function(
        metric.function, METRICS[metric.name].function
    )


def _same_function(one: object, other: object) -> bool:
    """Return whether two functions are the same; a copied partial is, too."""
    if isinstance(one, partial) and isinstance(other, partial):
        return (one.func, one.args) == (other.func, other.args)
    return one is other


def mixture(tensor: Array, weights: Array) -> Array:
    """Return the weighted sum over members, shape (n_rows, n_outputs)."""
    return np.einsum("rmo,m->ro", tensor, weights, dtype=np.float64)


def normalize(probabilities: Array) -> Array:
    """Return non-negative rows of sum 1; a row of zeros becomes even odds."""
    positive = np.maximum(probabilities, 0.0)
    total = positive.sum(axis=1, keepdims=True)
    even = np.full_like(positive, 1.0 / positive.shape[1])
    return np.divide(positive, total, out=even, where=total > 0)


def outputs_of(blend: BaseEstimator | int, tensor: Array) -> Array:
    """Return a fitted blend's, or a single member's, outputs (n_rows, n_outputs)."""
    if isinstance(blend, int):
        return tensor[:, blend].astype(np.float64)
    if tensor.shape[2] == 1:
        return blend.predict(tensor)[:, None]
    return blend.predict_proba(tensor)


def check_columns(columns: pd.DataFrame, n_rows: int) -> None:
    """Refuse what is not a frame with the tensor's rows."""
    if not isinstance(columns, pd.DataFrame) or len(columns) != n_rows:
        raise PipelineError(
            f"columns: expected a DataFrame of {n_rows} rows, one per row of the "
            f"predictions; found {type(columns).__name__} of "
            f"{np.shape(columns)[:1] or 'no'} rows"
        )
