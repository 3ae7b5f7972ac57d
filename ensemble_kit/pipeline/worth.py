"""Which members are worth their seconds."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics import Metric
from ensemble_kit.oof.graph import MemberFits
from ensemble_kit.oof.store import Store
from ensemble_kit.pipeline.levels import Levels

SAFETY = 1.15


def members_by_worth(
    planned: Mapping[str, MemberFits], levels: Levels, metric: Metric
) -> list[tuple[str, float]]:
    """Return members that lack fits with their seconds left, best worth first.

    Only members whose first fold is there can be judged.

    Parameters
    ----------
    planned : mapping of str to MemberFits
    levels : Levels
    metric : Metric
    """
    source, store = levels.graph.source, levels.store
    found = {name: store.read(fits.grid[0][0]) for name, fits in planned.items()}
    entries = {name: entry for name, entry in found.items() if entry is not None}
    left = {n: _seconds_left(planned[n], entry, store) for n, entry in entries.items()}
    predictions = {name: entry.arrays["valid"] for name, entry in entries.items()}
    order = order_by_worth(predictions, source.y[source.rows(0)[1]], metric, left)
    return [(name, left[name]) for name in order if left[name] > 0]


def admit(
    worth: Sequence[tuple[str, float]],
    planned: Mapping[str, MemberFits],
    seconds: float,
    n_workers: int,
) -> list[str]:
    """Return the members that can be completed in the time, in their order."""
    admitted, room = [], seconds * n_workers / SAFETY
    for name, left in worth:
        longest = left / max(1, len(planned[name].keys) - 1)
        if left <= room and longest * SAFETY <= seconds:
            admitted.append(name)
            room -= left
    return admitted


def _seconds_left(fits: MemberFits, first: Any, store: Store) -> float:
    """Return what the missing fits will take, going by the first one."""
    n_missing = sum(key not in store for key in fits.keys)
    cost = first.facts["cost"]
    return n_missing * (cost["fit_seconds"] + cost["predict_seconds"] + 0.05)


def order_by_worth(
    predictions: dict[str, NDArray[np.float64]],
    y: NDArray[Any],
    metric: Metric,
    seconds: dict[str, float],
) -> list[str]:
    """Return members in the order of their gain per second in a growing blend.

    Parameters
    ----------
    predictions : dict of ndarray of shape (n_valid, n_outputs)
        One fold's predictions by member.
    y : ndarray of shape (n_valid,)
    metric : Metric
    seconds : dict of float
        What is left to fit; members that cost nothing come first.
    """
    left, chosen = dict(predictions), []
    blend: NDArray[np.float64] | None = None
    error = np.inf
    while left:
        errors = {
            name: _best_mixture(blend, values, y, metric)
            for name, values in left.items()
        }
        name = _worthiest(errors, error, seconds)
        new_error, share = errors[name]
        values = left.pop(name)
        blend = values if blend is None else (1 - share) * blend + share * values
        error = min(error, new_error)
        chosen.append(name)
    return chosen


def _worthiest(
    errors: dict[str, tuple[float, float]], error: float, seconds: dict[str, float]
) -> str:
    """Return the member with the highest gain per second; the best one to begin."""
    if not np.isfinite(error):
        return min(errors, key=lambda name: (errors[name][0], name))
    floor = max(1e-9, 0.05 * max(seconds.values(), default=1.0))
    return max(
        errors,
        key=lambda name: (
            max(0.0, error - errors[name][0]) / max(seconds[name], floor),
            -errors[name][0],
            name,
        ),
    )


def _best_mixture(
    blend: NDArray[np.float64] | None,
    values: NDArray[np.float64],
    y: NDArray[Any],
    metric: Metric,
) -> tuple[float, float]:
    """Return the lowest error of a mixture, and the newcomer's share in it."""
    if blend is None:
        return metric.error(y, values), 1.0
    shares = (0.1, 0.2, 0.35, 0.5)
    tried = [(metric.error(y, (1 - s) * blend + s * values), s) for s in shares]
    return min(tried)
