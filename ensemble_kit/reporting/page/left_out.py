"""What a blend's score loses when one of its members is left out."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import softmax

from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.reporting.page.marks import Entry, bars
from ensemble_kit.reporting.page.parts import Figure
from ensemble_kit.reporting.page.scored_rows import ScoredRows

Array = NDArray[np.float64]
MOST_MEMBERS = 15
SMALLEST = 1e-6


def left_out_figure(scores: ScoredRows) -> Figure | None:
    """Return the loss without each member of the submitted blend.

    The others keep their proportions: nothing is fitted anew. None where the
    submitted member is no weighted mean, of predictions or of their log odds.
    """
    run = scores.run
    weights = run.weights.get(run.chosen, {})
    mean = MEANS.get(run.result(run.chosen).model)
    names = sorted(weights, key=lambda name: (-weights[name], name))
    names = [name for name in names if weights[name] > 0]
    if mean is None or len(names) < 2 or len(names) < len(weights):
        return None
    tensor = np.stack([scores.oof(name)[scores.rows] for name in names], axis=1)
    shares = np.array([weights[name] for name in names])
    metric = _metric(scores)
    whole, whole_parts = _score(scores, metric, mean(tensor, shares))
    sign = 1.0 if metric.greater_is_better else -1.0
    entries = []
    for at, name in enumerate(names[:MOST_MEMBERS]):
        rest = np.delete(shares, at)
        rest *= shares.sum() / rest.sum()
        value, parts = _score(scores, metric, mean(np.delete(tensor, at, 1), rest))
        lost = scores.difference(sign * (whole - value), sign * (whole_parts - parts))
        entries.append(Entry(name, lost.value, lost.interval))
    return bars(
        "What is lost without a member",
        f"How much worse the {metric.name} of {run.chosen} is without each member, the "
        "others in their proportions; with 95 % intervals of the difference. Below "
        "zero the blend is better without it.",
        entries,
        f"loss of {metric.name}",
    )


def _metric(scores: ScoredRows) -> Metric:
    """Return what is measured by: labels jump, so that probabilities stand in."""
    if scores.metric.consumes == "label":
        return METRICS["log_loss"]
    return scores.metric


def _score(
    scores: ScoredRows, metric: Metric, predictions: Array
) -> tuple[float, Array]:
    """Return a score, and what it is with each part of the rows left out."""
    rows, weights = scores.rows, scores.competition.weights
    weight = None if weights is None else weights[rows]
    value = metric.at(rows)(scores.y[rows], predictions, weight)
    return value, scores.without_parts(metric, predictions, rows)


def _mean(tensor: Array, weights: Array) -> Array:
    return np.einsum("rmk,m->rk", tensor, weights)


def _mean_of_logs(tensor: Array, weights: Array) -> Array:
    logs = np.log(np.clip(tensor, SMALLEST, None))
    return softmax(np.einsum("rmk,m->rk", logs, weights), axis=1)


MEANS: dict[str, Callable[[Array, Array], Array]] = {
    "convex_blend": _mean,
    "greedy_blend": _mean,
    "logit_blend": _mean_of_logs,
}
