"""Greedy selection and convex weights: time, and equality with the plain way.

    OMP_NUM_THREADS=1 python benchmarks/blending.py [--rows N] [--members M]

The plain way is the published algorithm (Caruana et al. 2004) word for word: every
candidate blend is built and scored anew with the metric's usual implementation. It
is run for a few steps, all of them really, to compare the picks; its time is given
per step. Times are CPU seconds of one thread.
"""

import argparse
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending import (
    AverageBlend,
    ConvexBlend,
    GreedyBlend,
    HillClimbBlend,
    LogitBlend,
)
from ensemble_kit.metrics import METRICS

Array = NDArray[Any]


def made_up_members(n_rows: int, n_members: int, seed: int) -> tuple[Array, Array]:
    """Return families of correlated, partly miscalibrated members, and labels."""
    families = np.random.default_rng(0)
    noise = families.uniform(0.6, 2.0, n_members)
    shared = families.integers(0, 5, n_members)
    sharpness = families.uniform(0.5, 1.8, n_members)
    bias = families.normal(0, 0.3, n_members)
    rng = np.random.default_rng(seed)
    truth = 1.5 * rng.normal(size=n_rows)
    y = (rng.uniform(size=n_rows) < 1 / (1 + np.exp(-truth))).astype(np.int64)
    family = rng.normal(size=(n_rows, 5))[:, shared]
    own = rng.normal(size=(n_rows, n_members)) * noise
    odds = (truth[:, None] + 0.8 * family + own) * sharpness + bias
    positive = 1 / (1 + np.exp(-odds))
    return np.stack([1 - positive, positive], axis=2), y


def rescoring_from_scratch(
    tensor: Array, y: Array, name: str, n_steps: int
) -> list[int]:
    """Return the members that the published algorithm adds."""
    metric, chosen = METRICS[name], []
    total = np.zeros((len(y), tensor.shape[2]))
    for step in range(1, n_steps + 1):
        errors = [
            metric.error(y, (total + tensor[:, j]) / step)
            for j in range(tensor.shape[1])
        ]
        chosen.append(int(np.argmin(errors)))
        total += tensor[:, chosen[-1]]
    return chosen


def timed(function: Callable[[], Any]) -> tuple[Any, float]:
    """Return a result and the CPU seconds it took."""
    start = time.process_time()
    result = function()
    return result, time.process_time() - start


def greedy_rows(tensor: Array, y: Array, n_steps: int, plain_steps: dict[str, int]):
    """Yield a line of the table for each metric."""
    for name, few in plain_steps.items():
        fitted, ours = timed(
            lambda n=name: GreedyBlend(n, max_steps=n_steps, patience=None).fit(
                tensor, y
            )
        )
        expected, plain = timed(
            lambda n=name, f=few: rescoring_from_scratch(tensor, y, n, f)
        )
        found = [member for member, _ in fitted.path_[:few]]
        equal = sum(a == b for a, b in zip(found, expected, strict=True))
        ratio = (plain / few) / (ours / n_steps)
        yield (
            f"{name:<10}{ours:>10.2f}{1000 * ours / n_steps:>12.2f}"
            f"{1000 * plain / few:>14.1f}{ratio:>9.0f}x{equal:>12} of {few}"
        )


def weight_rows(train: tuple[Array, Array], test: tuple[Array, Array]):
    """Yield a line of the table for each way to find weights."""
    blends = {
        "mean": AverageBlend(),
        "best single": GreedyBlend(max_steps=1),
        "greedy, 25 steps": GreedyBlend(max_steps=25),
        "greedy, 100 steps": GreedyBlend(max_steps=100, patience=None),
        "hill climbing": HillClimbBlend(),
        "convex, no prior": ConvexBlend(prior=0.0),
        "convex": ConvexBlend(),
        "logit": LogitBlend(),
    }
    loss = METRICS["log_loss"]
    for name, blend in blends.items():
        _, seconds = timed(lambda b=blend: b.fit(*train))
        scores = [loss(y, blend.predict_proba(x)) for x, y in (train, test)]
        gap = f"{blend.gap_:.0e}" if hasattr(blend, "gap_") else ""
        used = int((blend.weights_ > 1e-4).sum())
        yield (
            f"{name:<19}{seconds:>9.2f}{scores[0]:>12.6f}{scores[1]:>12.6f}"
            f"{used:>10}{gap:>11}"
        )


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--members", type=int, default=50)
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--plain-steps", type=int, default=10)
    options = parser.parse_args()
    train = made_up_members(options.rows, options.members, seed=1)
    test = made_up_members(options.rows, options.members, seed=2)
    few = dict.fromkeys(("log_loss", "auc"), options.plain_steps)
    lines = [
        f"{options.rows:,} rows, {options.members} members, {options.steps} steps; "
        "CPU seconds of one thread",
        "",
        f"{'greedy':<10}{'seconds':>10}{'ms a step':>12}{'plain, ms':>14}"
        f"{'ratio':>10}{'equal picks':>18}",
    ]
    lines += greedy_rows(*train, options.steps, few)
    lines += [
        "",
        f"{'log loss':<19}{'seconds':>9}{'fitted':>12}{'new rows':>12}"
        f"{'members':>10}{'gap':>11}",
    ]
    lines += weight_rows(train, test)
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
