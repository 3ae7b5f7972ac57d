"""The role of a feature column, guessed from its cells, with the reason."""

import re
from typing import NamedTuple

import numpy as np

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import date_form

TIME_NAME = re.compile(r"date|time|stamp|day|month|year|_at$|^at_", re.IGNORECASE)
CODE_NAME = re.compile(
    r"(^|[\W_])(id|ids|code|codes|zip|zipcode|postcode|key|uuid|sku)($|[\W_])",
    re.IGNORECASE,
)
CAMEL_ID = re.compile(r"[a-z](Id|ID|Code|Key)$")
WORD = re.compile(r"\w+")
MIN_NUMERIC = 0.99
FEW_LEVELS = 30


class Role(NamedTuple):
    """A role and why it was given."""

    role: str
    reason: str


def guess_role(column: JointColumn) -> Role:
    """Return the role of one feature column, the first of these that fits.

    Nothing to learn from (drop), numbers and codes, dates, then identifiers,
    categories and texts by how many different values there are and how they read.
    """
    train = column.train_cells
    if not (train & ~column.is_missing).any() or train.sum() < 2:
        what = "empty" if not (train & ~column.is_missing).any() else "constant"
        return Role("drop", f"{what} in all training rows")
    form, share = column.number_form
    if share >= MIN_NUMERIC:
        return _numeric_role(column, form, share)
    if date_form(column) is not None:
        return Role("datetime", f"dates such as {_example(column)}")
    return _string_role(column)


def _numeric_role(column: JointColumn, form: str, share: float) -> Role:
    """Return the role of a column of numbers."""
    cells = column.cells[~column.is_missing]
    numbers = column.numbers(form)[~column.is_missing]
    dated = date_form(column)
    in_digits = dated is not None and dated.startswith("%Y%m%d")
    if in_digits or (dated is not None and TIME_NAME.search(column.name)):
        return Role("datetime", f"its name and values such as {_example(column)}")
    if _is_row_number(column, numbers):
        return Role("drop", "counts the rows: every value once, no gap")
    if _is_code(column, numbers):
        return Role("category", f"whole numbers used as codes, {len(cells)} of them")
    if share < 1:
        n_other = column.n_rows(~column.is_missing) * (1 - share)
        return Role("number", f"numbers; {n_other:.0f} other cells become missing")
    marks = "" if form == "plain" else f" written like {_example(column)}"
    return Role("number", f"numbers{marks}")


def _is_row_number(column: JointColumn, numbers: np.ndarray) -> bool:
    """Return whether every row has its own number and they leave no gap."""
    n_rows = len(column.codes)
    if len(numbers) < n_rows or not _are_whole(numbers):
        return False
    return bool(numbers.max() - numbers.min() == n_rows - 1)


def _is_code(column: JointColumn, numbers: np.ndarray) -> bool:
    """Return whether whole numbers name things: by their name, or by their look."""
    if len(numbers) <= FEW_LEVELS or not _are_whole(numbers):
        return False
    repeats = column.n_rows(~column.is_missing) / len(numbers)
    named = CODE_NAME.search(column.name) or CAMEL_ID.search(column.name)
    return bool(named and repeats >= 2) or (repeats >= 4 and _looks_assigned(numbers))


def _are_whole(numbers: np.ndarray) -> bool:
    """Return whether all numbers are finite and whole, and exact as floats."""
    return bool(np.isfinite(numbers).all() and not (numbers % 1).any()) and bool(
        np.abs(numbers).max() < 2**53
    )


def _looks_assigned(numbers: np.ndarray) -> bool:
    """Return whether distinct whole numbers lie as assigned ones do, not measured.

    Far apart though no grid, as often round as chance has it, and not gathered at the
    low end as counts and prices are.
    """
    values = np.sort(np.abs(numbers)).astype(np.int64)
    grid = int(np.gcd.reduce(np.diff(values)))
    span = (values[-1] - values[0]) / max(grid, 1) / len(values)
    is_round = (values % 5 == 0).mean()
    return bool(
        span >= 30 and is_round <= 0.35 and np.median(values) >= 0.03 * values[-1]
    )


def _string_role(column: JointColumn) -> Role:
    """Return the role of a column of strings."""
    cells = column.cells[~column.is_empty]
    n_rows = column.n_rows(~column.is_empty)
    ratio = len(cells) / n_rows
    sample = cells[:: max(1, len(cells) // 5000)]
    words = float(np.mean([len(WORD.findall(cell)) for cell in sample]))
    digits = _digit_share(sample)
    said = (
        f"{len(cells)} different values in {n_rows} rows, {words:.1f} words on average"
    )
    if len(cells) <= FEW_LEVELS:
        return Role("category", said)
    if _reads_as_text(ratio, words, digits):
        return Role("text", said)
    if ratio > 0.95 and digits >= 0.25:
        return Role("drop", f"an identifier: {said}")
    return Role("category", said)


def _reads_as_text(ratio: float, words: float, digits: float) -> bool:
    """Return whether strings are texts: different ones, of words more than digits."""
    if digits >= 0.4 or (words < 1.5 and digits >= 0.25):
        return False
    if words >= 8:
        return ratio >= 0.05
    return ratio >= 0.5 or (words >= 1.5 and ratio >= 0.3)


def _digit_share(cells: np.ndarray) -> float:
    """Return the share of digits among the characters of cells."""
    joined = "".join(cells)
    return sum(c.isdigit() for c in joined) / max(len(joined), 1)


def _example(column: JointColumn) -> str:
    """Return the first cell that is not missing, shortened."""
    return repr(str(column.cells[~column.is_missing][0])[:30])
