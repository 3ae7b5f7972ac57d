"""Names of columns that a file lacks: one or two, or the whole line of them."""

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.tables.numbers import parse_numbers
from ensemble_kit.tables.raw_table import RawTable

# Pandas calls the third column of a file "Unnamed: 2" where it has no name.
UNNAMED = re.compile(r"unnamed_\d+|Unnamed: \d+")
LOOK = 200
MAX_SHARED = 0.5
ASK = (
    "if the files have no line of names, state header = false in competition.toml; "
    "if they have, header = true"
)


def pair_unnamed(train: RawTable, test: RawTable) -> RawTable:
    """Return test with its nameless columns called as train's are.

    They are paired by their order among the nameless, since a target before one
    moves it to another place; a first column that counts rows is paired alone.
    """
    names = pairs_of_unnamed(_nameless(train), _nameless(test))
    if names is None:
        return test.renamed(
            {},
            f"{len(train.unnamed)} columns of {train.path.name} have no name and "
            f"{len(test.unnamed)} of {test.path.name}: they are paired by their "
            "places; give them names if that is wrong",
        )
    notes = [
        f"{test.path.name}: {old!r} is {new!r} of {train.path.name}, as nameless "
        "columns are paired by their order"
        for old, new in names.items()
    ]
    return test.renamed(names, *notes) if names else test


def pair_cases(train: RawTable, test: RawTable, asked: Sequence[str]) -> RawTable:
    """Return test with its columns called as train's are, where only spelling differs.

    Capitals, blanks, ``_``, ``-`` and marks that nobody sees are spelling.

    Parameters
    ----------
    train, test : RawTable
    asked : sequence of str
        The sample's columns; a column of test that has such a name keeps it.
    """
    known = {*train.columns, *asked}
    names = pairs_by_case(
        [name for name in train.columns if name not in test],
        [name for name in test.columns if name not in known],
    )
    notes = [
        f"{test.path.name}: {old!r} is {new!r} of {train.path.name}, which is written "
        f"{_how_it_differs(old, new)}"
        for old, new in names.items()
    ]
    return test.renamed(names, *notes) if names else test


def pairs_by_case(wanted: Sequence[str], there: Sequence[str]) -> dict[str, str]:
    """Return new names for columns that differ from one wanted in spelling alone.

    Examples
    --------
    >>> pairs_by_case(["Age", "a", "A"], ["AGE", "a", "fare"])
    {'AGE': 'Age'}
    >>> pairs_by_case(["living area"], ["Living_Area"])
    {'Living_Area': 'living area'}
    """
    by_case: dict[str, list[str]] = {}
    for name in wanted:
        by_case.setdefault(_bare(name), []).append(name)
    folded = [_bare(name) for name in there]
    return {
        name: by_case[key][0]
        for name, key in zip(there, folded, strict=True)
        if len(by_case.get(key, ())) == 1 and folded.count(key) == 1
    }


def _bare(name: str) -> str:
    """Return a name's letters and digits; all of a name that has none."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    bare = "".join(
        c for c in folded if c not in " _-" and unicodedata.category(c) != "Cf"
    )
    return bare or name


def _how_it_differs(one: str, other: str) -> str:
    is_case = one.casefold() == other.casefold()
    return "in another case" if is_case else "in other letters or blanks"


def pairs_of_unnamed(
    wanted: Sequence[str], there: Sequence[str]
) -> dict[str, str] | None:
    """Return new names for nameless columns, by order, where one changes.

    None: there are some on both sides, but not as many.
    """
    if len(wanted) != len(there):
        return None if wanted and there else {}
    pairs = zip(there, wanted, strict=True)
    return {old: new for old, new in pairs if old != new}


def unnamed_among(columns: Sequence[str]) -> list[str]:
    """Return the columns that have no name of their own."""
    return [name for name in columns if UNNAMED.fullmatch(name)]


def _nameless(table: RawTable) -> list[str]:
    """Return nameless columns without a first one that only counts the rows."""
    first, unnamed = table.columns[0], table.unnamed
    if first in unnamed and _counts_rows(table.cells.rows(slice(LOOK))[first]):
        return [name for name in unnamed if name != first]
    return list(unnamed)


def _counts_rows(cells: pd.Series) -> bool:
    """Return whether cells go up by one from row to row."""
    numbers = parse_numbers(np.asarray(cells[:LOOK], dtype=object), "plain")
    return len(numbers) > 1 and bool((np.diff(numbers) == 1).all())


def refuse_missing_header(train: RawTable, test: RawTable) -> None:
    """Raise where the first line of train or test looks like the rows below it."""
    shared = len(set(train.columns) & set(test.columns))
    if shared > MAX_SHARED * min(len(train.columns), len(test.columns)):
        return
    wrong = [table for table in (train, test) if _begins_with_a_row(table)]
    if wrong:
        names = " and ".join(table.path.name for table in wrong)
        raise CompetitionError(
            f"{names}: the first line ({_line(wrong[0])}) looks like the rows below "
            f"it, not like names of columns; {ASK}"
        )


def refuse_rows_as_names(sample: RawTable, test: RawTable) -> None:
    """Raise where the sample begins with a row of its own."""
    first = sample.columns[0]
    is_id = any(test.cells.has(name, first) for name in test.columns[:1])
    if is_id and first not in test and _begins_with_a_row(sample):
        raise CompetitionError(
            f"{sample.path.name}: the first line ({_line(sample)}) looks like the rows "
            "below it; begin the file with a line of names, such as id,target: the "
            "submission begins with the same"
        )


def name_by_place(train: RawTable, test: RawTable, target: str | None) -> RawTable:
    """Return test, read without names, with its columns called as train's are.

    Raises
    ------
    CompetitionError
        When it is not clear which column test lacks.
    """
    n_more = len(train.columns) - len(test.columns)
    if n_more == 0:
        return test
    names = [name for name in train.columns if name != target]
    if n_more == 1 and len(names) == len(test.columns):
        changed = zip(test.columns, names, strict=True)
        return test.renamed({old: new for old, new in changed if old != new})
    raise CompetitionError(
        f"{train.path.name} has {len(train.columns)} columns without names and "
        f"{test.path.name} {len(test.columns)}: state the one that is predicted in "
        f'competition.toml, such as target = "{train.columns[-1]}" for the last'
    )


def _begins_with_a_row(table: RawTable) -> bool:
    """Return whether the names of a table are cells like those below them.

    Names of columns of numbers are numbers and no regular series (as of pixels or
    years); without columns of numbers, most names are found again below.
    """
    frame = table.cells.rows(slice(LOOK))
    names = [name for name in table.columns if name not in table.unnamed]
    numeric = [name for name in names if _are_numbers(frame[name])]
    if numeric:
        own = parse_numbers(np.array(numeric, dtype=object), "plain")
        return bool(np.isfinite(own).all()) and not _is_series(own)
    again = [name for name in names if (table.cells[name].str.strip() == name).any()]
    return len(again) > len(names) / 2


def _are_numbers(cells: pd.Series) -> bool:
    """Return whether all cells that are not empty are numbers."""
    filled = cells[cells.str.strip() != ""]
    numbers = parse_numbers(np.asarray(filled, dtype=object), "plain")
    return len(numbers) > 0 and bool(np.isfinite(numbers).all())


def _is_series(numbers: NDArray[np.float64]) -> bool:
    """Return whether numbers rise in equal steps, as numbered columns do."""
    steps = np.diff(numbers)
    return len(steps) > 1 and bool((steps == steps[0]).all() and steps[0] > 0)


def _line(table: RawTable) -> str:
    """Return the beginning of a table's first line."""
    line = ", ".join(table.columns[:5])
    return f"{line[:60]}, ..." if len(table.columns) > 5 else line[:60]
