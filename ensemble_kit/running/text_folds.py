"""Members that write texts, fitted on every fold, and the vote over what they write."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.parallel import Parallel, delayed

from ensemble_kit.arrays import TextsLike
from ensemble_kit.blending.text_vote import TextVote
from ensemble_kit.exceptions import RunError
from ensemble_kit.hashing import fingerprint, fingerprint_array
from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.processes import one_thread
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.store import Store

VERSION = 1  # of what is stored
VOTE = "vote"


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


def fit_on_folds(
    members: Mapping[str, BaseEstimator],
    rows: TextRows,
    n_jobs: int = 1,
    store: Store | None = None,
    base: str = "",
    on_fit: Callable[[str], None] = lambda line: None,
) -> list[list[tuple[TextCandidates, TextCandidates]]]:
    """Return what each member's models write, validation and test, one per fold.

    Parameters
    ----------
    members : mapping of str to estimator
    rows : TextRows
    n_jobs : int
        Processes.
    store : Store, optional
        Where finished fits are kept.
    base : str
        What the rows follow from, for the keys of the store.
    on_fit : callable
        Told what is fitted, and what was there already.
    """
    pieces = [(name, fold) for name in members for fold in range(len(rows.folds))]
    keys = [
        _key(name, members[name], rows.folds.pairs[fold][0], base)
        for name, fold in pieces
    ]
    found = [
        _stored(store, key, name) for key, (name, _) in zip(keys, pieces, strict=True)
    ]
    missing = [at for at, pair in enumerate(found) if pair is None]
    if missing:
        on_fit(f"{len(missing)} fits, {len(pieces) - len(missing)} are stored")
    work = (delayed(_fit_piece)(members, rows, *pieces[at]) for at in missing)
    results = Parallel(n_jobs=n_jobs, return_as="generator")(work)
    for done, (at, pair) in enumerate(zip(missing, results, strict=True), start=1):
        found[at] = pair
        _keep(store, keys[at], pair)
        name, fold = pieces[at]
        on_fit(f"{done}/{len(missing)} {name}, fold {fold + 1}")
    pairs = [pair for pair in found if pair is not None]
    n_folds = len(rows.folds)
    return [pairs[at : at + n_folds] for at in range(0, len(pairs), n_folds)]


def blend_texts(
    written: Sequence[Sequence[tuple[TextCandidates, TextCandidates]]],
    rows: TextRows,
    metric: str,
) -> TextBlend:
    """Return the vote over what members write, and all scores out of fold.

    The vote's own score is that of weights that were learnt on other folds.
    """
    valid = [pair[1] for pair in rows.folds]
    seen, places = np.unique(np.concatenate(valid), return_inverse=True)
    if len(seen) < len(places):
        raise RunError("folds of texts validate a row once; found repeats")
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


def candidates_of(name: str, estimator: BaseEstimator, X: TextsLike) -> TextCandidates:
    """Return what a fitted estimator writes: one text, or several with chances."""
    if hasattr(estimator, "predict_candidates"):
        return TextCandidates.of(name, estimator.predict_candidates(X))
    return TextCandidates.of(name, [[(str(t), 1.0)] for t in estimator.predict(X)])


def fit_on_fold(
    members: Mapping[str, BaseEstimator], rows: TextRows, name: str, fold: int
) -> tuple[BaseEstimator, TextCandidates]:
    """Return a member fitted on a fold's training rows, and what it writes then."""
    train, valid = rows.folds.pairs[fold]
    try:
        with one_thread():
            model = clone(members[name]).fit(rows.X[train], rows.y[train])
            return model, candidates_of(name, model, rows.X[valid])
    except Exception as error:
        error.add_note(f"in member {name!r}, fold {fold + 1}")
        raise


def _fit_piece(
    members: Mapping[str, BaseEstimator], rows: TextRows, name: str, fold: int
) -> tuple[TextCandidates, TextCandidates]:
    """Return what one model writes for its validation rows and for the test."""
    model, found = fit_on_fold(members, rows, name, fold)
    with one_thread():
        return found, candidates_of(name, model, rows.X_test)


def _key(
    name: str, estimator: BaseEstimator, train: NDArray[np.intp], base: str
) -> str:
    """Return the key of one fit."""
    params = {k: repr(v) for k, v in sorted(estimator.get_params().items())}
    kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
    facts = [VERSION, "text", name, kind, params, base, fingerprint_array(train)]
    return fingerprint(facts)


def _stored(
    store: Store | None, key: str, name: str
) -> tuple[TextCandidates, TextCandidates] | None:
    entry = None if store is None else store.read(key)
    if entry is None:
        return None
    valid, test = (
        TextCandidates.from_arrays(
            [name],
            {
                k.removeprefix(part): v
                for k, v in entry.arrays.items()
                if k.startswith(part)
            },
        )
        for part in ("valid_", "test_")
    )
    return valid, test


def _keep(
    store: Store | None, key: str, pair: tuple[TextCandidates, TextCandidates]
) -> None:
    if store is None:
        return
    arrays = {
        f"{part}_{name}": array
        for part, found in zip(("valid", "test"), pair, strict=True)
        for name, array in found.to_arrays().items()
    }
    store.write(key, arrays, {"kind": "texts", "member": pair[0].members[0]})
