"""What mistakes of each kind cost, and what classes weigh, as a file declares them."""

import math
from collections.abc import Mapping
from typing import Any

BALANCED = "balanced"
Costs = Mapping[str, Mapping[str, float]]
ClassWeights = str | Mapping[str, float]


def cost_mistakes(costs: Any) -> list[str]:
    """Return what is wrong with a table of costs, whatever the classes are."""
    if not isinstance(costs, Mapping):
        return [f"costs: a table of costs by true class is expected, found {costs!r}"]
    mistakes = []
    for true, line in costs.items():
        if not isinstance(line, Mapping):
            mistakes.append(
                f"costs.{true}: a table of costs by called class is expected, found "
                f"{line!r:.80}"
            )
            continue
        mistakes += [
            f"costs.{true}.{called}: a number from 0 on is expected, found {cost!r:.80}"
            for called, cost in line.items()
            if not _is_amount(cost, least=0.0)
        ]
    return mistakes


def class_weight_mistakes(weights: Any) -> list[str]:
    """Return what is wrong with weights of classes, whatever the classes are."""
    if weights == BALANCED:
        return []
    if not isinstance(weights, Mapping):
        return [
            f'class_weights: "{BALANCED}" or a table of numbers by class is expected, '
            f"found {weights!r:.80}"
        ]
    return [
        f"class_weights.{name}: a number above 0 is expected, found {weight!r:.80}"
        for name, weight in weights.items()
        if not _is_amount(weight, least=math.ulp(0.0))
    ]


def _is_amount(value: object, least: float) -> bool:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return False
    return math.isfinite(value) and value >= least
