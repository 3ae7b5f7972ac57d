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
    "GreedyBlend": "greedy_blend",
    "LogitBlend": "logit_blend",
    "TemperatureCalibration": "calibration",
    "clip_probabilities": "calibration",
    "honest_decision_score": "decision",
}

__all__ = sorted(_MODULES)


def __getattr__(name: str) -> Any:
    """Import the module of a public name."""
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_MODULES])
