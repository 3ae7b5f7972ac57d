"""A submission's file scored against a solution's."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.canonical import id_mistakes, parse_labels, parse_outputs
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.metric_groups import group_cells
from ensemble_kit.competition.guessing.identity import class_columns
from ensemble_kit.competition.guessing.labels import label_keys, respell, unify_labels
from ensemble_kit.competition.paired_ids import spelled_as
from ensemble_kit.competition.submission import read_submission
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.exceptions import (
    CompetitionError,
    SubmissionError,
    did_you_mean,
    problems,
)
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.tables.numbers import parse_numbers
from ensemble_kit.tables.raw_table import RawTable
from ensemble_kit.tasks import Task

NOT_A_TARGET = ("usage", "split", "ignored")


def score_submission(
    submission: Path | str,
    solution: Path | str,
    metric: str,
    competition: Competition | None = None,
) -> float:
    """Return a submission's score, its rows joined to the solution's by id.

    Parameters
    ----------
    submission : Path or str
        In any of the four forms.
    solution : Path or str
        With the id and the true target of every row.
    metric : str
        A name of `METRICS`.
    competition : Competition, optional
        Says which class is positive and what the classes are; without it they are
        the solution's labels in ascending order.

    Raises
    ------
    SubmissionError
        When rows, columns or values do not fit together.
    """
    if metric not in METRICS:
        raise SubmissionError(
            f"metric {metric!r} is unknown{did_you_mean(metric, METRICS)} "
            "(list: ensemble-kit metrics)"
        )
    table, truth = read_submission(submission), read_submission(solution)
    in_table, id_column = _shared_id(table, truth)
    frame = table.frame.rename(columns={in_table: id_column})
    frame = frame[[c for c in frame if c == id_column or c not in table.unnamed]]
    ids = spelled_as(frame[id_column], truth.frame[id_column])
    frame = frame.assign(**{id_column: frame[id_column].map(lambda c: ids.get(c, c))})
    mistakes = id_mistakes(frame[id_column], truth.frame[id_column])
    if mistakes:
        raise SubmissionError(problems(table.path.name, mistakes))
    frame = frame.set_index(id_column, drop=False).loc[truth.frame[id_column]]
    outputs = [c for c in frame if c != id_column]
    own = _with_groups(METRICS[metric], truth)
    target = _target(truth, id_column, outputs, own.group_column)
    reads_texts = own.consumes == "text"
    cells = (
        truth.frame[target] if reads_texts else _target_cells(truth, id_column, target)
    )
    template = SubmissionTemplate("", id_column, tuple(frame), tuple(outputs), ())
    return _score(frame, cells, template, own, competition, table.path.name)


def _score(
    frame: pd.DataFrame,
    cells: pd.Series,
    template: SubmissionTemplate,
    metric: Metric,
    competition: Competition | None,
    where: str,
) -> float:
    """Return the score of rows in the solution's order."""
    if metric.consumes == "text":
        return _score_texts(frame, cells, template, metric, where)
    if metric.consumes == "value":
        task = Task("regression")
        y: NDArray[Any] = _numbers(cells)
        frame = frame.assign(**{c: _plainly(frame[c]) for c in template.outputs})
        if not np.isfinite(y).all():
            ids = ", ".join(frame[template.id_column][~np.isfinite(y)][:5])
            raise SubmissionError(
                f"the solution's target has cells that are no numbers; ids: {ids}"
            )
        predictions, mistakes = _outputs(frame, template, "value", task)
    else:
        task, y, template = _labels(frame, cells, template, competition)
        if metric.consumes == "probability" and len(task.classes) < 2:
            raise SubmissionError(
                f"the solution's target is {task.classes[0]!r} in every row; "
                f"{metric.name} tells classes apart and needs two"
            )
        form = _form(frame, template, task)
        predictions, mistakes = _outputs(frame, template, form, task)
    if mistakes and not _is_ranking(metric, mistakes):
        raise SubmissionError(problems(where, mistakes))
    return metric(y, predictions)


def _score_texts(
    frame: pd.DataFrame,
    cells: pd.Series,
    template: SubmissionTemplate,
    metric: Metric,
    where: str,
) -> float:
    """Return the score of texts, as they are written."""
    if len(template.outputs) != 1:
        raise SubmissionError(
            f"{where}: one column of texts is expected, found "
            f"{', '.join(template.outputs[:5]) or 'none'}"
        )
    texts = frame[template.outputs[0]].to_numpy(dtype=object)
    return metric(cells.to_numpy(dtype=object), texts)


def _numbers(cells: pd.Series) -> NDArray[np.float64]:
    """Return the numbers of cells in the form that reads most of them."""
    column = JointColumn.of("", cells, None)
    form, _ = column.number_form
    return column.numbers(form)[column.codes]


def _plainly(cells: pd.Series) -> pd.Series:
    """Return cells with marks as plain numbers, where all of them are numbers."""
    column = JointColumn.of("", cells, None)
    form, share = column.number_form
    if form not in {"point", "comma"} or share < 1 or column.is_missing.any():
        return cells
    numbers = column.numbers(form)[column.codes]
    return pd.Series([repr(float(v)) for v in numbers], cells.index, dtype="str")


def _outputs(
    frame: pd.DataFrame, template: SubmissionTemplate, form: str, task: Task
) -> tuple[NDArray[np.float64], list[str]]:
    """Return canonical predictions in a form that is known now, and mistakes."""
    named = SubmissionTemplate(
        form, template.id_column, template.columns, template.outputs, ()
    )
    return parse_outputs(frame.reset_index(drop=True), named, task)


def _is_ranking(metric: Metric, mistakes: list[str]) -> bool:
    """Return whether only the scale is wrong, and the metric reads ranks alone."""
    ranking = metric.name in {"auc", "gini", "average_precision"}
    return ranking and all("finite" not in m and "labels" not in m for m in mistakes)


def _shared_id(table: RawTable, truth: RawTable) -> tuple[str, str]:
    """Return the column whose cells name the rows, as either file calls it.

    Of columns that are called alike; where none of these matches in every row, the
    only two that do.
    """
    pairs = [(one, other) for one in table.columns for other in truth.columns]
    alike = [pair for pair in pairs if pair[0].casefold() == pair[1].casefold()]
    likeness = {pair: _id_likeness(*pair, table, truth) for pair in alike}
    best = max(alike, key=likeness.__getitem__, default=None)
    if best is None or likeness[best][0] < 1.0:
        whole = [p for p in pairs if _id_likeness(*p, table, truth)[0] == 1.0]
        best = whole[0] if len(whole) == 1 else best
    if best is not None:
        return best
    raise SubmissionError(
        f"{table.path.name} and {truth.path.name} share no column; found "
        f"{', '.join(table.columns[:5])} and {', '.join(truth.columns[:5])}"
    )


def _id_likeness(
    column: str, other: str, table: RawTable, truth: RawTable
) -> tuple[float, bool]:
    """Return the share of rows that two columns tell apart and match in both files."""
    given, wanted = table.frame[column], truth.frame[other]
    names = spelled_as(given, wanted)
    common = len({names.get(cell, cell) for cell in given} & set(wanted))
    named = column.lower().endswith("id")
    return common / max(len(given), len(wanted), 1), named


def _target_cells(truth: RawTable, id_column: str, target: str) -> pd.Series:
    """Return the solution's target; an empty cell is the solution's own fault."""
    cells = truth.frame[target].str.strip()
    empty = (cells == "").to_numpy()
    if empty.any():
        ids = ", ".join(truth.frame[id_column][empty][:5])
        raise SubmissionError(
            f"{truth.path.name}: {empty.sum()} of {len(cells)} rows have an empty cell "
            f"in the target's column {target!r}; ids: {ids}"
        )
    return cells


def _with_groups(metric: Metric, truth: RawTable) -> Metric:
    """Return a metric with the groups of the solution's rows, where it goes by them.

    Raises
    ------
    SubmissionError
        When no column is named, or the solution lacks it.
    """
    if not metric.is_grouped:
        return metric
    if not metric.group_column:
        raise SubmissionError(
            f"the metric {metric.name!r} goes by groups of rows: name their column, as "
            f"in --metric {metric.name}@COLUMN"
        )
    try:
        return metric.grouped(group_cells(metric, truth.frame, truth.path.name))
    except CompetitionError as error:
        raise SubmissionError(
            f"{error}; the solution needs the group of each row beside its target"
        ) from error


def _target(
    truth: RawTable, id_column: str, outputs: list[str], groups: str = ""
) -> str:
    """Return the solution's target column."""
    if len(outputs) == 1 and outputs[0] in truth:
        return outputs[0]
    others = [c for c in truth.columns if c not in {id_column, groups}]
    others = [c for c in others if c.lower() not in NOT_A_TARGET]
    if len(others) != 1:
        raise SubmissionError(
            f"{truth.path.name}: one target column is expected, found "
            f"{', '.join(others) or 'none'}"
        )
    return others[0]


def _labels(
    frame: pd.DataFrame,
    cells: pd.Series,
    template: SubmissionTemplate,
    competition: Competition | None,
) -> tuple[Task, NDArray[Any], SubmissionTemplate]:
    """Return the task, class numbers of the solution, and outputs in class order."""
    classes = (
        unify_labels(cells)[1] if competition is None else competition.task.classes
    )
    outputs = template.outputs
    if len(outputs) > 1:
        columns = class_columns(list(outputs), pd.Series(classes, dtype="str"))
        if columns is None:
            raise SubmissionError(
                f"columns {', '.join(outputs[:10])} are not the classes "
                f"{', '.join(classes[:10])}"
            )
        keys = label_keys([*columns, *classes])
        if competition is None:
            classes = tuple(sorted(columns, key=lambda label: keys[label]))
        by_key = {keys[label]: column for label, column in columns.items()}
        outputs = tuple(by_key[keys[label]] for label in classes)
    elif competition is None:
        classes = _with_predicted(frame[outputs[0]], classes)
    task = Task("binary" if len(classes) == 2 else "multiclass", classes)
    one_hot, mistakes = parse_labels(cells, np.arange(len(cells)), task)
    if mistakes:
        raise SubmissionError(problems("the solution", mistakes))
    named = SubmissionTemplate(
        "", template.id_column, template.columns, outputs, (), classes
    )
    return task, one_hot.argmax(axis=1), named


def _with_predicted(cells: pd.Series, classes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the classes, with predicted labels that the solution lacks."""
    predicted = cells.str.strip().unique()
    if len(classes) == 2 or np.isfinite(parse_numbers(predicted, "plain")).all():
        return classes
    return tuple(sorted({*classes, *predicted}))


def _form(frame: pd.DataFrame, template: SubmissionTemplate, task: Task) -> str:
    """Return the form of a submission of classes, by its columns and cells."""
    if len(template.outputs) > 1:
        return "classes"
    cells = frame[template.outputs[0]].str.strip().unique()
    labels = respell(task.classes, cells) is not None
    return "label" if labels or task.kind != "binary" else "probability"
