"""A submission's cells to canonical predictions, or what is wrong with them."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.guessing.labels import label_key, label_places
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.tables.numbers import parse_numbers
from ensemble_kit.tasks import Task

FILE_TOLERANCE = 1e-3
MAX_NAMED = 5


def template_mistakes(frame: pd.DataFrame, template: SubmissionTemplate) -> list[str]:
    """Return how a submission's columns and ids differ from what is asked for."""
    columns = tuple(frame.columns)
    if columns != template.columns:
        return [
            f"columns {', '.join(columns[:10])} found, "
            f"{', '.join(template.columns[:10])} expected, in that order"
        ]
    ids = frame[template.id_column]
    if tuple(ids.tolist()) == template.ids and ids.is_unique:
        return []
    mistakes = id_mistakes(ids, template.ids)
    if not mistakes and tuple(ids) != template.ids:
        mistakes.append("the ids are right but in another order than the sample's")
    return mistakes


def id_mistakes(ids: pd.Series, wanted: Sequence[str]) -> list[str]:
    """Return which ids are missing, were not asked for, or repeat."""
    asked = pd.Series(wanted, dtype="str")
    cases = (
        ("are missing", asked[~asked.isin(ids)]),
        ("were not asked for", ids[~ids.isin(asked)]),
        ("repeat", ids[ids.duplicated()]),
    )
    return [
        f"{len(names)} ids {what}: {', '.join(names[:MAX_NAMED])}"
        for what, names in cases
        if len(names)
    ]


def parse_outputs(
    frame: pd.DataFrame, template: SubmissionTemplate, task: Task
) -> tuple[NDArray[np.float64], list[str]]:
    """Return canonical predictions of a submission's rows, and mistakes.

    Parameters
    ----------
    frame : DataFrame of str
        With the template's output columns.
    template : SubmissionTemplate
    task : Task

    Returns
    -------
    predictions : ndarray of shape (n_rows, n_outputs)
        Labels as one-hot rows; one probability as two columns.
    mistakes : list of str
    """
    ids = frame[template.id_column].to_numpy()
    if template.form == "label":
        return parse_labels(frame[template.outputs[0]], ids, task)
    columns = [frame[name] for name in template.outputs]
    values = np.column_stack([_numbers(column) for column in columns])
    broken = np.asarray(~np.isfinite(values).all(axis=1))
    if broken.any():
        return values, [
            f"{broken.sum()} rows are no finite numbers; {_named(ids, broken)}"
        ]
    if template.form == "value":
        return values, []
    if template.form == "probability":
        values = np.column_stack([1 - values[:, 0], values[:, 0]])
    return values, probability_mistakes(values, ids, FILE_TOLERANCE)


def parse_labels(
    cells: pd.Series, ids: NDArray[Any], task: Task
) -> tuple[NDArray[np.float64], list[str]]:
    """Return one-hot rows of labels in any spelling, and mistakes."""
    exact = {label: k for k, label in enumerate(task.classes)}
    alike = label_places(task.classes)
    cells = cells.str.strip()
    code = {
        cell: exact.get(cell, alike.get(label_key(cell), -1)) for cell in cells.unique()
    }
    codes = cells.map(code).to_numpy()
    strange = codes < 0
    if strange.any():
        some = ", ".join(map(repr, cells[strange].unique()[:MAX_NAMED]))
        mistake = f"{strange.sum()} rows have labels that are no classes: {some}"
        return np.empty((0, task.n_outputs)), [f"{mistake}; {_named(ids, strange)}"]
    return np.eye(task.n_outputs)[codes], []


def probability_mistakes(
    probabilities: NDArray[np.float64], ids: NDArray[Any], tolerance: float
) -> list[str]:
    """Return which rows are no distributions over the classes."""
    outside = ((probabilities < 0) | (probabilities > 1)).any(axis=1)
    uneven = np.abs(probabilities.sum(axis=1) - 1) > tolerance
    cases = (("have values outside [0, 1]", outside), ("do not sum to 1", uneven))
    return [
        f"{rows.sum()} rows {what}; {_named(ids, np.asarray(rows))}"
        for what, rows in cases
        if rows.any()
    ]


def _numbers(cells: pd.Series) -> NDArray[np.float64]:
    """Return a column's numbers, NaN where a cell is none."""
    return parse_numbers(np.asarray(cells, dtype=object), "plain")


def _named(ids: NDArray[Any], rows: NDArray[np.bool_]) -> str:
    """Return the first ids of some rows."""
    return "ids: " + ", ".join(map(str, np.asarray(ids)[rows][:MAX_NAMED]))
