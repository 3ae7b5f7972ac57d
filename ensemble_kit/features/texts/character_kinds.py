"""What kind of character each code point is, looked up in one table."""

import unicodedata
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

KINDS = (
    "letter",
    "capital",
    "digit",
    "punctuation",
    "symbol",
    "space",
    "word",
    "vowel",
    "latin",
    "cyrillic",
    "emoji",
    "sentence_end",
    "non_ascii",
)
_VOWELS = frozenset("aeiouyàáâãäåæèéêëìíîïòóôõöøùúûüýаеёиоуыэюяіїє")
_ENDS = frozenset(".!?…。！？")
_EMOJI = ((0x1F000, 0x1FAFF), (0x2600, 0x27BF), (0x2B50, 0x2B55))


def kinds_of(points: NDArray[np.uint32]) -> dict[str, NDArray[np.bool_]]:
    """Return one mask per kind.

    Examples
    --------
    >>> kinds_of(np.array([ord("Я"), ord("1")]))["cyrillic"].tolist()
    [True, False]
    """
    present = np.flatnonzero(np.bincount(points))
    table = np.zeros(int(present[-1]) + 1 if len(present) else 1, dtype=np.uint16)
    table[present] = [_flags(int(point)) for point in present]
    flags = table[points]
    return {name: (flags & (1 << bit)) != 0 for bit, name in enumerate(KINDS)}


@lru_cache(maxsize=2**16)
def _flags(point: int) -> int:
    """Return a code point's kinds as bits, in the order of KINDS."""
    character = chr(point)
    category = unicodedata.category(character)
    letter = category[0] == "L"
    facts = (
        letter,
        category in ("Lu", "Lt"),
        category[0] == "N",
        category[0] == "P",
        category[0] == "S",
        character.isspace(),
        category[0] in "LNM" or character == "_",
        character.lower() in _VOWELS,
        letter and (point < 0x250 or 0x1E00 <= point < 0x1F00),
        letter and 0x400 <= point < 0x530,
        any(low <= point <= high for low, high in _EMOJI),
        character in _ENDS,
        point > 127,
    )
    return sum(1 << bit for bit, fact in enumerate(facts) if fact)
