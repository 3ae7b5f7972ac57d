"""Vectors of texts that were encoded once: in files that processes share.

A file is one array of pairs of a text's hash and its vector, named by its checksum;
it is written under another name and renamed, so that a reader sees all of it or
nothing. A damaged file is taken away, and its texts are encoded again.
"""

import hashlib
import io
import logging
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.files import renaming, write_synced

logger = logging.getLogger(__name__)
VECTORS = "vectors"  # the folder beside the entries of a store
CHUNK_CHARACTERS = 40_000  # seconds of work
MOST_COUNTED = 2_000  # characters of one text: the rest is hardly read
MOST_IN_MEMORY = 100_000  # texts, where no folder keeps them
_folder: ContextVar[Path | None] = ContextVar("kept_vectors", default=None)


@contextmanager
def kept_in(folder: Path) -> Iterator[None]:
    """Keep vectors of texts below a folder, for whatever is encoded meanwhile."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def current_folder() -> Path | None:
    """Return where vectors are kept just now, None where nowhere."""
    return _folder.get()


def text_key(text: str) -> bytes:
    """Return the 128-bit hash that a text's vector is found by."""
    data = text.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(data, digest_size=16).digest()


def text_chunks(texts: Iterable[str]) -> list[list[str]]:
    """Return the different texts in runs that take about as long to encode.

    They come in the order of their hashes, so that every run is a sample of all.

    Examples
    --------
    >>> [sorted(run) for run in text_chunks(["tea", "milk", "tea"])]
    [['milk', 'tea']]
    """
    distinct = sorted(set(texts), key=text_key)
    if not distinct:
        return []
    sizes = [min(len(text), MOST_COUNTED) + 20 for text in distinct]
    runs = np.cumsum(sizes) // CHUNK_CHARACTERS
    starts = [0, *(np.flatnonzero(np.diff(runs)) + 1).tolist(), len(distinct)]
    return [distinct[a:b] for a, b in pairwise(starts)]


def is_sound(path: Path) -> bool:
    """Return whether a file has every byte as it was written: its name says so."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest() == path.stem


class KeptVectors:
    """The vectors of one encoder, by the hashes of texts.

    Parameters
    ----------
    folder : Path, optional
        Made when something is added; without one they are kept in memory, the latest
        ``MOST_IN_MEMORY`` of them.
    n_dimensions : int
    """

    def __init__(self, folder: Path | None, n_dimensions: int):
        self.folder = folder
        self.dtype = np.dtype([("key", "<u8", 2), ("vector", "<f2", n_dimensions)])
        self._chunks: list[NDArray[np.void]] = []
        self._names: set[str] = set()
        self._keys = np.zeros((0, 2), np.uint64)
        self._places = np.zeros((0, 2), np.int64)

    def places(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        """Return (chunk, row) of each key, -1 where it is not known.

        Parameters
        ----------
        keys : ndarray of uint64 of shape (n_texts, 2)
        """
        places = self._places_known(keys)
        if self.folder is not None and (places < 0).any() and self._look_again():
            places = self._places_known(keys)
        return places

    def vectors(self, places: NDArray[np.int64]) -> NDArray[np.float16]:
        """Return the vectors at places that are all known."""
        vectors = np.empty((len(places), self.dtype["vector"].shape[0]), np.float16)
        for number in np.unique(places[:, 0]):
            rows = np.flatnonzero(places[:, 0] == number)
            vectors[rows] = self._chunks[number]["vector"][places[rows, 1]]
        return vectors

    def add(self, keys: NDArray[np.uint64], vectors: NDArray[np.float16]) -> None:
        """Keep vectors of new texts."""
        chunk = np.empty(len(keys), self.dtype)
        chunk["key"], chunk["vector"] = keys, vectors
        if self.folder is None:
            self._forget(len(keys))
            self._take(chunk)
            return
        buffer = io.BytesIO()
        np.save(buffer, chunk, allow_pickle=False)
        data = buffer.getvalue()
        name = f"{hashlib.sha256(data).hexdigest()}.npy"
        self.folder.mkdir(parents=True, exist_ok=True)
        temporary = self.folder / f".{os.getpid()}.{secrets.token_hex(6)}.tmp"
        try:
            write_synced(temporary, data, durable=False)
            with renaming(temporary, self.folder / name):
                os.replace(temporary, self.folder / name)
        finally:
            temporary.unlink(missing_ok=True)
        self._names.add(name)
        self._take(chunk)

    def _forget(self, n_new: int) -> None:
        """Drop what is in memory, oldest first, where it would become too much."""
        chunks = self._chunks
        while chunks and sum(map(len, chunks)) + n_new > MOST_IN_MEMORY:
            chunks = chunks[1:]
        if len(chunks) < len(self._chunks):
            self._chunks = []
            self._keys, self._places = self._keys[:0], self._places[:0]
            for chunk in chunks:
                self._take(chunk)

    def _take(self, chunk: NDArray[np.void]) -> None:
        """Add a chunk to those that are looked into."""
        rows = np.arange(len(chunk))
        places = np.column_stack([np.full(len(chunk), len(self._chunks)), rows])
        self._chunks.append(chunk)
        keys = np.concatenate([self._keys, chunk["key"]])
        order = np.argsort(keys[:, 0], kind="stable")
        self._keys = keys[order]
        self._places = np.concatenate([self._places, places])[order]

    def _places_known(self, keys: NDArray[np.uint64]) -> NDArray[np.int64]:
        places = np.full((len(keys), 2), -1, np.int64)
        if not len(self._keys):
            return places
        at = np.searchsorted(self._keys[:, 0], keys[:, 0])
        at = np.minimum(at, len(self._keys) - 1)
        same = (self._keys[at] == keys).all(axis=1)
        places[same] = self._places[at[same]]
        return places

    def _look_again(self) -> bool:
        """Take what other processes have written; return whether there was any."""
        names: list[str] = []
        if self.folder is not None:
            with suppress(OSError):
                names = sorted(path.name for path in self.folder.glob("*.npy"))
        new = [name for name in names if name not in self._names]
        for name in new:
            self._names.add(name)
            chunk = self._read(name)
            if chunk is not None:
                self._take(chunk)
        return bool(new)

    def _read(self, name: str) -> NDArray[np.void] | None:
        """Return the array of a file, mapped; a damaged file is taken away."""
        path = (self.folder or Path()) / name
        try:
            if not is_sound(path):
                raise ValueError("its checksum differs")
            chunk = np.load(path, mmap_mode="r", allow_pickle=False)
            if chunk.dtype != self.dtype or chunk.ndim != 1:
                raise ValueError("it holds something else")
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            logger.warning("vectors in %s are encoded again: %s", path, error)
            with suppress(OSError):
                path.unlink()
            return None
        return chunk
