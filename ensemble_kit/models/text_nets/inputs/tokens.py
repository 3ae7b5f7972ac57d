"""Texts cut into tokens for the neural models: words, marks or characters."""

import re
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.arrays import TextsLike

WORDS = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
LONGEST = 40  # a longer token is a link or a number; its tail tells nothing


def read_texts(column: TextsLike) -> list[str]:
    """Return a column's texts as plain strings; missing ones are empty.

    Examples
    --------
    >>> read_texts(["a", None, float("nan"), 3])
    ['a', '', '', '3']
    """
    return [_text(value) for value in column]


def tokenize(text: str, unit: str = "word", lowercase: bool = True) -> list[str]:
    """Return the tokens of a text, in order.

    Parameters
    ----------
    text : str
    unit : {"word", "char"}
        Words and single punctuation marks, or single characters.
    lowercase : bool

    Examples
    --------
    >>> tokenize("It's late, Bob")
    ["it's", 'late', ',', 'bob']
    >>> tokenize("Hm", unit="char", lowercase=False)
    ['H', 'm']
    """
    text = text.lower() if lowercase else text
    if unit == "char":
        return list(text)
    return [token[:LONGEST] for token in WORDS.findall(text)]


def case_of(token: str) -> int:
    """Return 0 for a token in small letters, 1 for Title, 2 for CAPITALS, 3 for MiXed.

    Examples
    --------
    >>> [case_of(token) for token in ("it", "It", "IT", "iT", "A", "42")]
    [0, 1, 2, 3, 1, 0]
    """
    if token == token.lower():
        return 0
    if token[1:] == token[1:].lower():
        return 1
    return 2 if token == token.upper() else 3


def hash_tokens(tokens: Iterable[str]) -> NDArray[np.int64]:
    """Return a number per token that is the same on every machine."""
    return np.array([zlib.crc32(token.encode()) for token in tokens], dtype=np.int64)


def subwords(token: str, sizes: Sequence[int] = (3, 4, 5)) -> list[str]:
    """Return the character n-grams of a token between its end marks.

    Examples
    --------
    >>> subwords("cat", sizes=(3,))
    ['<ca', 'cat', 'at>']
    """
    marked = f"<{token}>"
    grams = [
        marked[start : start + size]
        for size in sizes
        for start in range(len(marked) - size + 1)
    ]
    return grams or [marked]


def _text(value: object) -> str:
    if isinstance(value, str):
        return value
    missing = value is None or _is_na(value) or value != value
    return "" if missing else str(value)


def _is_na(value: object) -> bool:
    """Return whether a value is pandas' own missing mark."""
    return type(value).__name__ in ("NAType", "NaTType")
