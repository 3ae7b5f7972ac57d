"""Pretrained word vectors, read for the wanted words only."""

import re
from collections.abc import Iterable
from io import BufferedReader
from pathlib import Path

import numpy as np

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.embeddings.fasttext_files import (
    FASTTEXT_MAGIC,
    read_fasttext,
)
from ensemble_kit.features.embeddings.vector_streams import open_vectors
from ensemble_kit.features.embeddings.wanted_words import WantedWords
from ensemble_kit.features.embeddings.word_vectors import WordVectors

HEADER = re.compile(rb"^\s*(\d+)\s+(\d+)\s*$")
DIGITS = re.compile(rb"[0-9.eE+\- ]")
# No file of word vectors has more dimensions or a longer word, in bytes.
MOST_DIMENSIONS, LONGEST_WORD = 10_000, 2_000


def read_vectors(path: Path | str, words: Iterable[str]) -> WordVectors:
    """Return the vectors that a file has for some words.

    Parameters
    ----------
    path : path
        word2vec text (also fastText's .vec) or binary, GloVe text, or fastText .bin,
        plain or packed by gzip, bzip2, xz or zip. The format is told from the
        bytes. The file is streamed: memory is that of the words found.
    words : iterable of str
        The words wanted; see `WantedWords` for how they are matched.

    Returns
    -------
    WordVectors
        In the order of ``words``; words that the file has no vector for are left
        out. A fastText .bin file has one for every word.

    Raises
    ------
    PipelineError
        When the file is missing, truncated, damaged, or of another format.
    """
    wanted = WantedWords(words)
    with open_vectors(path) as stream:
        if stream.peek(4)[:4] == FASTTEXT_MAGIC:
            return WordVectors(*read_fasttext(stream, wanted.words, path))
        rows, width = _read_rows(stream, wanted, path)
    places = sorted(rows)
    matrix = np.array([rows[place] for place in places], np.float32)
    matrix = matrix.reshape(len(places), width)
    if not np.isfinite(matrix).all():
        raise PipelineError(f"{path}: vectors that are not finite; the file is damaged")
    return WordVectors([wanted.words[place] for place in places], matrix)


def _read_rows(
    stream: BufferedReader, wanted: WantedWords, path: Path | str
) -> tuple[dict[int, np.ndarray], int]:
    """Return vectors by place among the wanted words, and their length."""
    first = stream.peek(LONGEST_WORD).partition(b"\n")[0]
    header = HEADER.match(first)
    if header is None:
        return _read_text(stream, wanted, path, None, _width(first, path))
    stream.readline()
    n_words, width = int(header[1]), int(header[2])
    if not 1 <= width <= MOST_DIMENSIONS:
        raise PipelineError(
            f"{path}: the header says {width} dimensions; expected 1 to "
            f"{MOST_DIMENSIONS}: the file is damaged or of another format"
        )
    read = _read_text if _is_text(stream, width) else _read_binary
    return read(stream, wanted, path, n_words, width)


def _width(line: bytes, path: Path | str) -> int:
    """Return how many numbers end a GloVe line."""
    fields = line.split()
    numbers = 0
    while numbers < len(fields) - 1 and _is_number(fields[-1 - numbers]):
        numbers += 1
    if numbers < 2:
        raise PipelineError(
            f"{path}: neither word2vec (text or binary), GloVe, nor fastText; the "
            f"first line begins with {line[:40]!r}"
        )
    return numbers


def _is_number(field: bytes) -> bool:
    try:
        float(field)
    except ValueError:
        return False
    return True


def _is_text(stream: BufferedReader, width: int) -> bool:
    """Return whether the first word is followed by numbers in digits, not bytes."""
    sample = stream.peek(LONGEST_WORD)[: LONGEST_WORD + 4 * width]
    line, end, _ = sample.partition(b" ")[2].partition(b"\n")
    if end and len(line.split()) < width:
        return False
    numbers = line[: 4 * width]
    return len(DIGITS.findall(numbers)) > 0.8 * len(numbers)


def _read_text(
    stream: BufferedReader,
    wanted: WantedWords,
    path: Path | str,
    n_words: int | None,
    width: int,
) -> tuple[dict[int, np.ndarray], int]:
    """Read one word and its numbers from each line."""
    rows: dict[int, np.ndarray] = {}
    n_lines, last = 0, b""
    for line in stream:
        if not line.strip():
            continue
        n_lines, last = n_lines + 1, line
        word = line.partition(b" ")[0].decode("utf-8", "replace")
        taken = wanted.claim(word)
        if taken:
            vector = _parse(line, width, path, n_lines)
            if vector is not None:
                rows.update(dict.fromkeys(taken, vector))
    if last:
        # The end of a truncated file, wanted or not.
        _parse(last, width, path, n_lines)
    if n_words is not None and n_lines < n_words:
        raise PipelineError(_truncated(path, n_words, n_lines))
    return rows, width


def _parse(line: bytes, width: int, path: Path | str, number: int) -> np.ndarray | None:
    """Return the numbers of a line; None when its word has a space in it."""
    fields = line.split()
    if len(fields) - 1 > width:
        return None
    try:
        if len(fields) - 1 < width:
            raise ValueError(f"{len(fields) - 1} numbers, expected {width}")
        return np.array(fields[1:], dtype=np.float32)
    except ValueError as error:
        raise PipelineError(
            f"{path}: vector {number} cannot be read ({error}); the file is "
            "truncated or damaged: fetch it again"
        ) from error


def _read_binary(
    stream: BufferedReader,
    wanted: WantedWords,
    path: Path | str,
    n_words: int,
    width: int,
) -> tuple[dict[int, np.ndarray], int]:
    """Read words that end in a space, each before its float32 numbers."""
    rows: dict[int, np.ndarray] = {}
    for number in range(n_words):
        word = _read_word(stream)
        if word is None:
            raise PipelineError(
                f"{path}: no word at vector {number + 1} of {n_words}; the file is "
                "damaged or of another format"
            )
        numbers = stream.read(4 * width)
        if len(numbers) < 4 * width:
            raise PipelineError(_truncated(path, n_words, number))
        taken = wanted.claim(word.decode("utf-8", "replace"))
        if taken:
            rows.update(dict.fromkeys(taken, np.frombuffer(numbers, "<f4")))
    if stream.read(LONGEST_WORD).strip(b"\n "):
        raise PipelineError(
            f"{path}: the header says {n_words} vectors of {width} dimensions and "
            "the file has more; it is damaged or of another format"
        )
    return rows, width


def _read_word(stream: BufferedReader) -> bytes | None:
    """Return the bytes up to the next space; None when it is too far away."""
    pieces = bytearray()
    while len(pieces) < LONGEST_WORD:
        ahead = stream.peek(64)[:64]
        end = ahead.find(b" ")
        pieces += stream.read(len(ahead) if end < 0 else end + 1)
        if end >= 0 or not ahead:
            return bytes(pieces).strip(b"\n ")
    return None


def _truncated(path: Path | str, expected: int, there: int) -> str:
    return (
        f"{path}: truncated: the header says {expected} vectors, the file has "
        f"{there}; fetch it again"
    )
