"""Which combination of the members can be trusted: nested cross-validation."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import has_fit_parameter

from ensemble_kit.blending.average_blend import AverageBlend
from ensemble_kit.blending.convex_blend import ConvexBlend
from ensemble_kit.blending.greedy_blend import GreedyBlend
from ensemble_kit.blending.linear_blend import LinearBlend
from ensemble_kit.blending.logit_blend import LogitBlend
from ensemble_kit.blending.tree_blend import TreeBlend
from ensemble_kit.decisions.decision import Decision
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    checked_weight,
    outputs_of,
    prepared_rows,
)
from ensemble_kit.splitting.fold_noise import standard_error
from ensemble_kit.splitting.folds import FoldsLike
from ensemble_kit.splitting.given_folds import splits_of

Array = NDArray[Any]
Splits: TypeAlias = list[tuple[Array, Array]]
ROWS_TIMES_OUTPUTS = 20_000


def default_candidates(metric: Metric, n_outputs: int) -> dict[str, BaseEstimator]:
    """Return the blends a guard compares, the simplest first."""
    linear = LogitBlend() if n_outputs > 1 else LinearBlend()
    return {
        "best_single": GreedyBlend(metric=metric, max_steps=1),
        "mean": AverageBlend(),
        "greedy": GreedyBlend(metric=metric, max_steps=25, patience=10),
        "convex": ConvexBlend(metric=metric),
        "linear": linear,
        "trees": TreeBlend(),
    }


def compare_blends(
    tensor: Predictions,
    y: ArrayLike,
    metric: str | Metric,
    folds: FoldsLike = 5,
    candidates: Mapping[str, BaseEstimator | Array] | None = None,
    repeats: int = 2,
    max_rows: int | None = None,
    seed: int = 0,
    sample_weight: ArrayLike | None = None,
    known: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return a table of blends scored on rows that they were not fitted on.

    Every candidate is fitted on the other folds' rows of the out-of-fold tensor and
    scored on the held fold; label metrics go through a Decision fitted on those
    other folds, too. All candidates see the same splits, so that the standard error
    of a difference is that of paired differences: far smaller than the spread of
    the scores. It counts that splits share training rows.

    Parameters
    ----------
    tensor : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
        Out-of-fold predictions.
    y : array-like of shape (n_rows,)
        Class numbers 0..K-1, or values.
    metric : str or Metric
        In the scale of y; with its groups, if it goes by groups.
    folds : int, ndarray, splitter or iterable of pairs
        See ``splits_of``. A number is drawn anew for every repeat; anything else is
        given and used once.
    candidates : mapping of str to unfitted blend, optional
        The simplest first; see ``default_candidates``. Ready estimators for plain
        matrices are taken too: they get the members' outputs side by side. An array
        of shape (n_rows, n_outputs) is taken for what such a candidate has predicted
        for rows it was not fitted on: nothing is fitted for it.
    repeats : int
        Draws of the folds.
    max_rows : int, optional
        More rows than this are thinned at random, anew for every repeat: differences
        between blends are plain to see on fewer. By default 20,000 divided by the
        number of outputs.
    seed : int
    sample_weight : array-like of shape (n_rows,), optional
    known : array-like of shape (n_rows,), optional
        Of windows in time, how many rows the models that predicted each row were
        fitted on, for blends that go by it.

    Returns
    -------
    DataFrame
        One row per candidate, in the order given: ``score`` (mean over splits),
        ``loss_to_best`` (mean difference of errors to the best candidate),
        ``standard_error`` (of that difference), ``within_noise`` and ``chosen``: the
        first within one standard error of the best. Where the metric takes labels,
        those within its noise are compared once more, by log loss.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> y = rng.normal(size=300)
    >>> members = [y + rng.normal(size=300) for _ in range(3)]
    >>> table = compare_blends(members, y, "rmse", repeats=1)
    >>> bool(table.loc["mean", "score"] < table.loc["best_single", "score"])
    True
    """
    rows = prepared_rows(tensor, y)
    if known is not None:
        rows = replace(rows, known=np.asarray(known))
    metric = metric if isinstance(metric, Metric) else METRICS[metric]
    if candidates is None:
        candidates = default_candidates(metric, rows.n_outputs)
    weight = None if sample_weight is None else checked_weight(sample_weight, rows.y)
    most = max_rows or ROWS_TIMES_OUTPUTS // rows.n_outputs
    splits = _splits(rows, folds, repeats, most, seed)
    pairs = {
        name: [held_errors(blend, rows, weight, metric, *split) for split in splits]
        for name, blend in candidates.items()
    }
    errors, smooth = (
        pd.DataFrame({name: [pair[i] for pair in row] for name, row in pairs.items()})
        for i in (0, 1)
    )
    return _table(errors, smooth, metric, splits)


def choose(table: pd.DataFrame) -> str:
    """Return the name of the candidate that a comparison chose."""
    return str(table.index[table["chosen"]][0])


def _splits(
    rows: Rows, folds: FoldsLike, repeats: int, max_rows: int, seed: int
) -> Splits:
    """Return the splits of all repeats, thinned where there are too many rows."""
    n_folds = folds if isinstance(folds, int | np.integer) else None
    if repeats < 1 or (n_folds is not None and n_folds < 2):
        raise PipelineError(
            f"compare_blends: {folds} folds and {repeats} repeats; expected two or "
            "more folds and one or more repeats"
        )
    splits = []
    for repeat in range(1 if n_folds is None else repeats):
        rng = np.random.default_rng([seed, repeat])
        is_drawn = np.zeros(len(rows.y), dtype=bool)
        is_drawn[rng.permutation(len(rows.y))[:max_rows]] = True
        drawn = splits_of(folds, rows.y, rows.classification, seed=seed + repeat)
        splits += [
            (train[is_drawn[train]], valid[is_drawn[valid]]) for train, valid in drawn
        ]
    return [split for split in splits if all(len(part) for part in split)]


def held_errors(
    candidate: BaseEstimator | Array,
    rows: Rows,
    weight: Array | None,
    metric: Metric,
    train: Array,
    valid: Array,
) -> tuple[float, float]:
    """Return the errors on held rows of a blend fitted on the others.

    Parameters
    ----------
    candidate : unfitted blend, or ndarray of shape (n_rows, n_outputs)
        See `compare_blends`.
    rows : Rows
        The out-of-fold tensor and the encoded target.
    weight : ndarray of shape (n_rows,), optional
    metric : Metric
    train, valid : ndarray
        Row numbers.

    Returns
    -------
    tuple of float
        The metric's error, and that of log loss where the metric takes labels, which
        flip by chance; else the same once more.
    """
    y, held = rows.y[valid], None if weight is None else weight[valid]
    predict = _predictor(candidate, rows, weight, train)
    outputs = predict(valid)
    if metric.consumes != "label":
        error = metric.at(valid).error(y, outputs, held)
        return error, error
    decision = Decision(metric, n_bags=5).fit(
        predict(train), rows.y[train], None if weight is None else weight[train]
    )
    error = metric.error_of_labels(y, decision.predict(outputs), held)
    return error, METRICS["log_loss"].error(y, outputs, held)


def _predictor(
    candidate: BaseEstimator | Array, rows: Rows, weight: Array | None, train: Array
) -> Callable[[Array], Array]:
    """Return a function from row numbers to a candidate's outputs for them."""
    if isinstance(candidate, np.ndarray):
        return lambda part: candidate[part]
    blend, more = clone(candidate), {}
    if weight is not None and has_fit_parameter(blend, "sample_weight"):
        more["sample_weight"] = weight[train]
    if rows.known is not None and getattr(blend, "windows", False):
        more["known"] = rows.known[train]
    blend.fit(_matrix(blend, rows.tensor[train]), rows.y[train], **more)
    return lambda part: _outputs(blend, rows.tensor[part])


def _outputs(blend: BaseEstimator, tensor: Array) -> Array:
    """Return outputs in the tensor's columns, whichever classes were fitted on."""
    if blend.__sklearn_tags__().input_tags.three_d_array:
        return outputs_of(blend, tensor)
    matrix = _matrix(blend, tensor)
    if tensor.shape[2] == 1:
        return blend.predict(matrix)[:, None]
    outputs = np.zeros((len(tensor), tensor.shape[2]))
    outputs[:, blend.classes_] = blend.predict_proba(matrix)
    return outputs


def _matrix(blend: BaseEstimator, tensor: Array) -> Array:
    """Return the tensor, or its columns side by side for a plain estimator."""
    if blend.__sklearn_tags__().input_tags.three_d_array:
        return tensor
    first = 1 if tensor.shape[2] > 1 else 0
    return tensor[:, :, first:].reshape(len(tensor), -1)


def _table(
    errors: pd.DataFrame, smooth: pd.DataFrame, metric: Metric, splits: Splits
) -> pd.DataFrame:
    """Return the table of candidates from their errors, one row per split."""
    loss, noise = _paired(errors, splits)
    within = loss <= noise
    # labels flip by chance: what they leave open, the smooth errors settle
    smooth_loss, smooth_noise = _paired(smooth.loc[:, within], splits)
    settled = smooth_loss.index[smooth_loss <= smooth_noise][0]
    sign = -1 if metric.greater_is_better else 1
    return pd.DataFrame(
        {
            "score": metric.optimum + sign * errors.mean(),
            "loss_to_best": loss,
            "standard_error": noise,
            "within_noise": within,
            "chosen": within.index == settled,
        }
    )


def _paired(errors: pd.DataFrame, splits: Splits) -> tuple[pd.Series, pd.Series]:
    """Return mean differences to the best candidate and their standard errors."""
    difference = errors.sub(errors[errors.mean().idxmin()], axis=0)
    noise = standard_error(difference, splits)
    return difference.mean(), pd.Series(noise, difference.columns)
