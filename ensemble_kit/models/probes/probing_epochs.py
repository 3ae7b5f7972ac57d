"""Probes for networks and factorization machines; see `probing` for the contract.

One training passes through all shorter ones, so a single run with a look at the
valid rows after every epoch (or cycle) tells the number to use.
"""

import time
from functools import partial

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.models.probes.noting import note


def passes(
    name: str,
    most: int,
    patience: int,
    estimator: BaseEstimator,
    X_fit: MatrixLike,
    y_fit: Array,
    X_valid: MatrixLike,
    y_valid: Array,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, int]:
    """Return the number of epochs (or cycles) with the lowest valid loss.

    Parameters
    ----------
    name : str
        The parameter that is found.
    most : int
        The largest value looked at.
    patience : int
        How many passes without a better one are waited for.
    """
    model = clone(estimator).set_params(**{name: most})
    losses: list[float] = []

    def look(_number: int, loss: float) -> bool:
        losses.append(loss)
        note(name, len(losses), loss)
        late = deadline is not None and time.monotonic() > deadline
        return late or len(losses) - int(np.argmin(losses)) > patience

    valid = X_valid, y_valid, sample_weight_valid
    model.fit_watched(X_fit, y_fit, sample_weight_fit, valid, look)
    return {name: int(np.argmin(losses)) + 1 if losses else 1}


epochs_of_factorization = partial(passes, "epochs", 60, 3)
epochs_of_sparse_network = partial(passes, "epochs", 10, 1)
cycles_of_table_network = partial(passes, "n_cycles", 4, 1)
