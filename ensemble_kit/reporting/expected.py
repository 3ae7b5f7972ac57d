"""What a run's out-of-fold score lets one expect of the test."""

import numpy as np

from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.running.run import Run
from ensemble_kit.splitting.fold_noise import in_pieces, score_to_expect


def expected_on_test(run: Run) -> tuple[float, float] | None:
    """Return between what the score of the test lies in 95 of 100 draws.

    None where nothing can be measured, or a part of the folds is too small to be.
    """
    competition, scores = run.competition, ScoredRows(run)
    if competition.unmeasured or run.stopped:
        return None
    order = getattr(competition.drawing, "order", None)
    seen = np.isin(np.arange(len(competition.y)), scores.rows)
    pairs = [(fitted, checked[seen[checked]]) for fitted, checked in run.folds]
    pieces = in_pieces([pair for pair in pairs if len(pair[1])], order)
    score = score_to_expect(
        run.result(run.chosen).score,
        [scores.score(run.chosen, rows) for _, rows in pieces],
        pieces,
        len(competition.X_test),
    )
    return score if score is not None and np.isfinite(score).all() else None
