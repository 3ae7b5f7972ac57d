"""Every member's predictions as two tables: oof.csv and test_predictions.csv.

A row has its id; in oof.csv also its fold, counted from 1, its target, its weight
where rows have one, and its group where the metric goes by groups. A member has a
column ``member:class`` for each class, as the target spells it, or one column
``member`` of values in the target's own units. Where the metric reads labels there is
also ``member``: the label decided for the row, by the other folds' rows in oof.csv.
Cells are empty where no fold validates a row.
"""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.submission import write_submission
from ensemble_kit.files import write_atomically
from ensemble_kit.reporting.facts import groups_fact
from ensemble_kit.running.finished.loaded_run import distinct
from ensemble_kit.running.run import Run
from ensemble_kit.running.scores.submission_choice import labels_of_test
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.tables.decimals import decimal_lines
from ensemble_kit.tables.writing import PARQUET, table_bytes

OOF = "oof.csv"
TEST = "test_predictions.csv"
MARKS = (",", '"', "\r", "\n")


@dataclass(frozen=True)
class PredictionTable:
    """Columns of cells, then of numbers, then of labels."""

    known: Mapping[str, list[str]]
    numbers: Mapping[str, NDArray[np.float64]]
    labels: Mapping[str, list[str]]

    @property
    def frame(self) -> pd.DataFrame:
        """Return the table as pandas holds it: texts, and floats."""
        return pd.DataFrame({**self.known, **self.numbers, **self.labels})


def write_prediction_files(run: Run, folder: Path) -> None:
    """Write oof.csv and test_predictions.csv into a run's folder.

    Numbers are the shortest decimals that read back as the same floats.
    """
    for name, table in prediction_tables(run).items():
        _write_table(folder / name, table)


def write_parquet_files(run: Run, folder: Path, submission: Path) -> None:
    """Write what CSV files hold as Parquet beside them: numbers as numbers.

    Parameters
    ----------
    run : Run
    folder : Path
        Of the run.
    submission : Path
        Its CSV file.
    """
    for name, table in prediction_tables(run).items():
        path = (folder / name).with_suffix(PARQUET)
        write_atomically(path, table_bytes(table.frame, path))
    path = submission.with_suffix(PARQUET)
    write_submission(run.competition, run.test, path, run.labels)


def prediction_tables(run: Run) -> dict[str, PredictionTable]:
    """Return both tables by the names of their CSV files."""
    competition, task = run.competition, run.competition.task
    taken = (competition.id_column, competition.target)
    known = {
        competition.id_column: list(competition.train_ids),
        distinct("fold", taken): fold_cells(run.folds),
        competition.target: target_cells(run),
    }
    numbers, decided = _numbers(run, "oof"), _oof_labels(run)
    if competition.weights is not None:
        wanted = competition.settings.weights or "weight"
        name = distinct(wanted, (*known, *numbers, *decided))
        known[name] = [repr(weight) for weight in competition.weights.tolist()]
    for column in groups_fact(competition).values():
        known[column] = [str(group) for group in np.asarray(competition.metric.groups)]
    ids = {competition.id_column: list(competition.ids)}
    labels = _test_labels(run) if task.is_classification else {}
    return {
        OOF: PredictionTable(known, numbers, decided),
        TEST: PredictionTable(ids, _numbers(run, "test"), labels),
    }


def fold_cells(folds: Folds) -> list[str]:
    """Return the folds that validate each row, counted from 1; repeats have several."""
    if (folds.times_validated <= 1).all():
        fold_of = np.zeros(folds.n_rows, dtype=np.intp)
        for number, (_, valid) in enumerate(folds, 1):
            fold_of[valid] = number
        return _named(["", *map(str, range(1, len(folds) + 1))], fold_of)
    numbers_of: list[list[str]] = [[] for _ in range(folds.n_rows)]
    for number, (_, valid) in enumerate(folds, 1):
        for row in valid.tolist():
            numbers_of[row].append(str(number))
    return [" ".join(numbers) for numbers in numbers_of]


def target_cells(run: Run) -> list[str]:
    """Return the target of every training row: its label, or its value."""
    task, y = run.competition.task, run.competition.y
    if task.is_classification:
        return _named([str(label) for label in task.classes], y)
    return [repr(value) for value in task.restore(y).tolist()]


def column_names(member: str, classes: Iterable[Any]) -> list[str]:
    """Return the columns of a member's canonical predictions.

    Examples
    --------
    >>> column_names("ridge", ["no", "yes"]), column_names("ridge", [])
    (['ridge:no', 'ridge:yes'], ['ridge'])
    """
    return [f"{member}:{label}" for label in classes] or [member]


def _numbers(run: Run, part: str) -> dict[str, NDArray[np.float64]]:
    """Return the canonical predictions of all members, a column each."""
    task, tensor = run.competition.task, getattr(run.matrix, part)
    if not task.is_classification:
        tensor = task.restore(tensor)
    return {
        name: tensor[:, at, output]
        for at, member in enumerate(run.matrix.members)
        for output, name in enumerate(column_names(member, task.classes))
    }


def _oof_labels(run: Run) -> dict[str, list[str]]:
    """Return the labels that each member's score is of."""
    labels_of = {}
    for result in run.results:
        if result.labels is not None:
            oof, _ = run.matrix.member(result.name)
            seen = np.asarray(np.isfinite(oof).all(axis=1))
            labels_of[result.name] = _decoded(run, result.labels, seen)
    return labels_of


def _test_labels(run: Run) -> dict[str, list[str]]:
    """Return the labels of each member's test predictions, where labels are scored."""
    competition, labels_of = run.competition, {}
    if competition.metric.consumes != "label":
        return {}
    for name in run.matrix.members:
        labels = labels_of_test(run, name)
        labels_of[name] = _decoded(run, labels, np.ones(len(labels), dtype=bool))
    return labels_of


def _decoded(run: Run, codes: NDArray[np.int64], seen: NDArray[np.bool_]) -> list[str]:
    names = ["", *(str(label) for label in run.competition.task.classes)]
    return _named(names, np.where(seen, codes + 1, 0))


def _named(names: Sequence[str], codes: NDArray[np.integer[Any]]) -> list[str]:
    """Return the name of each code."""
    table = np.empty(len(names), dtype=object)
    table[:] = names
    return list(table[codes])


def _write_table(path: Path, table: PredictionTable) -> None:
    """Write a table as CSV."""
    known, numbers, labels = table.known, table.numbers, table.labels
    texts = [csv_lines(list(part.values())) for part in (known, labels) if part]
    matrix = np.column_stack(list(numbers.values()))
    parts = [texts[0], decimal_lines(matrix), *texts[1:]]
    header = csv_lines([[name] for name in (*known, *numbers, *labels)])
    lines = [",".join(cells) for cells in zip(*parts, strict=True)]
    text = "\n".join([*header, *lines, ""])
    write_atomically(path, text.encode())


def csv_lines(columns: list[list[str]]) -> list[str]:
    """Return the lines of some columns, quoted where cells need it."""
    if not _need_quotes(columns):
        return [",".join(row) for row in zip(*columns, strict=True)]
    stream = io.StringIO()
    # Either half of this end makes the writer put quotes around a cell that holds it.
    writer = csv.writer(stream, lineterminator="\r\n")
    lines = []
    for row in zip(*columns, strict=True):
        writer.writerow(row)
        lines.append(stream.getvalue()[:-2])
        stream.seek(0)
        stream.truncate()
    return lines


def _need_quotes(columns: list[list[str]]) -> bool:
    """Return whether a cell may need quotes: one that marks, or is all of a line."""
    if len(columns) == 1 and "" in columns[0]:
        return True
    texts = ("".join(column) for column in columns)
    return any(mark in text for text in texts for mark in MARKS)
