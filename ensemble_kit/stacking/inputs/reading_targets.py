"""What a user passes as y, as the engine fits it."""

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import assert_all_finite, column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from ensemble_kit.competition.guessing.targets import settle_scale
from ensemble_kit.metrics import Metric
from ensemble_kit.tasks import Task, far_scale


def read_labels(y: ArrayLike) -> tuple[Task, NDArray[Any], NDArray[np.int64]]:
    """Return the kind of task, the classes in order, and the labels as their numbers.

    Raises
    ------
    ValueError
        For what is no labels, or has one class alone.
    """
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError("y has one class only; a classifier needs two")
    task = Task(
        "binary" if len(classes) == 2 else "multiclass",
        classes=tuple(range(len(classes))),
    )
    return task, classes, codes


def read_values(y: ArrayLike, metric: Metric) -> tuple[Task, NDArray[np.float64]]:
    """Return the scale of the fit, and the values in it."""
    values = column_or_1d(y, warn=True)
    assert_all_finite(values, input_name="y")
    values = np.asarray(values, dtype=np.float64)
    task = Task("regression", transform=settle_scale(values, metric.transform))
    keeps_zero = metric.name in {"mape", "smape"}
    center, spread = far_scale(task.encode(values), keeps_zero)
    task = replace(task, center=center, spread=spread)
    return task, task.encode(values)
