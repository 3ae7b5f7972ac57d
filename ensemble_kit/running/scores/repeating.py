"""Folds that are repeated until two blends can be told apart, or time is over."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.run import MemberResult, Run
from ensemble_kit.running.scores.member_noise import is_clear
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.splitting.fold_noise import valid_per_train

MOST_REPEATS = 10
LEAST_GAIN = 0.02  # of the standard error, for one more repeat
SLOWER = 1.5  # a round with one more repeat, beside the last one


def repeat_until_clear(
    fit: Callable[[Pipeline], Run], pipeline: Pipeline, clock: Clock | None = None
) -> Run:
    """Return the run with as many repeats of the folds as its blends need.

    Folds are drawn once more, what is fitted already counts, until the two best blends
    differ by more than the noise of the folds, or their order cannot become clearer:
    one more repeat would make the noise hardly smaller, as folds share training rows,
    or there are no other folds.

    Parameters
    ----------
    fit : callable
        Makes the run of a pipeline.
    pipeline : Pipeline
        Its ``folds.steady`` is no longer set in that of the run.
    clock : Clock, optional
        Nothing is begun that would be over too late.
    """
    folds = replace(pipeline.folds, steady=False)
    begin = time.monotonic()
    run = fit(replace(pipeline, folds=folds))
    reason = _settled(run)
    while not reason and folds.n_repeats < MOST_REPEATS:
        took, begin = time.monotonic() - begin, time.monotonic()
        if clock is not None and begin + SLOWER * took > clock.end:
            reason = "the time is over"
            break
        folds = replace(folds, n_repeats=folds.n_repeats + 1)
        known, run = run, fit(replace(pipeline, folds=folds))
        if set(run.folds.fingerprints) <= set(known.folds.fingerprints):
            reason = "there are no other folds like these"
            break
        if len(run.results) < len(known.results):
            run, reason = known, "the time is over"
            break
        reason = _settled(run)
    note = (
        f"folds were drawn {folds.n_repeats} times: "
        f"{reason or 'more draws are not worth their time'}"
    )
    return replace(run, notes=(*run.notes, note))


def _settled(run: Run) -> str:
    """Return why more repeats are not needed; empty where they may be."""
    if run.stopped:
        return "the run was stopped"
    blends = _two_best(run)
    if len(blends) < 2:
        return "there are not two blends to tell apart"
    first, second = blends
    if np.array_equal(first.fold_scores, second.fold_scores):
        return f"{first.name} and {second.name} score the same"
    if is_clear(first, second, run.folds):
        return f"{first.name} and {second.name} differ by more than noise"
    if _gain_of_another(run) < LEAST_GAIN:
        return (
            f"{first.name} and {second.name} differ by less than noise, and more "
            "draws would not tell"
        )
    return ""


def _two_best(run: Run) -> list[MemberResult]:
    """Return the two best members above level 1, the best first."""
    sign = -1 if run.competition.metric.greater_is_better else 1
    upper = [result for result in run.results if result.level > 1]
    return sorted(upper, key=lambda result: (sign * result.score, result.name))[:2]


def _gain_of_another(run: Run) -> float:
    """Return by what share one more repeat would lower the standard error.

    It is the root of 1/n + test rows per training row: the second part stays.
    """
    n_folds = len(run.folds)
    n_more = n_folds / run.pipeline.folds.n_repeats
    share = valid_per_train(run.folds)
    ratio = (1 / (n_folds + n_more) + share) / (1 / n_folds + share)
    return 1 - float(np.sqrt(ratio))
