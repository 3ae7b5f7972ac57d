"""The parts of a Competition beside its features: ids, arrays, template, notes."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.column_notes import column_notes
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import (
    ColumnSchema,
)
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.gathered_notes import gather
from ensemble_kit.competition.guessing.identity import (
    class_columns,
    output_columns,
    sample_id,
)
from ensemble_kit.competition.guessing.labels import label_keys, respell
from ensemble_kit.competition.guessing.target_cells import Target, target_cells
from ensemble_kit.competition.paired_ids import spelled_as
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.tables.cells import Cells
from ensemble_kit.tables.numbers import parse_numbers
from ensemble_kit.tables.raw_table import RawTable
from ensemble_kit.tasks import Task

MAX_NAMED = 5
FOLDS = "folds.csv"


def test_ids(tables: Tables, settings: CompetitionSettings) -> NDArray[np.object_]:
    """Return the ids of the test rows, byte for byte.

    Raises
    ------
    CompetitionError
        When ids repeat, are empty, or are not those of the sample.
    """
    ids = _ids_of_test(tables, settings)
    mistakes = _id_mistakes(ids, tables.test.path.name, settings.settled("id"))
    if tables.sample is not None:
        wanted = tables.sample.cells[sample_id(tables, settings)]
        mistakes += _id_mistakes(
            wanted, tables.sample.path.name, settings.settled("id")
        )
        absent = sorted(set(wanted.tolist()).difference(ids.tolist()))
        if absent:
            mistakes.append(
                f"{tables.sample.path.name} asks for {len(absent)} ids that "
                f"{tables.test.path.name} has not: {', '.join(absent[:MAX_NAMED])}"
            )
    if mistakes:
        raise CompetitionError(problems("the id column", mistakes))
    return np.asarray(ids, dtype=object)


def _ids_of_test(tables: Tables, settings: CompetitionSettings) -> pd.Series:
    """Return the ids of the test rows: a column, the sample's, or row numbers."""
    test = tables.test.cells
    if settings.id and settings.id in test:
        return test[settings.id]
    if tables.sample is None:
        return pd.Series([str(row) for row in range(len(test))], dtype="str")
    ids = tables.sample.cells[sample_id(tables, settings)]
    if len(ids) != len(test):
        raise CompetitionError(
            f"{tables.test.path.name} has {len(test)} rows and no id, "
            f"{tables.sample.path.name} has {len(ids)}; they cannot be paired"
        )
    return ids


def _id_mistakes(ids: pd.Series, where: str, column: str) -> list[str]:
    """Return what is wrong with ids: empty or repeated ones, with their rows."""
    mistakes = []
    empty = np.flatnonzero(ids == "")
    if len(empty):
        mistakes.append(f"{where}, row {empty[0] + 1}: {column!r} is empty")
    repeated = ids[ids.duplicated() & (ids != "")]
    if len(repeated):
        first = repeated.iloc[0]
        rows = ", ".join(str(row + 1) for row in np.flatnonzero(ids == first)[:3])
        mistakes.append(
            f"{where}: {len(repeated)} ids repeat in {column!r}; {first!r} stands in "
            f"rows {rows}"
        )
    return mistakes


def training_arrays(
    tables: Tables,
    settings: CompetitionSettings,
    columns: dict[str, JointColumn],
    labelled: NDArray[np.bool_],
) -> dict[str, Any]:
    """Return ids, groups, times, weights and folds of the labelled training rows."""
    train = tables.train.cells
    arrays: dict[str, NDArray[Any] | None] = {
        "train_ids": _ids_of_train(train, settings.id),
        "groups": _column(train, settings.groups),
        "times": _times(train, settings, columns),
        "weights": _numbers(train, settings.weights, "weights"),
        "folds": _column(train, settings.folds) if tables.folds is None else None,
    }
    weights = arrays["weights"]
    if weights is not None and (weights < 0).any():
        raise CompetitionError(
            f"train's column {settings.weights!r} has weights below 0"
        )
    taken: dict[str, Any]
    taken = {k: None if v is None else v[labelled] for k, v in arrays.items()}
    if tables.folds is not None:
        taken["folds"] = _folds_by_id(
            tables.folds, settings.settled("id"), taken["train_ids"]
        )
    return taken


def _ids_of_train(train: Cells, name: str | None) -> NDArray[np.object_]:
    """Return the ids of the training rows, or their numbers where there are none."""
    if name is not None and name in train:
        return np.asarray(train[name], dtype=object)
    return np.arange(len(train)).astype(str).astype(object)


def columns_beside(
    tables: Tables, settings: CompetitionSettings, labelled: NDArray[np.bool_]
) -> pd.DataFrame:
    """Return the columns of train that are no features and may part its rows."""
    train, test = tables.train.cells, tables.test.cells
    roles = {settings.groups, settings.time, settings.folds}
    names = [
        name
        for name in train
        if (name not in test or name in roles)
        and name not in {settings.id, settings.target, settings.weights}
    ]
    return train.to_frame(names)[labelled].reset_index(drop=True)


def _folds_by_id(
    table: RawTable, id_column: str, ids: NDArray[np.object_]
) -> NDArray[np.object_]:
    """Return the folds of some rows by their ids, a column for each repeat.

    Raises
    ------
    CompetitionError
        When ids repeat in the file, or rows have no fold there.
    """
    frame, where = table.frame, table.path.name
    named = id_column if id_column in frame else frame.columns[0]
    mistakes = _id_mistakes(frame[named], where, named)
    if len(frame.columns) < 2:
        mistakes.append(f"{where}: an id and one column of folds or more are expected")
    if not mistakes:
        names = spelled_as(frame[named], pd.Series(ids, dtype="str"))
        frame = frame.assign(**{named: frame[named].map(lambda c: names.get(c, c))})
        marks = frame.set_index(named).reindex(ids)
        missing = np.asarray((marks.isna() | (marks == "")).any(axis=1))
        some = ", ".join(map(str, ids[missing][:MAX_NAMED]))
        if some:
            mistakes = [f"{where}: {missing.sum()} training rows have no fold: {some}"]
    if mistakes:
        raise CompetitionError(problems("the folds", mistakes))
    return marks.to_numpy(dtype=object)


def without_weightless(competition: Competition) -> Competition:
    """Return a competition without the training rows of weight 0: they tell nothing.

    Raises
    ------
    CompetitionError
        When no row is left, or rows of one class alone.
    """
    weights, name = competition.weights, competition.settings.weights
    if weights is None or weights.all():
        return competition
    used = np.flatnonzero(weights)
    n_classes = len(np.unique(competition.y[used]))
    if not len(used) or (competition.task.is_classification and n_classes < 2):
        raise CompetitionError(
            f"train's column {name!r} (weights) leaves "
            f"{'one class' if len(used) else 'no row'} to learn from: rows of weight 0 "
            'are left out; weights = "" in competition.toml takes no column for weights'
        )
    note = f"train: {len(weights) - len(used)} rows of weight 0 are left out"
    drawing = competition.drawing
    if drawing is not None:
        drawing = drawing.take(used, used[:0])
    notes = (*competition.notes, note)
    return replace(competition.take(used), drawing=drawing, notes=notes)


def _column(train: Cells, name: str | None) -> NDArray[np.object_] | None:
    """Return a column's cells, or None when there is no such column."""
    return np.asarray(train[name], dtype=object) if name else None


def _times(
    train: Cells,
    settings: CompetitionSettings,
    columns: dict[str, JointColumn],
) -> NDArray[Any] | None:
    """Return the time column as dates or numbers, in the form of both tables."""
    if not settings.time:
        return None
    column = columns.get(settings.time)
    if column is None:
        column = JointColumn.of(settings.time, train[settings.time], None)
    role = settings.columns.get(settings.time, "number")
    if role not in {"datetime", "number"}:
        role = "datetime"
    return ColumnSchema.of(column, role).values(column).to_numpy()[: len(train)]


def _numbers(train: Cells, name: str | None, key: str) -> NDArray[np.float64] | None:
    """Return a column that must hold numbers."""
    if not name:
        return None
    numbers = parse_numbers(np.asarray(train[name], dtype=object), "plain")
    wrong = np.flatnonzero(~np.isfinite(numbers))
    if len(wrong):
        raise CompetitionError(
            f"train's column {name!r} ({key}) is no number in row {wrong[0] + 1}: "
            f"{train[name].iloc[wrong[0]]!r}"
        )
    return numbers


def make_template(
    tables: Tables, settings: CompetitionSettings, task: Task
) -> SubmissionTemplate:
    """Return what a submission must look like."""
    form = settings.settled("submission")
    if tables.sample is None:
        return _own_template(tables, settings, task)
    id_column = sample_id(tables, settings)
    columns = output_columns(tables, settings)
    sample = tables.sample.cells
    spelling = task.classes
    if form == "classes":
        by_label = class_columns(columns, pd.Series(task.classes, dtype="str")) or {}
        keys = label_keys([*by_label, *task.classes])
        by_key = {keys[label]: column for label, column in by_label.items()}
        outputs = tuple(by_key[keys[label]] for label in task.classes)
    else:
        outputs = tuple(columns)
        given = [cell for cell in sample[columns[0]].unique() if cell.strip()]
        spelling = (respell(task.classes, given) if given else None) or task.classes
    ids = tuple(sample[id_column])
    return SubmissionTemplate(
        form, id_column, tuple(sample.columns), outputs, ids, tuple(spelling)
    )


def _own_template(
    tables: Tables, settings: CompetitionSettings, task: Task
) -> SubmissionTemplate:
    """Return the template of a competition without a sample."""
    id_column = settings.id or "id"
    many = settings.submission == "classes"
    outputs = task.classes if many else (settings.settled("target"),)
    ids = tuple(_ids_of_test(tables, settings))
    columns = (id_column, *outputs)
    return SubmissionTemplate(
        settings.settled("submission"),
        id_column,
        columns,
        outputs,
        ids,
        task.classes,
    )


def collect_notes(
    tables: Tables,
    settings: CompetitionSettings,
    columns: dict[str, JointColumn],
    target: Target,
) -> tuple[str, ...]:
    """Return what a reader should know about the data as it was taken."""
    notes = [*tables.warnings, *target.notes]
    if settings.target in tables.test:
        notes.append(_target_in_test(tables, settings))
    notes += _id_notes(tables, settings)
    if not settings.folds and (tables.train.path.parent / FOLDS).is_file():
        notes.append(f'{FOLDS} is not used; folds = "{FOLDS}" in competition.toml is')
    for name, role in settings.columns.items():
        reason = settings.reasons.get(f"columns.{name}", "")
        if role == "drop" and reason:
            notes.append(f"column {name!r} is left out: {reason}")
        if name in columns and (role != "drop" or reason):
            notes += column_notes(columns[name], role)
    return gather(notes)


def _target_in_test(tables: Tables, settings: CompetitionSettings) -> str:
    """Return a note about a target column that test has too."""
    filled = int(
        (target_cells(tables.test.cells[settings.settled("target")]) != "").sum()
    )
    return (
        f"test has the target column {settings.target!r}, filled in {filled} rows; "
        "it is not used"
    )


def _id_notes(tables: Tables, settings: CompetitionSettings) -> list[str]:
    """Return notes about ids of train that repeat or stand in test too."""
    train, test = tables.train.cells, tables.test.cells
    notes = []
    if tables.sample is not None and len(tables.sample.cells) < len(test):
        n_asked = len(tables.sample.cells)
        notes.append(f"the sample asks for {n_asked} of the {len(test)} test rows")
    if settings.id and settings.id in train and settings.id in test:
        n_repeated = len(train) - train.n_distinct(settings.id)
        of_test = set(test[settings.id].tolist())
        n_shared = sum(map(of_test.__contains__, train.in_turn(settings.id)))
        if n_repeated:
            notes.append(f"train: {n_repeated} rows repeat an id of {settings.id!r}")
        if n_shared:
            notes.append(f"{n_shared} training rows have an id of test")
    return notes
