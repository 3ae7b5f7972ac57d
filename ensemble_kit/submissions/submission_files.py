"""Submission files read as they are and aligned by id."""

import csv
import gzip
import io
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from ensemble_kit.exceptions import SubmissionError, did_you_mean, problems

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
    """

    names: tuple[str, ...]
    header: tuple[str, ...]
    ids: np.ndarray
    texts: np.ndarray

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
            found = [
                f"{self.texts[row, file, column]!r} (id {self.ids[row]}, "
                f"column {self.header[1 + column]})"
                for row, column in zip(rows[:NAMED], columns[:NAMED], strict=True)
            ]
            if found:
                mistakes.append(f"{name}: not a number: {named(found, len(rows))}")
        return mistakes


def read_submissions(paths: Sequence[str | PathLike]) -> SubmissionFiles:
    """Return the files' values in the first file's order of rows and columns.

    Parameters
    ----------
    paths : sequence of paths
        CSV files, plain or compressed (.gz, .zip); the first column is the id.

    Raises
    ------
    SubmissionError
        Where a file cannot be read, an id comes twice, or the files differ in their
        ids or columns; with every mistake of every file.
    """
    if len(paths) < 2:
        raise SubmissionError(f"expected two submissions or more, found {len(paths)}")
    names = _names(paths)
    tables, mistakes = [], []
    for path, name in zip(paths, names, strict=True):
        table, found = read_table(Path(path))
        tables.append(table)
        mistakes += [f"{name}: {mistake}" for mistake in found]
    first = tables[0]
    if first is not None:
        for table, name in zip(tables[1:], names[1:], strict=True):
            if table is not None:
                found = _differences(first, table)
                mistakes += [f"{name}: {mistake}" for mistake in found]
    if mistakes:
        raise SubmissionError(problems("the set of files", mistakes))
    aligned = [
        table.loc[first.index, first.columns].to_numpy(object) for table in tables
    ]
    header = (str(first.index.name), *first.columns)
    ids = first.index.to_numpy(object)
    return SubmissionFiles(names, header, ids, np.stack(aligned, axis=1))


def _names(paths: Sequence[str | PathLike]) -> tuple[str, ...]:
    """Return the files' names, with their folders where two are called alike."""
    short = [Path(path).name for path in paths]
    if len(set(short)) == len(short):
        return tuple(short)
    return tuple(str(path) for path in paths)


def read_table(
    path: Path, id_column: str | None = None
) -> tuple[pd.DataFrame | None, list[str]]:
    """Return a file's texts by id (its first column), and what is wrong with it."""
    try:
        rows = _rows(path)
    except FileNotFoundError:
        return None, ["no such file"]
    except (OSError, UnicodeDecodeError, csv.Error, zipfile.BadZipFile) as error:
        return None, [f"cannot be read as CSV in UTF-8: {str(error).strip()}"]
    mistakes = _shape_mistakes(rows)
    if mistakes:
        return None, mistakes
    header = rows[0][1]
    cells = pd.DataFrame([row for _, row in rows[1:]], columns=header, dtype=object)
    id_column = id_column if id_column in header else header[0]
    table = cells.set_index(id_column)
    twice = table.index[table.index.duplicated()].unique()
    if len(twice):
        return None, [f"ids that come more than once: {named(twice, len(twice))}"]
    return table, []


def _rows(path: Path) -> list[tuple[int, list[str]]]:
    """Return the lines' numbers and cells, blank lines left out."""
    text = io.StringIO(_unpacked(path).decode("utf-8-sig"), newline="")
    reader = csv.reader(text)
    return [(reader.line_num, row) for row in reader if row]


def _unpacked(path: Path) -> bytes:
    """Return the bytes of a file, or of the first one in an archive."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(archive.namelist()[0])
    return path.read_bytes()


def _shape_mistakes(rows: list[tuple[int, list[str]]]) -> list[str]:
    """Return what is wrong with the header and the lengths of the lines."""
    if not rows:
        return ["the file is empty"]
    header = rows[0][1]
    if len(header) < 2:
        return ["expected an id and at least one column of predictions"]
    uneven = [line for line, row in rows if len(row) != len(header)]
    if uneven:
        lines = named(uneven, len(uneven))
        return [f"lines with other than {len(header)} cells: {lines}"]
    twice = sorted({column for column in header if header.count(column) > 1})
    if twice:
        return [f"columns that come more than once: {named(twice, len(twice))}"]
    return [] if len(rows) > 1 else ["no rows below the header"]


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
        found = these[others.get_indexer(these) < 0]
        if len(found):
            mistakes.append(f"{what}: {named(found, len(found))}")
    return mistakes


def named(values: Sequence, count: int) -> str:
    """Return the first few values and how many more there are."""
    first = ", ".join(str(value) for value in values[:NAMED])
    return first if count <= NAMED else f"{first} and {count - NAMED} more"
