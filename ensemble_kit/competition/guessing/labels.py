"""Target cells to classes: one spelling each, in an order that means something."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from ensemble_kit.tables.numbers import parse_numbers

BOOLEANS = {"true": 1.0, "false": 0.0}
WHOLE = re.compile(r"([+-]?\d+)(?:\.0*)?")
PADDED = re.compile(r"[+-]?0\d+")
MAX_EXACT = 2**53  # floats do not tell whole numbers beyond it apart

Key = float | int | str | tuple[float | int, str]


def label_keys(cells: Iterable[str]) -> dict[str, Key]:
    """Return what each spelling stands for: a number, a truth value, or itself.

    ``1`` and ``1.0`` are one label where all are numbers, ``True`` and ``TRUE`` where
    all are truth values. ``007`` and ``7`` are two where both stand side by side.
    """
    distinct = np.array(sorted(set(cells)), dtype=object)
    if {cell.lower() for cell in distinct} <= set(BOOLEANS):
        return {str(cell): BOOLEANS[cell.lower()] for cell in distinct}
    numbers = parse_numbers(distinct, "plain")
    if not np.isfinite(numbers).all():
        return {cell: cell for cell in distinct}
    exact = {c: _exact(c, n) for c, n in zip(distinct, numbers.tolist(), strict=True)}
    if not _hold_padded_twins(exact):
        return dict(exact)
    return {c: (number, c if is_padded(c) else "") for c, number in exact.items()}


def label_key(cell: str) -> Key:
    """Return what one spelling stands for, whatever stands beside it."""
    if cell.lower() in BOOLEANS:
        return BOOLEANS[cell.lower()]
    number = parse_numbers(np.array([cell], dtype=object), "plain")[0]
    return _exact(cell, float(number)) if np.isfinite(number) else cell


def label_places(classes: Sequence[str]) -> dict[Key, int]:
    """Return the place of each class by its key; a key that two share is left out."""
    keys = [label_key(label) for label in classes]
    times = Counter(keys)
    return {key: at for at, key in enumerate(keys) if times[key] == 1}


def is_padded(cell: str) -> bool:
    """Return whether a whole number is written with zeros before it, as codes are."""
    return PADDED.fullmatch(cell) is not None


def are_told_apart(classes: Sequence[str]) -> bool:
    """Return whether some labels are told apart that are one number as floats."""
    keys = label_keys(classes).values()
    return any(isinstance(key, int | tuple) for key in keys)


def _exact(cell: str, number: float) -> float | int:
    """Return a cell's number, whole ones beyond what floats hold as integers."""
    match = WHOLE.fullmatch(cell) if abs(number) >= MAX_EXACT else None
    return int(match[1]) if match else number


def _hold_padded_twins(exact: dict[str, float | int]) -> bool:
    """Return whether one number is written with zeros before it and otherwise, too."""
    padded = [number for cell, number in exact.items() if is_padded(cell)]
    plain = {number for cell, number in exact.items() if not is_padded(cell)}
    return len(set(padded)) < len(padded) or not plain.isdisjoint(padded)


def unify_labels(cells: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Return labels in one spelling each, and the classes in ascending order.

    The most frequent spelling of a label wins.
    """
    counts = cells.value_counts()
    keys = label_keys(counts.index)
    spelling: dict[Key, str] = {}
    for cell in sorted(counts.index, key=lambda cell: (-counts[cell], cell)):
        spelling.setdefault(keys[cell], cell)
    classes = tuple(spelling[key] for key in sorted(spelling))
    return cells.map({cell: spelling[key] for cell, key in keys.items()}), classes


def respell(classes: tuple[str, ...], cells: Iterable[str]) -> tuple[str, ...] | None:
    """Return the classes as other cells spell them, or None when these are no labels.

    Examples
    --------
    >>> respell(("0.0", "1.0"), ["0", "0"])
    ('0', '1')
    >>> respell(("No", "Yes"), ["yes"])
    ('no', 'yes')
    >>> respell(("no", "yes"), ["0.5"]) is None
    True
    """
    cells = set(cells)
    if cells <= set(classes):
        return classes
    keys = label_keys(classes)
    other = label_keys(cells)
    if not set(other.values()) <= set(keys.values()):
        return _in_other_letters(classes, cells)
    known = {key: cell for cell, key in other.items()}
    whole = all("." not in cell for cell in cells)
    return tuple(known.get(keys[c], _like(keys[c], c, cells, whole)) for c in classes)


def _in_other_letters(
    classes: tuple[str, ...], cells: set[str]
) -> tuple[str, ...] | None:
    """Return classes as cells spell them that differ in capitals and ends alone."""
    known = {_letters(cell): cell for cell in cells}
    own = [_letters(label) for label in classes]
    is_one = len(set(own)) == len(own) and len(known) == len(cells)
    if not is_one or not set(known) <= set(own):
        return None
    pairs = zip(own, classes, strict=True)
    return tuple(known.get(name) or _in_their_style(c, cells) for name, c in pairs)


def _in_their_style(label: str, cells: set[str]) -> str:
    """Return a label in small letters, in capitals, without an end, as others are."""
    if not any(cell.endswith(".") for cell in cells):
        label = label.rstrip(".")
    for are_so, make in ((str.islower, str.lower), (str.isupper, str.upper)):
        if all(map(are_so, cells)):
            return make(label)
    return label


def _letters(label: str) -> str:
    return label.strip().rstrip(".").casefold()


def _like(key: Key, cell: str, cells: set[str], whole: bool) -> str:
    """Return a label spelled in the style of others."""
    if cells <= {"True", "False"}:
        return str(bool(key))
    if not isinstance(key, float | int):
        return cell
    return str(int(key)) if whole and key == int(key) else str(key)
