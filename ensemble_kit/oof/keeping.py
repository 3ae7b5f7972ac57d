"""Fitted feature sets and models, kept after they have predicted."""

from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import RunError
from ensemble_kit.oof.store import Store

PLACES = ("nowhere", "memory", "workspace", "store")


class Keeper:
    """Keeps what was fitted under the key of the work that fitted it.

    Parameters
    ----------
    place : {"nowhere", "memory", "workspace", "store"}
        "workspace" pickles into a folder that is private and short-lived: it takes
        any object from one process to another. "store" writes plain arrays that
        other processes may read years later; see `ensemble_kit.oof.persistence`.
    folder : Path
        The workspace's folder.
    store : Store
    """

    def __init__(self, place: str, folder: Path, store: Store | None = None):
        self.place = place
        self.folder = folder / "kept"
        self.store = store
        self.objects: dict[str, Any] = {}

    def keep(self, key: str, fitted: Any) -> None:
        """Keep an object."""
        if self.place == "memory":
            self.objects[key] = fitted
        elif self.place == "workspace":
            write_pickled(self.folder / key, fitted)

    def load(self, key: str) -> Any:
        """Return a kept object.

        Raises
        ------
        RunError
            When it was not kept.
        """
        if key in self.objects:
            return self.objects[key]
        if self.place == "workspace" and (self.folder / key).is_file():
            return read_pickled(self.folder / key)
        raise RunError(f"what {key} has fitted was not kept")


def write_pickled(path: Path, value: Any) -> None:
    """Pickle a value, classes of notebooks and scripts included."""
    import cloudpickle

    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as stream:
        cloudpickle.dump(value, stream)


def read_pickled(path: Path) -> Any:
    """Return what `write_pickled` wrote; only ever called on a private folder."""
    import cloudpickle

    with path.open("rb") as stream:
        return cloudpickle.load(stream)
