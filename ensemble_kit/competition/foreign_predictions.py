"""Predictions that were made elsewhere, read from two files and aligned by id."""

from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.canonical import parse_outputs
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.guessing.identity import class_columns
from ensemble_kit.competition.guessing.labels import label_keys, respell
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.tables.reading import read_table
from ensemble_kit.tasks import Task

MAX_NAMED = 5


def read_foreign(
    competition: Competition, name: str, oof: Path | str, test: Path | str
) -> NDArray[np.float64]:
    """Return predictions of the training rows, then of the test rows.

    Parameters
    ----------
    competition : Competition
    name : str
        Of the member: of several, its columns are taken, as in ``oof.csv`` of a run.
    oof, test : path
        Files with the id and predictions in any form: a column for each class, the
        positive class's probability, a label, or a value. Rows of another part of the
        same competition may stand in either.

    Returns
    -------
    ndarray of shape (n_rows + n_test_rows, n_outputs)
        Canonical, in the scale that the task is fitted in.

    Raises
    ------
    CompetitionError
        With everything that is wrong with both files.
    """
    mistakes: list[str] = []
    parts = []
    for path in (oof, test):
        part, wrong = _read(competition, name, find_file(competition, path))
        mistakes += wrong
        parts.append(part)
    if competition.train_ids.size != len(set(competition.train_ids)):
        mistakes.append(
            f"train's ids in {competition.id_column!r} repeat: predictions cannot be "
            "told apart by them"
        )
    if mistakes:
        raise CompetitionError(problems(f"the predictions {name!r}", mistakes))
    (main, also), files = parts, [Path(oof).name, Path(test).name]
    train, wrong = _aligned(competition.train_ids, [main], files[:1], "training")
    rest, more = _aligned(competition.ids, [also, main], files[1:], "test")
    if wrong + more:
        raise CompetitionError(problems(f"the predictions {name!r}", wrong + more))
    return _in_scale(np.concatenate([train, rest]), name, competition.task)


def read_foreign_rows(
    competition: Competition, name: str, path: Path | str
) -> NDArray[np.float64]:
    """Return predictions of the test rows alone; see `read_foreign`."""
    predictions, mistakes = _read(competition, name, find_file(competition, path))
    values = np.empty((0, 0))
    if not mistakes:
        values, mistakes = _aligned(
            competition.ids, [predictions], [Path(path).name], "given"
        )
    if mistakes:
        raise CompetitionError(problems(f"the predictions {name!r}", mistakes))
    return _in_scale(values, name, competition.task)


def _in_scale(
    values: NDArray[np.float64], name: str, task: Task
) -> NDArray[np.float64]:
    """Return canonical predictions in the scale that a task is fitted in."""
    if task.is_classification:
        return values / values.sum(axis=1, keepdims=True)
    try:
        return task.encode(values)
    except CompetitionError as error:
        raise CompetitionError(f"the predictions {name!r}: {error}") from error


def find_file(competition: Competition, path: Path | str) -> Path:
    """Return a file's place: as it is named, or in the competition's folder."""
    beside = competition.folder / path
    return Path(path) if Path(path).is_file() or not beside.is_file() else beside


def _read(
    competition: Competition, name: str, path: Path
) -> tuple[pd.DataFrame, list[str]]:
    """Return a file's canonical predictions by id, and what is wrong with it."""
    empty = pd.DataFrame()
    try:
        frame = read_table(path).frame
    except (CompetitionError, OSError) as error:
        return empty, [f"{error}"]
    task, where = competition.task, path.name
    id_column = (
        competition.id_column if competition.id_column in frame else frame.columns[0]
    )
    template = _template(frame, id_column, name, task)
    if template is None:
        outputs = ", ".join(c for c in frame.columns[:8] if c != id_column)
        return empty, [
            f"{where}: the id and one column of predictions are expected, or one for "
            f"each of {', '.join(map(str, task.classes)) or 'the values'}, or columns "
            f"of {name!r}; found {outputs or 'no column but the id'}"
        ]
    ids = frame[id_column]
    repeated = ids[ids.duplicated()].unique()
    mistakes = []
    if len(repeated):
        some = ", ".join(repeated[:MAX_NAMED])
        mistakes.append(f"{where}: {len(repeated)} ids repeat: {some}")
    values, wrong = parse_outputs(frame, template, task)
    mistakes += [f"{where}: {line}" for line in wrong]
    if mistakes:
        return empty, mistakes
    return pd.DataFrame(values, index=pd.Index(ids)), []


def _template(
    frame: pd.DataFrame, id_column: str, name: str, task: Task
) -> SubmissionTemplate | None:
    """Return which columns hold predictions and in which form; None: none do."""
    others = [str(c) for c in frame.columns if c != id_column]
    of_member = [f"{name}:{label}" for label in task.classes]
    if task.is_classification and set(of_member) <= set(others):
        return _in_form("classes", id_column, of_member, task)
    columns = class_columns(others, pd.Series(task.classes, dtype="str"))
    if task.is_classification and columns is not None and len(columns) > 1:
        keys = label_keys([*columns, *task.classes])
        by_key = {keys[label]: column for label, column in columns.items()}
        if all(keys[label] in by_key for label in task.classes):
            outputs = [by_key[keys[label]] for label in task.classes]
            return _in_form("classes", id_column, outputs, task)
    if len(others) != 1 and name not in others:
        return None
    output = others[0] if len(others) == 1 else name
    if not task.is_classification:
        return _in_form("value", id_column, [output], task)
    cells = frame[output].str.strip().unique()
    is_label = task.kind != "binary" or respell(task.classes, cells) is not None
    return _in_form("label" if is_label else "probability", id_column, [output], task)


def _in_form(
    form: str, id_column: str, outputs: list[str], task: Task
) -> SubmissionTemplate:
    columns = (id_column, *outputs)
    return SubmissionTemplate(
        form, id_column, columns, tuple(outputs), (), task.classes
    )


def _aligned(
    ids: NDArray[np.object_], parts: list[pd.DataFrame], files: list[str], what: str
) -> tuple[NDArray[np.float64], list[str]]:
    """Return the predictions of some rows, from the first part that has them."""
    aligned = parts[0].reindex(ids)
    for part in parts[1:]:
        aligned = aligned.where(aligned.notna(), part.reindex(ids))
    missing = aligned.isna().any(axis=1).to_numpy()
    if not missing.any():
        return aligned.to_numpy(dtype=np.float64), []
    some = ", ".join(map(str, ids[missing][:MAX_NAMED]))
    return np.empty((0, 0)), [
        f"{files[0]}: {missing.sum()} of {len(ids)} {what} rows have no prediction; "
        f"ids: {some}"
    ]
