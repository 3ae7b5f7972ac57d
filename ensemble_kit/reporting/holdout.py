"""A run judged on training rows whose labels it never saw."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from ensemble_kit.metrics import Metric
from ensemble_kit.running.preparing.metric_objectives import (
    metric_in_scale,
    working_metric,
)
from ensemble_kit.running.run import Run
from ensemble_kit.running.scores.submission_choice import labels_of_test
from ensemble_kit.splitting.fold_noise import standard_error

N_BOOTSTRAP = 1000


def holdout_facts(
    run: Run,
    y_hidden: NDArray[Any],
    fraction: float,
    seed: int,
    weights: NDArray[np.float64] | None = None,
    metric: Metric | None = None,
) -> dict[str, Any]:
    """Return every member's score on the hidden rows, and the submitted one's range.

    Parameters
    ----------
    run : Run
        Of the competition that `Competition.hide` gave.
    y_hidden : ndarray of shape (n_hidden,)
        Encoded labels of its test rows.
    fraction, seed
        What was asked for.
    weights : ndarray of shape (n_hidden,), optional
    metric : Metric, optional
        The competition's, with the groups of these rows where it goes by groups.
    """
    metric = _scaled(run, metric)
    predictions = {name: _canonical(run, name) for name in run.matrix.members}
    scores = {
        name: _score(metric, y_hidden, values, weights)
        for name, values in predictions.items()
    }
    sign = -1 if metric.greater_is_better else 1
    interval = bootstrap_interval(metric, y_hidden, predictions[run.chosen], weights)
    return {
        "fraction": fraction,
        "seed": seed,
        "n_rows": len(y_hidden),
        "chosen": run.chosen,
        "score": scores[run.chosen],
        "interval": interval,
        **_promised(run, scores[run.chosen], interval),
        "scores": dict(sorted(scores.items(), key=lambda item: sign * item[1])),
    }


def _promised(run: Run, score: float, interval: tuple[float, float]) -> dict[str, Any]:
    """Return the out-of-fold score, and how far the holdout's is from it.

    The interval of the difference joins that of the holdout with the noise of the
    folds, which share training rows.
    """
    chosen = run.result(run.chosen)
    noise = 1.96 * float(standard_error(chosen.fold_scores, run.folds.pairs))
    noise, gap = float(np.nan_to_num(noise)), score - chosen.score
    low = gap - float(np.hypot(score - interval[0], noise))
    high = gap + float(np.hypot(interval[1] - score, noise))
    return {"out_of_fold": chosen.score, "difference": (gap, low, high)}


def _scaled(run: Run, metric: Metric | None) -> Metric:
    """Return a metric, the run's own by default, in the scale of the fit."""
    if metric is None:
        return working_metric(run.competition)
    return metric_in_scale(metric, run.competition.task)


def bootstrap_interval(
    metric: Metric,
    y: NDArray[Any],
    predictions: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
) -> tuple[float, float]:
    """Return the 95 % interval of the score, by bootstrap over the rows."""
    generator = np.random.default_rng(0)
    # Below a million drawn rows in all: an interval needs no more.
    n_draws = int(np.clip(20_000_000 // max(1, len(y)), 200, N_BOOTSTRAP))
    draws = (generator.integers(0, len(y), len(y)) for _ in range(n_draws))
    scores = [
        _score(
            metric.at(rows),
            y[rows],
            predictions[rows],
            None if weights is None else weights[rows],
        )
        for rows in draws
    ]
    own = _score(metric, y, predictions, weights)
    return interval_of_draws(metric, own, scores, len(y))


def interval_of_draws(
    metric: Metric, score: float, drawn: Sequence[float], n_rows: int
) -> tuple[float, float]:
    """Return the 95 % interval of a score from what it is on resampled rows.

    Student's t on the logarithm of the distance from the optimum: that is skewed, as
    percentiles of the draws are not enough, and it never reaches beyond the optimum.
    Percentiles where there is no distance.
    """
    sign = -1.0 if metric.greater_is_better else 1.0
    error, spread = sign * (score - metric.optimum), float(np.std(drawn, ddof=1))
    if not error > 0 or not np.isfinite(error):
        low, high = np.quantile(drawn, [0.025, 0.975])
        return float(low), float(high)
    reach = float(np.exp(stdtrit(n_rows - 1, 0.975) * spread / error))
    ends = (error / reach, error * reach)
    low, high = sorted(metric.optimum + sign * end for end in ends)
    return low, high


def _canonical(run: Run, name: str) -> NDArray[Any]:
    """Return one member's predictions of the hidden rows, or its labels."""
    if run.competition.metric.consumes == "label":
        return labels_of_test(run, name)
    return run.matrix.member(name)[1]


def _score(
    metric: Metric,
    y: NDArray[Any],
    values: NDArray[Any],
    weights: NDArray[np.float64] | None,
) -> float:
    if metric.consumes == "label":
        return metric.score_labels(y, values, weights)
    return metric(y, values, weights)
