"""The accuracy of a majority vote of independent voters, exactly."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ensemble_kit.voting.margins import margin_odds
from ensemble_kit.voting.plurality import plurality_accuracy, right_count_odds
from ensemble_kit.voting.voters import Voters, check_voters

TIE_WORTH = {"random": 0.5, "wrong": 0.0, "right": 1.0}


@dataclass(frozen=True)
class Estimate:
    """A number and how far to trust it.

    Attributes
    ----------
    value : float
    standard_error : float
        0 where the value is computed and not sampled.
    """

    value: float
    standard_error: float = 0.0

    @property
    def exact(self) -> bool:
        return self.standard_error == 0.0


def vote_accuracy(
    accuracies: ArrayLike,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
    abstentions: ArrayLike | None = None,
) -> float:
    """Return the accuracy of a vote of independent voters.

    Parameters
    ----------
    accuracies : array-like of shape (n_voters,)
        Probability that each voter is right; one number is one voter.
    weights : array-like of shape (n_voters,), optional
        How much each vote counts; equal when left out.
    n_classes : int, default=2
        With more than two classes a wrong voter picks each wrong class alike, and
        the right class needs more votes than any other (not half of all).
    ties : {"random", "wrong", "right"}, default="random"
        ``"random"`` draws among the tied classes, which is also what a fixed order
        of classes is worth when every class is as often the right one.
    abstentions : array-like of shape (n_voters,) or float, optional
        Probability that each voter says nothing. If all do, all classes tie.

    Returns
    -------
    float
        Up to 60 voters of two classes: the float nearest to the true value.
        Beyond: all terms are positive sums of floats, relative error near 1e-13.

    Raises
    ------
    VoteError
        For impossible numbers, or where the weights are too many and too fine for
        an exact count (see `simulate_vote`).

    Examples
    --------
    >>> vote_accuracy([0.7, 0.7, 0.7])
    0.784
    >>> vote_accuracy([0.9, 0.6, 0.6], weights=[3, 1, 1])
    0.9
    """
    return accuracy_of(check_voters(accuracies, weights, n_classes, ties, abstentions))


def accuracy_of(voters: Voters) -> float:
    """Return the accuracy of a vote of checked, independent voters."""
    if voters.n_classes > 2:
        return plurality_accuracy(voters)
    lead, tie = margin_odds(voters)
    return lead + TIE_WORTH[voters.ties] * tie


def vote_cases(accuracies: ArrayLike) -> pd.DataFrame:
    """Return how often exactly k of the voters are right.

    Parameters
    ----------
    accuracies : array-like of shape (n_voters,)

    Returns
    -------
    DataFrame
        One row per k from all to none: ``n_right``, ``probability`` and whether
        more than half are right (``majority``).

    Examples
    --------
    >>> vote_cases([0.7, 0.7, 0.7]).round(3)
       n_right  probability  majority
    0        3        0.343      True
    1        2        0.441      True
    2        1        0.189     False
    3        0        0.027     False
    """
    voters = check_voters(accuracies)
    counts = np.arange(len(voters) + 1)
    odds = right_count_odds(voters.right)
    table = {
        "n_right": counts,
        "probability": odds,
        "majority": 2 * counts > counts[-1],
    }
    return pd.DataFrame(table).iloc[::-1].reset_index(drop=True)


def best_weights(accuracies: ArrayLike, n_classes: int = 2) -> np.ndarray:
    """Return the weights that make a vote of independent voters most accurate.

    The logarithm of the odds, ``log(p * (K - 1) / (1 - p))``: no rule of any kind
    that sees only the votes does better (Nitzan and Paroush, 1982). A voter worse
    than chance would need a negative weight and gets 0.

    Examples
    --------
    >>> best_weights([0.9, 0.6, 0.5]).round(3)
    array([2.197, 0.405, 0.   ])
    """
    right = check_voters(accuracies, n_classes=n_classes).right
    right = np.clip(right, 1e-12, 1 - 1e-12)
    return np.maximum(np.log(right * (n_classes - 1) / (1 - right)), 0.0)


def simulate_vote(
    accuracies: ArrayLike,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
    abstentions: ArrayLike | None = None,
    draws: int = 100_000,
    random_state: int = 0,
) -> Estimate:
    """Return the accuracy of a vote from random draws, with its standard error.

    For votes that `vote_accuracy` refuses to count, and to check those it counts.
    The parameters are those of `vote_accuracy`.
    """
    voters = check_voters(accuracies, weights, n_classes, ties, abstentions)
    rng = np.random.default_rng(random_state)
    chance = rng.random((draws, len(voters)))
    right = chance < voters.right
    silent = chance >= 1 - voters.silent
    return mean_estimate(cast_votes(right, silent, voters, rng))


def mean_estimate(values: np.ndarray) -> Estimate:
    """Return the mean of independent draws and its standard error."""
    error = values.std(ddof=1) / np.sqrt(len(values))
    # Draws that all agree still leave room for the one that was not drawn.
    return Estimate(float(values.mean()), float(max(error, 1 / len(values))))


def cast_votes(
    right: np.ndarray, silent: np.ndarray, voters: Voters, rng: np.random.Generator
) -> np.ndarray:
    """Return what each drawn vote is worth: 1 won, 0 lost, between for ties.

    Parameters
    ----------
    right, silent : ndarray of bool, shape (n_draws, n_voters)
        Who is right and who says nothing; the rest pick a wrong class at random.
    voters : Voters
        Weights, number of classes and the rule for ties.
    rng : Generator
    """
    choice = rng.integers(1, voters.n_classes, right.shape)
    choice[right] = 0
    totals = np.zeros((len(right), voters.n_classes), dtype=np.int64)
    for column, weight in enumerate(voters.weights):
        spoken = np.flatnonzero(~silent[:, column])
        totals[spoken, choice[spoken, column]] += weight
    tied = (totals == totals.max(axis=1, keepdims=True)).sum(axis=1)
    leads = totals[:, 0] == totals.max(axis=1)
    shared = {"random": 1 / tied, "wrong": 0.0, "right": 1.0}[voters.ties]
    return np.where(leads, np.where(tied > 1, shared, 1.0), 0.0)
