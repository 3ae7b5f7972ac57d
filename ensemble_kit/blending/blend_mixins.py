"""What blends share: the tensor they read, and labels, values or probabilities out.

A blend is scikit-learn's ``BaseEstimator`` with one of these mixins to the left. It
takes its rows from ``_fitting_rows`` in ``fit``, and says how it combines a tensor.
"""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import (
    Array,
    Predictions,
    Rows,
    as_tensor,
    check_columns,
    checked_rows,
    encoded,
    normalize,
)


class TensorMixin:
    """Takes out-of-fold predictions of shape (n_rows, n_members, n_outputs)."""

    n_members_: int
    n_outputs_: int
    classes_: Array

    def __sklearn_tags__(self) -> Tags:
        """Return tags that ask for the tensor and tell the task once it is known."""
        tags: Tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        tags.target_tags.required = True
        n_outputs = getattr(self, "n_outputs_", None)
        if n_outputs is not None:
            tags.estimator_type = "classifier" if n_outputs > 1 else "regressor"
        return tags

    def _fitting_rows(
        self, X: Predictions, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> Rows:
        """Return what is fitted on, checked; learn members, outputs and classes."""
        rows = checked_rows(X, y, sample_weight)
        self.n_members_, self.n_outputs_ = rows.n_members, rows.n_outputs
        if not rows.classification:
            return rows
        self.classes_, codes = encoded(rows.y, rows.n_outputs)
        return Rows(rows.tensor, codes, rows.weight)

    def _tensor(self, X: Predictions) -> Array:
        """Return the tensor to blend, of the members and outputs seen in fit."""
        check_is_fitted(self, "n_members_")
        tensor = as_tensor(X)
        expected = (self.n_members_, self.n_outputs_)
        if tensor.shape[1:] != expected:
            raise PipelineError(
                f"predictions have {tensor.shape[1]} members and {tensor.shape[2]} "
                f"outputs; {type(self).__name__} was fitted on {expected[0]} and "
                f"{expected[1]}"
            )
        return tensor

    def _check_classifies(self) -> None:
        """Refuse probabilities of values."""
        if self.n_outputs_ == 1:
            raise AttributeError(
                f"{type(self).__name__} was fitted on one output, a regression: "
                "it has predict alone"
            )

    def _finished(self, blended: NDArray[np.float64]) -> Array:
        """Return values, or the labels of the likeliest classes."""
        if self.n_outputs_ == 1:
            return blended[:, 0]
        return self.classes_[normalize(blended).argmax(axis=1)]


class ValueBlendMixin(TensorMixin):
    """Blends predictions; a class says how by ``_combine``."""

    def _combine(self, tensor: Array) -> NDArray[np.float64]:
        """Return blended outputs of shape (n_rows, n_outputs)."""
        raise NotImplementedError

    def predict(self, X: Predictions) -> Array:
        """Return labels of the likeliest classes, or blended values, (n_rows,)."""
        return self._finished(self._combine(self._tensor(X)))


class BlendMixin(ValueBlendMixin):
    """Blends values, and probabilities too."""

    extrapolates = True  # as far as its members do, whose values were cut

    def predict_proba(self, X: Predictions) -> NDArray[np.float64]:
        """Return blended probabilities of shape (n_rows, n_classes)."""
        tensor = self._tensor(X)
        self._check_classifies()
        return normalize(self._combine(tensor))


class RoutedBlendMixin(TensorMixin):
    """Blends by columns of the rows; a class says how by ``_combine``."""

    extrapolates = True  # see `BlendMixin`

    def _combine(self, tensor: Array, columns: pd.DataFrame) -> NDArray[np.float64]:
        """Return blended outputs of shape (n_rows, n_outputs)."""
        raise NotImplementedError

    def predict(self, X: Predictions, columns: pd.DataFrame) -> Array:
        """Return labels of the likeliest classes, or blended values, (n_rows,)."""
        tensor = self._tensor(X)
        check_columns(columns, len(tensor))
        return self._finished(self._combine(tensor, columns))

    def predict_proba(
        self, X: Predictions, columns: pd.DataFrame
    ) -> NDArray[np.float64]:
        """Return blended probabilities of shape (n_rows, n_classes)."""
        tensor = self._tensor(X)
        self._check_classifies()
        check_columns(columns, len(tensor))
        return normalize(self._combine(tensor, columns))
