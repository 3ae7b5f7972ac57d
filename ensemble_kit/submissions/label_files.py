"""Files of predictions beside a file of the right labels."""

from collections.abc import Sequence
from os import PathLike
from pathlib import Path

import numpy as np
import pandas as pd

from ensemble_kit.exceptions import SubmissionError
from ensemble_kit.submissions.submission_files import (
    SubmissionFiles,
    named,
    read_submissions,
    read_table,
    with_ids_of,
)


def read_votes(
    paths: Sequence[str | PathLike[str]], truth: str | PathLike[str]
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Return right labels, each file's labels, and the files' names.

    Parameters
    ----------
    paths : sequence of paths
        Out-of-fold predictions or submissions: a column of labels, a column of
        probabilities of class 1, or a column for each class.
    truth : path
        The right labels, by id: one column beside the id, or one of the files'
        column's name. Rows that the files do not have are left out.

    Returns
    -------
    y : ndarray of str, shape (n_rows,)
    labels : ndarray of str, shape (n_rows, n_files)
    names : tuple of str

    Raises
    ------
    SubmissionError
        Where the files do not belong together.
    """
    files = read_submissions(paths)
    y = _right_labels(files, Path(truth))
    return (*_labels(files, y), files.names)


def _right_labels(files: SubmissionFiles, truth: Path) -> np.ndarray:
    table, mistakes, _ = read_table(truth, files.header[0])
    if table is None:
        raise SubmissionError(f"{truth}: {'; '.join(mistakes)}")
    column = table.columns[0] if table.shape[1] == 1 else files.header[1]
    if column not in table.columns:
        raise SubmissionError(
            f"{truth}: expected one column of labels, or one named {column!r}; found "
            f"{', '.join(table.columns)}"
        )
    ids = pd.DataFrame(index=pd.Index(files.ids))
    table, _ = with_ids_of(ids, table, truth.name)
    missing = files.ids[table.index.get_indexer(files.ids) < 0]
    if len(missing):
        raise SubmissionError(f"{truth}: missing ids: {named(missing, len(missing))}")
    return table.loc[files.ids, column].to_numpy(object)


def _labels(files: SubmissionFiles, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return y and the files' labels in the same spelling."""
    if len(files.header) > 2:
        classes = np.array(files.header[1:], dtype=object)
        unknown = sorted(set(y) - set(classes))
        if unknown:
            raise SubmissionError(
                f"labels without a column in the files: {named(unknown, len(unknown))}"
            )
        return y, classes[files.numbers().argmax(axis=2)]
    texts = files.texts[:, :, 0]
    numbers = pd.to_numeric(pd.Series(texts.ravel()), errors="coerce").to_numpy(float)
    answers = pd.to_numeric(pd.Series(y), errors="coerce").to_numpy(float)
    if np.isnan(numbers).any() or np.isnan(answers).any():
        return y, texts
    numbers = numbers.reshape(texts.shape)
    between = ((numbers > 0) & (numbers < 1)).any()
    if between and set(np.unique(answers)) <= {0.0, 1.0}:
        numbers = (numbers >= 0.5).astype(float)
    return answers, numbers
