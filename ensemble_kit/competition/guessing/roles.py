"""The role of a feature column, guessed from its cells, with the reason."""

import re
from collections import Counter
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import (
    TIME_NAME,
    date_form,
    duration_share,
)
from ensemble_kit.tables.dates import EXCEL, MIN_MIXED, MONTH_AND_YEAR, is_clock
from ensemble_kit.tables.durations import count_up_from_zero

CODE_NAME = re.compile(
    r"(^|[\W_])(id|ids|code|codes|zip|zipcode|postcode|key|uuid|sku)($|[\W_])",
    re.IGNORECASE,
)
CAMEL_ID = re.compile(r"[a-z](Id|ID|Code|Key)$")
WORD = re.compile(r"\w+")
SPAN_NAME = re.compile(
    r"duration|elapsed|runtime|length|\blap|split|wait|delay|took|spent|длит",
    re.IGNORECASE,
)
TOKEN = re.compile(r"[^\s,;|]+")
GROUPS = re.compile(r"\d{3}(?:([ ,.'])\d{3}(?:\1\d{3})*)?")
GROUP = re.compile(r"\d+")
BARE = re.compile(r"-?\d+(?:[eE]\d+)?")
PADDED = re.compile(r"\d{3,}")
WHOLE = re.compile(r"[+-]?\d+")
MIN_NUMERIC = 0.99
MIN_BESIDE_WORDS = 0.3
FEW_WORDS = 5
MIN_TOKENS, MIN_SHARED_TOKENS = 2.5, 1.5
MAX_OWN_TOKENS = 0.25  # of the words in cells that share them
FEW_LISTS = 10
ENOUGH_GROUPS = 44  # of numbers, one of them begins with 0: 0.9**44 is .01
MAX_DISTINCT = 0.95
FEW_LEVELS = 30
LARGEST_EXACT = 2**53  # the whole numbers below it are exact as floats


class Role(NamedTuple):
    """A role and why it was given."""

    role: str
    reason: str


def guess_role(column: JointColumn) -> Role:
    """Return the role of one feature column, the first of these that fits.

    Nothing to learn from (drop), numbers and codes, spans of time, dates, then
    identifiers, categories and texts by how many different values there are and how
    they read.
    """
    train = column.train_cells
    if not (train & ~column.is_missing).any() or train.sum() < 2:
        what = "empty" if not (train & ~column.is_missing).any() else "constant"
        return Role("drop", f"{what} in all training rows")
    form, share = column.number_form
    if share >= MIN_NUMERIC and not _are_lists(column, form):
        return _numeric_role(column, form, share)
    dated = date_form(column)
    if duration_share(column) >= MIN_MIXED and _are_spans(column, dated):
        return Role("number", f"spans of time such as {_example(column)}, in seconds")
    if dated is not None:
        return Role("datetime", f"dates such as {_example(column)}")
    if share >= MIN_BESIDE_WORDS and _stand_few_words_beside(column, form):
        return _numeric_role(column, form, share)
    return _string_role(column)


def _stand_few_words_beside(column: JointColumn, form: str) -> bool:
    """Return whether all cells but numbers are a few words, for missing ones.

    Of few different numbers they are levels as they are.
    """
    present = ~column.is_missing
    is_number = ~np.isnan(column.numbers(form))
    n_words, n_numbers = (present & ~is_number).sum(), (present & is_number).sum()
    return bool(1 <= n_words <= FEW_WORDS and n_numbers > FEW_LEVELS)


def _are_lists(column: JointColumn, form: str) -> bool:
    """Return whether groups of three digits are items of lists, not of numbers.

    A number has a first group of one or two digits now and then, never begins with 0,
    and one later group in ten does. Lists have as many items as they like, and an item
    stands first as well as last.
    """
    if form not in {"point", "comma"}:
        return False
    cells = column.cells[~column.is_missing]
    groups = [GROUP.findall(cell) for cell in cells if GROUPS.fullmatch(cell)]
    later = [group for words in groups for group in words[1:]]
    if not later or len(groups) < MIN_NUMERIC * len(cells):
        return False
    first = {words[0] for words in groups}
    if any(group.startswith("0") for group in first):
        return True
    if any(group.startswith("0") for group in later):
        return False
    if len({len(words) for words in groups}) > 1 and len(groups) >= FEW_LISTS:
        return True
    n_again = sum(group in first for group in later)
    enough = len(later) >= ENOUGH_GROUPS or n_again > len(later) / 2
    return enough and 5 * n_again >= len(later)


def _are_spans(column: JointColumn, dated: str | None) -> bool:
    """Return whether cells with colons are spans of time rather than times of day."""
    if dated is None:
        return True
    named = SPAN_NAME.search(column.name) is not None
    cells = column.cells[~column.is_missing]
    return is_clock(dated) and (named or count_up_from_zero(cells))


def _numeric_role(column: JointColumn, form: str, share: float) -> Role:
    """Return the role of a column of numbers."""
    cells = column.cells[~column.is_missing]
    numbers = column.numbers(form)[~column.is_missing]
    dated = date_form(column)
    if _are_dates_by_themselves(dated) or (
        dated is not None and TIME_NAME.search(column.name)
    ):
        return Role("datetime", f"its name and values such as {_example(column)}")
    if form == "plain" and _are_long_codes(cells, numbers):
        return _code_role(column, cells)
    if _is_row_number(column, numbers):
        return Role("drop", "counts the rows: every value once, no gap")
    if _are_twins(cells, numbers):
        return Role("category", f"codes such as {_twins(cells, numbers)}")
    if _is_code(column, numbers) or _are_padded_codes(column, cells, numbers):
        return Role("category", f"whole numbers used as codes, {len(cells)} of them")
    if share < 1:
        n_other = column.n_rows(~column.is_missing) * (1 - share)
        return Role("number", f"numbers; {n_other:.0f} other cells become missing")
    marks = "" if form == "plain" else f" written like {_example(column)}"
    return Role("number", f"numbers{marks}")


def _are_dates_by_themselves(form: str | None) -> bool:
    """Return whether numbers are dates whatever their column is called."""
    if form is None:
        return False
    if form in (EXCEL, MONTH_AND_YEAR):
        return True
    return "%y" in form or form.startswith("%Y%m")


def _are_long_codes(cells: NDArray[np.object_], numbers: NDArray[np.float64]) -> bool:
    """Return whether whole numbers that no float holds name things.

    Half of them are beyond 2**53, and nearly all have one of two lengths; amounts
    have many.
    """
    if np.nanmedian(np.abs(numbers)) <= LARGEST_EXACT:
        return False
    whole = [cell.lstrip("+-").lstrip("0") for cell in cells if WHOLE.fullmatch(cell)]
    n_common = sum(number for _, number in Counter(map(len, whole)).most_common(2))
    return min(len(whole), n_common / 0.9) >= MIN_NUMERIC * len(cells)


def _code_role(column: JointColumn, cells: NDArray[np.object_]) -> Role:
    """Return the role of whole numbers that are names, by how often they repeat."""
    n_rows = column.n_rows(~column.is_missing)
    sentence = f"{len(cells)} whole numbers beyond 2**53 in {n_rows} rows"
    if len(cells) > MAX_DISTINCT * n_rows and len(cells) > FEW_LEVELS:
        return Role("drop", f"an identifier: {sentence}")
    return Role("category", f"codes: {sentence}")


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


def _are_twins(cells: NDArray[np.object_], numbers: NDArray[np.float64]) -> bool:
    """Return whether a few cells are one number written apart, as 7 and 07 or 1e5."""
    if len(cells) > FEW_LEVELS or not all(map(BARE.fullmatch, cells)):
        return False
    return len(np.unique(numbers)) < len(cells)


def _twins(cells: NDArray[np.object_], numbers: NDArray[np.float64]) -> str:
    """Return two cells that are one number, for a reason."""
    seen: dict[float, str] = {}
    for cell, number in zip(cells, numbers, strict=True):
        if number in seen:
            return f"{seen[number]!r} and {cell!r}"
        seen[number] = cell
    return ""


def _are_padded_codes(
    column: JointColumn, cells: NDArray[np.object_], numbers: NDArray[np.float64]
) -> bool:
    """Return whether whole numbers are filled up with zeros to one length, as names.

    They repeat, and leave out more than they use: days of the year do not.
    """
    if not _are_whole(numbers) or len({len(cell) for cell in cells}) > 1:
        return False
    if not any(cell.startswith("0") for cell in cells):
        return False
    repeats = column.n_rows(~column.is_missing) / len(cells)
    span = (numbers.max() - numbers.min()) / len(numbers)
    return repeats >= 4 and span >= 3 and all(map(PADDED.fullmatch, cells))


def _are_whole(numbers: np.ndarray) -> bool:
    """Return whether all numbers are finite and whole, and exact as floats."""
    return bool(np.isfinite(numbers).all() and not (numbers % 1).any()) and bool(
        np.abs(numbers).max() < LARGEST_EXACT
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
    words_of = [TOKEN.findall(cell) for cell in sample]
    tokens = float(np.mean([len(words) for words in words_of]))
    own = len({word for words in words_of for word in words}) / sum(map(len, words_of))
    digits = _digit_share(sample)
    sentence = (
        f"{len(cells)} different values in {n_rows} rows, {words:.1f} words on average"
    )
    if len(cells) <= FEW_LEVELS:
        return Role("category", sentence)
    if _reads_as_text(ratio, words, digits) or _are_words(ratio, tokens, own):
        return Role("text", sentence)
    if ratio > MAX_DISTINCT and digits >= 0.25:
        return Role("drop", f"an identifier: {sentence}")
    return Role("category", sentence)


def _reads_as_text(ratio: float, words: float, digits: float) -> bool:
    """Return whether strings are texts: different ones, of words more than digits."""
    if digits >= 0.4 or (words < 1.5 and digits >= 0.25):
        return False
    if words >= 8:
        return ratio >= 0.05
    return ratio >= 0.5 or (words >= 1.5 and ratio >= 0.3)


def _are_words(ratio: float, tokens: float, own: float) -> bool:
    """Return whether cells hold many words, whatever characters these are made of.

    An identifier is one word, seldom two, and most of them are its own.
    """
    is_shared = own <= MAX_OWN_TOKENS
    many = tokens >= (MIN_SHARED_TOKENS if is_shared else MIN_TOKENS)
    return many and ratio >= (0.05 if tokens >= 8 else 0.3)


def _digit_share(cells: np.ndarray) -> float:
    """Return the share of digits among the characters of cells."""
    joined = "".join(cells)
    digits = filter(str.isdigit, set(joined))
    return sum(map(joined.count, digits)) / max(len(joined), 1)


def _example(column: JointColumn) -> str:
    """Return the first cell that is not missing, shortened."""
    return repr(str(column.cells[~column.is_missing][0])[:30])
