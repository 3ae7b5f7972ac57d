"""Declared costs of mistakes, and weights of classes, as numbers by class number."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.declared.class_costs import ClassWeights, Costs
from ensemble_kit.competition.guessing.labels import respell
from ensemble_kit.exceptions import CompetitionError, did_you_mean, problems
from ensemble_kit.models.class_shares import balanced_weights


def cost_matrix(
    costs: Costs | None,
    weights: ClassWeights | None,
    classes: Sequence[str],
    y: NDArray[Any],
) -> NDArray[np.float64] | None:
    """Return costs by true and by called class, None where none are declared.

    A mistake of which nothing is said costs 1, or the weight of its true class; what
    is right costs nothing unless that is said.

    Parameters
    ----------
    costs : mapping, optional
        By true class, then by called class.
    weights : "balanced" or mapping, optional
        By class.
    classes : sequence of str
        In the order of the class numbers.
    y : ndarray of int of shape (n_rows,)

    Raises
    ------
    CompetitionError
        With every name that is no class, or when a class is cheaper called another.
    """
    n = len(classes)
    if costs is None:
        by_class = class_weights(weights, classes, y)
        return None if by_class is None else by_class[:, None] * (1 - np.eye(n))
    matrix = 1 - np.eye(n)
    mistakes: list[str] = []
    for true, line in costs.items():
        row = _place(true, classes, "costs", mistakes)
        for called, cost in line.items():
            column = _place(called, classes, f"costs.{true}", mistakes)
            matrix[max(row, 0), max(column, 0)] = cost
    if not mistakes and (matrix < np.diagonal(matrix)[:, None]).any():
        mistakes.append("costs: a class may not be cheaper called another than right")
    if not mistakes and not matrix.any():
        mistakes.append("costs: nothing costs anything")
    if mistakes:
        raise CompetitionError(problems("competition.toml", mistakes))
    return matrix


def class_weights(
    weights: ClassWeights | None, classes: Sequence[str], y: NDArray[Any]
) -> NDArray[np.float64] | None:
    """Return what a row of each class weighs.

    Parameters
    ----------
    weights : "balanced" or mapping, optional
        A class of which nothing is said weighs 1.

    Raises
    ------
    CompetitionError
        With every name that is no class.
    """
    if weights is None:
        return None
    if isinstance(weights, str):
        return balanced_weights(y, len(classes))
    by_class = np.ones(len(classes))
    mistakes: list[str] = []
    for name, weight in weights.items():
        by_class[max(_place(name, classes, "class_weights", mistakes), 0)] = weight
    if mistakes:
        raise CompetitionError(problems("competition.toml", mistakes))
    return by_class


def _place(name: str, classes: Sequence[str], where: str, mistakes: list[str]) -> int:
    """Return the number of a class, -1 where there is none of that name."""
    spelled = respell(tuple(classes), [name])
    if spelled is not None and name in spelled:
        return spelled.index(name)
    mistakes.append(
        f"{where}.{name}: none of the classes {', '.join(classes[:10])}"
        f"{did_you_mean(name, classes)}"
    )
    return -1
