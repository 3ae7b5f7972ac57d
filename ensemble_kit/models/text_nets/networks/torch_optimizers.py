"""Optimisers and learning-rate schedules by name."""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from ensemble_kit.exceptions import did_you_mean

OPTIMIZERS: dict[str, tuple[type[torch.optim.Optimizer], dict[str, Any]]] = {
    "sgd": (torch.optim.SGD, {}),
    "momentum": (torch.optim.SGD, {"momentum": 0.9}),
    "nesterov": (torch.optim.SGD, {"momentum": 0.9, "nesterov": True}),
    "adagrad": (torch.optim.Adagrad, {}),
    "adadelta": (torch.optim.Adadelta, {}),
    "rmsprop": (torch.optim.RMSprop, {}),
    "adam": (torch.optim.Adam, {"fused": True}),
    "adamw": (torch.optim.AdamW, {"fused": True}),
}
SCHEDULES = ("one_cycle", "cosine", "warmup", "constant")
WARM = 0.2  # share of a cycle in which the rate still grows


def make_optimizer(network: nn.Module, training: Any) -> torch.optim.Optimizer:
    """Return the optimiser of a ``Training`` over a network's parameters.

    Token embeddings form a group with a learning rate of their own; vectors
    (biases, norms) are not decayed. A frozen group is left out.

    Raises
    ------
    ValueError
        When the optimiser has no such name.
    """
    if training.optimizer not in OPTIMIZERS:
        hint = did_you_mean(training.optimizer, OPTIMIZERS)
        raise ValueError(f"unknown optimizer {training.optimizer!r}{hint}")
    kind, options = OPTIMIZERS[training.optimizer]
    return kind(_groups(network, training), lr=training.learning_rate, **options)


def learning_rate_factor(schedule: str, progress: float) -> float:
    """Return the factor on the learning rate at a share of the schedule, 0 to 1.

    Examples
    --------
    >>> [round(learning_rate_factor("one_cycle", p), 2) for p in (0, 0.2, 0.6, 1)]
    [0.1, 1.0, 0.5, 0.0]
    """
    if schedule not in SCHEDULES:
        hint = did_you_mean(schedule, SCHEDULES)
        raise ValueError(f"unknown schedule {schedule!r}{hint}")
    if schedule == "constant":
        return 1.0
    if schedule == "cosine":
        return _fall(progress)
    if progress < WARM:
        return 0.1 + 0.9 * progress / WARM
    return 1.0 if schedule == "warmup" else _fall((progress - WARM) / (1 - WARM))


def _fall(progress: float) -> float:
    return 0.5 * (1 + math.cos(math.pi * min(progress, 1.0)))


def _groups(network: nn.Module, training: Any) -> list[dict[str, Any]]:
    """Return parameter groups: embeddings, then matrices and vectors by their rates."""
    named = [(n, w) for n, w in network.named_parameters() if w.requires_grad]
    words = [w for n, w in named if "words." in n]
    others = [(_rate(n, training.rates), w) for n, w in named if "words." not in n]
    groups = [{"params": words, "factor": training.embedding_rate, "weight_decay": 0.0}]
    for rate in sorted({rate for rate, _ in others}, reverse=True):
        own = [w for other, w in others if other == rate]
        for decay, params in (
            (training.weight_decay, [w for w in own if w.dim() > 1]),
            (0.0, [w for w in own if w.dim() < 2]),
        ):
            groups.append({"params": params, "factor": rate, "weight_decay": decay})
    return [group for group in groups if group["params"] and group["factor"]]


def _rate(name: str, rates: Mapping[str, float]) -> float:
    """Return the factor on the learning rate of a parameter."""
    return next((r for start, r in rates.items() if name.startswith(start)), 1.0)
