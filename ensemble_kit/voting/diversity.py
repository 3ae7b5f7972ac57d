"""Measured voters: how alike they are, and what that costs their vote."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ensemble_kit.exceptions import did_you_mean, problems
from ensemble_kit.voting.voters import TIE_RULES, VoteError, whole_weights
from ensemble_kit.voting.voting import vote_accuracy, vote_cases


@dataclass(frozen=True)
class Diversity:
    """What labelled rows tell about voters and their vote.

    Attributes
    ----------
    names : tuple of str
    accuracies : ndarray of shape (n_members,)
        Observed accuracy of each voter.
    vote : float
        Observed accuracy of the vote.
    independent : float
        Accuracy that the vote of independent voters of these accuracies would have.
    pairs : DataFrame
        One row per pair: see `pair_table`.
    cases : DataFrame
        How often exactly k voters are right, observed and if independent.
    n_rows : int
    """

    names: tuple[str, ...]
    accuracies: np.ndarray
    vote: float
    independent: float
    pairs: pd.DataFrame
    cases: pd.DataFrame
    n_rows: int

    @property
    def cost(self) -> float:
        """What the correlation takes from the accuracy; negative where it adds."""
        return self.independent - self.vote

    @property
    def correlation(self) -> float:
        """The mean correlation of two voters' being right; 0 for a single voter."""
        return float(self.pairs["correlation"].mean()) if len(self.pairs) else 0.0

    @property
    def standard_error(self) -> float:
        """Of the observed accuracy of the vote, from the number of rows."""
        return float(np.sqrt(self.vote * (1 - self.vote) / self.n_rows))


def measure_diversity(
    y: ArrayLike,
    labels: ArrayLike,
    names: list[str] | None = None,
    weights: ArrayLike | None = None,
    n_classes: int | None = None,
    ties: str = "random",
) -> Diversity:
    """Return what the voters' labels on known rows tell about their vote.

    Parameters
    ----------
    y : array-like of shape (n_rows,)
        The right labels.
    labels : array-like of shape (n_rows, n_members) or (n_rows, n_members, n_outputs)
        Predicted labels; or probabilities, as in the out-of-fold tensor, with ``y``
        in 0..K-1. Out-of-fold ones: on its own training rows a voter is too right.
    names : list of str, optional
        Of the voters; numbered when left out.
    weights, ties
        As in `vote_accuracy`.
    n_classes : int, optional
        Counted from ``y`` and ``labels`` when left out.

    Returns
    -------
    Diversity

    Raises
    ------
    VoteError
        Where the shapes do not fit.

    Examples
    --------
    >>> y = [0, 0, 1, 1]
    >>> found = measure_diversity(y, [[0, 0, 1], [0, 1, 0], [1, 0, 1], [0, 1, 1]])
    >>> found.vote, found.accuracies.tolist()
    (1.0, [0.75, 0.5, 0.75])
    """
    truth, votes = np.asarray(y), np.asarray(labels)
    if votes.ndim == 3:
        n_classes = n_classes or votes.shape[2]
        votes = votes.argmax(axis=2)
    _check(truth, votes, names, weights, ties)
    n_members = votes.shape[1]
    voters = tuple(names or (f"voter {member + 1}" for member in range(n_members)))
    right = np.asarray(votes == truth[:, None])
    accuracies = right.mean(axis=0)
    n_classes = n_classes or max(2, len(np.union1d(np.unique(votes), np.unique(truth))))
    return Diversity(
        voters,
        accuracies,
        float(vote_worth(truth, votes, weights, ties).mean()),
        vote_accuracy(accuracies, weights, n_classes, ties),
        pair_table(right, voters),
        case_table(right),
        len(truth),
    )


def _check(
    y: np.ndarray,
    labels: np.ndarray,
    names: list[str] | None,
    weights: ArrayLike | None,
    ties: str,
) -> None:
    mistakes = []
    if labels.ndim != 2 or labels.shape[0] != len(y) or 0 in labels.shape:
        mistakes.append(
            f"labels: expected {len(y)} rows, one per right label, and a column per "
            f"voter, found shape {labels.shape}"
        )
    elif names is not None and len(names) != labels.shape[1]:
        mistakes.append(f"names: expected {labels.shape[1]}, found {len(names)}")
    elif weights is not None and len(np.asarray(weights)) != labels.shape[1]:
        n_weights = len(np.asarray(weights))
        mistakes.append(f"weights: expected {labels.shape[1]}, found {n_weights}")
    if ties not in TIE_RULES:
        mistakes.append(f"ties: no rule {ties!r}{did_you_mean(ties, TIE_RULES)}")
    if mistakes:
        raise VoteError(problems("the vote", mistakes))


def vote_worth(
    y: ArrayLike,
    labels: ArrayLike,
    weights: ArrayLike | None = None,
    ties: str = "random",
) -> np.ndarray:
    """Return what the vote on each row is worth: 1 right, 0 wrong, between for ties."""
    y, labels = np.asarray(y), np.asarray(labels)
    given = np.ones(labels.shape[1]) if weights is None else np.asarray(weights)
    counted = np.flatnonzero(np.asarray(given, dtype=float) > 0)
    labels, whole = labels[:, counted], whole_weights(np.asarray(given)[counted])
    codes, classes = pd.factorize(np.concatenate([labels.ravel(), y]))
    votes, answers = codes[: labels.size].reshape(labels.shape), codes[labels.size :]
    totals = np.zeros((len(y), len(classes)), dtype=np.int64)
    rows = np.arange(len(y))
    for column, weight in enumerate(whole):
        totals[rows, votes[:, column]] += weight
    most = totals.max(axis=1)
    tied = (totals == most[:, None]).sum(axis=1)
    shared = {"random": 1 / tied, "wrong": 0.0, "right": 1.0}[ties]
    return np.where(totals[rows, answers] < most, 0.0, np.where(tied > 1, shared, 1.0))


def pair_table(right: np.ndarray, names: tuple[str, ...]) -> pd.DataFrame:
    """Return measures of agreement for every pair of voters.

    Parameters
    ----------
    right : ndarray of bool, shape (n_rows, n_members)
    names : tuple of str

    Returns
    -------
    DataFrame
        ``disagreement``: one is right and the other wrong; ``double_fault``: both
        are wrong; ``yule_q``: (ad - bc) / (ad + bc) of the table of right and wrong;
        ``kappa``: agreement of being right beyond chance; ``correlation`` of being
        right (Kuncheva and Whitaker, 2003). NaN where a voter is always right or
        always wrong and a measure has no value.
    """
    rows = []
    for first, second in combinations(range(right.shape[1]), 2):
        pair = names[first], names[second]
        rows.append((*pair, *_pair_measures(right[:, first], right[:, second])))
    measures = ["disagreement", "double_fault", "yule_q", "kappa", "correlation"]
    return pd.DataFrame(rows, columns=["first", "second", *measures])


def _pair_measures(first: np.ndarray, second: np.ndarray) -> tuple[float, ...]:
    both, neither = np.mean(first & second), np.mean(~first & ~second)
    only_first, only_second = np.mean(first & ~second), np.mean(~first & second)
    disagreement = only_first + only_second
    p, q = first.mean(), second.mean()
    crossed = both * neither - only_first * only_second
    by_chance = p * q + (1 - p) * (1 - q)
    spread = np.sqrt(p * (1 - p) * q * (1 - q))
    return (
        disagreement,
        neither,
        _ratio(crossed, both * neither + only_first * only_second),
        _ratio(1 - disagreement - by_chance, 1 - by_chance),
        _ratio(crossed, spread),
    )


def _ratio(above: float, below: float) -> float:
    return float(above / below) if below > 0 else float("nan")


def case_table(right: np.ndarray) -> pd.DataFrame:
    """Return how often exactly k voters are right, observed and if independent."""
    cases = vote_cases(right.mean(axis=0)).rename(
        columns={"probability": "independent"}
    )
    counts = np.bincount(right.sum(axis=1), minlength=right.shape[1] + 1)
    cases["observed"] = (counts / len(right))[::-1]
    return cases[["n_right", "observed", "independent", "majority"]]
