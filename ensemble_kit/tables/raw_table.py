"""A table as it was written: every cell a string."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd


@dataclass(frozen=True)
class RawTable:
    """A file's cells, unchanged, and what had to be said about reading them.

    Parameters
    ----------
    path : Path
        The file.
    frame : DataFrame
        One row per record, every cell a string; an empty cell is ``""``.
    warnings : tuple of str
        What was repaired or guessed, with counts and the first line; each begins
        with the file's name.
    encoding, separator : str
        How the file was read.
    """

    path: Path
    frame: pd.DataFrame
    warnings: tuple[str, ...] = ()
    encoding: str = "utf-8"
    separator: str = ","

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in the file's order."""
        return tuple(self.frame.columns)

    def __contains__(self, name: object) -> bool:
        return name in self.frame
