"""Who votes: accuracies, abstentions and whole-number weights, checked together."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import ArrayLike

from ensemble_kit.exceptions import EnsembleKitError, did_you_mean, problems

# What a tie between the right class and r others is worth to the right class.
TIE_RULES = ("random", "wrong", "right")


class VoteError(EnsembleKitError, ValueError):
    """A vote that cannot take place, or that cannot be counted exactly."""


@dataclass(frozen=True)
class Voters:
    """Voters who are right, wrong or silent with known probabilities.

    Attributes
    ----------
    right, wrong, silent : ndarray of shape (n_voters,)
        The probabilities of each voter's three choices; they add up to 1.
    weights : ndarray of int64, shape (n_voters,)
        Whole numbers in the proportion of the weights given.
    n_classes : int
        A wrong voter picks each of the other ``n_classes - 1`` classes alike.
    ties : {"random", "wrong", "right"}
    """

    right: np.ndarray
    silent: np.ndarray
    weights: np.ndarray
    n_classes: int = 2
    ties: str = "random"

    def __len__(self) -> int:
        return len(self.right)

    @property
    def wrong(self) -> np.ndarray:
        return np.clip(1 - self.right - self.silent, 0, 1)

    @property
    def equal_weights(self) -> bool:
        return bool((self.weights == self.weights[0]).all())


def check_voters(
    accuracies: ArrayLike,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
    abstentions: ArrayLike | None = None,
) -> Voters:
    """Return the voters, or raise one error that lists all that is wrong.

    Parameters
    ----------
    accuracies : array-like of shape (n_voters,)
        Probability that each voter names the right class.
    weights : array-like of shape (n_voters,), optional
        How much each vote counts; equal when left out. Ratios of small whole
        numbers are taken exactly, others to 12 digits of the largest.
    n_classes : int, default=2
        Number of classes to vote for.
    ties : {"random", "wrong", "right"}, default="random"
        ``"random"`` draws among the tied classes, ``"wrong"`` counts a tie as a
        mistake, ``"right"`` as a success.
    abstentions : array-like of shape (n_voters,) or float, optional
        Probability that each voter says nothing; nobody abstains when left out.

    Raises
    ------
    VoteError
        With every mistake found.
    """
    right = np.atleast_1d(np.asarray(accuracies, dtype=float))
    silent = _per_voter(abstentions, len(right), 0.0)
    importance = _per_voter(weights, len(right), 1.0)
    mistakes = [
        *_probability_mistakes(right, silent),
        *_weight_mistakes(importance, len(right)),
        *_rule_mistakes(n_classes, ties),
    ]
    if mistakes:
        raise VoteError(problems("the vote", mistakes))
    counted = importance > 0
    whole = whole_weights(importance[counted])
    return Voters(right[counted], silent[counted], whole, int(n_classes), ties)


def _per_voter(values: ArrayLike | None, n_voters: int, default: float) -> np.ndarray:
    """Return one number per voter; a single number stands for all."""
    if values is None:
        return np.full(n_voters, default)
    values = np.asarray(values, dtype=float)
    return np.full(n_voters, float(values)) if values.ndim == 0 else values


def _probability_mistakes(right: np.ndarray, silent: np.ndarray) -> list[str]:
    if right.ndim != 1 or len(right) == 0:
        return [f"accuracies: expected a list of numbers, found shape {right.shape}"]
    mistakes = []
    for row, value in enumerate(right):
        if not 0 <= value <= 1:
            mistakes.append(f"voter {row + 1}: accuracy {value:g} is not in [0, 1]")
    if silent.shape != right.shape:
        return [*mistakes, _length("abstentions", silent, len(right))]
    for row, value in enumerate(silent):
        if 0 <= right[row] <= 1 and not 0 <= value <= 1 - right[row] + 1e-12:
            mistakes.append(
                f"voter {row + 1}: abstention {value:g} is not in "
                f"[0, {1 - right[row]:g}], what the accuracy leaves"
            )
    return mistakes


def _weight_mistakes(weights: np.ndarray, n_voters: int) -> list[str]:
    if weights.shape != (n_voters,):
        return [_length("weights", weights, n_voters)]
    mistakes = [
        f"voter {row + 1}: weight {value:g} is not a number of at least 0"
        for row, value in enumerate(weights)
        if not 0 <= value < math.inf
    ]
    if not mistakes and n_voters and not weights.any():
        mistakes.append("weights: all are 0, so nobody votes")
    return mistakes


def _rule_mistakes(n_classes: int, ties: str) -> list[str]:
    mistakes = []
    if n_classes != int(n_classes) or n_classes < 2:
        mistakes.append(f"n_classes: expected 2 or more, found {n_classes}")
    if ties not in TIE_RULES:
        hint = did_you_mean(ties, TIE_RULES)
        rules = ", ".join(TIE_RULES)
        mistakes.append(f"ties: no rule {ties!r}{hint} (rules: {rules})")
    return mistakes


def _length(name: str, values: np.ndarray, n_voters: int) -> str:
    return f"{name}: expected {n_voters} numbers, one per voter, found {values.size}"


def whole_weights(weights: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return whole numbers in the same proportion as positive weights.

    Sums of whole numbers are exact, so that a tie is a tie: 0.1 and 0.2 together
    weigh as much as 0.3.

    Examples
    --------
    >>> whole_weights([0.1, 0.2, 0.3])
    array([1, 2, 3])
    """
    shares = np.asarray(weights, dtype=float) / np.max(weights)
    fractions = [Fraction(share).limit_denominator(10_000) for share in shares]
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    near = all(abs(f - s) < 1e-12 for f, s in zip(fractions, shares, strict=True))
    if near and common <= 10**6:
        whole = np.array([int(fraction * common) for fraction in fractions])
    else:
        whole = np.round(shares * 2.0**40).astype(np.int64)
    return whole // np.gcd.reduce(whole)
