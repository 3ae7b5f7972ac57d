"""Columns that hold a sequence of items: pages visited, goods bought, ingredients."""

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

# Anything but white space between items may stand inside one of several words.
SEPARATORS = ("|", ";", ",", ">")
WORD = re.compile(r"\w+")
LISTING = ("|", ";", ",")  # between items of lists; a cell without it is one item
MOST_CELLS = 2000
# What tells a list from a sentence with commas: nearly every cell has several parts,
# of few words, and most parts stand in other cells too.
MIN_LISTED, MIN_ITEMS, MAX_WORDS, MIN_REPEATED = 0.8, 2.5, 4.0, 0.5


def items(text: str) -> list[str]:
    """Return the items of a sequence written as one text.

    They stand apart by the first of ``| ; , >`` that the text has, else by white
    space; brackets and quotes around them are dropped.

    Examples
    --------
    >>> items("['olive oil', 'salt']")
    ['olive oil', 'salt']
    >>> items("home cart pay")
    ['home', 'cart', 'pay']
    """
    text = text.strip().strip("[](){}")
    for separator in SEPARATORS:
        if separator in text:
            parts = [part.strip(" \t\r\n'\"") for part in text.split(separator)]
            return [part for part in parts if part]
    return [part for part in re.split(r"[\s'\"]+", text) if part]


def items_and_words(text: str) -> list[str]:
    """Return the items of a sequence, a comma behind each, followed by their words.

    Without the comma an item of one word would be the same term as that word of
    longer items: salt, and the salt of sea salt.

    Examples
    --------
    >>> items_and_words("salt, sea salt")
    ['salt,', 'salt', 'sea salt,', 'sea', 'salt']
    """
    found: list[str] = []
    for item in _listed(text):
        found += [f"{' '.join(item.split())},", *WORD.findall(item)]
    return found


def are_lists(texts: Sequence[str]) -> bool:
    """Return whether cells are lists: short parts that come again in other cells.

    Examples
    --------
    >>> are_lists(["salt, olive oil, rice", "rice, salt, leek", "leek, olive oil"])
    True
    >>> are_lists(["Well, so it goes, I said to her.", "Not today, she said, alas."])
    False
    """
    filled = [text for text in texts if text.strip()]
    cells = [_listed(text) for text in filled[:: max(1, len(filled) // MOST_CELLS)]]
    sizes = np.array([len(cell) for cell in cells])
    if not len(sizes) or (sizes > 1).mean() < MIN_LISTED or sizes.mean() < MIN_ITEMS:
        return False
    found = Counter(item for cell in cells for item in set(cell))
    n_words = sum(len(WORD.findall(item)) * n for item, n in found.items())
    n_again = sum(n for n in found.values() if n > 1)
    return (
        n_words <= MAX_WORDS * found.total() and n_again >= MIN_REPEATED * found.total()
    )


def _listed(text: str) -> list[str]:
    """Return the items of a cell of a list, of which some have one item alone."""
    if any(mark in text for mark in LISTING):
        return items(text)
    whole = text.strip(" \t\r\n[](){}'\"")
    return [whole] if whole else []
