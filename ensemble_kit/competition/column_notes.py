"""What a reader should know of a column as it was taken: cells lost, cells misread."""

import re
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.competition import LOUD
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import (
    ColumnSchema,
    in_seconds,
    in_six_digits,
)
from ensemble_kit.tables.dates import (
    are_zero_dates,
    looks_dated,
    parse_dates,
    years_of_two_digits,
)
from ensemble_kit.tables.numbers import parse_numbers

SAMPLE = 2000
MIN_DATED = 0.3
MIN_DATED_TEXTS = 0.8
FRAMED = re.compile(r"([^\d+-]*)([+-]?\d+(?:[., ']\d{3})*(?:[.,]\d+)?)(\D*)")
NUMBER = re.compile(r"\d+(?:[., ']\d{3})*(?:[.,]\d+)?")
FINE = re.compile(r"(?<![\d.,])\d+[.,]\d+(?![\d.,])|\d[', ]\d{3}(?!\d)")
# About, below or above a number, and a unit behind it: codes have none of these.
UNIT = re.compile(r"^[~≈<>≤≥±]\s?\d|\d\s[^\W\d_]+\.?$|\d\s?[¢°′″]")
SHORT = re.compile(
    r"\s?(?:k|m|b|bn|mn|tn|thousand|million|billion|trillion|lakhs?|crores?|cr\.?"
    r"|тыс\.?|млн\.?|млрд\.?|тысяч[аи]?|миллион(?:а|ов)?)",
    re.IGNORECASE,
)
NO_MARK = re.compile(r"[\d\s.,+-]*")
MAX_FRAMES = 4
MIN_FRAMED = 0.9
LEAST_FRAMED = 31
MIN_TEST_ROWS, MIN_LOST, MAX_LOST = 10, 0.9, 0.5
LEAST_SIZE, LARGEST_SIZE = 1e-35, 1e35
MAX_LEVELS = 0.3  # of the rows: a category of more is hardly one
STAND_INS = (-999, -9999, -99999, 9999, 99999, 999999)
MIN_STAND_INS, FAR_DAYS = 3, 3650
MIN_DIGIT_DATES = 5  # four numbers are dates by chance now and then
WHOLE = re.compile(r"[+-]?[1-9]\d*")
LARGEST_EXACT = 2**53


def column_notes(column: JointColumn, role: str) -> list[str]:
    """Return notes about a column in the role it was given, in order.

    Those that tell of something lost, not only of something done, begin with
    `competition.LOUD`.
    """
    notes = _dates_in_digits(column, role) if role in {"number", "category"} else []
    if role in {"number", "datetime"}:
        schema = ColumnSchema.of(column, role)
        notes += _cell_notes(column, schema)
        return notes + _missing_in_test(column, schema.unread(column))
    if role != "drop":
        notes += _missing_in_test(column, np.zeros(len(column.cells), dtype=bool))
    return notes + (_unread_dates(column, role) or _framed(column, role))


def _missing_in_test(column: JointColumn, unread: NDArray[np.bool_]) -> list[str]:
    """Return a loud note when train has cells and test hardly any that can be read."""
    is_lost = (unread | column.is_missing)[column.codes]
    of_train, of_test = is_lost[: column.n_train], is_lost[column.n_train :]
    if len(of_test) < MIN_TEST_ROWS or of_test.mean() < MIN_LOST:
        return []
    if of_train.mean() > MAX_LOST:
        return []
    return [
        f"{LOUD}column {column.name!r} is missing or cannot be read in "
        f"{of_test.mean():.0%} of the test rows and {of_train.mean():.0%} of the "
        "training rows: what models learn of it does not reach the test"
    ]


def _unread_dates(column: JointColumn, role: str) -> list[str]:
    """Return a loud note when a column that is no date looks like one."""
    places = np.flatnonzero(~column.is_missing)[:SAMPLE]
    dated = places[looks_dated(column.cells[places])]
    n_dated, n_rows = column.counts[dated].sum(), column.counts[places].sum()
    least = MIN_DATED_TEXTS if role == "text" else MIN_DATED
    if not n_dated or n_dated < least * n_rows:
        return []
    used = "left out" if role == "drop" else f"taken as {role}"
    return [
        f"{LOUD}column {column.name!r} looks like dates in {n_dated / n_rows:.0%} of "
        f"its rows, such as {column.cells[dated[0]]!r}, but too few of them are read "
        f"in one way, and it is {used}; write them in one way, or state "
        f'columns.{column.name} = "datetime" in competition.toml to take what is read'
    ]


def _dates_in_digits(column: JointColumn, role: str) -> list[str]:
    """Return a loud note when a column of another role may hold dates as numbers."""
    if unit := in_seconds(column):
        return [
            f"{LOUD}column {column.name!r} holds numbers such as {column.cells[0]!r}, "
            f"which are dates if they count {unit} since 1970, and is taken as {role}; "
            f'columns.{column.name} = "datetime" in competition.toml reads dates'
        ]
    form = in_six_digits(column)
    if form is None or len(column.cells) < MIN_DIGIT_DATES:
        return []
    return [
        f"{LOUD}column {column.name!r} holds numbers of six digits that are dates, "
        f"such as {column.cells[0]!r} in the form {form}, and is taken as {role}; "
        f'columns.{column.name} = "datetime" in competition.toml reads dates'
    ]


def _framed(column: JointColumn, role: str) -> list[str]:
    """Return a loud note when a column holds numbers amid other characters.

    Of both files or of train alone: the test file may be written otherwise. A few
    different cells are levels. Of cells that are nearly all different a category or an
    identifier says nothing, whether they are amounts or numbered codes; a column of
    codes that is left out is told of anyway.
    """
    present = ~column.is_missing
    parts = [column.cells[p][:SAMPLE] for p in (present, present & column.train_cells)]
    if role == "drop":
        is_framed = _are_amounts(parts[0]) and _are_spelled_alike(parts[0])
    else:
        n_rows = column.n_rows(present)
        differ = len(column.cells) > MAX_LEVELS * n_rows
        most = MAX_FRAMES
        if role == "text":  # of numbers alone: items in a row, which are words
            differ &= not all(map(NO_MARK.fullmatch, parts[0]))
            most = 1
        is_framed = any(map(_are_framed, parts)) or (
            differ and _are_spelled_alike(parts[0], most)
        )
    if not is_framed:
        return []
    used = "left out" if role == "drop" else f"taken as {role}"
    return [
        f"{LOUD}column {column.name!r} holds numbers with other characters around "
        f"them, such as {_marked_cell(parts[0])!r}, and is {used}; write plain "
        f"numbers if they are amounts{_expression(column.name)}"
    ]


def _marked_cell(cells: NDArray[np.object_]) -> str:
    """Return the first cell that is no plain number, shortened."""
    marked = (cell for cell in cells if not NUMBER.fullmatch(cell.lstrip("+-")))
    return str(next(marked, cells[0]))[:30]


def _expression(name: str) -> str:
    """Return how to make a column of the numbers, where its name can stand there."""
    if not name.isidentifier():
        return ""
    made = f"""{name}_number = "extract({name}, '[0-9.]+')\""""
    return f", or make a column of them: {made} below [columns] in competition.toml"


def _are_framed(cells: NDArray[np.object_]) -> bool:
    matches = [FRAMED.fullmatch(cell) for cell in cells]
    frames = Counter((m[1], m[3]) for m in matches if m is not None and m[1] + m[3])
    n_framed = sum(number for _, number in frames.most_common(MAX_FRAMES))
    # Those below a thousand are written out beside 3.9k and 1.2M.
    n_short = sum(frames[frame] for frame in frames if SHORT.fullmatch("".join(frame)))
    n_plain = sum(m is not None and not m[1] + m[3] for m in matches)
    n_alike = max(n_framed, n_short + n_plain if n_short else 0)
    return n_framed >= LEAST_FRAMED and n_alike >= MIN_FRAMED * len(cells)


def _are_spelled_alike(cells: NDArray[np.object_], most: int = MAX_FRAMES) -> bool:
    """Return whether cells differ in their numbers alone, and are not all plain."""
    spellings = Counter(NUMBER.sub("0", cell) for cell in cells)
    n_alike = sum(number for _, number in spellings.most_common(most))
    n_plain = np.isfinite(parse_numbers(cells, "plain")).sum()
    least = MIN_FRAMED * len(cells)
    return bool(len(cells) >= LEAST_FRAMED and n_alike >= least > n_plain)


def _are_amounts(cells: NDArray[np.object_]) -> bool:
    """Return whether half of the cells have what no code has: decimals, a unit."""
    n_fine = sum(bool(FINE.search(cell) or UNIT.search(cell)) for cell in cells)
    return n_fine >= len(cells) / 2


def _cell_notes(column: JointColumn, schema: ColumnSchema) -> list[str]:
    """Return notes about cells that became missing in their column's role."""
    unread = schema.unread(column)
    notes = []
    if schema.role == "datetime":
        notes = [*_zero_notes(column), *_century_notes(column, schema.form)]
        notes += _far_date_notes(column, parse_dates(column.cells, schema.form))
    infinite = np.zeros_like(unread)
    if schema.role == "number":
        infinite = np.isinf(column.numbers(schema.form))
        notes += _merged_notes(column, column.numbers(schema.form))
        notes += _stand_in_notes(column, column.numbers(schema.form))
        notes += _size_notes(column, column.numbers(schema.form))
    if infinite.any():
        n_infinite = column.n_rows(infinite)
        notes.append(
            f"column {column.name!r}: {n_infinite} infinite values are missing"
        )
    strange = unread & ~infinite
    if strange.any():
        first = column.cells[strange][0]
        notes.append(
            f"column {column.name!r}: {column.n_rows(strange)} cells are no "
            f"{schema.role} and are missing, such as {first[:30]!r}"
        )
    return notes


def _stand_in_notes(column: JointColumn, numbers: NDArray[np.float64]) -> list[str]:
    """Return a loud note about a number of nines that lies apart from all others."""
    for stand_in in STAND_INS:
        is_it = numbers == stand_in
        rest = numbers[~is_it & np.isfinite(numbers)]
        if column.n_rows(is_it) < MIN_STAND_INS or len(rest) < LEAST_FRAMED:
            continue
        nearest = rest.min() if stand_in < 0 else -rest.max()
        if nearest > -abs(stand_in) / 9:
            return [
                f"{LOUD}column {column.name!r}: {stand_in} stands in "
                f"{column.n_rows(is_it)} rows, far from all other numbers, and is "
                "taken as a number; leave the cells empty if it means a missing one"
            ]
    return []


def _size_notes(column: JointColumn, numbers: NDArray[np.float64]) -> list[str]:
    """Return a loud note about numbers of a size that single precision has not."""
    sizes = np.abs(numbers[np.isfinite(numbers) & (numbers != 0)])
    if not len(sizes) or LEAST_SIZE < sizes.max() < LARGEST_SIZE:
        return []
    return [
        f"{LOUD}column {column.name!r} has numbers of the size {sizes.max():.0e}, "
        "which models that count in single precision cannot tell apart; multiply or "
        "divide it by a power of ten"
    ]


def _far_date_notes(column: JointColumn, dates: NDArray[np.datetime64]) -> list[str]:
    """Return a loud note about a day that lies apart from all others, and repeats.

    It stands for "never" or for a missing one, as the last or first day that a
    database knows does.
    """
    days = dates.astype("datetime64[D]")
    there = np.flatnonzero(~np.isnat(days))
    found, places = np.unique(days[there], return_inverse=True)
    n_rows = np.bincount(places, weights=column.counts[there])
    if len(found) < LEAST_FRAMED:
        return []
    span = int((found[-2] - found[1]).astype(int))
    for far, next_to in ((0, 1), (-1, -2)):
        gap = abs(int((found[far] - found[next_to]).astype(int)))
        if n_rows[far] >= MIN_STAND_INS and gap > max(span, FAR_DAYS):
            first = column.cells[days == found[far]][0]
            return [
                f"{LOUD}column {column.name!r}: {first!r} stands in {n_rows[far]:.0f} "
                "rows, far from all other dates, and is taken as a date; leave the "
                "cells empty if it means a missing one"
            ]
    return []


def _merged_notes(column: JointColumn, numbers: NDArray[np.float64]) -> list[str]:
    """Return a loud note about whole numbers that are the same as floats."""
    places = np.flatnonzero(np.abs(numbers) > LARGEST_EXACT)
    places = places[
        [WHOLE.fullmatch(cell) is not None for cell in column.cells[places]]
    ]
    n_merged = len(places) - len(np.unique(numbers[places]))
    if not n_merged:
        return []
    return [
        f"{LOUD}column {column.name!r}: {n_merged} of {len(places)} different whole "
        "numbers beyond 2**53 cannot be told from others as numbers; if they are "
        f'codes, state columns.{column.name} = "category" in competition.toml'
    ]


def _century_notes(column: JointColumn, form: str) -> list[str]:
    """Return a loud note about years of two digits that are taken another way."""
    years = years_of_two_digits(form)
    if not years:
        return []
    return [
        f"{LOUD}column {column.name!r}: its years of two digits are taken for {years}, "
        f"since dates such as {column.cells[~column.is_missing][0]!r} would lie far "
        "ahead otherwise; write four digits if that is wrong"
    ]


def _zero_notes(column: JointColumn) -> list[str]:
    """Return a note about dates of zeros, which are missing."""
    zeros = are_zero_dates(column.cells)
    if not zeros.any():
        return []
    first = column.cells[zeros][0]
    return [
        f"column {column.name!r}: {column.n_rows(zeros)} cells such as {first!r} are "
        "missing dates"
    ]
