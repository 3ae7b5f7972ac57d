"""A run's scratch folder: its data and the matrices in use, shared by workers."""

import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from pickle import PicklingError
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import RunError
from ensemble_kit.files import renaming, save_array
from ensemble_kit.locks import LOCK, let_go, remove_abandoned, take_lock
from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.fitted_objects import Keeper, read_pickled, write_pickled
from ensemble_kit.store.frames import is_text, read_matrix, take_rows, write_matrix
from ensemble_kit.work.given_estimators import Pattern
from ensemble_kit.work.memory import own_megabytes, peak_megabytes, reset_peak
from ensemble_kit.work.node import Costs, Facts, FeaturesFacts
from ensemble_kit.work.shared_matrices import SharedMatrices

if TYPE_CHECKING:
    from filelock import BaseFileLock

    from ensemble_kit.features.counting.counted_texts import CountedTexts

ALL_ROWS = -1
FITTED = "fitted"  # the part of a matrix that is what made it
Pair = tuple[NDArray[np.intp], NDArray[np.intp]]


@dataclass(frozen=True)
class Source:
    """What every piece of work reads: the encoded data and its folds.

    Parameters
    ----------
    X, X_test : DataFrame
        The same columns; dtypes are the roles.
    y : ndarray of shape (n_rows,)
        Class numbers or values, encoded.
    folds : Folds
        What level 1 is fitted on.
    kind : {"binary", "multiclass", "regression"}
    n_outputs : int
    fingerprint : str
        Identifies the data and the target.
    weights, groups, times : ndarray of shape (n_rows,), optional
    more : tuple of (train rows, valid rows)
        Splits beside the folds; their numbers go on where those of the folds end.
    foreign : mapping of str to ndarray of shape (n_rows + n_test_rows, n_outputs)
        Predictions that were made elsewhere, by token: training rows first.
    costs : list of lists of float, or "balanced", optional
        What mistakes cost, by true and by called class: where it helps, fits of
        classes go by it.
    """

    X: pd.DataFrame
    X_test: pd.DataFrame
    y: NDArray[Any]
    folds: Folds
    kind: str
    n_outputs: int
    fingerprint: str
    weights: NDArray[np.float64] | None = None
    groups: NDArray[np.intp] | None = None
    times: NDArray[np.float64] | None = None
    more: tuple[Pair, ...] = ()
    foreign: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    costs: Costs | None = None

    @cached_property
    def texts(self) -> list[str]:
        """Return the names of the text columns; a matrix has none."""
        if not isinstance(self.X, pd.DataFrame):
            return []
        return [str(name) for name, dtype in self.X.dtypes.items() if is_text(dtype)]

    def texts_of(self, column: str) -> list[str]:
        """Return a text column over training and test rows; gaps are empty texts."""
        parts = (self.X[column], self.X_test[column])
        return [text for part in parts for text in part.fillna("").astype(str)]

    @cached_property
    def splits(self) -> Folds:
        """Return the folds and all other splits, by number."""
        return Folds((*self.folds.pairs, *self.more), len(self.y))

    def rows(self, fold: int) -> Pair:
        """Return training and validation rows; fold -1 trains on every row."""
        if fold == ALL_ROWS:
            return np.arange(len(self.y)), np.arange(0)
        return self.splits.pairs[fold]

    def numbered(self, numbers: Iterable[int]) -> Folds:
        """Return some splits by their numbers, the fit on every row left out."""
        pairs = tuple(self.splits.pairs[n] for n in numbers if n != ALL_ROWS)
        return Folds(pairs, len(self.y))


class Matrices(Protocol):
    """What a schedule asks of a workspace, or of one that is only imagined."""

    keeper: Keeper

    def has(self, key: str) -> bool:
        """Return whether a matrix is there."""

    def remove(self, key: str) -> None:
        """Take a matrix away that no work needs any more."""


class Workspace:
    """Matrices by key in a folder, and the source they come from.

    Parameters
    ----------
    folder : Path
        An existing workspace's folder.
    keeper : Keeper, optional
        Takes what is fitted here; nothing is kept without it.
    holds : bool
        Whether matrices that no planned work needs stay until the end.
    lock : BaseFileLock, optional
        Held as long as the folder is in use; see `create`.
    """

    def __init__(
        self,
        folder: Path,
        keeper: Keeper | None = None,
        holds: bool = False,
        lock: "BaseFileLock | None" = None,
    ):
        self.folder = Path(folder)
        self.holds = holds
        self.keeper = keeper or Keeper("nowhere", self.folder)
        self.take_away: Callable[[str], None] = self._take_away
        self._given: dict[str, Any] | None = None
        self._patterns: dict[str, Pattern] = {}
        self.validated: set[str] = set()  # what has been fitted with its parameters
        self._lock = lock
        self._rows: tuple[int, dict[str, pd.DataFrame]] | None = None
        self._arrays: tuple[int, dict[str, Any]] | None = None

    @classmethod
    def create(
        cls, parent: Path, source: Source, shared: Path | None = None
    ) -> "Workspace":
        """Write the source into a new folder below ``parent``.

        Folders left by processes that are no longer alive, here or on another
        machine, are taken away first.

        Parameters
        ----------
        parent : Path
        source : Source
        shared : Path, optional
            The folder of what runs of several targets have in common.
        """
        remove_abandoned(parent)
        folder = parent / f"{os.getpid()}-{secrets.token_hex(4)}"
        # Held before the folder is there: a folder that nobody holds is abandoned.
        lock = take_lock(folder.with_name(folder.name + LOCK))
        folder.mkdir(parents=True, exist_ok=True)
        _write_source(folder / "source", source)
        if shared is not None:
            SharedMatrices.between(shared, folder / "source")
        return cls(folder, lock=lock)

    @cached_property
    def source(self) -> Source:
        """Return the source, its arrays memory-mapped."""
        return _read_source(self.folder / "source")

    @cached_property
    def shared(self) -> SharedMatrices | None:
        """Return what runs of several targets have in common, where there are some."""
        return SharedMatrices.of(self.folder / "source")

    def take_shared(self, key: str, facts: Facts) -> bool:
        """Return whether a matrix is there now as a run for another target made it."""
        if self.shared is None or not self.shared.take(facts, self.folder / key):
            return False
        if isinstance(facts, FeaturesFacts):
            self.keeper.keep(key, self.shared.fitted(facts))
        return True

    def share(self, key: str, facts: Facts, fitted: object = None) -> None:
        """Leave a matrix for the runs for other targets."""
        if self.shared is not None:
            self.shared.give(facts, self.folder / key, fitted)

    def give(self, objects: Mapping[str, Any], other_processes: bool) -> None:
        """Hand over a user's own estimators and transformers, by token.

        Raises
        ------
        RunError
            With the name of the first that does not go to other processes.
        """
        self._given = dict(objects)
        if not other_processes:
            return
        for token, value in self._given.items():
            try:
                write_pickled(self.folder / "given", value)
            except (PicklingError, TypeError, AttributeError) as error:
                name = token.partition("-")[2]
                raise RunError(
                    f"{name} does not go to worker processes: {error}; with n_jobs=1 "
                    "it stays in this one"
                ) from error
        write_pickled(self.folder / "given", self._given)

    def given(self, token: str) -> Any:
        """Return an object that was handed over."""
        if self._given is None:
            self._given = read_pickled(self.folder / "given")
        return self._given[token]

    def pattern(self, token: str) -> Pattern:
        """Return the pattern of an estimator that was handed over."""
        if token not in self._patterns:
            self._patterns[token] = Pattern.of(self.given(token))
        return self._patterns[token]

    def has(self, key: str) -> bool:
        """Return whether a matrix is there."""
        return (self.folder / key).is_dir()

    def has_part(self, key: str, part: str) -> bool:
        """Return whether one part of a matrix is there."""
        return (self.folder / key / part).is_dir()

    def write(self, key: str, parts: Mapping[str, Any]) -> None:
        """Write the named parts of one piece of work, all or none of them."""
        temporary = self.folder / f"tmp-{secrets.token_hex(6)}"
        temporary.mkdir(exist_ok=True)
        for name, matrix in parts.items():
            if hasattr(matrix, "save"):
                matrix.save(temporary / name)
            else:
                write_matrix(temporary / name, matrix)
        with renaming(temporary, self.folder / key):
            temporary.rename(self.folder / key)

    def read(self, key: str, part: str) -> Matrix:
        """Return one part of a matrix."""
        return _read_cached(self.folder / key / part)

    def counts(self, key: str) -> "CountedTexts":
        """Return the counts of a text column, mapped from their files."""
        from ensemble_kit.features.counting.counted_texts import CountedTexts

        return CountedTexts.load(self.folder / key / "counts")

    def fitted(self, key: str) -> Any:
        """Return what was fitted to make a matrix, where it was written beside it."""
        return read_pickled(self.folder / key / FITTED)

    def remove(self, key: str) -> None:
        """Take a matrix away that no work needs any more."""
        self.take_away(key)

    def _take_away(self, key: str) -> None:
        if not self.holds:
            shutil.rmtree(self.folder / key, ignore_errors=True)

    def close(self) -> None:
        """Take the whole folder away, and its parent when nothing else is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        if self._lock is not None:
            let_go(self._lock)
        with suppress(OSError):
            self.folder.parent.rmdir()

    def part_rows(self, fold: int) -> dict[str, NDArray[np.intp]]:
        """Return the rows of a fold's three parts; test rows follow those of train."""
        train, valid = self.source.rows(fold)
        n_rows, n_test = len(self.source.y), self.source.X_test.shape[0]
        test = np.arange(n_rows, n_rows + n_test)
        return {"train": train, "valid": valid, "test": test}

    def frame_rows(self, fold: int) -> dict[str, pd.DataFrame]:
        """Return the raw columns of a fold's three parts.

        Those of the last fold asked for are at hand: its members follow each other.
        """
        if self._rows is None or self._rows[0] != fold:
            train, valid = self.source.rows(fold)
            parts = {
                "train": take_rows(self.source.X, train),
                "valid": take_rows(self.source.X, valid),
                "test": self.source.X_test,
            }
            self._rows = fold, parts
        # A member that writes into its table writes into one of its own.
        return {part: _own(table) for part, table in self._rows[1].items()}

    def array_rows(self, fold: int) -> Mapping[str, Any]:
        """Return the same, frames as arrays, which nobody writes into."""
        if not isinstance(self.source.X, pd.DataFrame):
            return self.frame_rows(fold)
        if self._arrays is None or self._arrays[0] != fold:
            train, valid = self.source.rows(fold)
            parts = {"train": self._taken(train), "valid": self._taken(valid)}
            self._arrays = fold, parts | {"test": self.source.X_test.to_numpy()}
        return self._arrays[1]

    def _taken(self, rows: NDArray[np.intp]) -> NDArray[Any]:
        """Return rows of the columns as an array, each column's numbers side by side.

        As ``iloc`` and ``to_numpy`` would, and in a tenth of their time.
        """
        if self._block is None:
            return self.source.X.iloc[rows].to_numpy()
        taken: NDArray[Any] = self._block.take(rows, axis=1).T
        taken.flags.writeable = self._block.flags.writeable
        return taken

    @cached_property
    def _block(self) -> NDArray[Any] | None:
        """Return numbers by column and row, where pandas holds them so; else None."""
        one, other = (self.source.X.to_numpy() for _ in range(2))
        is_one = one.flags.f_contiguous and np.may_share_memory(one, other)
        return one.T if is_one and one.dtype == np.float64 else None

    def processor_seconds(self) -> float:
        """Return the seconds of a processor that this process has had."""
        return time.process_time()

    def reset_peak(self) -> None:
        """Forget the most memory that this process has held."""
        reset_peak()

    def peak_megabytes(self) -> float:
        """Return the most memory that this process has held since."""
        return peak_megabytes()

    def own_megabytes(self) -> float:
        """Return what this process holds for itself alone."""
        return own_megabytes()


def _own(table: Any) -> Any:
    """Return a table whose cells are copied once they are written to, or at once."""
    if isinstance(table, pd.DataFrame):
        return table.copy(deep=False)
    return table.copy() if hasattr(table, "copy") else table


@lru_cache(maxsize=6)
def _read_cached(folder: Path) -> Matrix:
    """Return a matrix; members of one feature set follow each other in a worker."""
    return read_matrix(folder)


def _write_source(folder: Path, source: Source) -> None:
    folder.mkdir(exist_ok=True)
    write_matrix(folder / "X", source.X)
    write_matrix(folder / "X_test", source.X_test)
    for name in ("y", "weights", "groups", "times"):
        if getattr(source, name) is not None:
            save_array(folder / f"{name}.npy", getattr(source, name))
    for number, (train, valid) in enumerate(source.splits):
        save_array(folder / f"fold{number}.train.npy", train)
        save_array(folder / f"fold{number}.valid.npy", valid)
    for token, values in source.foreign.items():
        save_array(folder / f"foreign.{token}.npy", values)
    facts = {
        "kind": source.kind,
        "n_outputs": source.n_outputs,
        "fingerprint": source.fingerprint,
        "n_folds": len(source.folds),
        "n_splits": len(source.splits),
        "foreign": list(source.foreign),
        "costs": source.costs,
    }
    (folder / "source.json").write_text(json.dumps(facts), encoding="utf-8")


def _read_source(folder: Path) -> Source:
    facts = json.loads((folder / "source.json").read_text(encoding="utf-8"))
    X, y = read_matrix(folder / "X"), np.load(folder / "y.npy")
    pairs = tuple(
        (
            np.load(folder / f"fold{number}.train.npy"),
            np.load(folder / f"fold{number}.valid.npy"),
        )
        for number in range(facts["n_splits"])
    )
    optional = {
        name: np.load(folder / f"{name}.npy")
        for name in ("weights", "groups", "times")
        if (folder / f"{name}.npy").is_file()
    }
    return Source(
        X=X,
        X_test=read_matrix(folder / "X_test"),
        y=y,
        folds=Folds(pairs[: facts["n_folds"]], len(y)),
        kind=facts["kind"],
        n_outputs=facts["n_outputs"],
        fingerprint=facts["fingerprint"],
        more=pairs[facts["n_folds"] :],
        foreign={
            token: np.load(folder / f"foreign.{token}.npy")
            for token in facts["foreign"]
        },
        costs=facts["costs"],
        **optional,
    )
