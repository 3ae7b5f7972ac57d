"""Combining predictions: blends, decisions, calibration, gates, votes, files.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

import importlib
from typing import Any

_MODULES = {
    "AverageBlend": "average_blend",
    "ConvexBlend": "convex_blend",
    "Decision": "decision",
    "GatedBlend": "gated_blend",
    "GreedyBlend": "greedy_blend",
    "HillClimbBlend": "hill_climb_blend",
    "LinearBlend": "linear_blend",
    "LogitBlend": "logit_blend",
    "PerClassBlend": "per_class_blend",
    "RankBlend": "rank_blend",
    "RuleBlend": "rule_blend",
    "SegmentBlend": "segment_blend",
    "TemperatureCalibration": "calibration",
    "TreeBlend": "tree_blend",
    "accuracy_limit": "exchangeable_voting",
    "best_weights": "voting",
    "blend_submissions": "submissions",
    "choose": "guard",
    "clip_probabilities": "calibration",
    "compare_blends": "guard",
    "compare_submissions": "submissions",
    "copula_accuracy": "copula_voting",
    "exchangeable_accuracy": "exchangeable_voting",
    "helpful_accuracy": "voting_questions",
    "honest_decision_score": "decision",
    "measure_diversity": "diversity",
    "parse_rule": "rules",
    "plot_vote": "voting_plot",
    "simulate_vote": "voting",
    "vote_accuracy": "voting",
    "vote_bounds": "voting_bounds",
    "vote_cases": "voting",
    "voters_needed": "voting_questions",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
