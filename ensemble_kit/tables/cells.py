"""The cells of a table by column, as they were written; coded where there are many."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Union

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

IN_TURN = 1 << 16  # rows that are written out at a time


@dataclass(frozen=True)
class CodedCells:
    """A column's distinct cells, and which of them each row has.

    Parameters
    ----------
    distinct : array of str
        In order of appearance; each stands in some row.
    codes : ndarray of int of shape (n_rows,)
        Places in ``distinct``.
    """

    distinct: ExtensionArray
    codes: NDArray[np.integer]

    @classmethod
    def of(cls, cells: pd.Series) -> "CodedCells":
        """Return the coded cells of a column of strings."""
        codes, distinct = pd.factorize(cells)
        return cls(pd.array(distinct, dtype="str"), codes)

    def __len__(self) -> int:
        return len(self.codes)

    def __getitem__(self, rows: slice) -> pd.Series:
        """Return the cells of some rows, written out."""
        return pd.Series(self.distinct.take(self.codes[rows]), copy=False)

    def written_out(self, name: str | None = None) -> pd.Series:
        """Return the cell of every row."""
        return self[slice(None)].rename(name)


Column = Union[pd.Series, CodedCells]  # noqa: UP007 - a Series is no type at run time


class Cells:
    """A table of strings by column; a coded column is written out when it is asked for.

    Parameters
    ----------
    columns : mapping of str to Series or CodedCells
        All of as many rows; Series count these from 0.
    n_rows : int

    Examples
    --------
    >>> cells = Cells.of(pd.DataFrame({"a": ["x", "y", "x"]}, dtype="str"))
    >>> cells["a"].tolist(), cells.has("a", "z"), len(cells)
    (['x', 'y', 'x'], False, 3)
    """

    def __init__(self, columns: Mapping[str, Column], n_rows: int):
        self._columns = dict(columns)
        self._n_rows = n_rows

    @classmethod
    def of(cls, frame: pd.DataFrame) -> "Cells":
        """Return the cells of a frame of strings."""
        return cls({str(name): frame[name] for name in frame}, len(frame))

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in the file's order."""
        return tuple(self._columns)

    def __len__(self) -> int:
        return self._n_rows

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __contains__(self, name: object) -> bool:
        return name in self._columns

    def __getitem__(self, name: str) -> pd.Series:
        """Return a column, written out."""
        column = self._columns[name]
        return column.written_out(name) if isinstance(column, CodedCells) else column

    def column(self, name: str) -> Column:
        """Return a column as it is held."""
        return self._columns[name]

    def has(self, name: str, cell: str) -> bool:
        """Return whether a column has a cell."""
        column = self._columns[name]
        known = column.distinct if isinstance(column, CodedCells) else column
        return bool(np.any(np.asarray(known == cell, dtype=bool)))

    def n_distinct(self, name: str) -> int:
        """Return how many different cells a column has."""
        column = self._columns[name]
        return (
            len(column.distinct)
            if isinstance(column, CodedCells)
            else int(column.nunique(dropna=False))
        )

    def in_turn(self, name: str) -> Iterator[str]:
        """Yield a column's cells one by one, never all of them written out."""
        column = self._columns[name]
        for begin in range(0, self._n_rows, IN_TURN):
            yield from column[begin : begin + IN_TURN].tolist()

    def rows(self, rows: slice) -> pd.DataFrame:
        """Return some rows as a frame that counts them from 0."""
        parts = {
            name: column[rows].reset_index(drop=True)
            for name, column in self._columns.items()
        }
        return _frame(parts)

    def to_frame(self, names: Iterable[str] | None = None) -> pd.DataFrame:
        """Return some columns as a frame, all by default."""
        wanted = self._columns if names is None else names
        frame = _frame({name: self._columns[name] for name in wanted})
        return frame if len(frame.columns) else frame.reindex(range(self._n_rows))

    def assign(self, cells: Mapping[str, pd.Series]) -> "Cells":
        """Return the cells with some columns in other words, or more columns."""
        return Cells({**self._columns, **cells}, self._n_rows)

    def rename(self, names: Mapping[str, str]) -> "Cells":
        """Return the cells with some columns called otherwise."""
        renamed: dict[str, Column] = {}
        for name, column in self._columns.items():
            new = names.get(name, name)
            renamed[new] = (
                column if isinstance(column, CodedCells) else column.rename(new)
            )
        return Cells(renamed, self._n_rows)

    def drop(self, names: Sequence[str]) -> "Cells":
        """Return the cells without some columns."""
        left = {name: c for name, c in self._columns.items() if name not in names}
        return Cells(left, self._n_rows)


def _frame(columns: Mapping[str, Column]) -> pd.DataFrame:
    """Return columns, written out, as a frame."""
    series = {
        name: column.written_out(name) if isinstance(column, CodedCells) else column
        for name, column in columns.items()
    }
    return pd.DataFrame(series, copy=False)
