"""Labels from probabilities: thresholds, cut points, class weights.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from typing import Any

from ensemble_kit.registry import lazy_attribute

_HOMES = {
    "Decision": "ensemble_kit.decisions.decision",
    "honest_decision_score": "ensemble_kit.decisions.decision",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    return lazy_attribute(__name__, _HOMES, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
