"""Columns that hold a sequence of items: pages visited, goods bought, ingredients."""

import re

# Anything but white space between items may stand inside one of several words.
SEPARATORS = ("|", ";", ",", ">")


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
