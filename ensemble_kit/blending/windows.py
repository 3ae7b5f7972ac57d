"""Rows of windows in time: how much each window counts, and who holds its own there."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.oof.tensors import Rows

Array = NDArray[Any]
# Both chosen on made series of ten shapes; see docs/figures.md.
POWER = 6
FAR = 2.0


def weighted_by_window(rows: Rows, known: Array) -> Rows:
    """Return rows that count by how much the models that predicted them knew.

    A model of an early window has seen a part of what the one that predicts the test
    has, perhaps not two seasons: its errors say less about the test. Discounts of
    earlier errors go back to Bates and Granger (1969, "The combination of forecasts").

    Parameters
    ----------
    rows : Rows
    known : ndarray of shape (n_rows,)
        How many rows these models were fitted on. A row's weight is multiplied by its
        share of the largest, to the power of 6.
    """
    weight = rows.weight * (known / known.max()) ** POWER
    return replace(rows, weight=weight / weight.sum())


def contenders(rows: Rows, known: Array) -> NDArray[np.bool_]:
    """Return which members are not beaten by far in every window.

    By far is a squared error of more than twice that of the member that is best over
    all rows. One window tells nothing about the next: then all are kept.

    Parameters
    ----------
    rows : Rows
    known : ndarray of shape (n_rows,)
        The same number for all rows of a window.

    Returns
    -------
    ndarray of bool of shape (n_members,)
    """
    errors = _squared_errors(rows)
    best = int((rows.weight @ errors).argmin())
    names, codes = np.unique(known, return_inverse=True)
    if len(names) < 2:
        return np.ones(rows.n_members, dtype=bool)
    by_window = np.array(
        [rows.weight[codes == k] @ errors[codes == k] for k in range(len(names))]
    )
    is_far = (by_window > FAR * by_window[:, [best]]).all(axis=0)
    return np.asarray(~is_far)


def _squared_errors(rows: Rows) -> NDArray[np.float64]:
    """Return squared errors of shape (n_rows, n_members), summed over outputs."""
    target = np.eye(rows.n_outputs)[rows.y] if rows.classification else rows.y[:, None]
    gaps = rows.tensor - target[:, None].astype(np.float64)
    return np.asarray((gaps**2).sum(axis=2))
