"""Texts that members write out of fold and for the test, and the vote over them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from ensemble_kit.arrays import TextsLike
from ensemble_kit.blending.text_vote import TextVote
from ensemble_kit.exceptions import RunError
from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.processes import one_thread
from ensemble_kit.splitting.folds import Folds

Pair = tuple[TextCandidates, TextCandidates]  # of validation rows, of the test
VOTE = "vote"
CHUNK = 256  # texts between two looks at the clock


@dataclass(frozen=True)
class TextRows:
    """Rows to learn from, and rows to write texts for.

    Parameters
    ----------
    X, y, X_test : ndarray of str objects
    folds : Folds
    """

    X: NDArray[np.object_]
    y: NDArray[np.object_]
    X_test: NDArray[np.object_]
    folds: Folds


@dataclass(frozen=True)
class TextBlend:
    """What members write, out of fold and for the test, and the vote over it.

    Parameters
    ----------
    oof, test : TextCandidates
        ``oof`` has the rows of ``rows`` alone.
    rows : ndarray of int
        The training rows that a fold validates, in order.
    vote : TextVote
        Fitted on all of them.
    voted : ndarray of str objects
        The vote's texts of these rows, by weights from the other folds.
    scores : dict of str to float
        Of every member and of "vote", out of fold.
    """

    oof: TextCandidates
    test: TextCandidates
    rows: NDArray[np.intp]
    vote: TextVote
    voted: NDArray[np.object_]
    scores: dict[str, float]


def blend_texts(
    written: Sequence[Sequence[Pair]],
    rows: TextRows,
    metric: str,
) -> TextBlend:
    """Return the vote over what members write, and all scores out of fold.

    The vote's own score is that of weights that were learnt on other folds.
    """
    valid = [pair[1] for pair in rows.folds]
    seen, places = np.unique(np.concatenate(valid), return_inverse=True)
    parts = np.split(places, np.cumsum([len(each) for each in valid])[:-1])
    oof = TextCandidates.join(
        [TextCandidates.stack([a for a, _ in folds], parts) for folds in written]
    )
    test = TextCandidates.join(
        [TextCandidates.average([b for _, b in folds]) for folds in written]
    )
    y = rows.y[seen]
    voted = as_texts([""] * len(seen))
    for part in parts:
        others = np.setdiff1d(np.arange(len(seen)), part)
        own = TextVote(metric).fit(oof.take(others), y[others])
        voted[part] = own.predict(oof.take(part))
    scores = {name: METRICS[metric](y, oof.best(name)) for name in oof.members}
    scores[VOTE] = METRICS[metric](y, voted)
    vote = TextVote(metric).fit(oof, y)
    return TextBlend(oof, test, seen, vote, voted, scores)


def candidates_of(
    name: str, estimator: BaseEstimator, X: TextsLike, until: float | None = None
) -> TextCandidates:
    """Return what a fitted estimator writes: one text, or several with chances.

    Parameters
    ----------
    name : str
    estimator : estimator
    X : list, Series or 1-D array of str
    until : float, optional
        On the monotonic clock, when the last text has to be written.

    Raises
    ------
    RunError
        When it is not.
    """
    n_rows = len(X)
    if until is None or n_rows <= CHUNK:
        return _written(name, estimator, X)
    parts, rows = [], []
    for start in range(0, n_rows, CHUNK):
        if time.monotonic() > until:
            raise RunError(f"the time was used up when {start} texts were written")
        rows.append(np.arange(start, min(start + CHUNK, n_rows)))
        parts.append(_written(name, estimator, X[start : start + CHUNK]))
    return TextCandidates.stack(parts, rows)


def _written(name: str, estimator: BaseEstimator, X: TextsLike) -> TextCandidates:
    if hasattr(estimator, "predict_candidates"):
        return TextCandidates.of(name, estimator.predict_candidates(X))
    return TextCandidates.of(name, [[(str(t), 1.0)] for t in estimator.predict(X)])


def fit_on_fold(
    name: str,
    member: BaseEstimator,
    rows: TextRows,
    fold: int,
    until: float | None = None,
) -> tuple[BaseEstimator, TextCandidates]:
    """Return a member fitted on a fold's training rows, and what it writes then."""
    train, valid = rows.folds.pairs[fold]
    try:
        with one_thread():
            model = clone(member).fit(rows.X[train], rows.y[train])
            return model, candidates_of(name, model, rows.X[valid], until)
    except Exception as error:
        error.add_note(f"in member {name!r}, fold {fold + 1}")
        raise
