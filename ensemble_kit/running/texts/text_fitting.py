"""Members that write texts, fitted on every fold: until all are, or time is over."""

import logging
import os
import signal
import time
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.parallel import Parallel, delayed

from ensemble_kit.exceptions import RunError, problems
from ensemble_kit.hashing import fingerprint, fingerprint_array
from ensemble_kit.models.sequences.sequence_estimator import CutTextsWarning
from ensemble_kit.oof.text_candidates import TextCandidates
from ensemble_kit.processes import one_thread
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.texts.text_folds import (
    Pair,
    TextRows,
    candidates_of,
    fit_on_fold,
)
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.fitted_objects import write_kept
from ensemble_kit.store.store import Store

logger = logging.getLogger(__name__)
VERSION = 1  # of what is stored
STOPPED = "stopped before all members were fitted"
TRAINING = 0.7  # of the time a fit has, the rest is for writing
LEAST_SECONDS = 2.0  # that a network is begun for
LEAST_SHARE = 0.5  # of what the slowest fit took so far


@dataclass(frozen=True)
class TextWork:
    """With what members are fitted, and until when.

    Parameters
    ----------
    n_jobs : int
        Processes.
    store : Store, optional
        Where finished fits are kept.
    keep_models : bool
        Whether the fitted models are kept too, for rows that come later.
    end : float, optional
        On the monotonic clock, when the last fit has to be done.
    is_interrupted : callable
        Asked after every fit whether to stop.
    on_note : callable
        Told what is fitted, and what was there already.
    """

    n_jobs: int = 1
    store: Store | None = None
    keep_models: bool = False
    end: float | None = None
    is_interrupted: Callable[[], bool] = lambda: False
    on_note: Callable[[str], None] = lambda line: None

    @property
    def fitted_store(self) -> Store | None:
        """Return where fitted models are kept, if anywhere."""
        if self.store is None or not self.keep_models:
            return None
        return Store(self.store.folder / "kept", self.store.durable)


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
    keys : dict of str to list of str
        Under which the models of a member are kept, a key for each fold.
    cut : dict of str to estimator
        Models, by key, whose training a limit has ended: they are kept nowhere.
    seconds : dict of str to float
        What a member's fits took, those from the store included.
    stopped : str
        Why not all members could be fitted; empty when nothing stopped them.
    """

    written: dict[str, list[Pair]]
    failures: dict[str, str]
    notes: tuple[str, ...] = ()
    keys: dict[str, list[str]] = field(default_factory=dict)
    cut: dict[str, BaseEstimator] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    stopped: str = ""


def fit_on_folds(
    members: Mapping[str, BaseEstimator],
    rows: TextRows,
    work: TextWork | None = None,
    base: str = "",
) -> TextFits:
    """Return what the models of each member and fold write.

    Under a limit members are fitted one after the other, those first that take no
    time. The training of a network ends in time for its texts to be written, and one
    that could not get half the time of the slowest before is left out.

    Parameters
    ----------
    members : mapping of str to estimator
    rows : TextRows
    work : TextWork, optional
    base : str
        What the rows follow from, for the keys of the store.

    Raises
    ------
    RunError
        When folds repeat rows, or no member could be fitted.
    """
    _refuse_repeats(rows.folds)
    work = work or TextWork()
    pieces = [
        _Piece(name, fold, _key(name, members[name], rows, fold, base))
        for name in members
        for fold in range(len(rows.folds))
    ]
    so_far = _FitsSoFar()
    for piece in pieces:
        so_far.look_up(piece, work)
    n_missing = len(pieces) - len(so_far.pairs)
    if n_missing:
        work.on_note(f"{n_missing} fits, {len(so_far.pairs)} are stored")
    done = 0
    for some in _batches(members, pieces, so_far, work):
        if reason := _too_late(members[some[0].member], some, so_far, work):
            so_far.failures[some[0].member] = reason
            continue
        for piece, tried in _fit_pieces(members, rows, some, work):
            done += 1
            so_far.take(piece, tried, work)
            failure = "" if tried.pair else f" failed: {tried.failure}"
            where = f"{piece.member}, fold {piece.fold + 1}"
            work.on_note(f"{done}/{n_missing} {where}{failure}")
        if work.is_interrupted():
            break
    return so_far.fits(members, pieces, STOPPED if work.is_interrupted() else "")


@dataclass(frozen=True)
class _Piece:
    """One fit: a member on a fold's training rows."""

    member: str
    fold: int
    key: str


@dataclass(frozen=True)
class _Tried:
    """How a fit went: what is written, or why there is nothing."""

    pair: Pair | None
    model: BaseEstimator | None = None
    failure: str = ""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    cut: str = ""  # how far a training came that a limit has ended


class _FitsSoFar:
    """What is written so far."""

    def __init__(self) -> None:
        self.pairs: dict[_Piece, Pair] = {}
        self.seconds: dict[_Piece, float] = {}
        self.failures: dict[str, str] = {}
        self.notes: dict[str, None] = {}
        self.cut: dict[str, BaseEstimator] = {}
        self.slowest = 0.0

    def look_up(self, piece: _Piece, work: TextWork) -> None:
        """Take a piece from the store, where it and its model are."""
        entry = None if work.store is None else work.store.read(piece.key)
        if entry is None or (
            work.fitted_store is not None and piece.key not in work.fitted_store
        ):
            return
        valid, test = (
            TextCandidates.from_arrays(
                [piece.member],
                {
                    name.removeprefix(part): array
                    for name, array in entry.arrays.items()
                    if name.startswith(part)
                },
            )
            for part in ("valid_", "test_")
        )
        self.pairs[piece] = valid, test
        self.seconds[piece] = float(entry.facts.get("seconds", 0.0))

    def take(self, piece: _Piece, tried: _Tried, work: TextWork) -> None:
        """Note how a fit went, and keep what is whole."""
        self.notes |= {f"{piece.member}: {note}": None for note in tried.notes}
        where = f"fold {piece.fold + 1}"
        if tried.pair is None:
            self.failures.setdefault(piece.member, f"{where}: {tried.failure}")
            return
        self.pairs[piece], self.seconds[piece] = tried.pair, tried.seconds
        if tried.cut and tried.model is not None:
            self.notes[f"{piece.member}, {where}: {tried.cut}"] = None
            self.cut[piece.key] = tried.model
            return
        self.slowest = max(self.slowest, tried.seconds)
        if work.fitted_store is not None and piece.key not in work.fitted_store:
            write_kept(work.fitted_store, piece.key, tried.model)
        _keep(work.store, piece, tried)

    def fits(
        self, members: Mapping[str, BaseEstimator], pieces: list[_Piece], stopped: str
    ) -> TextFits:
        """Return the members of which every fold is there, in their order."""
        own = {name: [p for p in pieces if p.member == name] for name in members}
        failures, written = dict(self.failures), {}
        for name, some in own.items():
            if name in failures:
                continue
            if all(piece in self.pairs for piece in some):
                written[name] = [self.pairs[piece] for piece in some]
            else:
                failures[name] = stopped
        is_whole = all(piece in self.pairs for piece in pieces)
        if not written:
            lines = [f"{name}, {why}" for name, why in failures.items()]
            raise RunError(problems("no member could be fitted; the run", lines))
        return TextFits(
            written,
            {name: failures[name] for name in members if name in failures},
            tuple(self.notes),
            {name: [piece.key for piece in own[name]] for name in written},
            self.cut,
            {name: sum(self.seconds[p] for p in own[name]) for name in written},
            "" if is_whole else stopped,
        )


def _batches(
    members: Mapping[str, BaseEstimator],
    pieces: list[_Piece],
    so_far: _FitsSoFar,
    work: TextWork,
) -> Iterator[list[_Piece]]:
    """Yield what is fitted side by side: all, or with a limit one member's folds."""
    missing = [piece for piece in pieces if piece not in so_far.pairs]
    if work.end is None:
        yield from [missing] if missing else []
        return
    for name in sorted(members, key=lambda name: _trains(members[name])):
        if some := [piece for piece in missing if piece.member == name]:
            yield some


def _trains(member: BaseEstimator) -> bool:
    """Return whether a member is a network, whose training takes its time."""
    return "max_seconds" in member.get_params(deep=False)


def _seconds_each(some: Sequence[_Piece], work: TextWork) -> float | None:
    """Return the seconds that each of some fits has, from now on."""
    if work.end is None:
        return None
    waves = -(-len(some) // max(work.n_jobs, 1))
    return max(work.end - time.monotonic(), 0.0) / waves


def _too_late(
    member: BaseEstimator, some: Sequence[_Piece], so_far: _FitsSoFar, work: TextWork
) -> str:
    """Return why a network is not begun; empty where there is time enough."""
    seconds = _seconds_each(some, work)
    if seconds is None or not _trains(member):
        return ""
    needed = max(LEAST_SECONDS, LEAST_SHARE * so_far.slowest)
    if seconds >= needed:
        return ""
    return f"{format_seconds(seconds)} a fit were left of the limit"


def _fit_pieces(
    members: Mapping[str, BaseEstimator],
    rows: TextRows,
    some: Sequence[_Piece],
    work: TextWork,
) -> Iterator[tuple[_Piece, _Tried]]:
    """Yield how each fit went, in order, until a stop is asked for."""
    seconds, parent = _seconds_each(some, work), os.getpid()

    def tasks() -> Iterator[object]:
        for piece in some:
            until = None
            if seconds is not None and work.end is not None:
                until = min(work.end, time.monotonic() + seconds)
            task = delayed(_try_piece)
            yield task(members[piece.member], rows, piece, until, parent)

    # A fit's time begins when it is handed to a process, so none waits in a line.
    line = {} if seconds is None else {"pre_dispatch": work.n_jobs, "batch_size": 1}
    parallel = Parallel(n_jobs=work.n_jobs, return_as="generator", **line)
    with warnings.catch_warnings():
        # Results that are there when a stop is asked for are not waited for.
        warnings.filterwarnings("ignore", message=".*tasks", category=UserWarning)
        with closing(parallel(tasks())) as results:
            for piece, tried in zip(some, results, strict=True):
                yield piece, tried
                if work.is_interrupted():
                    return


def _try_piece(
    member: BaseEstimator,
    rows: TextRows,
    piece: _Piece,
    until: float | None,
    parent: int,
) -> _Tried:
    """Return what one model writes for its validation rows and for the test."""
    if os.getpid() != parent:  # whom a terminal tells of Ctrl-C too
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    began, name = time.monotonic(), piece.member
    limited = _limited(member, None if until is None else until - began)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)
        try:
            model, valid = fit_on_fold(name, limited, rows, piece.fold, until)
            with one_thread():
                pair = valid, candidates_of(name, model, rows.X_test, until)
        except Exception as error:
            logger.debug("%s, fold %d failed", name, piece.fold + 1, exc_info=True)
            text = " ".join(str(error).split())[:500]
            return _Tried(None, failure=f"{type(error).__name__}: {text}")
    cut = _cut(model)
    if limited is not member:  # as it was declared, for those who read it later
        model.set_params(max_seconds=member.get_params()["max_seconds"])
    messages = [
        str(getattr(w.message, "note", w.message))
        for w in caught
        if w.category in (UserWarning, CutTextsWarning)
    ]
    seconds = time.monotonic() - began
    return _Tried(pair, model, "", tuple(dict.fromkeys(messages)), seconds, cut)


def _limited(member: BaseEstimator, seconds: float | None) -> BaseEstimator:
    """Return a member whose training ends in time for its texts to be written."""
    if seconds is None or not _trains(member):
        return member
    params = member.get_params(deep=False)
    trainings = 2 if params.get("inner_fraction") else 1
    own = max(seconds, 0.0) * TRAINING / trainings
    if params["max_seconds"] is not None:
        own = min(own, params["max_seconds"])
    limited: BaseEstimator = type(member)(**params | {"max_seconds": own})
    return limited


def _cut(model: BaseEstimator) -> str:
    """Return how far a training came that its seconds have ended."""
    history = getattr(model, "history_", None) or {}
    if not isinstance(history, Mapping) or not history.get("stopped"):
        return ""
    n_epochs = len(history.get("losses", ()))
    return f"training ended in epoch {n_epochs}: {history['stopped']}"


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


def _keep(store: Store | None, piece: _Piece, tried: _Tried) -> None:
    if store is None or tried.pair is None or piece.key in store:
        return
    arrays = {
        f"{part}_{name}": array
        for part, candidates in zip(("valid", "test"), tried.pair, strict=True)
        for name, array in candidates.to_arrays().items()
    }
    facts = {"kind": "texts", "member": piece.member, "seconds": tried.seconds}
    store.write(piece.key, arrays, facts)
