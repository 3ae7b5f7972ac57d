"""The fifth block: where the submitted predictions are wrong."""

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.confusion import confusion_table
from ensemble_kit.reporting.page.curves import (
    calibration_figure,
    precision_recall_figure,
    residual_figures,
    roc_figure,
)
from ensemble_kit.reporting.page.doubtful import doubtful_rows
from ensemble_kit.reporting.page.marks import cells
from ensemble_kit.reporting.page.parts import (
    Block,
    Cell,
    Figure,
    Gallery,
    Paragraph,
    Part,
    Table,
)
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.reporting.page.segments import segments_part, weakest_segment
from ensemble_kit.reporting.page.series import series_figures
from ensemble_kit.store.frames import is_text

N_ROWS = 20
MOST_CLASSES = 12
MOST_COLUMNS = 12
LONGEST_CELL = 160


def errors_block(scores: ScoredRows) -> Block:
    """Return what is mistaken for what, where, and in which rows."""
    task = scores.competition.task
    segments, parts_of_rows = segments_part(scores)
    parts: list[Part] = []
    if task.is_classification:
        figures: list[Figure | None] = [_confusion(scores)]
        if task.kind == "binary":
            figures += [roc_figure(scores), precision_recall_figure(scores)]
        figures.append(calibration_figure(scores))
        parts.append(Gallery([figure for figure in figures if figure is not None]))
    else:
        parts.append(Gallery(residual_figures(scores)))
    if along := series_figures(scores):
        parts.append(Gallery(along))
    parts.append(segments)
    parts.append(_rows_table("Twenty worst rows", _worst(scores), scores))
    if task.is_classification:
        doubtful = doubtful_rows(scores)[:N_ROWS]
        if len(doubtful):
            heading = "Labels to look at: the predictions contradict them most"
            parts.append(_rows_table(heading, doubtful, scores))
        else:
            parts.append(Paragraph("No label is contradicted by the predictions."))
    return Block(
        "errors", "Errors", _sentence(scores, weakest_segment(parts_of_rows)), parts
    )


def _confusion(scores: ScoredRows) -> Figure:
    """Return true classes against decided ones, the most mistaken of many."""
    task, rows = scores.competition.task, scores.rows
    y, labels = scores.y[rows], scores.labels[rows]
    table = confusion_table(y, labels, np.ones(len(rows)), task.n_outputs)
    wrong = table.sum(axis=0) + table.sum(axis=1) - 2 * np.diag(table)
    classes = np.arange(task.n_outputs)
    if len(classes) > MOST_CLASSES:
        classes = np.sort(np.argsort(-wrong, kind="stable")[:MOST_CLASSES])
    shown = table[np.ix_(classes, classes)]
    sums = np.maximum(table.sum(axis=1)[classes], 1)
    names = [str(task.classes[k]) for k in classes]
    cut = f"; the {len(classes)} classes with most mistakes" * (
        len(classes) < len(table)
    )
    return cells(
        "Confusion",
        f"Rows by true class (down) and decided class (across){cut}; shaded by the "
        "share of the true class.",
        shown,
        (names, names),
        lambda value: f"{value:,.0f}",
        "true ↓ decided →",
        shown / sums[:, None],
    )


def _worst(scores: ScoredRows) -> NDArray[np.intp]:
    loss = scores.losses
    ranked = np.argsort(-np.where(np.isnan(loss), -np.inf, loss), kind="stable")
    return ranked[:N_ROWS][~np.isnan(loss[ranked[:N_ROWS]])]


def _rows_table(heading: str, rows: NDArray[np.intp], scores: ScoredRows) -> Table:
    """Return some training rows with what was predicted for them and their cells."""
    competition = scores.competition
    columns = [str(name) for name in competition.X]
    # Texts say most to a reader.
    columns.sort(key=lambda name: not is_text(competition.X[name].dtype))
    columns = columns[:MOST_COLUMNS]
    header = (competition.id_column, "target", "predicted", "loss", *columns)
    cells_of = [
        [_cell(competition.X[name].iloc[row]) for name in columns] for row in rows
    ]
    heads = [_row_cells(row, scores) for row in rows]
    return Table(
        heading,
        header,
        [(*a, *b) for a, b in zip(heads, cells_of, strict=True)],
        is_folded=True,
    )


def _row_cells(row: int, scores: ScoredRows) -> tuple[Cell, ...]:
    """Return a row's id, target, prediction and loss."""
    task, name = scores.competition.task, scores.competition.train_ids[row]
    loss, oof = float(scores.losses[row]), scores.oof(scores.run.chosen)[row]
    if not task.is_classification:
        truth, value = (task.restore(v) for v in (scores.y[row], oof[0]))
        return str(name), float(truth), float(value), loss
    target = str(task.classes[scores.y[row]])
    label = scores.labels[row]
    predicted = f"{task.classes[label]} ({oof[label]:.0%})"
    return str(name), target, predicted, loss


def _cell(value: object) -> str:
    """Return a cell of the data on one line, a long one with its middle cut."""
    if value is None or value != value:
        return ""
    text = f"{value:.6g}" if isinstance(value, float) else str(value)
    text = " ".join(text.split())
    if len(text) > LONGEST_CELL:
        half = LONGEST_CELL // 2
        text = f"{text[:half]} … {text[-half:]}"
    return text


def _sentence(scores: ScoredRows, weakest: str) -> str:
    task, rows = scores.competition.task, scores.rows
    if task.is_classification:
        wrong = scores.labels[rows] != scores.y[rows]
        start = f"{wrong.mean():.1%} of the rows get another label than theirs"
    else:
        middle = np.median(scores.losses[rows])
        start = f"Half of the values are less than {middle:,.5g} away"
    return f"{start}; {weakest}."
