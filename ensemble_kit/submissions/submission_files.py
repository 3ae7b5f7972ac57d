"""Submission files read as they are and aligned by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from ensemble_kit.competition.paired_ids import spelled_as
from ensemble_kit.exceptions import (
    CompetitionError,
    SubmissionError,
    did_you_mean,
    problems,
)
from ensemble_kit.tables.reading import read_table as read_cells

# How many ids or values a message names before it says how many more there are.
NAMED = 3


@dataclass(frozen=True)
class SubmissionFiles:
    """Several submissions of one competition, row by row and column by column.

    Attributes
    ----------
    names : tuple of str
        Of the files.
    header : tuple of str
        The first file's columns; the first of them holds the ids.
    ids : ndarray of str, shape (n_rows,)
        As the first file spells and orders them.
    texts : ndarray of str, shape (n_rows, n_files, n_columns)
        The values as the files spell them.
    warnings : tuple of str
        What had to be guessed or repaired when the files were read.
    """

    names: tuple[str, ...]
    header: tuple[str, ...]
    ids: np.ndarray
    texts: np.ndarray
    warnings: tuple[str, ...] = ()

    def numbers(self) -> np.ndarray:
        """Return the values as numbers, shape (n_rows, n_files, n_columns).

        Raises
        ------
        SubmissionError
            Where a value is no finite number.
        """
        texts = self.texts.reshape(-1)
        values = pd.to_numeric(pd.Series(texts), errors="coerce").to_numpy(float)
        values = values.reshape(self.texts.shape)
        mistakes = self._value_mistakes(~np.isfinite(values))
        if mistakes:
            raise SubmissionError(
                problems("the set of files", mistakes) + "\n  labels can be combined "
                "by vote only; numbers must be finite"
            )
        return values

    def _value_mistakes(self, wrong: np.ndarray) -> list[str]:
        mistakes = []
        for file, name in enumerate(self.names):
            rows, columns = np.nonzero(wrong[:, file])
            no_numbers = [
                f"{self.texts[row, file, column]!r} (id {self.ids[row]}, "
                f"column {self.header[1 + column]})"
                for row, column in zip(rows[:NAMED], columns[:NAMED], strict=True)
            ]
            if no_numbers:
                mistakes.append(f"{name}: not a number: {named(no_numbers, len(rows))}")
        return mistakes


def read_submissions(paths: Sequence[str | PathLike[str]]) -> SubmissionFiles:
    """Return the files' values in the first file's order of rows and columns.

    Parameters
    ----------
    paths : sequence of paths
        Tables of text with any separator, plain or compressed (.gz, .zip), or
        Parquet; the first column is the id.

    Raises
    ------
    SubmissionError
        Where a file cannot be read, an id comes twice, or the files differ in their
        ids or columns; with every mistake of every file.
    """
    if len(paths) < 2:
        raise SubmissionError(f"expected two submissions or more, found {len(paths)}")
    names = _names(paths)
    tables: list[pd.DataFrame | None] = []
    mistakes: list[str] = []
    warnings: list[str] = []
    for path, name in zip(paths, names, strict=True):
        table, mistakes_of, warnings_of = read_table(Path(path))
        warnings += warnings_of
        tables.append(table)
        mistakes += [f"{name}: {mistake}" for mistake in mistakes_of]
    first = tables[0]
    if first is not None:
        for at, (table, name) in enumerate(zip(tables, names, strict=True)):
            if at and table is not None:
                table, notes = with_ids_of(first, table, name)
                tables[at] = table
                warnings += notes
                mistakes_of = _differences(first, table)
                mistakes += [f"{name}: {mistake}" for mistake in mistakes_of]
    if mistakes or first is None:
        raise SubmissionError(problems("the set of files", mistakes))
    aligned = [
        table.loc[first.index, first.columns].to_numpy(object)
        for table in tables
        if table is not None
    ]
    header = (str(first.index.name), *first.columns)
    ids = first.index.to_numpy(object)
    texts = np.stack(aligned, axis=1)
    return SubmissionFiles(names, header, ids, texts, tuple(dict.fromkeys(warnings)))


def _names(paths: Sequence[str | PathLike[str]]) -> tuple[str, ...]:
    """Return the files' names, with their folders where two are called alike."""
    short = [Path(path).name for path in paths]
    if len(set(short)) == len(short):
        return tuple(short)
    return tuple(str(path) for path in paths)


def read_table(
    path: Path, id_column: str | None = None
) -> tuple[pd.DataFrame | None, list[str], tuple[str, ...]]:
    """Return a file's texts by id (its first column), what is wrong, and warnings."""
    if not path.is_file():
        return None, ["no such file"], ()
    try:
        raw = read_cells(path)
    except CompetitionError as error:
        return None, _reader_mistakes(str(error), path), ()
    cells = raw.frame.astype(object)
    mistakes = _shape_mistakes(cells)
    if mistakes:
        return None, mistakes, raw.warnings
    table = cells.set_index(id_column if id_column in cells else cells.columns[0])
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        mistake = f"ids that come more than once: {named(twice, len(twice))}"
        return None, [mistake], raw.warnings
    return table, [], raw.warnings


def _reader_mistakes(message: str, path: Path) -> list[str]:
    """Return what the reader said, line by line, without the file's name."""
    first, *lines = message.splitlines()
    if lines:
        return [line.strip() for line in lines]
    for name in (str(path), path.name):
        first = first.removeprefix(f"{name}: ").removeprefix(f"{name}, ")
    return [first]


def _shape_mistakes(cells: pd.DataFrame) -> list[str]:
    """Return what a table lacks to be a set of predictions."""
    if cells.shape[1] < 2:
        return ["expected an id and at least one column of predictions"]
    return [] if len(cells) else ["no rows below the header"]


def with_ids_of(
    first: pd.DataFrame, table: pd.DataFrame, name: str
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Return a table whose ids are spelled as in another one, and a warning."""
    names = spelled_as(pd.Series(table.index), pd.Series(first.index))
    changed = {cell: other for cell, other in names.items() if cell != other}
    if not changed:
        return table, ()
    cell, other = next(iter(changed.items()))
    note = f"{name}: ids are paired by what they say: {cell!r} is {other!r}"
    return table.set_axis(table.index.map(lambda c: names.get(c, c))), (note,)


def _differences(first: pd.DataFrame, table: pd.DataFrame) -> list[str]:
    """Return how a file differs from the first one in ids and columns."""
    mistakes = []
    for column in first.columns.difference(table.columns, sort=False):
        hint = did_you_mean(column, table.columns.difference(first.columns))
        mistakes.append(f"no column {column!r}{hint}")
    for column in table.columns.difference(first.columns, sort=False):
        mistakes.append(f"column {column!r} that the first file does not have")
    for these, others, what in (
        (first.index, table.index, "missing ids"),
        (table.index, first.index, "ids that the first file does not have"),
    ):
        unmatched = these[others.get_indexer(these) < 0]
        if len(unmatched):
            mistakes.append(f"{what}: {named(unmatched, len(unmatched))}")
    return mistakes


def named(values: Sequence[object], count: int) -> str:
    """Return the first few values and how many more there are."""
    first = ", ".join(str(value) for value in values[:NAMED])
    return first if count <= NAMED else f"{first} and {count - NAMED} more"
