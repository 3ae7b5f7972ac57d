"""What a user passes as y, as the engine fits it."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from pandas.api.extensions import ExtensionDtype
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
    y = _settled(column_or_1d(_plain(y), warn=True))
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError("y has one class only; a classifier needs two")
    task = Task(
        "binary" if len(classes) == 2 else "multiclass",
        classes=tuple(range(len(classes))),
    )
    return task, classes, codes


def _plain(y: ArrayLike) -> ArrayLike:
    """Return a nullable column without gaps as one of numpy's types.

    Whole numbers and truth values would become fractions otherwise.
    """
    dtype = y.dtype if isinstance(y, pd.Series) else None
    if not isinstance(dtype, ExtensionDtype) or dtype.kind not in "iub":
        return y
    column: pd.Series = y
    return column.to_numpy(dtype=bool if dtype.kind == "b" else np.int64)


def _settled(y: NDArray[Any]) -> NDArray[Any]:
    """Return labels that are Python objects of one kind as an array of that kind.

    Raises
    ------
    ValueError
        When strings and others are mixed, which have no order.
    """
    if y.dtype != object:
        return y
    kinds = sorted({type(label).__name__ for label in y})
    if "str" in kinds and len(kinds) > 1:
        raise ValueError(
            f"y mixes labels of the kinds {', '.join(kinds)}: make them all of one "
            "kind, as by y.astype(str)"
        )
    return pd.Series(y).infer_objects().to_numpy()


def _as_numbers(values: NDArray[Any]) -> NDArray[np.float64]:
    """Return values as numbers, or say which is none."""
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        strange = pd.to_numeric(pd.Series(values), errors="coerce").isna().to_numpy()
        at = int(np.argmax(strange))
        raise ValueError(
            f"y: expected numbers, found {values[at]!r} in row {at}; labels are for a "
            "classifier"
        ) from error


def read_values(y: ArrayLike, metric: Metric) -> tuple[Task, NDArray[np.float64]]:
    """Return the scale of the fit, and the values in it."""
    values = column_or_1d(_plain(y), warn=True)
    if values.dtype.kind in "mM":
        raise ValueError(
            f"y holds {'dates' if values.dtype.kind == 'M' else 'spans of time'}, "
            "expected numbers: hand over days or seconds since a day of your choice"
        )
    assert_all_finite(values, input_name="y")
    values = _as_numbers(values)
    task = Task("regression", transform=settle_scale(values, metric.transform))
    keeps_zero = metric.name in {"mape", "smape"}
    center, spread = far_scale(task.encode(values), keeps_zero)
    task = replace(task, center=center, spread=spread)
    return task, task.encode(values)
