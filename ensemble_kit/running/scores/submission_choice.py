"""Which member is submitted, and how probabilities become labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.decisions.decision import Decision
from ensemble_kit.identity_memo import IdentityMemo
from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.spec import AUTO, BEST
from ensemble_kit.running.run import MemberResult, Run
from ensemble_kit.splitting.fold_noise import standard_error
from ensemble_kit.splitting.folds import Folds


def choose(
    wanted: str,
    results: Sequence[MemberResult],
    metric: Metric,
    table: pd.DataFrame | None,
    folds: Folds,
    by_window: Sequence[str] = (),
) -> tuple[str, str]:
    """Return the member to submit, and why.

    Parameters
    ----------
    wanted : str
        A member's name; "best": the best score, but a member of level 1 only where
        it is ahead of the best combination by more than one standard error; or
        "auto": what the guard's table has chosen, and "best" where there is no table.
    results : sequence of MemberResult
    metric : Metric
    table : DataFrame, optional
        See `ensemble_kit.running.scores.guarded_choice.guard`.
    folds : Folds
        Of level 1.
    by_window : sequence of str
        The combinations whose weights go by windows in time. Of few windows the best
        of many combinations is the luckiest: "best" takes one of these where no other
        is ahead by more than one standard error.
    """
    if any(result.name == wanted for result in results):
        return wanted, "the pipeline says so"
    left_out = "" if wanted in (AUTO, BEST) else f"{wanted} was left out; "
    if wanted == BEST or table is None:
        name, reason = _best(results, metric, folds, by_window)
        return name, left_out + reason
    name = str(table.index[table["chosen"]][0])
    top = str(table.index[table["loss_to_best"].argmin()])
    if name == top:
        return name, left_out + "the best of the stack guard's comparison"
    return name, f"{left_out}simpler than {top} and within one standard error of it"


def _best(
    results: Sequence[MemberResult],
    metric: Metric,
    folds: Folds,
    by_window: Sequence[str],
) -> tuple[str, str]:
    """Return the best score's member, or the best combination where that is close.

    Of many members on few rows the first is the luckiest as well; a combination of
    them has less of that luck.
    """
    sign = -1 if metric.greater_is_better else 1
    ranked = sorted(results, key=lambda result: (sign * result.score, result.name))
    best, combined = ranked[0], [result for result in ranked if result.level > 1]
    if not combined:
        return best.name, "the best score on out-of-fold rows"
    told = next((each for each in combined if each.name in by_window), combined[0])
    is_behind = told is not combined[0] and _is_ahead(combined[0], told, sign, folds)
    top = combined[0] if is_behind else told
    if top is best or (best.level == 1 and _is_ahead(best, top, sign, folds)):
        return best.name, "the best score on out-of-fold rows"
    what = "goes by windows" if top is not combined[0] else "the best combination"
    alone = " alone" if best.level == 1 else ""
    return top.name, (
        f"{what}; {best.name}{alone} is ahead by less than one standard error"
    )


def _is_ahead(one: MemberResult, other: MemberResult, sign: int, folds: Folds) -> bool:
    """Return whether one is better by more than the noise of their folds.

    Where there is one fold, or not the same folds, the noise is not known and the
    score decides.
    """
    n_folds = len(one.fold_scores)
    if n_folds < 2 or n_folds != len(other.fold_scores):
        return True
    gains = sign * np.subtract(other.fold_scores, one.fold_scores)
    return bool(gains.mean() > standard_error(gains, folds))


def decision_of(
    result: MemberResult, competition: Competition, oof: NDArray[Any]
) -> Decision:
    """Return how a member's probabilities become labels, fitted once for its result.

    Parameters
    ----------
    result : MemberResult
    competition : Competition
    oof : ndarray of shape (n_rows, n_outputs)
        What the result is of.
    """
    return _DECISIONS(result, given=(competition, oof))


def _decision_of(
    result: MemberResult, competition: Competition, oof: NDArray[Any]
) -> Decision:
    return fit_decision(competition.metric, oof, competition.y, competition.weights)


_DECISIONS = IdentityMemo(_decision_of)


def labels_of_test(run: Run, name: str) -> NDArray[np.int64]:
    """Return class numbers for the test rows, decided from a member's predictions."""
    oof, test = run.matrix.member(name)
    decision = decision_of(run.result(name), run.competition, oof)
    return np.asarray(decision.predict(test)).astype(np.int64)


def decide_labels(
    metric: Metric,
    oof: NDArray[Any],
    y: NDArray[Any],
    test: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Return class numbers for the test rows, decided as the metric rewards it."""
    classes = np.asarray(fit_decision(metric, oof, y, weights).predict(test))
    return classes.astype(np.int64)


def fit_decision(
    metric: str | Metric,
    oof: NDArray[Any],
    y: NDArray[Any],
    weights: NDArray[np.float64] | None = None,
) -> Decision:
    """Return the decision fitted on the rows that have been predicted out of fold."""
    seen = np.isfinite(oof).all(axis=1)
    weight = None if weights is None else weights[seen]
    return Decision(metric).fit(oof[seen], y[seen], weight)
