"""Predictions to a file that the competition accepts, proved before it appears."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.competition.canonical import (
    parse_outputs,
    probability_mistakes,
    template_mistakes,
)
from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import CompetitionError, SubmissionError, problems
from ensemble_kit.files import write_atomically
from ensemble_kit.tables.cells import Cells
from ensemble_kit.tables.raw_table import RawTable
from ensemble_kit.tables.reading import read_table
from ensemble_kit.tables.writing import table_bytes
from ensemble_kit.tasks import Task

SUM_TOLERANCE = 1e-6
MAX_NAMED = 5


def write_submission(
    competition: Competition,
    predictions: ArrayLike,
    path: Path | str,
    labels: Sequence[str] | NDArray[Any] | None = None,
) -> Path:
    """Write a submission and return its path; nothing is left when it fails.

    Parameters
    ----------
    competition : Competition
    predictions : array of shape (n_test, n_outputs)
        In the order of ``X_test``: probabilities of the classes, or values in the
        target's own units.
    path : Path or str
        Parquet where it ends in ``.parquet``, numbers as such; CSV in gzip (``.gz``),
        and else CSV.
    labels : sequence of n_test classes, optional
        For a submission of labels: decided ones instead of the most probable.

    Raises
    ------
    SubmissionError
        With every mistake at once.
    """
    predictions = np.asarray(predictions, dtype=np.float64)
    mistakes = _prediction_mistakes(competition, predictions)
    if mistakes:
        raise SubmissionError(problems("the predictions", mistakes))
    frame = submission_frame(competition, predictions, labels)
    path = Path(path)
    table = RawTable(path, Cells.of(frame))
    check_submission(competition, table)
    path.parent.mkdir(parents=True, exist_ok=True)
    template = competition.template
    numbers = () if template.form == "label" else template.outputs
    write_atomically(path, table_bytes(frame, path, numbers))
    return path


def submission_frame(
    competition: Competition,
    predictions: NDArray[np.float64],
    labels: Sequence[str] | NDArray[Any] | None = None,
) -> pd.DataFrame:
    """Return a submission as strings, in the template's rows and columns."""
    template = competition.template
    rows = _rows_of_ids(competition)
    cells = {template.id_column: np.array(template.ids, dtype=object)}
    for column, values in _output_cells(competition, predictions, labels).items():
        cells[column] = values[rows]
    return pd.DataFrame(cells, columns=list(template.columns), dtype="str")


def _rows_of_ids(competition: Competition) -> NDArray[np.intp]:
    """Return the place in X_test of every id that the template asks for."""
    rows = pd.Index(competition.ids).get_indexer(competition.template.ids)
    if (rows < 0).any():
        absent = np.array(competition.template.ids)[rows < 0]
        raise SubmissionError(
            f"{len(absent)} ids of the sample are not among the test rows: "
            f"{', '.join(absent[:MAX_NAMED])}"
        )
    return rows


def _output_cells(
    competition: Competition,
    predictions: NDArray[np.float64],
    labels: Sequence[str] | NDArray[Any] | None,
) -> dict[str, NDArray[Any]]:
    """Return the cells of each output column, in the order of X_test."""
    template, task = competition.template, competition.task
    if template.form == "classes":
        columns = enumerate(template.outputs)
        return {name: _spell_floats(predictions[:, k]) for k, name in columns}
    (name,) = template.outputs
    if template.form == "label":
        codes = predictions.argmax(axis=1) if labels is None else _codes(task, labels)
        return {name: np.array(template.spelling, dtype=object)[codes]}
    values = predictions[:, 1 if template.form == "probability" else 0]
    return {name: _spell_floats(values)}


def _codes(task: Task, labels: Sequence[str] | NDArray[Any]) -> NDArray[np.int64]:
    """Return class numbers of decided labels."""
    try:
        return task.encode(list(labels))
    except CompetitionError as error:
        raise SubmissionError(f"labels: {error}") from error


def _spell_floats(values: NDArray[np.float64]) -> NDArray[np.object_]:
    """Return the shortest decimals that read back as the same numbers."""
    return np.array([repr(value) for value in values.tolist()], dtype=object)


def _prediction_mistakes(
    competition: Competition, predictions: NDArray[np.float64]
) -> list[str]:
    """Return what is wrong with predictions before they become a file."""
    expected = (len(competition.X_test), competition.task.n_outputs)
    if predictions.shape != expected:
        return [f"shape {predictions.shape} found, {expected} expected"]
    broken = np.flatnonzero(~np.isfinite(predictions).all(axis=1))
    if len(broken):
        names = ", ".join(map(str, competition.ids[broken[:MAX_NAMED]]))
        return [f"{len(broken)} rows are not finite; ids: {names}"]
    if not competition.task.is_classification:
        return []
    return probability_mistakes(predictions, competition.ids, SUM_TOLERANCE)


def read_submission(path: Path | str) -> RawTable:
    """Return a submission's cells as written.

    Raises
    ------
    SubmissionError
        When the file is no table.
    """
    try:
        return read_table(path)
    except CompetitionError as error:
        raise SubmissionError(str(error)) from error


def check_submission(
    competition: Competition, submission: RawTable | Path | str
) -> NDArray[np.float64]:
    """Return a submission's canonical predictions in the template's order.

    Labels come back as one-hot rows.

    Raises
    ------
    SubmissionError
        With every mistake at once: columns and their order, ids, row order, labels,
        numbers, ranges, sums.
    """
    if isinstance(submission, RawTable):
        table = submission
    else:
        table = read_submission(submission)
    template = competition.template
    mistakes = template_mistakes(table.frame, template)
    if mistakes:
        raise SubmissionError(problems(table.path.name, mistakes))
    predictions, mistakes = parse_outputs(table.frame, template, competition.task)
    if mistakes:
        raise SubmissionError(problems(table.path.name, mistakes))
    return predictions
