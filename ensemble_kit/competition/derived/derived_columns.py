"""Columns made of others, of train, of test and of rows that come later."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.derived.evaluation import Evaluation
from ensemble_kit.competition.derived.expressions import (
    Expression,
    ExpressionError,
    parse_expression,
)
from ensemble_kit.competition.derived.own_functions import OWN_FUNCTIONS
from ensemble_kit.competition.derived.values import Cells, Reading, spelled
from ensemble_kit.exceptions import CompetitionError, did_you_mean, problems
from ensemble_kit.tables.raw_table import RawTable

VERSION = 1  # of what expressions give: raise it when one gives something else


@dataclass(frozen=True)
class DerivedColumn:
    """A column made of others.

    Parameters
    ----------
    name, expression : str
    readings : mapping of str to Reading
        How the cells of the columns that it reads are read.
    """

    name: str
    expression: str
    readings: Mapping[str, Reading] = field(default_factory=dict)

    def to_plain(self) -> dict[str, Any]:
        """Return it as plain data, for a file."""
        return asdict(self)

    @classmethod
    def from_plain(cls, data: Mapping[str, Any]) -> "DerivedColumn":
        """Return the column that `to_plain` wrote."""
        readings = {name: Reading(**each) for name, each in data["readings"].items()}
        return cls(data["name"], data["expression"], readings)


def derive_columns(
    tables: Tables, settings: CompetitionSettings
) -> tuple[Tables, tuple[DerivedColumn, ...]]:
    """Return tables whose train and test have the derived columns too.

    Parameters
    ----------
    tables : Tables
    settings : CompetitionSettings
        With the target, where it is known.

    Returns
    -------
    tables : Tables
    derived : tuple of DerivedColumn
        In an order in which none needs a later one.

    Raises
    ------
    CompetitionError
        With what is wrong with each expression.
    """
    if not settings.made:
        return tables, ()
    expressions, mistakes = _parsed(settings.made)
    for name, expression in expressions.items():
        mistakes[name] += _name_mistakes(name, expression, tables, settings)
    order, circles = _order(expressions)
    for name in circles:
        mistakes[name] += [f"it needs itself, by way of {' and '.join(circles)}"]
    derived: list[DerivedColumn] = []
    wrong = {name for name, lines in mistakes.items() if lines}
    for name in order:
        if wrong & {name, *expressions[name].columns}:
            wrong.add(name)
            continue
        try:
            tables, column = _derive(name, expressions[name], tables)
        except CompetitionError as error:
            mistakes[name].append(str(error))
            wrong.add(name)
        else:
            derived.append(column)
    lines = [f"columns.{name}: {line}" for name in mistakes for line in mistakes[name]]
    if lines:
        raise CompetitionError(problems("[columns]", lines))
    return tables, tuple(derived)


def derived_facts(settings: CompetitionSettings) -> dict[str, Any]:
    """Return what derived columns follow from beside their text and the data."""
    expressions, _ = _parsed(settings.made)
    own = {name for each in expressions.values() for name in each.own_functions}
    files = {name: OWN_FUNCTIONS[name].fingerprint for name in sorted(own)}
    return {"version": VERSION, "own": files}


def derive_later(
    derived: Sequence[DerivedColumn],
    cells: pd.DataFrame,
    wanted: Iterable[str],
    where: str,
) -> pd.DataFrame:
    """Return later rows with those derived columns that are wanted.

    Parameters
    ----------
    derived : sequence of DerivedColumn
        Of the run.
    cells : DataFrame of str
        The rows as they are written.
    wanted : iterable of str
        Names of columns; others are left out, unless one of these needs them.
    where : str
        What the rows are called in messages.

    Raises
    ------
    CompetitionError
        When columns are missing that they are made of, or one cannot be made.
    """
    needed = set(wanted)
    for column in reversed(derived):
        if column.name in needed:
            needed |= set(column.readings)
    made = [column for column in derived if column.name in needed]
    names = {column.name for column in made}
    mistakes = [
        f"column {name!r} is missing, of which {column.name!r} is made"
        for column in made
        for name in column.readings
        if name not in cells and name not in names
    ]
    if mistakes:
        raise CompetitionError(problems(where, mistakes))
    for column in made:
        joint = {n: JointColumn.of(n, cells[n], None) for n in column.readings}
        try:
            expression = parse_expression(column.expression)
            derived_cells, _ = _evaluate(expression, joint, column.readings, len(cells))
        except CompetitionError as error:
            raise CompetitionError(
                problems(where, [f"column {column.name!r}: {error}"])
            ) from error
        cells = cells.assign(**{column.name: pd.Series(derived_cells, dtype="str")})
    return cells


def _parsed(
    made: Mapping[str, str],
) -> tuple[dict[str, Expression], dict[str, list[str]]]:
    """Return the expressions that can be read, and the mistakes of each name."""
    expressions: dict[str, Expression] = {}
    mistakes: dict[str, list[str]] = {}
    for name, text in made.items():
        mistakes[name] = []
        try:
            expressions[name] = parse_expression(text)
        except ExpressionError as error:
            mistakes[name] = error.mistakes
    return expressions, mistakes


def _name_mistakes(
    name: str, expression: Expression, tables: Tables, settings: CompetitionSettings
) -> list[str]:
    """Return what is wrong with a derived column's name, and with those it reads."""
    mistakes = []
    train, test = tables.train, tables.test
    if name in train or name in test:
        mistakes.append("train or test has a column of that name; choose another")
    both = [column for column in train.columns if column in test]
    known = [*both, *settings.made]
    for read in expression.columns:
        if read == name:
            mistakes.append("it reads itself")
        elif read in settings.made:
            continue
        elif read == settings.target:
            mistakes.append(f"it reads the target {read!r}")
        elif read in train and read not in test:
            mistakes.append(f"it reads {read!r}, which only train has")
        elif read in test and read not in train:
            mistakes.append(f"it reads {read!r}, which only test has")
        elif read not in train:
            mistakes.append(f"there is no column {read!r}{did_you_mean(read, known)}")
    return mistakes


def _order(expressions: Mapping[str, Expression]) -> tuple[list[str], list[str]]:
    """Return names so that none needs a later one, and those that go in a circle.

    The order is that of no file: keys of stored work do not know it.
    """
    needs = {
        name: [n for n in sorted(each.columns) if n in expressions and n != name]
        for name, each in sorted(expressions.items())
    }
    circles: list[str] = []
    while True:
        try:
            return list(TopologicalSorter(needs).static_order()), circles
        except CycleError as error:
            around = dict.fromkeys(error.args[1])
            circles += around
            needs = {
                name: [n for n in below if n not in around]
                for name, below in needs.items()
                if name not in around
            }


def _derive(
    name: str, expression: Expression, tables: Tables
) -> tuple[Tables, DerivedColumn]:
    """Return tables with one more column in train and test."""
    train, test = tables.train.cells, tables.test.cells
    columns = {
        n: JointColumn.of(n, train.column(n), test.column(n))
        for n in expression.columns
    }
    readings = {n: Reading.of(column) for n, column in columns.items()}
    cells, n_lost = _evaluate(expression, columns, readings, len(train) + len(test))
    notes = []
    if n_lost:
        notes.append(
            f"{name!r} is missing in {n_lost} rows, where {expression.text!r} divides "
            "by zero or leaves the numbers there are"
        )
    tables = replace(
        tables,
        train=_with_column(tables.train, name, cells[: len(train)], notes),
        test=_with_column(tables.test, name, cells[len(train) :], []),
    )
    return tables, DerivedColumn(name, expression.text, readings)


def _with_column(
    table: RawTable, name: str, cells: NDArray[np.object_], notes: list[str]
) -> RawTable:
    column = pd.Series(cells, dtype="str", name=name)
    return replace(
        table,
        cells=table.cells.assign({name: column}),
        warnings=(*table.warnings, *notes),
    )


def _evaluate(
    expression: Expression,
    columns: Mapping[str, JointColumn],
    readings: Mapping[str, Reading],
    n_rows: int,
) -> tuple[NDArray[np.object_], int]:
    """Return the cells of each row as they are written, and how many were lost."""
    values = {n: Cells.of_column(c, readings[n]) for n, c in columns.items()}
    evaluation = Evaluation(expression, values, n_rows)
    written = spelled(evaluation.cells())
    cells = np.array(["" if cell is None else cell for cell in written], dtype=object)
    return cells, int(evaluation.lost.sum())
