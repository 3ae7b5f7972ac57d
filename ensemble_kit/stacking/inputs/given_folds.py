"""What a user passes as cv, groups, n_jobs and random_state, or one clear message."""

import warnings
from numbers import Integral
from typing import Any

import numpy as np
import pandas as pd
from joblib import effective_n_jobs
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_random_state

from ensemble_kit.exceptions import PipelineError, problems
from ensemble_kit.splitting.folds import Folds

LEAST_FOLDS = 2


def number_of_folds(cv: Any) -> int:
    """Return a number of folds that was asked for.

    Raises
    ------
    PipelineError
        When a fold would have no rows to learn from.
    """
    if isinstance(cv, bool) or cv < LEAST_FOLDS:
        raise PipelineError(
            f"cv: expected {LEAST_FOLDS} folds or more, found {cv!r}: with fewer no "
            "row is left to learn from; one holdout is cv=[(A, B)], rows to fit and "
            "rows to predict"
        )
    return int(cv)


def number_of_jobs(n_jobs: Any) -> int:
    """Return how many processes are asked for; 1 means this one.

    Raises
    ------
    PipelineError
        When it is no number of processes.
    """
    if n_jobs is None:
        return int(effective_n_jobs(1))
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, Integral) or n_jobs == 0:
        raise PipelineError(
            "n_jobs: expected a number of processes, -1 for one per core, or None; "
            f"found {n_jobs!r}"
        )
    return int(effective_n_jobs(n_jobs))


def draw_seed(random_state: Any) -> int:
    """Return an integer seed; an integer is its own."""
    if isinstance(random_state, int | np.integer):
        return int(random_state)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31 - 1))
    return int(check_random_state(random_state).randint(2**31 - 1))


def refuse_class_of_folds(cv: Any) -> None:
    """Raise for a splitter's class, of which an object is wanted.

    Raises
    ------
    PipelineError
    """
    if isinstance(cv, type):
        raise PipelineError(f"cv: {cv.__name__} is a class; hand over {cv.__name__}()")


def checked_folds(folds: Folds) -> Folds:
    """Return folds of row numbers, where they may have been marks of the rows.

    Raises
    ------
    PipelineError
        With the folds that are empty, or of rows that are not there.

    Warns
    -----
    UserWarning
        Where a fold predicts rows that it learns from.
    """
    pairs = tuple(
        (_numbers(train, folds.n_rows), _numbers(valid, folds.n_rows))
        for train, valid in folds
    )
    mistakes = [
        f"fold {at}: {mistake}"
        for at, pair in enumerate(pairs)
        if (mistake := _mistake(*pair, folds.n_rows))
    ]
    if not pairs:
        mistakes = ["expected at least one pair of rows to fit and rows to predict"]
    if mistakes:
        raise PipelineError(problems("cv", mistakes))
    _tell_overlaps(pairs)
    return Folds(pairs, folds.n_rows)


def _numbers(rows: NDArray[Any], n_rows: int) -> NDArray[np.intp]:
    """Return row numbers; marks, one per row, become those of the marked rows."""
    is_marks = rows.dtype == bool and len(rows) == n_rows
    return np.flatnonzero(rows) if is_marks else rows


def _mistake(train: NDArray[Any], valid: NDArray[Any], n_rows: int) -> str:
    """Return why no model can be fitted on a fold; empty where one can."""
    for name, rows in (("fit", train), ("predict", valid)):
        if len(rows) == 0:
            return f"no rows to {name}"
        if not np.issubdtype(rows.dtype, np.integer):
            return f"rows to {name} are {rows.dtype}, expected row numbers"
        if rows.min() < -n_rows or rows.max() >= n_rows:
            return f"row {rows.max()} to {name}; there are {n_rows}, from row 0 on"
    return ""


def _tell_overlaps(
    pairs: tuple[tuple[NDArray[np.intp], NDArray[np.intp]], ...],
) -> None:
    """Warn of rows that are predicted by what has learnt from them."""
    both = [len(np.intersect1d(train, valid)) for train, valid in pairs]
    if any(both):
        at = int(np.argmax(np.array(both) > 0))
        warnings.warn(
            f"cv: fold {at} predicts {both[at]} rows that it learns from: its scores "
            "and what the final model learns there are too good to be true",
            UserWarning,
            stacklevel=2,
        )


def checked_groups(groups: ArrayLike | None, n_rows: int) -> ArrayLike | None:
    """Return groups, one per row and none missing.

    Raises
    ------
    PipelineError
        With what is wrong with them.
    """
    if groups is None:
        return None
    if isinstance(groups, str):
        raise PipelineError(
            f"groups: expected a value per row, found the name {groups!r}; a column of "
            f"X is handed over as X[{groups!r}]"
        )
    cells = np.asarray(groups, dtype=object)
    if cells.shape != (n_rows,):
        raise PipelineError(
            f"groups: expected a value for each of {n_rows} rows, found the shape "
            f"{cells.shape}"
        )
    missing = np.flatnonzero(pd.isna(cells))
    if len(missing):
        raise PipelineError(
            f"groups: {len(missing)} of {n_rows} rows have none, row {missing[0]} "
            "first: give each of them a group of its own, or leave those rows out"
        )
    return groups
