"""Cells of the test file that are written otherwise than those of train.

A table saved twice has a decimal comma in one file, a percent sign, other letters in
its categories. Each file is read by itself before the two are read as one.
"""

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice
from typing import NamedTuple

import numpy as np
import pandas as pd

from ensemble_kit.competition.competition import LOUD
from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.known_levels import like_known
from ensemble_kit.competition.declared.schema import ColumnSchema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.tables.cells import Column
from ensemble_kit.tables.numbers import NOT_PLAIN, spell_number

MIN_READ = 0.9  # of the rows of either file, for a form that is its own
SAMPLE = 1000
MAX_SHARE = 0.5  # of different cells, for a column of categories
FEW_LEVELS = 30


class Respelled(NamedTuple):
    """A test column's cells as train would have them, the form they had, and a line.

    There are no cells where none is like one of train's.
    """

    line: str
    form: str = ""
    cells: pd.Series | None = None


def with_test_respelled(
    tables: Tables, settings: CompetitionSettings
) -> tuple[Tables, dict[str, str]]:
    """Return tables whose test cells are spelled as train's, and the forms they had.

    Each change is told, and each column of a few categories of which no test row has
    one. Columns whose role is declared stay, unless they are numbers.
    """
    respelled_columns = {
        name: respelled
        for name in _features(tables, settings)
        if (respelled := _of_numbers(tables, name) or _of_categories(tables, name))
    }
    if not respelled_columns:
        return tables, {}
    changed = {
        k: each for k, each in respelled_columns.items() if each.cells is not None
    }
    cells = {name: each.cells for name, each in changed.items()}
    test = replace(
        tables.test,
        cells=tables.test.cells.assign(cells),
        warnings=(
            *tables.test.warnings,
            *(each.line for each in respelled_columns.values()),
        ),
    )
    return replace(tables, test=test), {k: each.form for k, each in changed.items()}


def _features(tables: Tables, settings: CompetitionSettings) -> list[str]:
    """Return the columns of both files whose role is open, or declared a number."""
    train, test = tables.train, tables.test
    special = {settings.id, settings.target, settings.weights, settings.folds}
    return [
        name
        for name in train.columns
        if name in test
        and name not in special
        and settings.columns.get(name, "number") == "number"
    ]


def _of_numbers(tables: Tables, name: str) -> Respelled | None:
    """Return a test column of numbers in another form than train's."""
    train, test = tables.train.cells.column(name), tables.test.cells.column(name)
    first = train[:SAMPLE], test[:SAMPLE]
    if _are_plain(*first) or _other_form(name, *first) is None:
        return None
    form = _other_form(name, train, test)
    return None if form is None else _spelled(tables, *form)


def _of_categories(tables: Tables, name: str) -> Respelled | None:
    """Return a test column of categories in other letters than train's."""
    train, test = tables.train.cells.column(name), tables.test.cells.column(name)
    if train[:SAMPLE].nunique() > MAX_SHARE * len(train[:SAMPLE]):
        return None
    of_train, of_test = (JointColumn.of(name, part, None) for part in (train, test))
    present = ~of_test.is_missing
    if of_train.number_form[1] >= MIN_READ or not present.any():
        return None
    known = frozenset(of_train.cells)
    strange = np.array([cell not in known for cell in of_test.cells]) & present
    like = like_known(of_test, known)
    changed = np.asarray(like.cells != of_test.cells, dtype=bool) & strange
    where = tables.test.path.name
    if changed.any():
        first = int(np.flatnonzero(changed)[0])
        line = (
            f"column {name!r}: {of_test.n_rows(changed)} cells of {where} hold a "
            f"category of {tables.train.path.name} in other letters or blanks; "
            f"{_cut(of_test.cells[first])} is taken as {_cut(like.cells[first])}"
        )
        cells = pd.Series(like.cells[like.codes], dtype="str", name=name)
        return Respelled(line, "letters", cells)
    levels = of_train.cells[~of_train.is_missing]
    if not strange[present].all() or not 2 <= len(levels) <= FEW_LEVELS:
        return None
    return Respelled(
        f"{LOUD}column {name!r}: no cell of {where} stands in "
        f"{tables.train.path.name}, which has {_some(levels)} where {where} has "
        f"{_some(of_test.cells[present])}"
    )


def _other_form(
    name: str, train: Column, test: Column
) -> tuple[ColumnSchema, ColumnSchema] | None:
    """Return how train's numbers are read and how test's, where that differs."""
    of_train, of_test = (JointColumn.of(name, part, None) for part in (train, test))
    form, share = of_train.number_form
    if share < MIN_READ or of_test.is_missing.all():
        return None
    own = replace(ColumnSchema.of(of_train, "number"), form=form)
    unread = own.unread(of_test)
    few = (1 - MIN_READ) * of_test.n_rows(~of_test.is_missing)
    if of_test.n_rows(unread) <= few:
        other = own.misreads(of_test)
    else:
        other = own.in_another_form(of_test, ~of_test.is_missing)
    if other is None or of_test.n_rows(other.unread(of_test)) > few:
        return None
    together, _ = JointColumn.of(name, train, test).number_form
    is_read = _agree(of_train, form, together) and _agree(of_test, other.form, together)
    return None if is_read else (own, other)


def _are_plain(train: pd.Series, test: pd.Series) -> bool:
    """Return whether cells have no mark but points, in both files or in train's."""
    texts = ["\n".join(part.tolist()) for part in (train, test)]
    if any(map(NOT_PLAIN.search, texts)):
        return False
    return "." in texts[0] or "." not in texts[1]


def _agree(column: JointColumn, form: str, other: str) -> bool:
    """Return whether two forms make the same numbers of a column's cells."""
    numbers = column.numbers(form), column.numbers(other)
    return np.array_equal(*numbers, equal_nan=True)


def _spelled(tables: Tables, own: ColumnSchema, other: ColumnSchema) -> Respelled:
    """Return a test column's numbers in train's form."""
    name = own.name
    column = JointColumn.of(name, tables.test.cells.column(name), None)
    numbers = column.numbers(other.form)
    cells = np.array(
        [
            spell_number(number, own.form) if np.isfinite(number) else cell
            for cell, number in zip(column.cells, numbers, strict=True)
        ],
        dtype=object,
    )
    first = int(np.flatnonzero(np.isfinite(numbers))[0])
    like = JointColumn.of(name, tables.train.cells.column(name), None)
    line = (
        f"{LOUD}column {name!r} is written otherwise in {tables.test.path.name} than "
        f"in {tables.train.path.name}, which has {_some(like.cells[~like.is_missing])}:"
        f" {_cut(column.cells[first])} is read as {numbers[first]:.6g}"
    )
    spelled = pd.Series(cells[column.codes], dtype="str", name=name)
    return Respelled(line, other.form, spelled)


def _some(cells: Iterable[str]) -> str:
    return " and ".join(map(_cut, islice(cells, 2)))


def _cut(cell: str) -> str:
    return repr(str(cell)[:30])
