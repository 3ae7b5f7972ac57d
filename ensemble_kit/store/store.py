"""Results kept by the hash of the facts they follow from.

An entry is a folder of .npy files and one entry.json that lists their checksums,
the facts behind the key and what the work cost. It is written under a temporary
name and renamed, so a reader sees a whole entry or none. What lies in an entry's
place and is none is renamed away, and the entry is made again.
"""

import contextlib
import errno
import hashlib
import io
import json
import logging
import os
import re
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import StoreError
from ensemble_kit.files import (
    is_folder,
    is_plain,
    remove,
    renaming,
    sync_folder,
    write_synced,
)
from ensemble_kit.hashing import fingerprint
from ensemble_kit.locks import take_away
from ensemble_kit.untrusted import LIMITS, Limits, read_array, read_json, read_limited

logger = logging.getLogger(__name__)
SCHEMA = 1
ENTRY = "entry.json"
KEY = re.compile(r"[0-9a-z]{2,64}")
FILE = re.compile(r"\w{1,64}\.npy", re.ASCII)
CHECKSUM = re.compile(r"[0-9a-f]{64}")
# Something else lies where an entry belongs.
IN_THE_WAY = (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR, errno.EISDIR)
# No fault of an entry: there are too many open files, or nobody may read it.
NOT_ITS_FAULT = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.EACCES, errno.EPERM)
MAX_TRIES = 20


@dataclass(frozen=True)
class Entry:
    """What one piece of work left: arrays by name, and plain facts."""

    arrays: dict[str, NDArray[Any]]
    facts: dict[str, Any]


class Results(Protocol):
    """What finished work is asked for: a store, or one that is only imagined."""

    def __contains__(self, key: str) -> bool: ...

    def read(self, key: str) -> Entry | None:
        """Return an entry, or None when there is none."""


class Store:
    """Entries in a folder, shared by any number of runs at once.

    Parameters
    ----------
    folder : Path
        Made when the first entry is written.
    durable : bool, default True
        Whether an entry outlasts a power cut once it is written. A store that no one
        outlives, in a temporary folder, saves the waiting for the disk.
    limits : Limits, optional
        How much is read of one entry.
    """

    def __init__(self, folder: Path, durable: bool = True, limits: Limits = LIMITS):
        self.folder = Path(folder)
        self.durable = durable
        self.limits = limits

    def path(self, key: str) -> Path:
        """Return the folder of an entry.

        Raises
        ------
        StoreError
            When a key is none, and might lead out of the store.
        """
        if not isinstance(key, str) or not KEY.fullmatch(key):
            raise StoreError(f"{key!r} is no key of the store {self.folder}")
        return self.folder / key[:2] / key

    def __contains__(self, key: str) -> bool:
        """Return whether there is an entry with all its files, unread."""
        try:
            checksums, _ = self._read_facts(key)
        except (OSError, ValueError):
            return False
        return all(is_plain(self.path(key) / name) for name in checksums)

    def read(self, key: str) -> Entry | None:
        """Return an entry, or None when it is missing or damaged.

        A damaged entry is taken away with a warning, so that it is made again.

        Raises
        ------
        StoreError
            When the system does not let it be read.
        """
        return self._sound(key, self._load)

    def is_sound(self, key: str) -> bool:
        """Return whether an entry is there with every byte as it was written.

        A damaged entry is taken away with a warning, as by `read`.
        """
        return self._sound(key, self._check) is not None

    def load(self, key: str) -> Entry:
        """Return an entry and leave it alone, whatever is wrong with it.

        Raises
        ------
        StoreError
            When it is missing or damaged, with the reason.
        """
        try:
            return self._load(key)
        except (OSError, ValueError) as error:
            raise StoreError(
                f"the entry {key} of {self.folder} is missing or damaged: {error}"
            ) from error

    def facts(self, key: str) -> dict[str, Any] | None:
        """Return an entry's facts alone, checked; None where there are none."""
        try:
            return read_json(self._read_facts(key)[1], self.limits)
        except (OSError, ValueError):
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
        files = {f"{name}.npy": _npy_bytes(array) for name, array in arrays.items()}
        checksums = {
            name: hashlib.sha256(data).hexdigest() for name, data in files.items()
        }
        size = sum(map(len, files.values()))
        with self.adding(key, size) as folder:
            for name, data in files.items():
                write_synced(folder / name, data, self.durable)
            body = json.dumps(facts, sort_keys=True)
            write_synced(folder / ENTRY, entry_bytes(checksums, body), self.durable)

    @contextlib.contextmanager
    def adding(self, key: str, n_bytes: int) -> Iterator[Path]:
        """Yield a new folder, which becomes an entry unless there is a sound one.

        Parameters
        ----------
        key : str
        n_bytes : int
            What it will take, for the message when the disk is full.

        Raises
        ------
        StoreError
            When the disk refuses, with the folder and the size wanted.
        """
        path, temporary = self.path(key), None
        try:
            name = f"{key}.{os.getpid()}.{secrets.token_hex(4)}"
            temporary = self._aside() / name
            # Another process may take it away empty.
            temporary.mkdir(parents=True, exist_ok=True)
            yield temporary
            if self.durable:
                sync_folder(temporary)
            self._publish(temporary, path, key)
        except OSError as error:
            raise StoreError(
                f"cannot write {n_bytes:,} bytes into the store {self.folder}: "
                f"{error}; free some space, take away what is in its way or name "
                "another place with --store"
            ) from error
        finally:
            if temporary is not None:
                remove(temporary)

    def remove(self, key: str) -> None:
        """Take an entry away; nothing happens when there is none."""
        with contextlib.suppress(OSError):
            take_away(self.path(key), self._aside())

    def __iter__(self) -> Iterator[str]:
        """Yield the keys of all that lies where entries do, halves too, sorted."""
        paths = [path for path in self.folder.glob("??/*") if KEY.fullmatch(path.name)]
        own = (path.name for path in paths if path.parent.name == path.name[:2])
        return iter(sorted(own))

    def check(self, key: str) -> str:
        """Return what is wrong with an entry, in words; empty when it is sound."""
        try:
            self._check(key)
        except (OSError, ValueError) as error:
            return str(error)
        return ""

    def _sound(self, key: str, get: Callable[[str], Any]) -> Any:
        """Return what an entry gives, or None once it is out of the way."""
        path = self.path(key)
        if not os.path.lexists(path):
            return None
        try:
            return get(key)
        except OSError as error:
            if error.errno in NOT_ITS_FAULT:
                raise StoreError(f"cannot read the store: {error}") from error
            if not os.path.lexists(path):  # another process has taken it away
                return None
            self._lose(key, error)
        except ValueError as error:
            self._lose(key, error)
        return None

    def _lose(self, key: str, error: Exception) -> None:
        logger.warning("store entry %s is damaged and made again: %s", key, error)
        self.remove(key)

    def _load(self, key: str) -> Entry:
        """Return an entry whose every byte is as it was written."""
        checksums, body = self._read_facts(key)
        facts = self._own_facts(key, body)
        arrays = {
            name.removesuffix(".npy"): read_array(
                self.path(key) / name, checksum, self.limits
            )
            for name, checksum in checksums.items()
        }
        return Entry(arrays, facts)

    def _check(self, key: str) -> bool:
        """Return True when every byte is as it was written, else raise."""
        checksums, body = self._read_facts(key)
        self._own_facts(key, body)
        for name, checksum in checksums.items():
            read_array(self.path(key) / name, checksum, self.limits, whole=False)
        return True

    def _read_facts(self, key: str) -> tuple[dict[str, str], str]:
        """Return the checksums of an entry's files, and its facts as they stand."""
        path = self.path(key)
        if not (is_folder(path.parent) and is_folder(path)):
            raise ValueError(f"{path} is no folder")
        data = read_limited(path / ENTRY, self.limits.json_bytes)
        return entry_parts(data, self.limits)

    def _own_facts(self, key: str, body: str) -> dict[str, Any]:
        """Return facts that belong to a key."""
        facts = read_json(body, self.limits)
        if not isinstance(facts, dict):
            raise ValueError("its facts are no table")
        refuse_foreign(key, facts)
        return facts

    def _aside(self) -> Path:
        """Return the folder for what is half written or on its way out."""
        path = self.folder / "tmp"
        if os.path.lexists(path) and not is_folder(path):
            path.rename(self.folder / f"tmp.{secrets.token_hex(4)}.aside")
        path.mkdir(parents=True, exist_ok=True)
        return path

    def _publish(self, temporary: Path, path: Path, key: str) -> None:
        """Rename a finished folder into place, over whatever lies there."""
        for attempt in range(MAX_TRIES):
            if os.path.lexists(path.parent) and not is_folder(path.parent):
                take_away(path.parent, self._aside())
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with renaming(temporary, path):
                    os.rename(temporary, path)
                break
            except OSError as error:
                if error.errno not in IN_THE_WAY or attempt == MAX_TRIES - 1:
                    raise
            if not self.check(key):
                return  # another process was faster
            take_away(path, self._aside())
        if self.durable:
            sync_folder(path.parent)


def entry_bytes(checksums: dict[str, str], body: str) -> bytes:
    """Return the file that makes a folder an entry.

    Parameters
    ----------
    checksums : dict of str
        SHA-256 by file name.
    body : str
        The facts, as JSON.
    """
    entry = {
        "schema": SCHEMA,
        "files": checksums,
        "facts": body,
        "facts_sha256": hashlib.sha256(body.encode()).hexdigest(),
    }
    return json.dumps(entry).encode()


def entry_parts(data: bytes, limits: Limits = LIMITS) -> tuple[dict[str, str], str]:
    """Return the checksums and the facts that `entry_bytes` was given.

    Raises
    ------
    ValueError
        When any of it is not as it should be.
    """
    entry = read_json(data, limits)
    if not isinstance(entry, dict):
        raise ValueError(f"{ENTRY} is no table")
    if entry.get("schema") != SCHEMA:
        raise ValueError(f"schema {entry.get('schema')!r}, not {SCHEMA}")
    checksums, body = entry.get("files"), entry.get("facts")
    if not isinstance(checksums, dict) or not isinstance(body, str):
        raise ValueError(f"{ENTRY} lists no files or no facts")
    for name, checksum in checksums.items():
        if not (FILE.fullmatch(name) and isinstance(checksum, str)):
            raise ValueError(f"{ENTRY} names the file {name[:80]!r}")
        if not CHECKSUM.fullmatch(checksum):
            raise ValueError(f"{ENTRY} has no checksum of {name}")
    digest = hashlib.sha256(body.encode("utf-8", "surrogatepass")).hexdigest()
    if digest != entry.get("facts_sha256"):
        raise ValueError("the checksum of the facts differs")
    return checksums, body


def refuse_foreign(key: str, facts: dict[str, Any]) -> None:
    """Raise ValueError for an entry that says it belongs to another key."""
    own = facts.get("key")
    named = own if isinstance(own, str) else None
    if isinstance(own, dict):
        named = fingerprint(own)
    if named is not None and named != key:
        raise ValueError(f"it belongs to the key {named[:80]}")


def _npy_bytes(array: NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.ascontiguousarray(array), allow_pickle=False)
    return buffer.getvalue()
