"""fastText's own binary files (.bin), streamed."""

import struct
from collections.abc import Sequence
from io import BufferedReader
from pathlib import Path
from typing import Any

import numpy as np
from scipy import sparse

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.embeddings.subwords import subword_matrix

FASTTEXT_MAGIC = struct.pack("<i", 793712314)
VERSION = 12
# Bytes of the matrix held at a time.
BLOCK = 2**25
# Order of the file's settings; each is an int32.
SETTINGS = (
    *("dim", "ws", "epoch", "min_count", "neg", "word_ngrams", "loss", "model"),
    *("bucket", "minn", "maxn", "lr_update_rate"),
)


def read_fasttext(
    stream: BufferedReader, words: Sequence[str], path: Path | str
) -> tuple[list[str], np.ndarray]:
    """Return the words and their vectors, float32 of shape (n_words, n_dimensions).

    A word's vector is the mean of its own row, when it has one, and the rows of its
    character n-grams. Words without either are left out.

    Raises
    ------
    PipelineError
        When the file is truncated, quantized, or of another version.
    """
    source = _Source(stream, path)
    settings = _read_settings(source)
    places, n_words = _read_dictionary(source, set(words))
    if source.unpack("<?")[0]:
        raise PipelineError(
            f"{path}: quantized vectors (.ftz) are not read; use the .bin file"
        )
    n_rows, width = source.unpack("<qq")
    if width != settings["dim"] or n_rows != n_words + settings["bucket"]:
        raise PipelineError(
            f"{path}: a matrix of {n_rows} x {width}, expected "
            f"{n_words + settings['bucket']} x {settings['dim']}; the file is damaged"
        )
    parts = _parts(words, places, n_words, settings)
    sums = _sum_rows(source, parts.tocsc(), n_rows, width)
    totals = np.asarray(parts.sum(axis=1)).ravel()
    known = np.flatnonzero(totals)
    vectors = (sums[known] / totals[known, None]).astype(np.float32)
    return [words[int(i)] for i in known], vectors


class _Source:
    """A stream that says so when it ends too early."""

    def __init__(self, stream: BufferedReader, path: Path | str):
        self.stream = stream
        self.path = path

    def read(self, size: int) -> bytes:
        data = self.stream.read(size)
        if len(data) < size:
            raise PipelineError(f"{self.path}: truncated; fetch the file again")
        return data

    def unpack(self, form: str) -> tuple[Any, ...]:
        return struct.unpack(form, self.read(struct.calcsize(form)))

    def read_string(self) -> bytes:
        """Return the bytes up to the next zero byte."""
        pieces = bytearray()
        while True:
            ahead = self.stream.peek(64)[:64]
            end = ahead.find(b"\0")
            pieces += self.read(end + 1 if end >= 0 else max(len(ahead), 1))
            if end >= 0:
                return bytes(pieces[:-1])
            if len(pieces) > BLOCK:
                raise PipelineError(f"{self.path}: a word without end; damaged")


def _read_settings(source: _Source) -> dict[str, int]:
    """Return the settings of training, behind the magic number and the version."""
    _, version = source.unpack("<ii")
    if version != VERSION:
        raise PipelineError(
            f"{source.path}: fastText version {version}, expected {VERSION}"
        )
    settings = dict(zip(SETTINGS, source.unpack("<12i"), strict=True))
    source.unpack("<d")
    return settings


def _read_dictionary(source: _Source, wanted: set[str]) -> tuple[dict[str, int], int]:
    """Return the rows of the wanted words, and the number of words."""
    size, n_words, _, _, n_pruned = source.unpack("<iiiqq")
    if not 0 <= n_words <= size:
        raise PipelineError(f"{source.path}: {n_words} words of {size}; damaged")
    places = {}
    for row in range(size):
        word = source.read_string().decode("utf-8", "replace")
        source.unpack("<qb")
        if row < n_words and word in wanted:
            places[word] = row
    for _ in range(max(n_pruned, 0)):
        source.unpack("<ii")
    return places, n_words


def _parts(
    words: Sequence[str], places: dict[str, int], n_words: int, settings: dict[str, int]
) -> sparse.csr_matrix:
    """Return how often each row of the file goes into each word."""
    known = [i for i, word in enumerate(words) if word in places]
    rows = [places[words[i]] for i in known]
    own = sparse.csr_matrix((np.ones(len(known)), (known, rows)), (len(words), n_words))
    grams = subword_matrix(
        words, settings["minn"], settings["maxn"], settings["bucket"]
    )
    return sparse.hstack([own, grams], format="csr")


def _sum_rows(
    source: _Source, parts: sparse.csc_matrix, n_rows: int, width: int
) -> np.ndarray:
    """Return parts @ matrix, the matrix read block by block."""
    sums = np.zeros((parts.shape[0], width))
    step = max(BLOCK // (4 * width), 1)
    for start in range(0, n_rows, step):
        stop = min(start + step, n_rows)
        block = np.frombuffer(source.read(4 * width * (stop - start)), "<f4")
        used = parts[:, start:stop]
        if used.nnz:
            sums += used @ block.reshape(-1, width)
    if not np.isfinite(sums).all():
        raise PipelineError(f"{source.path}: vectors that are not finite; damaged")
    return sums
