"""The best and the worst a vote can do, over all ways its voters may depend.

Accuracies alone do not tell how accurate a vote is: that depends on who is right
together. Both extremes are linear programmes over joint distributions.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike
from scipy import optimize, sparse

from ensemble_kit.voting.joint_votes import JointVotes, spread_out
from ensemble_kit.voting.voters import VoteError, Voters, check_voters

# Every subset of the voters is one unknown where nothing smaller is known to do.
MAX_LISTED_VOTERS = 16


@dataclass(frozen=True)
class VoteBounds:
    """The sharp limits of a vote's accuracy and distributions that reach them.

    Attributes
    ----------
    lower, upper : float
    worst, best : JointVotes
        Who is right together, and how often, where the limits are reached.
    """

    lower: float
    upper: float
    worst: JointVotes
    best: JointVotes


def vote_bounds(
    accuracies: ArrayLike,
    correlations: ArrayLike | None = None,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
) -> VoteBounds:
    """Return the least and the greatest accuracy of a vote of these voters.

    Parameters
    ----------
    accuracies : array-like of shape (n_voters,)
    correlations : float or array-like of shape (n_voters, n_voters), optional
        Correlation of each pair's being right, one number for all pairs alike;
        any correlation is allowed when left out.
    weights, n_classes, ties
        As in `vote_accuracy`. With more than two classes the wrong votes also fall
        where they harm, or help, most.

    Returns
    -------
    VoteBounds

    Raises
    ------
    VoteError
        Where no joint distribution has these accuracies and correlations, and for
        more than 16 voters with unequal weights, or with correlations and unequal
        accuracies.

    Examples
    --------
    >>> bounds = vote_bounds([0.7, 0.7, 0.7])
    >>> round(bounds.lower, 3), round(bounds.upper, 3)
    (0.55, 1.0)
    """
    voters = check_voters(accuracies, weights, n_classes, ties)
    pairs = None
    if correlations is not None:
        pairs = _pairs(correlations, np.size(accuracies), weights)
    alike = np.ptp(voters.right) == 0
    constant = pairs is None or np.ptp(_off_diagonal(pairs)) == 0
    if not voters.equal_weights or not (pairs is None or (alike and constant)):
        return _listed_bounds(voters, pairs)
    if pairs is None:
        return _free_bounds(voters)
    return _exchangeable_bounds(voters, float(_off_diagonal(pairs)[0]))


def _pairs(
    correlations: ArrayLike, n_voters: int, weights: ArrayLike | None
) -> np.ndarray | None:
    """Return the matrix of the voters that count, None for a single voter."""
    matrix = np.asarray(correlations, dtype=float)
    if matrix.ndim == 0:
        matrix = np.full((n_voters, n_voters), float(matrix))
        np.fill_diagonal(matrix, 1.0)
    if matrix.shape != (n_voters, n_voters) or not np.allclose(matrix, matrix.T):
        raise VoteError(
            f"correlations: expected one number or a symmetric matrix of {n_voters} "
            f"rows, found shape {matrix.shape}"
        )
    if weights is not None:
        counted = np.flatnonzero(np.asarray(weights) > 0)
        matrix = matrix[np.ix_(counted, counted)]
    return matrix if len(matrix) > 1 else None


def _off_diagonal(matrix: np.ndarray) -> np.ndarray:
    return matrix[np.triu_indices(len(matrix), 1)]


def count_limits(n_voters: int, n_classes: int, ties: str) -> tuple[np.ndarray, ...]:
    """Return the least and the greatest worth of k right votes, for k = 0..n.

    Wrong votes harm most when they agree and least when they are spread evenly.
    """
    right = np.arange(n_voters + 1)
    wrong, others = n_voters - right, n_classes - 1
    tie = {"random": 0.5, "wrong": 0.0, "right": 1.0}[ties]
    least = np.where(right > wrong, 1.0, np.where(right == wrong, tie, 0.0))
    # Below `right` votes each, the others can hold this many without a tie.
    tied = np.maximum(wrong - others * (right - 1), 0)
    shared = {"random": 1 / (tied + 1), "wrong": tied == 0, "right": 1.0}[ties]
    most = np.where((right > 0) & (tied <= others), shared, 0.0)
    return least, most


def _free_bounds(voters: Voters) -> VoteBounds:
    """Bound by the accuracies alone: a programme of one row per voter.

    What matters is in which range of counts a case falls. Within a range the means
    that its subsets can have are all points of the cube with a sum in that range
    (an integral polytope), so a share and a mean per range describe everything.
    """
    least, most = count_limits(len(voters), voters.n_classes, voters.ties)
    lower, worst = _free_bound(voters, least, 1)
    upper, best = _free_bound(voters, most, -1)
    return VoteBounds(lower, upper, worst, best)


def _free_bound(
    voters: Voters, worth: np.ndarray, sign: int
) -> tuple[float, JointVotes]:
    n = len(voters)
    edges = [0, *(np.flatnonzero(np.diff(worth)) + 1), n + 1]
    ranges = list(pairwise(edges))
    values = np.array([worth[first] for first, _ in ranges])
    # Unknowns: for each range its share, then each voter's share of being right.
    blocks = [_range_rows(n, first, end - 1) for first, end in ranges]
    total = sparse.hstack([_total_rows(n) for _ in ranges])
    solution = _solve(
        sign * np.concatenate([np.append(value, np.zeros(n)) for value in values]),
        sparse.block_diag(blocks),
        total,
        np.append(1.0, voters.right),
    ).reshape(len(ranges), n + 1)
    cases, odds = [], []
    for share, *means in solution:
        if share > 1e-12:
            subsets, shares = spread_out(np.array(means) / share)
            cases.append(subsets)
            odds.append(share * shares)
    joint = JointVotes(np.vstack(cases), np.concatenate(odds))
    return float(solution[:, 0] @ values), joint


def _range_rows(n: int, fewest: int, most: int) -> sparse.csr_array:
    """Rows that must be at most 0: mean <= share, fewest <= sum of means <= most."""
    each = sparse.hstack([-np.ones((n, 1)), sparse.eye_array(n)])
    sums = np.vstack([np.append(fewest, -np.ones(n)), np.append(-most, np.ones(n))])
    return sparse.csr_array(sparse.vstack([each, sums]))


def _total_rows(n: int) -> sparse.csr_array:
    """Rows whose sum over the ranges is 1 and the accuracies."""
    return sparse.csr_array(sparse.eye_array(n + 1))


def _exchangeable_bounds(voters: Voters, correlation: float) -> VoteBounds:
    """Bound alike voters with one correlation: unknown is only P(k are right).

    Averaging over all orders of the voters changes neither the accuracies, the
    common correlation nor the vote, so nothing else is lost.
    """
    n, p = len(voters), voters.right[0]
    share = np.arange(n + 1) / n
    both = p * p + correlation * p * (1 - p)
    pairs = share * (n * share - 1) / (n - 1)
    rows, sides = np.vstack([np.ones(n + 1), share, pairs]), np.array([1.0, p, both])
    results = []
    limits = count_limits(n, voters.n_classes, voters.ties)
    for worth, sign in zip(limits, (1, -1), strict=True):
        odds = _solve(sign * worth, None, rows, sides)
        results.append((float(odds @ worth), JointVotes.of_counts(odds)))
    (lower, worst), (upper, best) = results
    return VoteBounds(lower, upper, worst, best)


def _listed_bounds(voters: Voters, correlations: np.ndarray | None) -> VoteBounds:
    """Bound over the probabilities of all 2 ** n subsets of right voters."""
    n = len(voters)
    if n > MAX_LISTED_VOTERS:
        raise VoteError(
            f"bounds: {n} unequal voters need 2 ** {n} unknowns; at most "
            f"{MAX_LISTED_VOTERS} can be listed (any number with equal weights and "
            "no correlations given)"
        )
    subsets = (np.arange(1 << n)[:, None] >> np.arange(n)) & 1
    rows, sides = [np.ones(len(subsets)), *subsets.T], [1.0, *voters.right]
    if correlations is not None:
        for i, j in zip(*np.triu_indices(n, 1), strict=True):
            p, q = voters.right[[i, j]]
            spread = np.sqrt(p * (1 - p) * q * (1 - q))
            rows.append(subsets[:, i] * subsets[:, j])
            sides.append(p * q + correlations[i, j] * spread)
    results = []
    for worth, sign in zip(_listed_limits(subsets, voters), (1, -1), strict=True):
        odds = _solve(sign * worth, None, np.vstack(rows), np.array(sides))
        held = odds > 1e-12
        joint = JointVotes(subsets[held].astype(bool), odds[held])
        results.append((float(odds @ worth), joint))
    (lower, worst), (upper, best) = results
    return VoteBounds(lower, upper, worst, best)


def _listed_limits(subsets: np.ndarray, voters: Voters) -> Sequence[np.ndarray]:
    if voters.equal_weights:
        counts = subsets.sum(axis=1)
        limits = count_limits(len(voters), voters.n_classes, voters.ties)
        return [worth[counts] for worth in limits]
    if voters.n_classes > 2:
        raise VoteError("bounds: weights with more than two classes are not supported")
    lead = 2 * subsets @ voters.weights - voters.weights.sum()
    tie = {"random": 0.5, "wrong": 0.0, "right": 1.0}[voters.ties]
    worth = np.where(lead > 0, 1.0, np.where(lead == 0, tie, 0.0))
    return worth, worth


def _solve(
    costs: np.ndarray,
    at_most_zero: sparse.sparray | None,
    rows: np.ndarray | sparse.sparray,
    sides: np.ndarray,
) -> np.ndarray:
    """Return the cheapest point of the programme, or say that there is none."""
    limits = None if at_most_zero is None else np.zeros(at_most_zero.shape[0])
    solution = optimize.linprog(
        costs, at_most_zero, limits, rows, sides, method="highs"
    )
    if solution.status == 2:
        raise VoteError(
            "correlations: no joint distribution has these accuracies and correlations"
        )
    if solution.status != 0:
        raise VoteError(
            f"bounds: the linear programme was not solved: {solution.message}"
        )
    return np.clip(solution.x, 0.0, None)
