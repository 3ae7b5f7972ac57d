"""Votes of equally good voters who share their luck (beta-binomial)."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import linalg, special, stats

from ensemble_kit.exceptions import problems
from ensemble_kit.voting.margins import RATIONAL_VOTERS
from ensemble_kit.voting.plurality import right_shares
from ensemble_kit.voting.voters import VoteError, Voters, check_voters
from ensemble_kit.voting.voting import TIE_WORTH, accuracy_of

# Correlations below this are independence to the last printed digit.
NO_CORRELATION = 1e-12


def exchangeable_accuracy(
    accuracy: float,
    n_voters: int,
    correlation: float,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
) -> float:
    """Return the accuracy of a vote of alike voters with a common correlation.

    Each case has its own difficulty: the chance of being right is drawn from a beta
    distribution with the given mean, the same for all voters, who then vote
    independently. Two voters' being right has the given correlation, and the number
    who are right is beta-binomial.

    Parameters
    ----------
    accuracy : float
        Of every voter, in [0, 1].
    n_voters : int
    correlation : float in [0, 1]
        Between any two voters' being right; 0 is independence, 1 is one voter.
    weights, n_classes, ties
        As in `vote_accuracy`.

    Raises
    ------
    VoteError
        For impossible numbers; a negative correlation is one, as no number of
        voters beyond a few can all disagree (see `vote_bounds`).

    Examples
    --------
    >>> round(exchangeable_accuracy(0.7, 3, 0.0), 3)
    0.784
    >>> round(exchangeable_accuracy(0.7, 3, 0.3), 4)
    0.7317
    """
    mistakes = _mistakes(n_voters, correlation)
    if mistakes:
        raise VoteError(problems("the vote", mistakes))
    voters = check_voters(np.full(n_voters, accuracy), weights, n_classes, ties)
    independent = correlation < NO_CORRELATION or accuracy in (0.0, 1.0)
    few = len(voters) <= RATIONAL_VOTERS
    if independent and (few or not voters.equal_weights):
        return accuracy_of(voters)
    if correlation > 1 - NO_CORRELATION:
        return _of_one_mind(accuracy, voters)
    if not voters.equal_weights:
        return _mixed_accuracy(accuracy, correlation, voters)
    odds = beta_binomial_odds(accuracy, len(voters), correlation)
    return float(odds @ count_worth(len(voters), n_classes, ties))


def _mistakes(n_voters: int, correlation: float) -> list[str]:
    mistakes = []
    if n_voters != int(n_voters) or n_voters < 1:
        mistakes.append(f"n_voters: expected 1 or more, found {n_voters}")
    if not 0 <= correlation <= 1:
        mistakes.append(f"correlation: expected 0 to 1, found {correlation:g}")
    return mistakes


def beta_binomial_odds(
    accuracy: float, n_voters: int, correlation: float
) -> np.ndarray:
    """Return P(exactly k are right) for k = 0..n."""
    if correlation < NO_CORRELATION or accuracy in (0.0, 1.0):
        return stats.binom.pmf(np.arange(n_voters + 1), n_voters, accuracy)
    spread = (1 - correlation) / correlation
    k = np.arange(n_voters)
    # Neighbouring counts in ratio: gamma functions of large numbers would cancel.
    more_right = (n_voters - k) * (k + accuracy * spread)
    more_wrong = (k + 1) * (n_voters - 1 - k + (1 - accuracy) * spread)
    logs = np.append(0.0, np.cumsum(np.log(more_right) - np.log(more_wrong)))
    odds = np.exp(logs - logs.max())
    return odds / odds.sum()


def count_worth(n_voters: int, n_classes: int, ties: str) -> np.ndarray:
    """Return what k right votes of n are worth, for k = 0..n."""
    right = np.arange(n_voters + 1)
    if n_classes == 2:
        return np.where(2 * right == n_voters, TIE_WORTH[ties], 2 * right > n_voters)
    wrong = n_voters - right[:, None]
    shares = [right_shares(int(k), wrong[k], n_classes, ties)[0] for k in right]
    return np.array(shares)


def _of_one_mind(accuracy: float, voters: Voters) -> float:
    """Return the accuracy where all are right together or wrong together.

    The wrong of more than two classes still choose among the wrong ones apart.
    """
    worth = [accuracy_of(voters_like(voters, value)) for value in (0.0, 1.0)]
    return (1 - accuracy) * worth[0] + accuracy * worth[1]


def voters_like(voters: Voters, accuracies: ArrayLike) -> Voters:
    """Return the same voters with other accuracies."""
    accuracies = np.broadcast_to(accuracies, len(voters))
    return check_voters(accuracies, voters.weights, voters.n_classes, voters.ties)


def _mixed_accuracy(accuracy: float, correlation: float, voters: Voters) -> float:
    """Average over the common chance by Gauss-Jacobi quadrature.

    Given the chance, the accuracy is a polynomial of degree n in it, so that
    n // 2 + 1 nodes give the mean over the beta distribution without error.
    """
    chances, shares = beta_quadrature(accuracy, correlation, len(voters) // 2 + 1)
    values = [accuracy_of(voters_like(voters, chance)) for chance in chances]
    return float(np.dot(values, shares))


def beta_quadrature(
    mean: float, correlation: float, n_nodes: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return nodes in [0, 1] and weights of a beta law (Golub and Welsch, 1969).

    Its shape parameters are mean * s and (1 - mean) * s with s = 1 / correlation - 1.
    """
    a = mean * (1 - correlation) / correlation
    b = (1 - mean) * (1 - correlation) / correlation
    k = np.arange(1, n_nodes)
    s = a + b + 2 * k
    # Jacobi's recurrence, moved from [-1, 1] to [0, 1]; the first terms are written
    # out, as the general ones divide zero by zero at a + b = 2 and a + b = 1.
    middle = np.append(mean, (1 + (a - b) * (a + b - 2) / (s * (s - 2))) / 2)
    off = k * (k + a - 1) * (k + b - 1) * (k + a + b - 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        off = off / ((s - 1) * (s - 2) ** 2 * (s - 3))
    if n_nodes > 1:
        off[0] = a * b / ((a + b) ** 2 * (a + b + 1))
    nodes, vectors = linalg.eigh_tridiagonal(middle, np.sqrt(off))
    return np.clip(nodes, 0.0, 1.0), vectors[0] ** 2


def accuracy_limit(accuracy: float, correlation: float, n_classes: int = 2) -> float:
    """Return what the vote of ever more alike voters comes to.

    With infinitely many voters the share who are right is the common chance itself,
    and the vote is right where that exceeds the share of every wrong class, 1 / K.
    Without correlation this is Condorcet's theorem: 1 above chance, 0 below.

    Examples
    --------
    >>> accuracy_limit(0.7, 0.0)
    1.0
    >>> round(accuracy_limit(0.7, 0.2), 4)
    0.818
    """
    chance = 1 / n_classes
    if correlation < NO_CORRELATION or accuracy in (0.0, 1.0):
        return float(np.heaviside(accuracy - chance, chance))
    if correlation > 1 - NO_CORRELATION:
        return accuracy
    spread = (1 - correlation) / correlation
    below = special.betainc(accuracy * spread, (1 - accuracy) * spread, chance)
    return float(1 - below)
