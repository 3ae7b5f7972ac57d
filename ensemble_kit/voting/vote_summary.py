"""What the calculator can say about a vote, in one table."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ensemble_kit.voting.copula_voting import copula_accuracy
from ensemble_kit.voting.exchangeable_voting import (
    accuracy_limit,
    beta_binomial_odds,
    exchangeable_accuracy,
)
from ensemble_kit.voting.voters import Voters, check_voters
from ensemble_kit.voting.voting import (
    accuracy_of,
    best_weights,
    vote_accuracy,
    vote_cases,
)
from ensemble_kit.voting.voting_bounds import MAX_LISTED_VOTERS, vote_bounds
from ensemble_kit.voting.voting_questions import helpful_accuracy, voters_needed

# More voters than this make the answers beside the first slow.
FEW_VOTERS = 50


def summarize_vote(
    accuracies: ArrayLike,
    correlation: float | None = None,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
    abstentions: ArrayLike | None = None,
) -> pd.DataFrame:
    """Return the accuracies of a vote under different assumptions.

    Parameters
    ----------
    accuracies, weights, n_classes, ties, abstentions
        As in `vote_accuracy`.
    correlation : float, optional
        Mean correlation of two voters' being right.

    Returns
    -------
    DataFrame
        Columns ``what`` and ``accuracy``; the vote itself stands first.
    """
    voters = check_voters(accuracies, weights, n_classes, ties, abstentions)
    rows = [("independent voters", accuracy_of(voters))]
    silent = voters.silent.any()
    if correlation is not None and not silent:
        rows[:0] = [
            (f"correlation {correlation:g}", correlated_accuracy(voters, correlation))
        ]
    rows.append(("the best single voter", float(voters.right.max())))
    if not silent:
        rows += _best_weights_row(voters) + _bound_rows(voters, correlation)
    return pd.DataFrame(rows, columns=["what", "accuracy"])


def correlated_accuracy(voters: Voters, correlation: float) -> float:
    """Return the accuracy with one mean correlation for all pairs.

    Alike voters follow the beta-binomial law, others a Gaussian copula.
    """
    rules = voters.weights, voters.n_classes, voters.ties
    if np.ptp(voters.right) == 0:
        accuracy = float(voters.right[0])
        return exchangeable_accuracy(accuracy, len(voters), correlation, *rules)
    return copula_accuracy(voters.right, correlation, *rules).value


def _best_weights_row(voters: Voters) -> list[tuple[str, float]]:
    right = voters.right
    if np.ptp(right) == 0 or len(voters) > 15 or voters.n_classes > 2:
        return []
    best = best_weights(right)
    if not best.any():
        return []
    return [("independent, best weights", vote_accuracy(right, best))]


def _bound_rows(voters: Voters, correlation: float | None) -> list[tuple[str, float]]:
    rules = voters.n_classes, voters.ties
    if voters.equal_weights:
        bounds = vote_bounds(voters.right, None, None, *rules)
    elif len(voters) <= MAX_LISTED_VOTERS - 4 and voters.n_classes == 2:
        bounds = vote_bounds(voters.right, None, voters.weights, *rules)
    else:
        return []
    return [
        ("the worst possible dependence", bounds.lower),
        ("the best possible dependence", bounds.upper),
    ]


def case_summary(
    accuracies: ArrayLike, correlation: float | None = None
) -> pd.DataFrame:
    """Return how often exactly k voters are right, also with a correlation.

    The correlated column stands only where all voters are alike.
    """
    cases = vote_cases(accuracies).rename(columns={"probability": "independent"})
    right = np.atleast_1d(np.asarray(accuracies, dtype=float))
    if correlation and np.ptp(right) == 0:
        odds = beta_binomial_odds(
            float(right[0]), len(right), min(correlation, 1 - 1e-9)
        )
        cases.insert(2, "correlated", odds[::-1])
    return cases


def advise_vote(
    accuracies: ArrayLike,
    target: float | None = None,
    correlation: float | None = None,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
) -> list[str]:
    """Return sentences on further voters and on a target accuracy."""
    right = np.atleast_1d(np.asarray(accuracies, dtype=float))
    sentences = []
    if not correlation and len(right) <= FEW_VOTERS:
        for n_more, who in ((1, "One more voter helps"), (2, "Two more help")):
            least = helpful_accuracy(right, weights, n_more=n_more, n_classes=n_classes)
            sentences.append(_helps(who, least))
    if target is not None:
        mean = float(right.mean())
        sentences.append(_reaches(mean, target, correlation or 0.0, n_classes))
    return sentences


def _helps(who: str, least: float | None) -> str:
    if least is None:
        return f"{who} at no accuracy (each with weight 1)."
    return f"{who} above accuracy {least:.4f} (each with weight 1)."


def _reaches(mean: float, target: float, correlation: float, n_classes: int) -> str:
    needed = voters_needed(mean, target, correlation, n_classes)
    kind = f"of accuracy {mean:.4g}"
    if correlation:
        kind += f" with correlation {correlation:.3g}"
    if needed == 1:
        return f"1 voter {kind} reaches {target:g}."
    if needed is not None:
        return f"{needed} voters {kind} reach {target:g}."
    limit = max(accuracy_limit(mean, correlation, n_classes), mean)
    if limit > target:
        return f"More than 10,001 voters {kind} are needed for {target:g}."
    return f"No number of voters {kind} reaches {target:g}; their limit is {limit:.4f}."
