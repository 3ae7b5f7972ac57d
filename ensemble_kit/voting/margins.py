"""The distribution of a two-class vote's margin: weight right minus weight wrong."""

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.voting.voters import VoteError, Voters

# Up to here probabilities are counted in whole units, so that the result is the
# float nearest to the true value; beyond it in floats (relative error near 1e-13).
RATIONAL_VOTERS = 60
# Cells a table of margins may fill, and sums one half of the voters may have.
TABLE_CELLS = 300_000_000
HALF_SUMS = 1 << 20


def margin_odds(voters: Voters) -> tuple[float, float]:
    """Return the probabilities that the right class leads, and that it ties.

    Whole-number weights are summed in a table as long as their total; where that
    is too long, the voters are split in two halves whose sums are listed, sorted
    and matched (meet in the middle).

    Raises
    ------
    VoteError
        Where neither way is small enough to be exact.
    """
    total = int(voters.weights.sum())
    if len(voters) <= RATIONAL_VOTERS and total <= 100 * RATIONAL_VOTERS:
        return _rational_odds(voters)
    if len(voters) * total <= TABLE_CELLS:
        choices = [voters.right, voters.wrong, voters.silent]
        table = _table(choices, voters.weights, np.ones(1))
        return float(table[total + 1 :].sum()), float(table[total])
    return _halved_odds(voters)


def _rational_odds(voters: Voters) -> tuple[float, float]:
    """Count in whole units: decimals as they print have a common denominator."""
    right = [Fraction(repr(float(p))) for p in voters.right]
    silent = [Fraction(repr(float(p))) for p in voters.silent]
    wrong = [max(1 - p - s, Fraction(0)) for p, s in zip(right, silent, strict=True)]
    unit = math.lcm(*(p.denominator for p in [*right, *silent]))
    choices = [[int(p * unit) for p in parts] for parts in (right, wrong, silent)]
    table = _table(choices, voters.weights, np.ones(1, dtype=object))
    middle = int(voters.weights.sum())
    lead, tie, all_units = sum(table[middle + 1 :]), table[middle], sum(table)
    return float(Fraction(lead, all_units)), float(Fraction(tie, all_units))


def _table(
    choices: Sequence[np.ndarray | list[int]], weights: np.ndarray, table: np.ndarray
) -> np.ndarray:
    """Return the probability of every margin from -total to total."""
    right, wrong, silent = choices
    for row in np.argsort(weights, kind="stable"):
        weight, length = int(weights[row]), len(table)
        longer = np.zeros(length + 2 * weight, dtype=table.dtype)
        longer[2 * weight :] += right[row] * table
        longer[:length] += wrong[row] * table
        if silent[row]:
            longer[weight : weight + length] += silent[row] * table
        table = longer
    return table


def _halved_odds(voters: Voters) -> tuple[float, float]:
    """Match every sum of one half of the voters with the sums of the other."""
    order = np.argsort(voters.weights, kind="stable")
    sums, odds = _sums(voters, order[::2])
    other_sums, other_odds = _sums(voters, order[1::2])
    below = np.concatenate([[0.0], np.cumsum(other_odds)])
    first = np.searchsorted(other_sums, -sums, side="left")
    last = np.searchsorted(other_sums, -sums, side="right")
    lead = odds @ (below[-1] - below[last])
    return float(lead), float(odds @ (below[last] - below[first]))


def _sums(voters: Voters, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the distinct margins of some voters, sorted, and their probabilities."""
    sums: NDArray[Any] = np.zeros(1, dtype=np.int64)
    odds: NDArray[Any] = np.ones(1)
    for row in rows:
        weight = voters.weights[row]
        choices = [(weight, voters.right[row]), (-weight, voters.wrong[row])]
        choices += [(0, voters.silent[row])]
        held = [(shift, p) for shift, p in choices if p > 0]
        moved = np.concatenate([sums + shift for shift, _ in held])
        sums, where = np.unique(moved, return_inverse=True)
        odds = np.bincount(where, np.concatenate([odds * p for _, p in held]))
        if len(sums) > HALF_SUMS:
            raise VoteError(_too_many(voters))
    return sums, odds


def _too_many(voters: Voters) -> str:
    return (
        f"{len(voters)} voters with weights this fine cannot be counted exactly; "
        "round the weights to a few digits, or use simulate_vote for an estimate"
    )
