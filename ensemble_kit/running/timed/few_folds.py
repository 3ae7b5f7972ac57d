"""Two or three folds where five would leave each fit too little time.

A member counts once it is complete on all folds. Where one fold takes much of the
limit, five are not completed, or only by fits that have hardly learnt.
"""

from dataclasses import replace

from ensemble_kit.competition import Competition
from ensemble_kit.pipeline.spec import AUTO, FoldSpec
from ensemble_kit.work.costs import words_per_row
from ensemble_kit.work.rates import Size, fit_seconds

BOOSTING, LEARNT_SHARE = "lightgbm", 0.8  # of the rows, in five folds
SECONDS_PER_WORD = 1.7e-5  # of scores of texts, over all rows
# Shares of the limit that a fold takes, beyond which so many are made. Of a million
# rows in 240 seconds, five left boosting 10 to 32 rounds and time for two members, two
# 25 to 91 rounds and time for three; more for each fit left out others.
FEW_FOLDS = ((0.47, 2), (0.157, 3))


def with_few_folds(spec: FoldSpec, fold: float, seconds: float) -> FoldSpec:
    """Return folds that leave each fit time to learn, where no others are chosen.

    Five of the automatic kind are taken for not chosen: they are what a pipeline has
    that says nothing of folds.

    Parameters
    ----------
    spec : FoldSpec
    fold : float
        Seconds of one of five; see `seconds_of_a_fold`.
    seconds : float
        The limit.

    Examples
    --------
    >>> [with_few_folds(FoldSpec(), 150.0, limit).n_splits for limit in (240, 600, 2e3)]
    [2, 3, 5]
    """
    if spec.splitter != AUTO or spec.n_splits != FoldSpec.n_splits:
        return spec
    fewer = (n for share, n in FEW_FOLDS if fold > share * seconds)
    return replace(spec, n_splits=next(fewer, spec.n_splits))


def seconds_of_a_fold(competition: Competition) -> float:
    """Return what one fold of boosting takes by its rate, with its scores of texts."""
    X, n_rows = competition.X, len(competition.y)
    size = Size(int(LEARNT_SHARE * n_rows), X.shape[1], competition.task.n_outputs)
    n_words = (n_rows + len(competition.X_test)) * words_per_row(X)
    return fit_seconds(BOOSTING, size) + n_words * SECONDS_PER_WORD
