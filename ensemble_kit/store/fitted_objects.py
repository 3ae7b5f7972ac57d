"""Fitted feature sets and models, kept after they have predicted."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import RunError, StoreError
from ensemble_kit.store.persistence import pack, unpack
from ensemble_kit.store.store import Store


class Keeper:
    """Keeps what was fitted under the key of the work that fitted it.

    Parameters
    ----------
    place : {"nowhere", "memory", "workspace", "store"}
        "workspace" pickles into a folder that is private and short-lived: it takes
        any object from one process to another. "store" writes plain arrays that
        other processes may read years later; see `ensemble_kit.store.persistence`.
    folder : Path
        The workspace's folder.
    store : Store, optional
        For "store": objects go into the folder ``kept`` below its own.
    """

    def __init__(self, place: str, folder: Path, store: Store | None = None):
        self.place = place
        self.folder = folder / "kept"
        self.store = None if store is None else Store(store.folder / "kept")
        self.objects: dict[str, Any] = {}

    @property
    def lasting(self) -> Store:
        """Return the store of objects that are kept for years."""
        if self.store is None:
            raise RunError("there is no store to keep objects in")
        return self.store

    def keep(self, key: str, fitted: object) -> None:
        """Keep an object; one that cannot be kept leaves the reason instead."""
        if self.place == "memory":
            self.objects[key] = fitted
        elif self.place == "workspace":
            write_pickled(self.folder / key, fitted)
        elif self.place == "store" and key not in self.lasting:
            write_kept(self.lasting, key, fitted)

    def keep_to_explain(self, key: str, fitted: object) -> None:
        """Keep what predicts no later row where it lasts, and nowhere else."""
        if self.place == "store":
            self.keep(key, fitted)

    def has(self, key: str) -> bool:
        """Return whether there is nothing left to do to keep what a key fits."""
        return self.place != "store" or key in self.lasting

    def load(self, key: str) -> Any:
        """Return a kept object.

        Raises
        ------
        RunError
            When it was not kept, with the reason where there is one.
        """
        if key in self.objects:
            return self.objects[key]
        if self.place == "workspace" and (self.folder / key).is_file():
            return read_pickled(self.folder / key)
        if self.place == "store":
            return read_kept(self.lasting, key)
        raise RunError(f"what {key} has fitted was not kept")


def write_kept(fitted_store: Store, key: str, fitted: object) -> None:
    """Write an object as plain data, or why that cannot be."""
    try:
        tree, data = pack(fitted)
    except StoreError as error:
        fitted_store.write(key, {}, {"refused": str(error)})
    else:
        fitted_store.write(key, {"data": data}, {"object": tree})


def read_kept(fitted_store: Store, key: str) -> Any:
    """Return what `write_kept` wrote.

    Raises
    ------
    RunError
        When it is missing, damaged, or was refused.
    """
    try:
        entry = fitted_store.load(key)
    except StoreError as error:
        raise RunError(str(error)) from error
    if "refused" in entry.facts:
        raise RunError(f"not kept: {entry.facts['refused']}")
    try:
        return unpack(entry.facts["object"], entry.arrays["data"])
    except (StoreError, LookupError) as error:
        raise RunError(f"the entry {key} holds no fitted object: {error}") from error


def write_pickled(path: Path, value: object) -> None:
    """Pickle a value, classes of notebooks and scripts included."""
    import cloudpickle

    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as stream:
        cloudpickle.dump(value, stream)


@dataclass(frozen=True)
class Pickled:
    """A value that is pickled where matrices are written.

    Parameters
    ----------
    value : object
    """

    value: Any

    def save(self, path: Path) -> None:
        """Write the value; see `write_pickled`."""
        write_pickled(path, self.value)


def read_pickled(path: Path) -> Any:
    """Return what `write_pickled` wrote; only ever called on a private folder."""
    import cloudpickle

    with path.open("rb") as stream:
        return cloudpickle.load(stream)
