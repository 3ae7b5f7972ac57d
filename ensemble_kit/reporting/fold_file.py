"""folds.csv of a run: which fold validates each training row, for others to share."""

import csv
import io
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.files import write_atomically
from ensemble_kit.running.finished.loaded_run import distinct
from ensemble_kit.running.run import Run
from ensemble_kit.splitting.folds import Folds

FOLDS = "folds.csv"


def write_fold_file(run: Run, folder: Path) -> None:
    """Write folds.csv into a run's folder: the id, and a column for each repeat.

    It is what ``folds = "folds.csv"`` reads. A cell is empty where no fold validates
    the row, as in the first block in time.
    """
    id_column = run.competition.id_column
    columns = repeats_of(run.folds)
    names = ["fold"] if len(columns) == 1 else _numbered(len(columns))
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([id_column, *(distinct(name, (id_column,)) for name in names)])
    writer.writerows(zip(run.competition.train_ids, *columns, strict=True))
    write_atomically(folder / FOLDS, stream.getvalue().encode())


def repeats_of(folds: Folds) -> list[list[str]]:
    """Return each row's fold, a column for each time that rows are validated anew.

    Numbers begin with 1 in every column, and are as wide as the last one, so that
    they sort as they are counted.

    Examples
    --------
    >>> pairs = [([1], [0]), ([0], [1])]
    >>> both = tuple((np.array(a), np.array(b)) for a, b in pairs)
    >>> repeats_of(Folds(both * 2, 2))
    [['1', '2'], ['1', '2']]
    """
    columns: list[NDArray[np.int64]] = []
    number = 0
    for _, valid in folds:
        if not columns or (columns[-1][valid] > 0).any():
            columns.append(np.zeros(folds.n_rows, dtype=np.int64))
            number = 0
        number += 1
        columns[-1][valid] = number
    return [_spelled(column) for column in columns]


def _spelled(column: NDArray[np.int64]) -> list[str]:
    width = len(str(column.max()))
    return [f"{number:0{width}d}" if number else "" for number in column.tolist()]


def _numbered(n: int) -> list[str]:
    return [f"fold_{number}" for number in range(1, n + 1)]
