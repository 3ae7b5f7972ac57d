"""A metric that goes by groups of rows, with those of the rows of X."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.metrics.registry import CLASSIFICATION, REGRESSION
from ensemble_kit.tables.other_libraries import handed_over


def asked_metric(name: object, is_classifier: bool) -> Metric:
    """Return the metric of a name, where it judges what a stack predicts.

    Raises
    ------
    PipelineError
        For what is no name, and for a metric of another kind of target.
    RegistryError
        When there is none of the name.
    """
    if not isinstance(name, str):
        raise PipelineError(
            f"metric: expected a name (list: ensemble-kit metrics), found {name!r}; a "
            "function of yours gets one by METRICS.add(Metric(...)), both from "
            "ensemble_kit.metrics"
        )
    metric = METRICS[name]
    judges = metric.tasks & (CLASSIFICATION if is_classifier else REGRESSION)
    if not judges and not (metric.ordered and not is_classifier):
        wanted, usual = ("classes", "log_loss") if is_classifier else ("values", "rmse")
        raise PipelineError(
            f"metric: {name!r} judges no {wanted}, expected one that does, such as "
            f"{usual!r} (list: ensemble-kit metrics)"
        )
    return metric


def metric_of_rows(metric: Metric, X: Any, groups: ArrayLike | None = None) -> Metric:
    """Return a metric with the groups of the rows, where it goes by groups.

    Parameters
    ----------
    metric : Metric
    X : DataFrame, array or sparse matrix of shape (n_rows, n_columns)
        Holds the column that the metric names.
    groups : array-like of shape (n_rows,), optional
        What ``fit`` was given: the groups of a metric that names no column.

    Raises
    ------
    PipelineError
        When there is no such column, no groups are given, or rows have none.
    """
    if not metric.is_grouped:
        return metric
    column, table = metric.group_column, handed_over(X)
    if not column and groups is None:
        raise PipelineError(
            f"metric: {metric.name!r} goes by groups of rows: hand them over, as in "
            f"fit(X, y, groups=groups), or name a column of X: {metric.name}@COLUMN"
        )
    names = [str(name) for name in getattr(table, "columns", ())]
    if column and column not in names:
        raise PipelineError(
            f"metric: {metric.name!r} goes by the groups of a column of X, and X has "
            f"no column {column!r}{did_you_mean(column, names)}"
        )
    cells = table.iloc[:, names.index(column)] if column else pd.Series(groups)
    codes, _ = pd.factorize(np.asarray(cells, dtype=object))
    if (codes < 0).any():
        raise PipelineError(
            f"metric: {metric.name!r} goes by groups of rows; "
            f"{int((codes < 0).sum())} rows have none, row {int(np.argmax(codes < 0))} "
            "first"
        )
    return metric.grouped(codes)
