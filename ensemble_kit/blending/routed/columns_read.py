"""Which columns of a table a blend reads beside the predictions."""

import pandas as pd
from sklearn.base import BaseEstimator

from ensemble_kit.blending.routed.rules import parse_rule
from ensemble_kit.exceptions import PipelineError, did_you_mean


def columns_read(blend: BaseEstimator, table: object) -> list[str]:
    """Return the names of the columns that a gate takes of a table.

    Parameters
    ----------
    blend : RuleBlend, SegmentBlend or GatedBlend
        A GatedBlend that names no columns reads the numbers and categories.
    table : DataFrame

    Raises
    ------
    PipelineError
        When the table has no names, or lacks a column.
    """
    kind = type(blend).__name__
    if not isinstance(table, pd.DataFrame):
        raise PipelineError(f"{kind} reads columns by name; the table has no names")
    names = _names(blend, table)
    lines = [
        f"no column {name!r}{did_you_mean(name, table.columns)}"
        for name in names
        if name not in table.columns
    ]
    if lines:
        raise PipelineError(f"{kind}: {'; '.join(lines)}")
    return names


def _names(blend: BaseEstimator, table: pd.DataFrame) -> list[str]:
    if hasattr(blend, "when"):
        return parse_rule(blend.when).names
    if hasattr(blend, "column"):
        return [blend.column]
    if blend.columns is not None:
        return list(blend.columns)
    return list(table.select_dtypes(["number", "bool", "category"]).columns)
