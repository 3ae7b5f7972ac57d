"""The voting calculator: accuracy of a vote, diversity, bounds, questions.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from typing import Any

from ensemble_kit.registry import lazy_attribute

_HOMES = {
    "accuracy_limit": "ensemble_kit.voting.exchangeable_voting",
    "best_weights": "ensemble_kit.voting.voting",
    "copula_accuracy": "ensemble_kit.voting.copula_voting",
    "exchangeable_accuracy": "ensemble_kit.voting.exchangeable_voting",
    "helpful_accuracy": "ensemble_kit.voting.voting_questions",
    "measure_diversity": "ensemble_kit.voting.diversity",
    "plot_vote": "ensemble_kit.voting.voting_plot",
    "simulate_vote": "ensemble_kit.voting.voting",
    "vote_accuracy": "ensemble_kit.voting.voting",
    "vote_bounds": "ensemble_kit.voting.voting_bounds",
    "vote_cases": "ensemble_kit.voting.voting",
    "voters_needed": "ensemble_kit.voting.voting_questions",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    return lazy_attribute(__name__, _HOMES, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
