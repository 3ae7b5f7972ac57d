"""Target cells to classes: one spelling each, in an order that means something."""

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ensemble_kit.tables.numbers import parse_numbers

BOOLEANS = {"true": 1.0, "false": 0.0}


def label_keys(cells: Iterable[str]) -> dict[str, object]:
    """Return what each spelling stands for: a number, a truth value, or itself.

    ``1`` and ``1.0`` are one label where all are numbers, ``True`` and ``TRUE`` where
    all are truth values.
    """
    distinct = np.array(sorted(set(cells)), dtype=object)
    if {cell.lower() for cell in distinct} <= set(BOOLEANS):
        return {cell: BOOLEANS[cell.lower()] for cell in distinct}
    numbers = parse_numbers(distinct, "plain")
    if np.isfinite(numbers).all():
        return dict(zip(distinct, numbers.tolist(), strict=True))
    return {cell: cell for cell in distinct}


def label_key(cell: str) -> object:
    """Return what one spelling stands for, whatever stands beside it."""
    if cell.lower() in BOOLEANS:
        return BOOLEANS[cell.lower()]
    number = parse_numbers(np.array([cell], dtype=object), "plain")[0]
    return float(number) if np.isfinite(number) else cell


def unify_labels(cells: pd.Series) -> tuple[pd.Series, tuple[str, ...]]:
    """Return labels in one spelling each, and the classes in ascending order.

    The most frequent spelling of a label wins.
    """
    keys = label_keys(cells)
    counts = cells.value_counts()
    spelling: dict[object, str] = {}
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
    >>> respell(("no", "yes"), ["0.5"]) is None
    True
    """
    cells = set(cells)
    if cells <= set(classes):
        return classes
    keys = label_keys(classes)
    other = label_keys(cells)
    if not set(other.values()) <= set(keys.values()):
        return None
    known = {key: cell for cell, key in other.items()}
    whole = all("." not in cell for cell in cells)
    return tuple(known.get(keys[c], _like(keys[c], c, cells, whole)) for c in classes)


def _like(key: object, cell: str, cells: set[str], whole: bool) -> str:
    """Return a label spelled in the style of others."""
    if cells <= {"True", "False"}:
        return str(bool(key))
    if not isinstance(key, float):
        return cell
    return str(int(key)) if whole and key == int(key) else str(key)
