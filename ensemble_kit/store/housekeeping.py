"""A store looked after: how large it is, whether it is sound, what can go."""

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from ensemble_kit.features.encoders.kept_vectors import VECTORS, is_sound
from ensemble_kit.files import is_folder, remove
from ensemble_kit.locks import take_away
from ensemble_kit.store.store import Store

HOUR = 3600.0
KEPT = "kept"


@dataclass(frozen=True)
class Stored:
    """One entry as files.

    Parameters
    ----------
    store : Store
        The store of fits, or the one of kept models below it.
    key : str
    n_bytes : int
    written : float
        When, in seconds since 1970.
    vectors : Path, optional
        Of texts that were encoded: the file that is meant instead of an entry.
    """

    store: Store
    key: str
    n_bytes: int
    written: float
    vectors: Path | None = None

    @property
    def is_kept(self) -> bool:
        """Return whether this is a fitted object rather than predictions."""
        return self.store.folder.name == KEPT

    def remove(self) -> None:
        """Take it away."""
        if self.vectors is None:
            self.store.remove(self.key)
        else:
            self.vectors.unlink(missing_ok=True)


def list_vectors(store: Store) -> Iterator[Stored]:
    """Yield the files with vectors of encoded texts."""
    for path in sorted((store.folder / VECTORS).glob("*/*.npy")):
        with suppress(FileNotFoundError):
            facts = path.lstat()
            yield Stored(store, path.stem, facts.st_size, facts.st_mtime, path)


def list_entries(store: Store) -> Iterator[Stored]:
    """Yield every entry of a store and of the models kept in it, halves too."""
    for part in _parts(store):
        for key in part:
            with suppress(FileNotFoundError):  # another process takes it away
                yield _as_files(part, key)


def find_damaged(store: Store) -> dict[str, str]:
    """Return what is wrong, by the key of an entry or a path; it is taken away.

    Half entries are damaged, and so is whatever else lies where entries belong.
    """
    faults = {}
    for part in _parts(store):
        for path in _strays(part):
            faults[str(path.relative_to(store.folder))] = "no part of a store"
            take_away(path, part.folder / "tmp")
        for key in part:
            if fault := part.check(key):
                faults[key] = fault
                part.remove(key)
    for stored in list_vectors(store):
        if stored.vectors and not is_sound(stored.vectors):
            faults[str(stored.vectors.relative_to(store.folder))] = "damaged vectors"
            stored.remove()
    return faults


def _parts(store: Store) -> tuple[Store, Store]:
    """Return the store of fits and the one of kept models below it."""
    fitted = Store(store.folder / KEPT, store.durable, store.limits)
    return store, fitted


def _strays(store: Store) -> list[Path]:
    """Return what lies where entries do and cannot be one."""
    shards = [p for p in store.folder.glob("??") if not p.name.startswith(".")]
    files = [shard for shard in shards if not is_folder(shard)]
    keys = set(store)
    inside = [p for s in shards if is_folder(s) for p in s.iterdir()]
    return sorted([*files, *(p for p in inside if _is_stray(p, keys))])


def _is_stray(path: Path, keys: set[str]) -> bool:
    """Return whether no key leads to a path."""
    return path.name not in keys or path.parent.name != path.name[:2]


def _as_files(store: Store, key: str) -> Stored:
    """Return an entry's size and time, whatever lies in its place."""
    path = store.path(key)
    files = [path.lstat()]
    if is_folder(path):
        files = [each.lstat() for each in path.iterdir()] or files
    n_bytes = sum(file.st_size for file in files)
    return Stored(store, key, n_bytes, max(file.st_mtime for file in files))


def prune(
    store: Store,
    now: float,
    max_seconds: float | None = None,
    max_bytes: float | None = None,
) -> list[Stored]:
    """Take old entries away and return them.

    Parameters
    ----------
    store : Store
    now : float
        Seconds since 1970.
    max_seconds : float, optional
        Entries written longer ago go.
    max_bytes : float, optional
        The oldest go until the rest takes no more than this.
    """
    entries = [*list_entries(store), *list_vectors(store)]
    entries.sort(key=lambda entry: (entry.written, entry.key))
    left, pruned = sum(entry.n_bytes for entry in entries), []
    for entry in entries:
        is_old = max_seconds is not None and now - entry.written > max_seconds
        if is_old or (max_bytes is not None and left > max_bytes):
            entry.remove()
            left -= entry.n_bytes
            pruned.append(entry)
    _remove_halves(store, now)
    return pruned


def _remove_halves(store: Store, now: float) -> None:
    """Take away what killed processes have left half written."""
    for part in _parts(store):
        for path in (part.folder / "tmp").glob("*"):
            if os.path.lexists(path) and now - path.lstat().st_mtime > HOUR:
                remove(path)
