"""A workspace for one process: matrices stay in memory, none is written."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.store.frames import settle_matrix
from ensemble_kit.work.workspace import FITTED, Source, Workspace

if TYPE_CHECKING:
    from ensemble_kit.features.counting.counted_texts import CountedTexts

MOST_CELLS = 20_000_000  # 160 megabytes of numbers


class MemoryWorkspace(Workspace):
    """Matrices by key in memory, as a workspace in a folder would give them.

    Parameters
    ----------
    folder : Path
        Never made.
    source : Source
    """

    def __init__(self, folder: Path, source: Source):
        super().__init__(folder)
        self.matrices: dict[str, Mapping[str, Any]] = {}
        tables = settle_matrix(source.X), settle_matrix(source.X_test)
        # Where the other workspace has a property that reads the folder.
        self.__dict__["source"] = replace(source, X=tables[0], X_test=tables[1])

    def has(self, key: str) -> bool:
        """Return whether a matrix is there."""
        return key in self.matrices

    def has_part(self, key: str, part: str) -> bool:
        """Return whether one part of a matrix is there."""
        return part in self.matrices.get(key, ())

    def write(self, key: str, parts: Mapping[str, Any]) -> None:
        """Keep the named parts of one piece of work."""
        self.matrices[key] = {
            name: part if hasattr(part, "save") else settle_matrix(part)
            for name, part in parts.items()
        }

    def read(self, key: str, part: str) -> Matrix:
        """Return one part of a matrix."""
        return self.matrices[key][part]

    def counts(self, key: str) -> "CountedTexts":
        """Return the counts of a text column."""
        counted: CountedTexts = self.matrices[key]["counts"]
        return counted

    def fitted(self, key: str) -> Any:
        """Return what was fitted to make a matrix."""
        return self.matrices[key][FITTED].value

    def processor_seconds(self) -> float:
        """Return 0: the system is asked for each piece, and nobody reads the answer."""
        return 0.0

    def reset_peak(self) -> None:
        """Do nothing: small tables take little, and reading how much takes long."""

    def peak_megabytes(self) -> float:
        """Return 0: nobody has looked."""
        return 0.0

    def own_megabytes(self) -> float:
        """Return 0: nobody has looked."""
        return 0.0

    def close(self) -> None:
        """Forget all matrices."""
        self.matrices.clear()

    def _take_away(self, key: str) -> None:
        if not self.holds:
            self.matrices.pop(key, None)


def fits_in_memory(source: Source) -> bool:
    """Return whether a table is small enough to work on without a disk."""
    n_rows, n_columns = source.X.shape
    return n_rows * max(n_columns, 1) <= MOST_CELLS
