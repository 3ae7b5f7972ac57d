"""Class labels as numbers, the one way every classifier here encodes them."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import check_classification_targets

from ensemble_kit.arrays import ClassWeight, MatrixLike


class ProbabilityClassifierMixin(ClassifierMixin):
    """Predicts the class whose probability is the highest."""

    classes_: NDArray[Any]

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return the probability of each class, (n_rows, n_classes)."""
        raise NotImplementedError

    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Return the most probable label of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


def encode_labels(
    y: ArrayLike, min_classes: int = 2
) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Return the sorted classes and each row's class number.

    Raises
    ------
    ValueError
        When there are fewer classes than ``min_classes``.
    """
    y = column_or_1d(y, warn=True)
    check_classification_targets(y)
    classes, codes = np.unique(y, return_inverse=True)
    if not len(classes):
        raise ValueError("a classifier needs rows; y has none")
    if len(classes) < min_classes:
        raise ValueError(
            f"a classifier needs at least {min_classes} classes in y; "
            f"found 1 class: {classes[0]!r}"
        )
    return classes, codes.astype(np.int64)


def row_weights(
    sample_weight: ArrayLike | None,
    class_weight: ClassWeight,
    codes: NDArray[np.int64],
    classes: NDArray[Any],
) -> NDArray[np.float64] | None:
    """Return the product of row weights and class weights; None when all are 1.

    ``class_weight`` is None, "balanced" or a dict by label (absent labels weigh 1).

    Raises
    ------
    ValueError
        When a weight is negative, or their number is not the rows'.
    """
    weights = check_weights(sample_weight, len(codes))
    if class_weight is None:
        return weights
    by_class = _class_weights(class_weight, codes, classes)[codes]
    return by_class if weights is None else by_class * weights


def check_weights(
    sample_weight: ArrayLike | None, n_rows: int
) -> NDArray[np.float64] | None:
    """Return one weight per row as floats, or None."""
    if sample_weight is None:
        return None
    weights = np.asarray(sample_weight, dtype=np.float64)
    if weights.ndim == 0:
        weights = np.full(n_rows, float(weights))
    if weights.shape != (n_rows,):
        raise ValueError(
            f"sample_weight.shape == {weights.shape}, expected {(n_rows,)}: "
            "one weight per row"
        )
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError("sample_weight has to be finite, not negative, not all zero")
    return weights


def _class_weights(
    class_weight: ClassWeight, codes: NDArray[np.int64], classes: NDArray[Any]
) -> NDArray[np.float64]:
    """Return one weight per class."""
    if isinstance(class_weight, str) and class_weight == "balanced":
        counts = np.bincount(codes, minlength=len(classes))
        return len(codes) / (len(classes) * np.maximum(counts, 1))
    if isinstance(class_weight, dict):
        return np.array([class_weight.get(label, 1.0) for label in classes])
    raise ValueError(
        f"class_weight is None, 'balanced' or a dict by label; found {class_weight!r}"
    )
