"""Votes among K classes: the right class needs more votes than any one other.

A wrong voter picks each of the other K - 1 classes alike, independently of the
rest. Given how many are wrong, their votes are then multinomial whoever cast them.
"""

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from scipy import stats

from ensemble_kit.voting.voters import VoteError, Voters

# Pairs of counts rarer than this change no printed digit.
NEGLIGIBLE = 1e-18
# Distinct states a weighted count may pass through.
MAX_STATES = 200_000


def plurality_accuracy(voters: Voters) -> float:
    """Return the probability that the right class wins, a tie by its rule."""
    if not voters.equal_weights:
        return _weighted_accuracy(voters)
    odds = count_odds(voters)
    n_voters, accuracy = len(voters), 0.0
    for n_right in range(n_voters + 1):
        needed = np.flatnonzero(odds[n_right] > NEGLIGIBLE)
        if len(needed):
            share = right_shares(n_right, needed, voters.n_classes, voters.ties)
            accuracy += float(odds[n_right, needed] @ share)
    return min(accuracy, 1.0)


def count_odds(voters: Voters) -> np.ndarray:
    """Return P(n right and m wrong) as an array indexed by n and m."""
    size = len(voters) + 1
    if not voters.silent.any():
        odds = np.zeros((size, size))
        rows = np.arange(size)
        odds[rows, size - 1 - rows] = right_count_odds(voters.right)
        return odds
    odds = np.zeros((size, size))
    odds[0, 0] = 1.0
    for n, (p, q, s) in enumerate(
        zip(voters.right, voters.wrong, voters.silent, strict=True), 1
    ):
        before = odds[:n, :n].copy()
        odds[:n, :n] = s * before
        odds[1 : n + 1, :n] += p * before
        odds[:n, 1 : n + 1] += q * before
    return odds


def right_count_odds(accuracies: np.ndarray) -> np.ndarray:
    """Return P(exactly k are right) for k = 0..n (the Poisson binomial law)."""
    odds = np.ones(1)
    for p in accuracies:
        odds = np.append(odds * (1 - p), 0.0) + np.append(0.0, odds * p)
    return odds


def right_shares(
    n_right: int, n_wrong: np.ndarray, n_classes: int, ties: str
) -> np.ndarray:
    """Return what a count is worth to the right class, for each number of wrong.

    Parameters
    ----------
    n_right : int
        Votes for the right class.
    n_wrong : ndarray of int
        Votes for the others together; one answer each.
    n_classes : int
        Classes, the right one included.
    ties : {"random", "wrong", "right"}
        What a tie is worth.

    Returns
    -------
    ndarray of the shape of n_wrong
        Probability, over where the wrong votes fall, that the right class wins.
    """
    others = n_classes - 1
    n_wrong = np.asarray(n_wrong)
    if n_right == 0:
        silence = {"random": 1 / n_classes, "wrong": 0.0, "right": 1.0}[ties]
        return np.where(n_wrong == 0, silence, 0.0)
    # No other class can come level, by the union bound.
    safe = others * stats.binom.sf(n_right - 1, n_wrong, 1 / others) < NEGLIGIBLE
    shares = np.where(safe, 1.0, 0.0)
    open_cases = ~safe & (n_wrong <= others * n_right)
    if open_cases.any():
        shares[open_cases] = _open_shares(n_right, n_wrong[open_cases], others, ties)
    return np.clip(shares, 0.0, 1.0)


def _open_shares(
    n_right: int, n_wrong: np.ndarray, others: int, ties: str
) -> np.ndarray:
    """Return shares from truncated Poisson series, conditioned on their sum.

    Class counts of a multinomial are independent Poisson counts given their sum.
    With A the series up to n_right and B the series below it, P(all at most) is
    A ** others, P(all below) is B ** others, and a draw among the tied classes is
    worth the mean of A ** i * B ** (others - i) over i = 0..others: all terms are
    positive, so nothing cancels.
    """
    mean, length = float(n_wrong.mean()), int(n_wrong.max()) + 1
    level = stats.poisson.pmf(np.arange(min(n_right + 1, length)), mean / others)
    below = level[:n_right]
    at_most, mixed, least = np.ones(1), np.ones(1), np.ones(1)
    for _ in range(others):
        at_most = np.convolve(at_most, level)[:length]
        least = np.convolve(least, below)[:length]
        mixed = _padded_sum(at_most, np.convolve(mixed, below)[:length])
    series = {"random": mixed / (others + 1), "wrong": least, "right": at_most}[ties]
    series = _padded_sum(series, np.zeros(length))
    return series[n_wrong] / stats.poisson.pmf(n_wrong, mean)


def _padded_sum(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    total = np.zeros(max(len(first), len(second)))
    total[: len(first)] += first
    total[: len(second)] += second
    return total


def _weighted_accuracy(voters: Voters) -> float:
    """Follow the weight of the right class and the sorted weights of the others."""
    others = voters.n_classes - 1
    states = {(0, (0,) * min(others, len(voters))): 1.0}
    for p, q, s, weight in zip(
        voters.right, voters.wrong, voters.silent, voters.weights, strict=True
    ):
        after: dict[tuple[int, tuple[int, ...]], float] = defaultdict(float)
        for (right, rest), odds in states.items():
            after[right + int(weight), rest] += odds * p
            after[right, rest] += odds * s
            for place, share in _places(rest, others):
                moved = [*rest[:place], rest[place] + int(weight), *rest[place + 1 :]]
                after[right, tuple(sorted(moved))] += odds * q * share
        states = {state: odds for state, odds in after.items() if odds > 0}
        if len(states) > MAX_STATES:
            raise VoteError(
                f"{len(voters)} weighted voters of {voters.n_classes} classes cannot "
                "be counted exactly; use equal weights, or simulate_vote to estimate"
            )
    return sum(odds * _worth(state, voters) for state, odds in states.items())


def _places(rest: tuple[int, ...], others: int) -> Iterator[tuple[int, float]]:
    """Yield one place for each distinct total and the chance that a vote goes there.

    Only as many classes as there are voters are listed; the rest stay at 0.
    """
    hidden = others - len(rest)
    for total in set(rest):
        count = rest.count(total) + (hidden if total == 0 else 0)
        yield rest.index(total), count / others


def _worth(state: tuple[int, tuple[int, ...]], voters: Voters) -> float:
    right, rest = state
    if right != max(rest):
        return float(right > max(rest))
    tied = rest.count(right) if right else voters.n_classes - 1
    return {"random": 1 / (tied + 1), "wrong": 0.0, "right": 1.0}[voters.ties]
