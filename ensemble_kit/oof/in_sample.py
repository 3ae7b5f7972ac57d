"""Whether predictions that are said to be out of fold have seen their own rows.

A member that has not seen a row can explain what other members miss of its target only
by what it knows and they do not: then it differs from them by as much, on rows to be
predicted too. One that was fitted on the row has the row's noise as well, which lifts
its agreement with the target and leaves no trace in the test predictions.

In symbols: let r be what is left of the target once the own members' prediction q is
fitted to it by least squares, and d what is left of the foreign one, fitted alike,
beyond its regression on q. Of honest predictions in the right scale, the best linear
prediction of r by d has a slope of at most about 1, so that E[r d] <= E[d d]; the left
side is measured on the training rows, the right one on the test rows, where no target
can have been seen. The slope of least squares lets predictions be over- and undersure.

Who repeats the target, as a full tree or the nearest row does, is told by that alone:
nobody honest explains all that other members miss. What remembers little of each row,
as a linear model or the mean of many neighbours, is not told from what knows a little
more, and flatters a blend little. How often either is mistaken, `benchmarks/foreign.py`
measures.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
MIN_ROWS = 30
ALLOWED = 1.1  # how many times what its distance allows a member may explain
MIN_Z = 2.0
MAX_SHARE = 0.95  # of what own members miss, that an honest one may explain


@dataclass(frozen=True)
class Evidence:
    """What speaks for predictions that have seen their rows.

    Parameters
    ----------
    ratio : float
        How much of what own members miss is explained on the training rows, per what
        the distance from them on the test rows allows.
    z : float
        By how many standard errors that is more than `ALLOWED` times as much.
    share : float
        Of what own members miss on the training rows, the part that is explained.
    """

    ratio: float
    z: float
    share: float


def weigh_evidence(
    y: Array, own: tuple[Array, Array], foreign: tuple[Array, Array]
) -> Evidence:
    """Return the evidence that foreign predictions of training rows have seen them.

    Parameters
    ----------
    y : ndarray of shape (n_rows, n_outputs)
        The target: class indicators, or values.
    own, foreign : pair of ndarrays of shape (n_rows, n_outputs), (n_test, n_outputs)
        Out-of-fold and test predictions: of members known to be honest, and of the
        one in question.
    """
    explained, allowed = np.zeros(len(y)), np.zeros(len(own[1]))
    missed, left = 0.0, 0.0
    for output in range(y.shape[1]):
        truth = y[:, output]
        q, q_test = _fitted(truth, own[0][:, output], own[1][:, output])
        f, f_test = _fitted(truth, foreign[0][:, output], foreign[1][:, output])
        start, slope = _line(q_test, f_test)
        explained += (truth - q) * (f - start - slope * q)
        allowed += (f_test - start - slope * q_test) ** 2
        missed += float(((truth - q) ** 2).sum())
        left += float(((truth - f) ** 2).sum())
    most = ALLOWED * allowed
    tiny = float(np.finfo(np.float64).tiny)
    error = np.sqrt(explained.var() / len(explained) + most.var() / len(most)) + tiny
    ratio = explained.mean() / max(float(allowed.mean()), tiny)
    z = (explained.mean() - most.mean()) / error
    return Evidence(float(ratio), float(z), 1 - left / max(missed, tiny))


def is_in_sample(evidence: Evidence) -> bool:
    """Return whether predictions are to be refused by the evidence."""
    return evidence.z > MIN_Z or evidence.share > MAX_SHARE


def _fitted(y: Array, train: Array, test: Array) -> tuple[Array, Array]:
    """Return predictions moved to the line that fits the target best."""
    start, slope = _line(train, y)
    return start + slope * train, start + slope * test


def _line(x: Array, y: Array) -> tuple[float, float]:
    """Return the start and the slope of the least-squares line."""
    spread = float(((x - x.mean()) ** 2).mean())
    if spread <= np.finfo(np.float64).tiny:
        return float(y.mean()), 0.0
    slope = float(((x - x.mean()) * (y - y.mean())).mean()) / spread
    return float(y.mean()) - slope * float(x.mean()), slope
