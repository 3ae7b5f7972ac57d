"""Results kept by the hash of the facts they follow from.

An entry is a folder of .npy files and one entry.json that lists their checksums,
the facts behind the key and what the work cost. It is written under a temporary
name and renamed, so a reader sees a whole entry or none.
"""

import hashlib
import io
import json
import logging
import os
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import StoreError
from ensemble_kit.files import sync_folder, write_synced

logger = logging.getLogger(__name__)
SCHEMA = 1


@dataclass(frozen=True)
class Entry:
    """What one piece of work left: arrays by name, and plain facts."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


class Store:
    """Entries in a folder, shared by any number of runs at once.

    Parameters
    ----------
    folder : Path
        Made when the first entry is written.
    durable : bool, default True
        Whether an entry outlasts a power cut once it is written. A store that no one
        outlives, in a temporary folder, saves the waiting for the disk.
    """

    def __init__(self, folder: Path, durable: bool = True):
        self.folder = Path(folder)
        self.durable = durable

    def path(self, key: str) -> Path:
        """Return the folder of an entry."""
        return self.folder / key[:2] / key

    def __contains__(self, key: str) -> bool:
        return (self.path(key) / "entry.json").is_file()

    def read(self, key: str) -> Entry | None:
        """Return an entry, or None when it is missing or damaged.

        A damaged entry is taken away with a warning, so that it is made again.
        """
        if key not in self:
            return None
        try:
            return _read_entry(self.path(key))
        except (OSError, ValueError, KeyError, TypeError) as error:
            logger.warning("store entry %s is damaged and made again: %s", key, error)
            self.remove(key)
            return None

    def facts(self, key: str) -> dict[str, Any] | None:
        """Return an entry's facts alone, checked; None where there are none."""
        try:
            return _read_facts(self.path(key))[1]
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(
        self, key: str, arrays: dict[str, NDArray[Any]], facts: dict[str, Any]
    ) -> None:
        """Write an entry; when another process was faster, its entry stays.

        Raises
        ------
        StoreError
            When the disk refuses, with the folder and the size wanted.
        """
        temporary = self.folder / "tmp" / f"{key}.{os.getpid()}.{secrets.token_hex(4)}"
        files = {f"{name}.npy": _npy_bytes(array) for name, array in arrays.items()}
        try:
            _write_files(temporary, files, facts, self.durable)
            _publish(temporary, self.path(key), self.durable)
        except OSError as error:
            size = sum(map(len, files.values()))
            raise StoreError(
                f"cannot write {size:,} bytes into the store {self.folder}: {error}; "
                "free some space or name another place with --store"
            ) from error
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def remove(self, key: str) -> None:
        """Take an entry away; nothing happens when there is none."""
        shutil.rmtree(self.path(key), ignore_errors=True)

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of every entry, sorted."""
        return iter(sorted(p.parent.name for p in self.folder.glob("??/*/entry.json")))


def _npy_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()


def _write_files(
    folder: Path, files: dict[str, bytes], facts: dict[str, Any], durable: bool
) -> None:
    """Write the files, then the list that makes them an entry."""
    folder.mkdir(parents=True)
    for name, data in files.items():
        write_synced(folder / name, data, durable)
    checksums = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    body = json.dumps(facts, sort_keys=True)
    entry = {
        "schema": SCHEMA,
        "files": checksums,
        "facts": body,
        "facts_sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    write_synced(folder / "entry.json", json.dumps(entry).encode(), durable)
    if durable:
        sync_folder(folder)


def _read_entry(folder: Path) -> Entry:
    """Return an entry whose every byte is as it was written."""
    checksums, facts = _read_facts(folder)
    arrays = {
        name.removesuffix(".npy"): _read_checked(folder / name, checksum)
        for name, checksum in checksums.items()
    }
    return Entry(arrays, facts)


def _read_facts(folder: Path) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the checksums of an entry's files, and its facts."""
    entry = json.loads((folder / "entry.json").read_bytes())
    if entry["schema"] != SCHEMA:
        raise ValueError(f"schema {entry['schema']}, not {SCHEMA}")
    if hashlib.sha256(entry["facts"].encode()).hexdigest() != entry["facts_sha256"]:
        raise ValueError("the checksum of the facts differs")
    return entry["files"], json.loads(entry["facts"])


def _read_checked(path: Path, checksum: str) -> NDArray[Any]:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != checksum:
        raise ValueError(f"the checksum of {path.name} differs")
    return np.load(io.BytesIO(data), allow_pickle=False)


def _publish(temporary: Path, path: Path, durable: bool) -> None:
    """Rename a finished folder into place."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.rename(temporary, path)
    except OSError:
        if not (path / "entry.json").is_file():
            raise
    if durable:
        sync_folder(path.parent)
