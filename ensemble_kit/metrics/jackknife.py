"""How much a score would differ on other rows: the delete-a-group jackknife."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit
from scipy.stats import rankdata

from ensemble_kit.arrays import Array, Rows
from ensemble_kit.metrics.exact_auc import exact_auc
from ensemble_kit.metrics.registry import METRICS, Metric

N_PARTS = 20
FEWEST_UNITS = 20
MANY_ROWS = 200_000
LEAST_ALONE = 500  # rows of a part that is scored alone
MOST_LOGS = 20.0  # of an interval's end: beyond it nothing is known at all


@dataclass(frozen=True)
class Estimate:
    """A score and what it would be between in 95 of 100 draws of the rows.

    Parameters
    ----------
    value : float
    interval : (low, high), optional
        None where there are too few rows to tell.
    standard_error : float, optional
    """

    value: float
    interval: tuple[float, float] | None = None
    standard_error: float | None = None


def row_parts(units: Array) -> list[Rows]:
    """Return the rows that stay when each of some parts is left out.

    Parameters
    ----------
    units : ndarray of int of shape (n_rows,)
        What is never parted: a number per row, the same for rows of one group.

    Returns
    -------
    list of ndarray
        At most 20; empty where there are too few units to tell anything.
    """
    parts = part_of_rows(units)
    return [np.flatnonzero(parts != part) for part in range(n_parts_of(parts))]


def part_of_rows(units: Array) -> Array:
    """Return the part of each row, from 0; -1 where there are too few units.

    Parameters
    ----------
    units : ndarray of int of shape (n_rows,)
        See `row_parts`.
    """
    distinct, numbers = np.unique(units, return_inverse=True)
    if len(distinct) < FEWEST_UNITS:
        return np.full(len(units), -1)
    n_parts = min(N_PARTS, len(distinct) // 2)
    order = np.random.default_rng(0).permutation(len(distinct))
    part_of = np.empty(len(distinct), dtype=np.int64)
    part_of[order] = np.arange(len(distinct)) % n_parts
    return part_of[numbers]


def n_parts_of(parts: Array) -> int:
    """Return into how many parts rows are dealt."""
    return int(parts.max(initial=-1)) + 1


def scores_without_parts(
    score: Callable[[Rows], float], parts: Array, is_large: bool | None = None
) -> Array:
    """Return what a score is with each part of the rows left out.

    Parts of many rows are scored alone, a twentieth of the work, and what is left
    without one follows as for a mean: the variance of random groups is the jackknife's
    where the score of so many rows is as good as linear (Wolter 2007, chapter 4).

    Parameters
    ----------
    score : callable
        Of places among the rows.
    parts : ndarray of int of shape (n_rows,)
        From `part_of_rows`.
    is_large : bool, optional
        Whether parts are scored alone; of more than 200,000 rows by default.

    Returns
    -------
    ndarray of shape (n_parts,)
    """
    n_parts, n_rows = n_parts_of(parts), len(parts)
    is_large = n_rows > MANY_ROWS if is_large is None else is_large
    if not is_large or n_rows < n_parts * LEAST_ALONE:
        return np.array([score(np.flatnonzero(parts != k)) for k in range(n_parts)])
    whole = score(np.arange(n_rows))
    alone = np.array([score(np.flatnonzero(parts == k)) for k in range(n_parts)])
    sizes = np.bincount(parts, minlength=n_parts) if n_parts else np.zeros(0)
    return whole + sizes / (n_rows - sizes) * (whole - alone)


def auc_without_parts(scores: Array, positive: Array, parts: Array) -> Array:
    """Return the AUC with each part of the rows left out, from one sort of them all.

    Pairs with a row of the part are taken off all pairs, those within it once: the
    placements of DeLong, DeLong and Clarke-Pearson (1988), ties counted half.

    Parameters
    ----------
    scores : ndarray of shape (n_rows,)
    positive : ndarray of bool of shape (n_rows,)
    parts : ndarray of int of shape (n_rows,)
        From `part_of_rows`.

    Returns
    -------
    ndarray of shape (n_parts,)
        NaN where no pair is left.
    """
    n_parts = n_parts_of(parts)
    wins = _placements(scores, positive)
    total = wins[positive].sum()
    of_part = np.bincount(parts, weights=wins, minlength=n_parts)
    n_positive = np.bincount(parts[positive], minlength=n_parts)
    n_negative = np.bincount(parts[~positive], minlength=n_parts)
    within = np.empty(n_parts)
    for part in range(n_parts):
        rows = parts == part
        own = positive[rows]
        within[part] = _placements(scores[rows], own, _ranks_of_few)[own].sum()
    pairs = (positive.sum() - n_positive) * ((~positive).sum() - n_negative)
    left = total - of_part + within
    return np.divide(left, pairs, out=np.full(n_parts, np.nan), where=pairs > 0)


def _placements(
    scores: Array, positive: Array, rank: Callable[[Array], Array] = rankdata
) -> Array:
    """Return for each row in how many pairs with the other kind it is ordered right."""
    everyone, own = rank(scores), np.empty(len(scores))
    for kind in (positive, ~positive):
        own[kind] = rank(scores[kind])
    below = everyone - own
    return np.where(positive, below, positive.sum() - below)


def _ranks_of_few(values: Array) -> Array:
    """Return `rankdata` of numbers, which for few of them spends its time on asking."""
    in_order = np.sort(values)
    below = np.searchsorted(in_order, values)
    return (below + np.searchsorted(in_order, values, "right") + 1) / 2


def estimate(
    value: float, without: Array, bounds: Metric | None = None, widening: float = 1.0
) -> Estimate:
    """Return a number's interval from what it is with each part left out.

    Kott (2001): the deviations of parts that are left out, and Student's t. Of a score
    on the logarithm of its distance from the optimum, as that is skewed: on the plain
    scale the interval of an AUC of 0.97 on 100 rows holds in 82 of 100 draws, on this
    one in 95.

    Parameters
    ----------
    value : float
    without : ndarray of shape (n_parts,)
    bounds : Metric, optional
        What the number is a score of; the interval does not reach beyond its optimum.
    widening : float
        What the error is multiplied by, where parts are not all that is uncertain.
    """
    if not len(without) or not np.isfinite([value, *without]).all():
        return Estimate(value)
    error = widening * float(np.sqrt((len(without) - 1) * without.var()))
    reach = float(stdtrit(len(without) - 1, 0.975)) * error
    distance = 0.0 if bounds is None else value - bounds.optimum
    if not distance:
        return Estimate(value, (value - reach, value + reach), error)
    factor = float(np.exp(min(reach / abs(distance), MOST_LOGS)))
    low, high = sorted(value - distance + distance * f for f in (1 / factor, factor))
    return Estimate(value, (low, high), error)


def quick_scorer(metric: Metric) -> Callable[[Array, Array, Array | None], float]:
    """Return a metric, or a binary AUC from one sort: the same but for last digits."""
    if metric != METRICS["auc"]:
        return metric

    def score(y: Array, predictions: Array, weight: Array | None = None) -> float:
        is_plain = weight is None and predictions.shape[1] == 2
        if is_plain and 0 < y.sum() < len(y) and predictions.min() >= 0:
            return exact_auc(predictions[:, 1] + 0.0, y.astype(np.uint64))
        return metric(y, predictions, weight)

    return score
