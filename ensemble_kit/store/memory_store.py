"""A store for one process and one fit: nothing reaches the disk."""

from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from ensemble_kit.store.store import Entry, Store


class MemoryStore(Store):
    """Entries in memory, gone with the object.

    Parameters
    ----------
    folder : Path
        For what is kept in files beside entries, such as vectors of texts.
    """

    def __init__(self, folder: Path):
        super().__init__(folder, durable=False)
        self.entries: dict[str, Entry] = {}

    def __contains__(self, key: str) -> bool:
        """Return whether there is an entry."""
        return key in self.entries

    def read(self, key: str) -> Entry | None:
        """Return an entry, or None when there is none."""
        return self.entries.get(key)

    def write(
        self, key: str, arrays: dict[str, NDArray[Any]], facts: dict[str, Any]
    ) -> None:
        """Keep an entry, unless there is one."""
        self.entries.setdefault(key, Entry(dict(arrays), dict(facts)))
