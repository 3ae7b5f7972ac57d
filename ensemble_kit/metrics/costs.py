"""What mistakes cost: a matrix by true and by called class, in a metric's name.

``cost@0,1/5,0`` says of two classes that calling the first one the second costs 1, and
the other way round 5: a line for each true class, a number for each one called. As the
name holds the matrix, whatever is told the name knows it, and keys follow from it.
"""

from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics.formulas import Array, average

STEM = "cost"
MOST_CLASSES = 100


def cost_name(matrix: Array) -> str:
    """Return the name of the metric that goes by a matrix.

    Examples
    --------
    >>> cost_name(np.array([[0.0, 1.0], [5.0, 0.0]]))
    'cost@0,1/5,0'
    """
    lines = (",".join(f"{cost:.12g}" for cost in line) for line in matrix)
    return f"{STEM}@{'/'.join(lines)}"


def parse_costs(text: str) -> NDArray[np.float64] | None:
    """Return the matrix that a name holds after its mark; None: it holds none.

    It is square, its numbers finite and from 0 on, and no class is cheaper called
    another.
    """
    try:
        lines = [[float(cell) for cell in line.split(",")] for line in text.split("/")]
        matrix = np.array(lines, dtype=np.float64)
    except ValueError:
        return None
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1]:
        return None
    if not 2 <= len(matrix) <= MOST_CLASSES or not np.isfinite(matrix).all():
        return None
    right = np.diagonal(matrix)[:, None]
    is_sound = bool((matrix >= 0).all() and (matrix >= right).all() and matrix.any())
    return matrix if is_sound else None


def mean_cost(
    matrix: tuple[tuple[float, ...], ...], y: Array, labels: Array, weight: Array | None
) -> float:
    """Mean cost of calling rows by these labels."""
    return average(np.array(matrix)[y, labels], weight)


def share_of_mistakes(y: Array, labels: Array, weight: Array | None) -> float:
    """Mean cost where every mistake costs 1."""
    return average(y != labels, weight)


def costs_of(function: object) -> NDArray[np.float64] | None:
    """Return the matrix that a metric's function goes by, None where there is none."""
    if isinstance(function, partial) and function.func is mean_cost:
        return np.array(function.args[0])
    return None


def cheapest_classes(probabilities: Array, costs: Array) -> NDArray[np.int64]:
    """Return the class of the least expected cost for each row (Elkan 2001)."""
    cheapest: Any = (probabilities @ costs).argmin(axis=1)
    return np.asarray(cheapest, dtype=np.int64)


def cost_of_counts(costs: Array, tp: Array, fp: Array, fn: Array, tn: Array) -> Array:
    """Return one minus the mean cost, of true and false positives and negatives."""
    total = tp + fp + fn + tn
    paid = costs[0, 0] * tn + costs[0, 1] * fp + costs[1, 0] * fn + costs[1, 1] * tp
    return 1 - np.divide(paid, total, out=np.zeros(np.shape(paid)), where=total > 0)


def cost_of_table(costs: Array, table: Array) -> Array:
    """Return one minus the mean cost, of tables (..., true, called)."""
    total = table.sum(axis=(-2, -1))
    paid = (table * costs).sum(axis=(-2, -1))
    return 1 - np.divide(paid, total, out=np.zeros(np.shape(paid)), where=total > 0)
