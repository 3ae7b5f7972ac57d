"""Rows that come later, read as the run has read its own."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import ColumnSchema, Schema
from ensemble_kit.exceptions import CompetitionError, PredictionWarning, problems
from ensemble_kit.tables.dates import EPOCHS, spelling_of

Rows: TypeAlias = pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]]
MAX_NAMED = 5
WIDTH = 40


def as_cells(rows: Rows, schema: Schema) -> pd.DataFrame:
    """Return rows as strings, empty where there is nothing.

    Parameters
    ----------
    rows : DataFrame, dict, or list of dicts
        A dict is one row. Cells are strings as in the competition's files, numbers,
        dates, None or NaN.
    schema : Schema
        Says how dates are written in the competition's files.

    Raises
    ------
    CompetitionError
        When it is none of these, or there is no row.
    """
    if isinstance(rows, Mapping):
        rows = [rows]
    if not isinstance(rows, pd.DataFrame):
        if not all(isinstance(row, Mapping) for row in rows):
            raise CompetitionError(
                "rows are a DataFrame, a dict from column to cell, or a list of such "
                f"dicts; found {type(rows).__name__}"
            )
        rows = pd.DataFrame(list(rows), dtype=object)
    if rows.empty:
        raise CompetitionError("there are no rows to predict")
    forms = {column.name: column.form for column in schema.columns}
    cells = {
        str(name): _spelled(rows[name], forms.get(str(name), ""))
        for name in rows.columns
    }
    return pd.DataFrame(cells, dtype="str")


def read_later_rows(
    schema: Schema,
    cells: pd.DataFrame,
    where: str,
    known_of: Mapping[str, frozenset[str]],
) -> pd.DataFrame:
    """Return the feature columns of later rows, in the dtypes of the run's own.

    Parameters
    ----------
    schema : Schema
    cells : DataFrame of str
        From `as_cells`.
    where : str
        What the rows are called in messages.
    known_of : mapping
        From `known_categories`.

    Raises
    ------
    CompetitionError
        When columns are missing, or one cannot be read in any row.

    Warns
    -----
    PredictionWarning
        How many cells of each column could not be read, or hold a category that the
        run has not seen; they count as missing.
    """
    mistakes = [
        f"column {column.name!r} is missing"
        for column in schema.columns
        if column.name not in cells
    ]
    if mistakes:
        raise CompetitionError(problems(where, mistakes))
    series: dict[str, pd.Series] = {}
    told: list[str] = []
    for column in schema.columns:
        joint = JointColumn.of(column.name, cells[column.name], None)
        known = known_of[column.name]
        joint = _like_known(column, joint, known)
        series[column.name] = column.values(joint)
        line, is_unread = _lost(column, joint, known)
        (mistakes if is_unread else told).extend(line)
    if mistakes:
        raise CompetitionError(problems(where, mistakes))
    if told:
        warnings.warn(f"{where}: {'; '.join(told)}", PredictionWarning, stacklevel=5)
    return pd.DataFrame(series, index=pd.RangeIndex(len(cells)))


def known_categories(schema: Schema) -> dict[str, frozenset[str]]:
    """Return the categories that each column of a run has seen."""
    return {column.name: frozenset(column.categories) for column in schema.columns}


def _spelled(column: pd.Series, form: str) -> NDArray[np.object_]:
    """Return a column's cells as a file would spell them."""
    there = column.notna().to_numpy()
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        column = _spelled_dates(column, form)
    values = column.astype(object).to_numpy()
    return np.array(
        [str(v) if t else "" for v, t in zip(values, there, strict=True)], dtype=object
    )


def _spelled_dates(column: pd.Series, form: str) -> pd.Series:
    """Return dates as the competition's files write them."""
    if form in EPOCHS:
        return (column - pd.Timestamp(0, tz=column.dt.tz)) // pd.Timedelta(1, form)
    return column.dt.strftime(spelling_of(form))


def _like_known(
    column: ColumnSchema, joint: JointColumn, known: frozenset[str]
) -> JointColumn:
    """Return a column of categories with 3.0 spelled 3 where only that is known.

    A column of whole numbers with a gap comes as floats from pandas.
    """
    if column.role != "category":
        return joint
    cells = [_whole(cell, known) for cell in joint.cells]
    return JointColumn(
        joint.name, np.array(cells, dtype=object), joint.codes, joint.n_train
    )


def _whole(cell: str, known: frozenset[str]) -> str:
    short = cell.removesuffix(".0")
    return short if cell not in known and short in known else cell


def _lost(
    column: ColumnSchema, joint: JointColumn, known: frozenset[str]
) -> tuple[list[str], bool]:
    """Return what is lost of a column, and whether that is all there is of it."""
    present = ~joint.is_missing
    if column.role == "category":
        strange = present & np.array([cell not in known for cell in joint.cells])
        what = "hold a category that the run has not seen"
    else:
        strange = column.unread(joint)
        what = f"cannot be read as {column.role}"
    if not strange.any():
        return [], False
    n_rows, n_present = joint.n_rows(strange), joint.n_rows(present)
    some = ", ".join(repr(_cut(cell)) for cell in joint.cells[strange][:MAX_NAMED])
    line = f"column {column.name!r}: {n_rows} of {n_present} cells {what}: {some}"
    return [line], column.role != "category" and n_rows == n_present


def _cut(cell: str) -> str:
    return cell if len(cell) <= WIDTH else f"{cell[: WIDTH // 2]}…{cell[-WIDTH // 2 :]}"
