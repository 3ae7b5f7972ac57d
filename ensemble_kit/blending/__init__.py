"""Combining predictions: blends, calibration, gates, the guard.

Names are imported when they are first used, so that a light command does not pay
for the rest.
"""

from typing import Any

from ensemble_kit.old_names import BLENDING_HAD
from ensemble_kit.registry import lazy_attribute

_HOMES = {
    "AverageBlend": "ensemble_kit.blending.average_blend",
    "ConvexBlend": "ensemble_kit.blending.convex_blend",
    "GatedBlend": "ensemble_kit.blending.routed.gated_blend",
    "GreedyBlend": "ensemble_kit.blending.greedy_blend",
    "HillClimbBlend": "ensemble_kit.blending.hill_climb_blend",
    "LinearBlend": "ensemble_kit.blending.linear_blend",
    "LogitBlend": "ensemble_kit.blending.logit_blend",
    "PerClassBlend": "ensemble_kit.blending.per_class_blend",
    "RankBlend": "ensemble_kit.blending.rank_blend",
    "RuleBlend": "ensemble_kit.blending.routed.rule_blend",
    "SegmentBlend": "ensemble_kit.blending.routed.segment_blend",
    "TemperatureCalibration": "ensemble_kit.blending.calibration",
    "TreeBlend": "ensemble_kit.blending.tree_blend",
    "choose": "ensemble_kit.blending.guard",
    "clip_probabilities": "ensemble_kit.blending.calibration",
    "compare_blends": "ensemble_kit.blending.guard",
    "parse_rule": "ensemble_kit.blending.routed.rules",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    return lazy_attribute(__name__, _HOMES | BLENDING_HAD, name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
