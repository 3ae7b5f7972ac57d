"""A store looked after: how large it is, whether it is sound, what can go."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    """

    store: Store
    key: str
    n_bytes: int
    written: float

    @property
    def is_kept(self) -> bool:
        """Return whether this is a fitted object rather than predictions."""
        return self.store.folder.name == KEPT


def list_entries(store: Store) -> Iterator[Stored]:
    """Yield every entry of a store and of the models kept in it."""
    for part in (store, Store(store.folder / KEPT)):
        for key in part:
            files = [path.stat() for path in part.path(key).iterdir()]
            n_bytes = sum(file.st_size for file in files)
            yield Stored(part, key, n_bytes, max(file.st_mtime for file in files))


def find_damaged(store: Store) -> list[str]:
    """Return the keys of damaged entries, which are taken away."""
    entries = list(list_entries(store))
    return [entry.key for entry in entries if entry.store.read(entry.key) is None]


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
    entries = sorted(list_entries(store), key=lambda entry: (entry.written, entry.key))
    left, gone = sum(entry.n_bytes for entry in entries), []
    for entry in entries:
        is_old = max_seconds is not None and now - entry.written > max_seconds
        if is_old or (max_bytes is not None and left > max_bytes):
            entry.store.remove(entry.key)
            left -= entry.n_bytes
            gone.append(entry)
    _remove_halves(store, now)
    return gone


def _remove_halves(store: Store, now: float) -> None:
    """Take away what killed processes have left half written."""
    for folder in (store.folder, store.folder / KEPT):
        for path in (folder / "tmp").glob("*"):
            if now - _modified(path) > HOUR:
                shutil.rmtree(path, ignore_errors=True)


def _modified(path: Path) -> float:
    return path.stat().st_mtime if path.exists() else 0.0
