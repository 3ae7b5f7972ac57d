"""The groups of rows that a metric goes by: the column that makes them."""

from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.settings import FILE_NAME, CompetitionSettings
from ensemble_kit.exceptions import CompetitionError, did_you_mean
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.tables.raw_table import RawTable


def with_named_groups(settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings whose metric names the column of its groups, if it has groups.

    Raises
    ------
    CompetitionError
        When no column is named.
    """
    name = settings.metric
    if name not in METRICS or not METRICS[str(name)].is_grouped:
        return settings
    metric = METRICS[str(name)]
    if metric.group_column:
        return settings
    if not settings.metric_groups:
        raise CompetitionError(
            f"metric = {name!r} goes by groups of rows, and no column is named that "
            f'makes them: metric = "{name}@COLUMN", or metric_groups = "COLUMN" '
            f"in {FILE_NAME}"
        )
    return replace(settings, metric=f"{name}@{settings.metric_groups}")


def with_groups(metric: Metric, train: RawTable, labelled: NDArray[np.bool_]) -> Metric:
    """Return a competition's metric with the group of each training row.

    Parameters
    ----------
    metric : Metric
    train : RawTable
    labelled : ndarray of bool of shape (n_rows,)
        Which of its rows have a target.

    Raises
    ------
    CompetitionError
        When train has no such column, or cells of it are empty.
    """
    if not metric.is_grouped:
        return metric
    return metric.grouped(group_cells(metric, train.frame[labelled], "train"))


def group_cells(metric: Metric, frame: pd.DataFrame, where: str) -> NDArray[np.int64]:
    """Return the group of each row as a number, by the cells of the metric's column.

    Raises
    ------
    CompetitionError
        When the table has no such column, or cells of it are empty.
    """
    column = metric.group_column
    if column not in frame:
        raise CompetitionError(
            f"{where} has no column {column!r}, whose values make the groups that the "
            f"metric {metric.name!r} goes by{did_you_mean(column, list(frame))}"
        )
    cells = frame[column].astype(str).str.strip()
    empty = np.flatnonzero(cells == "")
    if len(empty):
        raise CompetitionError(
            f"{where}, row {empty[0] + 1}: {column!r} is empty in {len(empty)} rows, "
            f"and the metric {metric.name!r} goes by its groups"
        )
    return np.asarray(pd.factorize(cells)[0], dtype=np.int64)


def groups_note(metric: Metric, y: NDArray[np.float64]) -> tuple[str, ...]:
    """Return how many groups have nothing to explain, where there are some.

    Raises
    ------
    CompetitionError
        When no group has: every score would be 0.
    """
    if metric.groups is None:
        return ()
    by_group = pd.Series(y).groupby(np.asarray(metric.groups))
    flat = (by_group.max() == by_group.min()).to_numpy()
    if flat.all():
        raise CompetitionError(
            f"the metric {metric.name!r} measures what varies within the groups of "
            f"{metric.group_column!r}, and the target is the same in all rows of each "
            f"of its {len(flat)} groups; another column makes groups, or another "
            "metric measures"
        )
    if not flat.any():
        return ()
    n_single = int((by_group.size() == 1).sum())
    return (
        f"metric: in {int(flat.sum())} of {len(flat)} groups of "
        f"{metric.group_column!r} the target does not vary ({n_single} have one row): "
        "errors on their rows count, and add nothing that could be explained",
    )
