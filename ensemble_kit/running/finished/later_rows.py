"""Rows that come later, read as the run has read its own."""

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.known_levels import like_known, short_cell
from ensemble_kit.competition.declared.schema import ColumnSchema, Schema
from ensemble_kit.competition.derived.derived_columns import DerivedColumn
from ensemble_kit.exceptions import CompetitionError, PredictionWarning, problems
from ensemble_kit.tables.dates import EPOCHS, EXCEL, EXCEL_ORIGIN, spelling_of

Rows: TypeAlias = pd.DataFrame | Mapping[str, Any] | Sequence[Mapping[str, Any]]
MAX_NAMED = 5
UNLIKELY = 0.001
FEW = 100  # rows that are sooner gone through one by one
WIDTH = 40
ONE_DAY = pd.Timedelta(1, "D")


def as_cells(
    rows: Rows, schema: Schema, derived: Sequence[DerivedColumn] = ()
) -> pd.DataFrame:
    """Return rows as strings, empty where there is nothing.

    Parameters
    ----------
    rows : DataFrame, dict, or list of dicts
        A dict is one row. Cells are strings as in the competition's files, numbers,
        dates, None or NaN.
    schema : Schema
        Says how dates are written in the competition's files.
    derived : sequence of DerivedColumn
        Say so too, of the columns they are made of.

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
        if len(rows) <= FEW and any(rows):
            return _few_cells(rows)
        rows = pd.DataFrame(list(rows), dtype=object)
    if rows.empty:
        raise CompetitionError("there are no rows to predict")
    forms = {n: r.date for column in derived for n, r in column.readings.items()}
    forms |= {column.name: column.form for column in schema.columns}
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
        run has not seen; they count as missing. How many are written otherwise than
        in training, and were read in another form or taken for a known category.
    """
    mistakes = [
        f"column {column.name!r} is missing"
        for column in schema.columns
        if column.name not in cells
    ]
    if mistakes:
        raise CompetitionError(problems(where, mistakes))
    values: dict[str, Any] = {}
    notes: list[str] = []
    for column in schema.columns:
        written = JointColumn.of(column.name, cells[column.name], None)
        known = known_of[column.name]
        is_category = column.role == "category"
        joint = like_known(written, known) if is_category else written
        unread = column.unread(joint)
        if misread := column.misreads(joint):
            notes += _otherwise(misread, joint, ~misread.unread(joint))
            column, unread = misread, misread.unread(joint)
        other = column.in_another_form(joint, unread) if unread.any() else None
        values[column.name] = _values(column, other, joint).array
        if other is not None:
            notes += _otherwise(other, joint, unread & ~other.unread(joint))
            unread &= other.unread(joint)
        notes += [*_respelled(written, joint, known), *_emptied(column, joint)]
        line, is_unread = _lost(column, joint, known, unread)
        (mistakes if is_unread else notes).extend(line)
    if mistakes:
        raise CompetitionError(problems(where, mistakes))
    if notes:
        warnings.warn(f"{where}: {'; '.join(notes)}", PredictionWarning, stacklevel=5)
    return pd.DataFrame(values, index=pd.RangeIndex(len(cells)))


def known_categories(schema: Schema) -> dict[str, frozenset[str]]:
    """Return the categories that each column of a run has seen."""
    return {column.name: frozenset(column.categories) for column in schema.columns}


def _few_cells(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """Return what `as_cells` does of a few dicts, far sooner than through columns."""
    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = [[_spelled_cell(row.get(name)) for name in names] for row in rows]
    return pd.DataFrame(cells, columns=list(map(str, names)), dtype=object)


def _spelled_cell(value: object) -> str:
    """Return a cell as a file would spell it, empty where there is nothing."""
    if isinstance(value, str):
        return value
    is_gap = pd.api.types.is_scalar(value) and pd.isna(value)
    return "" if is_gap else str(value)


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
    if form == EXCEL:
        return (column - pd.Timestamp(EXCEL_ORIGIN, tz=column.dt.tz)) / ONE_DAY
    if form in EPOCHS:
        return (column - pd.Timestamp(0, tz=column.dt.tz)) // pd.Timedelta(1, form)
    return column.dt.strftime(spelling_of(form))


def _values(
    column: ColumnSchema, other: ColumnSchema | None, joint: JointColumn
) -> pd.Series:
    """Return a column's values, what one form leaves unread in the other.

    The run's own form goes first, unless the other reads more rows: a mark of
    thousands in one is a decimal mark in the other.
    """
    own = column.values(joint)
    if other is None:
        return own
    others = other.values(joint)
    if others.notna().sum() > own.notna().sum():
        own, others = others, own
    return own.where(own.notna(), others)


def _otherwise(
    other: ColumnSchema, joint: JointColumn, cells: NDArray[np.bool_]
) -> list[str]:
    """Return a line about cells that only another form than the run's has read."""
    first = int(np.flatnonzero(cells)[0])
    value = other.values(joint)[int(np.flatnonzero(joint.codes == first)[0])]
    shown = f"{value:.6g}" if other.role == "number" else str(value)
    return [
        f"column {other.name!r}: {_count(joint, cells)} are written otherwise than in "
        f"training; {_cut(joint.cells[first])!r} is read as {shown}"
    ]


def _respelled(
    written: JointColumn, joint: JointColumn, known: frozenset[str]
) -> list[str]:
    """Return a line about categories in other letters or blanks than in training."""
    changed = np.asarray(written.cells != joint.cells, dtype=bool)
    changed &= np.array([short_cell(cell) not in known for cell in written.cells])
    if not changed.any():
        return []
    first = int(np.flatnonzero(changed)[0])
    return [
        f"column {joint.name!r}: {_count(joint, changed)} hold a known category in "
        f"another spelling; {_cut(written.cells[first])!r} is taken as "
        f"{_cut(joint.cells[first])!r}"
    ]


def _emptied(column: ColumnSchema, joint: JointColumn) -> list[str]:
    """Return a line about a column without a cell, where chance does not make it so."""
    n_rows = len(joint.codes)
    by_chance = 1.0 if column.gaps is None else column.gaps**n_rows
    if n_rows < 2 or not joint.is_missing.all() or by_chance > UNLIKELY:
        return []
    return [
        f"column {joint.name!r} is empty in all {n_rows:,} rows, as {column.gaps:.0%} "
        "of the training rows were"
    ]


def _count(joint: JointColumn, cells: NDArray[np.bool_]) -> str:
    return f"{joint.n_rows(cells)} of {joint.n_rows(~joint.is_missing)} cells"


def _lost(
    column: ColumnSchema,
    joint: JointColumn,
    known: frozenset[str],
    unread: NDArray[np.bool_],
) -> tuple[list[str], bool]:
    """Return what is lost of a column, and whether that is all there is of it."""
    present = ~joint.is_missing
    if column.role == "category":
        strange = present & np.array([cell not in known for cell in joint.cells])
        what = "hold a category that the run has not seen"
    else:
        strange = unread
        what = f"cannot be read as {column.role}"
    if not strange.any():
        return [], False
    some = ", ".join(repr(_cut(cell)) for cell in joint.cells[strange][:MAX_NAMED])
    line = f"column {column.name!r}: {_count(joint, strange)} {what}: {some}"
    is_all = joint.n_rows(strange) == joint.n_rows(present)
    return [line], column.role != "category" and is_all


def _cut(cell: str) -> str:
    return cell if len(cell) <= WIDTH else f"{cell[: WIDTH // 2]}…{cell[-WIDTH // 2 :]}"
