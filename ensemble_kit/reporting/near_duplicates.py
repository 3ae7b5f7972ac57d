"""What rows that nearly repeat fitted rows add to a run's score."""

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.checks.near_duplicates import Twins
from ensemble_kit.quantities import format_score
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import Run

FEWEST_ROWS = 20
LEAST_SHARE = 0.01


def repeated_rows(run: Run, twins: Twins) -> NDArray[np.bool_]:
    """Return which rows nearly repeat one that their fold was fitted on."""
    is_repeated = np.zeros(len(run.competition.y), dtype=bool)
    for fitted, checked in run.folds:
        is_repeated[checked] |= np.isin(twins.of_train[checked], twins.of_train[fitted])
    return is_repeated


def repeated_notes(run: Run, twins: Twins) -> tuple[str, ...]:
    """Return a note that tells the score without rows that nearly repeat others.

    None where there are few of them, of those that repeat or those that do not.
    """
    scores = ScoredRows(run)
    if run.competition.unmeasured or not len(scores.rows):
        return ()
    repeated = repeated_rows(run, twins)[scores.rows]
    n_all, n_repeated = len(repeated), int(repeated.sum())
    is_few = n_repeated < max(FEWEST_ROWS, LEAST_SHARE * n_all)
    if is_few or n_all - n_repeated < FEWEST_ROWS:
        return ()
    rest = scores.score(run.chosen, scores.rows[~repeated])
    everyone = run.result(run.chosen).score
    if not np.isfinite(rest):
        return ()
    share = n_repeated / n_all
    return (
        f"{share:.0%} of the validated rows nearly repeat rows that were fitted on, "
        f"{twins.in_test.mean():.0%} of the test rows do: without them "
        f"{run.competition.metric.name} is {format_score(rest)}, with them "
        f"{format_score(everyone)}",
    )
