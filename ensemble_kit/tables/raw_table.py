"""A table as it was written: every cell a string."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import pandas as pd

from ensemble_kit.tables.cells import Cells


@dataclass(frozen=True)
class RawTable:
    """A file's cells, unchanged, and what had to be said about reading them.

    Parameters
    ----------
    path : Path
        The file.
    cells : Cells
        One row per record, every cell a string; an empty cell is ``""``.
    warnings : tuple of str
        What was repaired or guessed, with counts and the first line; each begins
        with the file's name.
    encoding, separator : str
        How the file was read.
    unnamed : tuple of str
        The columns that have no name in the file, as they are called here.
    renames : tuple of pairs of str
        What columns were called before, and are called now.
    """

    path: Path
    cells: Cells
    warnings: tuple[str, ...] = ()
    encoding: str = "utf-8"
    separator: str = ","
    unnamed: tuple[str, ...] = ()
    renames: tuple[tuple[str, str], ...] = ()

    @cached_property
    def frame(self) -> pd.DataFrame:
        """Return all cells, written out: of a large table they take much memory."""
        return self.cells.to_frame()

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in the file's order."""
        return self.cells.columns

    def renamed(self, names: Mapping[str, str], *warnings: str) -> "RawTable":
        """Return the table with some columns called otherwise, and what is to say."""
        return replace(
            self,
            cells=self.cells.rename(names),
            warnings=(*self.warnings, *warnings),
            unnamed=tuple(names.get(name, name) for name in self.unnamed),
            renames=(*self.renames, *names.items()),
        )

    def __contains__(self, name: object) -> bool:
        return name in self.cells
