"""Members that write texts, fitted on every fold, and the vote over what they write."""

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone
from sklearn.utils.parallel import Parallel, delayed

from ensemble_kit.arrays import TextsLike
from ensemble_kit.blending.text_vote import TextVote
from ensemble_kit.exceptions import RunError, problems
from ensemble_kit.hashing import fingerprint, fingerprint_array
from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.processes import one_thread
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.store import Store

logger = logging.getLogger(__name__)
Pair = tuple[TextCandidates, TextCandidates]  # of validation rows, of the test
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


@dataclass(frozen=True)
class TextFits:
    """What members write, and which of them could not be fitted.

    Parameters
    ----------
    written : dict of str to list of pairs
        For each member and fold, what is written for its rows and for the test.
    failures : dict of str to str
        Why a member is left out.
    notes : tuple of str
        What members had to say, such as that texts were cut.
    """

    written: dict[str, list[Pair]]
    failures: dict[str, str]
    notes: tuple[str, ...] = ()


def fit_on_folds(
    members: Mapping[str, BaseEstimator],
    rows: TextRows,
    n_jobs: int = 1,
    store: Store | None = None,
    base: str = "",
    on_fit: Callable[[str], None] = lambda line: None,
) -> TextFits:
    """Return what the models of each member and fold write.

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

    Raises
    ------
    RunError
        When folds repeat rows, or no member could be fitted.
    """
    _refuse_repeats(rows.folds)
    pieces = [(name, fold) for name in members for fold in range(len(rows.folds))]
    keys = [_key(name, members[name], rows, fold, base) for name, fold in pieces]
    names = [name for name, _ in pieces]
    found = [_stored(store, key, name) for key, name in zip(keys, names, strict=True)]
    missing = [at for at, pair in enumerate(found) if pair is None]
    if missing:
        on_fit(f"{len(missing)} fits, {len(pieces) - len(missing)} are stored")
    work = (delayed(_try_piece)(members, rows, *pieces[at]) for at in missing)
    results = Parallel(n_jobs=n_jobs, return_as="generator")(work)
    failures: dict[str, str] = {}
    notes: dict[str, None] = {}
    for done, (at, tried) in enumerate(zip(missing, results, strict=True), start=1):
        name, fold = pieces[at]
        found[at] = tried.pair
        notes |= {f"{name}: {note}": None for note in tried.notes}
        if tried.pair is None:
            failures.setdefault(name, f"fold {fold + 1}: {tried.failure}")
        else:
            _keep(store, keys[at], tried.pair)
        told = "" if tried.pair else f" failed: {tried.failure}"
        on_fit(f"{done}/{len(missing)} {name}, fold {fold + 1}{told}")
    written: dict[str, list[Pair]] = {n: [] for n in members if n not in failures}
    for name, pair in zip(names, found, strict=True):
        if name in written and pair is not None:
            written[name].append(pair)
    if not written:
        lines = [f"{name}, {why}" for name, why in failures.items()]
        raise RunError(problems("no member could be fitted; the run", lines))
    return TextFits(written, failures, tuple(notes))


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


@dataclass(frozen=True)
class _Tried:
    """How a fit went: what is written, or why there is nothing."""

    pair: Pair | None
    failure: str
    notes: tuple[str, ...]


def _try_piece(
    members: Mapping[str, BaseEstimator], rows: TextRows, name: str, fold: int
) -> _Tried:
    """Return what one model writes for its validation rows and for the test."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            model, found = fit_on_fold(members, rows, name, fold)
            with one_thread():
                pair = found, candidates_of(name, model, rows.X_test)
        except Exception as error:
            logger.debug("%s, fold %d failed", name, fold + 1, exc_info=True)
            text = " ".join(str(error).split())[:500]
            return _Tried(None, f"{type(error).__name__}: {text}", ())
    told = [str(w.message) for w in caught if w.category is UserWarning]
    return _Tried(pair, "", tuple(dict.fromkeys(told)))


def _refuse_repeats(folds: Folds) -> None:
    """Refuse folds that validate a row more than once."""
    rows = np.concatenate([valid for _, valid in folds])
    if len(np.unique(rows)) < len(rows):
        raise RunError(
            "folds validate some rows more than once, which a vote over texts does "
            "not; name one column of folds"
        )


def _key(
    name: str, estimator: BaseEstimator, rows: TextRows, fold: int, base: str
) -> str:
    """Return the key of one fit."""
    params = {k: repr(v) for k, v in sorted(estimator.get_params().items())}
    kind = f"{type(estimator).__module__}.{type(estimator).__qualname__}"
    train, valid = rows.folds.pairs[fold]
    facts = [VERSION, "text", name, kind, params, base, fingerprint_array(train)]
    # Where no row is unused, those that are validated follow from the others.
    if len(train) + len(valid) < rows.folds.n_rows:
        facts.append(fingerprint_array(valid))
    return fingerprint(facts)


def _stored(store: Store | None, key: str, name: str) -> Pair | None:
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


def _keep(store: Store | None, key: str, pair: Pair) -> None:
    if store is None:
        return
    arrays = {
        f"{part}_{name}": array
        for part, found in zip(("valid", "test"), pair, strict=True)
        for name, array in found.to_arrays().items()
    }
    store.write(key, arrays, {"kind": "texts", "member": pair[0].members[0]})
