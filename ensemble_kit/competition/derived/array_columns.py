"""Arrays beside the tables, such as vectors of images, as columns of numbers."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.hashing import fingerprint_file
from ensemble_kit.tables.raw_table import RawTable

VERSION = 1  # of what is made of an array
MOST = 64  # numbers of a vector that become columns; more are reduced to so many


def add_arrays(
    folder: Path, tables: Tables, settings: CompetitionSettings
) -> tuple[Tables, CompetitionSettings]:
    """Return tables with the numbers of the declared arrays, and their roles.

    An array has a row for each row of train, then one for each of test. What a row has
    is flattened; with more than 64 numbers it is reduced to the first 64 principal
    components of all rows.

    Raises
    ------
    CompetitionError
        With what is wrong with each file.
    """
    if not settings.arrays:
        return tables, settings
    added, notes = _columns_of_arrays(folder, tables, settings.arrays)
    n_train = len(tables.train.cells)
    of_train = {name: cells[:n_train] for name, cells in added.items()}
    of_test = {name: cells[n_train:] for name, cells in added.items()}
    return (
        replace(
            tables,
            train=_with(tables.train, of_train, notes),
            test=_with(tables.test, of_test, []),
        ),
        replace(settings, columns=dict.fromkeys(added, "number") | settings.columns),
    )


def _columns_of_arrays(
    folder: Path, tables: Tables, files: Mapping[str, str]
) -> tuple[dict[str, NDArray[np.object_]], list[str]]:
    """Return the columns of each array over both tables, and notes about them."""
    n_rows = len(tables.train.cells) + len(tables.test.cells)
    added: dict[str, NDArray[np.object_]] = {}
    mistakes, notes = [], []
    for name, file in files.items():
        try:
            vectors = _vectors(folder, file, n_rows)
        except (CompetitionError, OSError, ValueError) as error:
            mistakes.append(f"{name}: {error}")
            continue
        if vectors.shape[1] > MOST:
            n_numbers = vectors.shape[1]
            vectors, share = _reduced(vectors)
            notes.append(
                f"{file}: {n_numbers} numbers of each row are reduced to "
                f"{vectors.shape[1]}, which keep {share:.0%} of their variance"
            )
        added |= {
            f"{name}_{at}": _cells(values) for at, values in enumerate(vectors.T, 1)
        }
    known = {*tables.train.columns, *tables.test.columns}
    taken = [name for name in added if name in known]
    mistakes += [f"{name}: train or test has a column of that name" for name in taken]
    if mistakes:
        raise CompetitionError(problems("[columns]", mistakes))
    return added, notes


def array_facts(folder: Path, settings: CompetitionSettings) -> dict[str, object]:
    """Return what columns of arrays follow from beside the tables."""
    files = {n: fingerprint_file(folder / f) for n, f in settings.arrays.items()}
    return {"version": VERSION, "files": files}


def _vectors(folder: Path, file: str, n_rows: int) -> NDArray[np.float32]:
    """Return an array's rows, flattened.

    Raises
    ------
    CompetitionError
        When it is no array of numbers with a row for each row of the tables.
    """
    path = (folder / file).resolve()
    if not path.is_relative_to(folder):
        raise CompetitionError(f"{file!r} leads outside the folder; copy it into it")
    if not path.is_file():
        raise CompetitionError(f"there is no file {file!r}")
    array = np.load(path, allow_pickle=False)
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "fiub":
        raise CompetitionError(f"{file} is no array of numbers, as of numpy.save")
    if array.ndim < 2 or len(array) != n_rows or not array.size:
        raise CompetitionError(
            f"{file} has the shape {array.shape}; {n_rows} rows of one number or more "
            "are expected, those of train first, then those of test"
        )
    vectors = array.reshape(n_rows, -1).astype(np.float32)
    if np.isinf(vectors).any():
        raise CompetitionError(f"{file} has infinite values")
    return vectors


def _reduced(vectors: NDArray[np.float32]) -> tuple[NDArray[np.float32], float]:
    """Return the first principal components, and the share of variance they keep.

    A missing number is read as the mean of its column.
    """
    from sklearn.decomposition import PCA

    known = ~np.isnan(vectors)
    total = np.where(known, vectors, 0).sum(axis=0, dtype=np.float64)
    mean = total / np.maximum(known.sum(axis=0), 1)
    centered = np.where(known, vectors - mean, 0.0)
    size = min(MOST, len(centered))
    reduction = PCA(size, svd_solver="full" if size < MOST else "covariance_eigh")
    reduced = reduction.fit_transform(centered)
    return reduced.astype(np.float32), float(reduction.explained_variance_ratio_.sum())


def _cells(values: NDArray[np.float32]) -> NDArray[np.object_]:
    """Return numbers as they are written; missing ones are empty."""
    cells = ["" if value != value else str(value) for value in values]
    return np.array(cells, dtype=object)


def _with(
    table: RawTable, columns: Mapping[str, NDArray[np.object_]], notes: list[str]
) -> RawTable:
    """Return a table with more columns."""
    more = {n: pd.Series(c, dtype="str", name=n) for n, c in columns.items()}
    return replace(
        table,
        cells=table.cells.assign(more),
        warnings=(*table.warnings, *notes),
    )
