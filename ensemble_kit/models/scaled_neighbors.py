"""Nearest neighbours over columns of one spread."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.models.column_scale import column_scale, scale_columns


class ScaledNeighborsClassifier(KNeighborsClassifier):
    """Classify by nearest neighbours, dense columns first brought to one spread.

    Otherwise this is scikit-learn's ``KNeighborsClassifier`` for one target.
    """

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = False
        tags.classifier_tags.multi_label = False
        return tags

    def fit(self, X: Any, y: ArrayLike) -> "ScaledNeighborsClassifier":
        """Fit to numbers, dense or sparse, and labels."""
        return super().fit(_begin(self, X), y)

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return probabilities of shape (n_rows, n_classes)."""
        return super().predict_proba(_scale(self, X))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable label of each row."""
        best = self.predict_proba(X).argmax(axis=1)
        return self.classes_[best]


class ScaledNeighborsRegressor(KNeighborsRegressor):
    """Predict numbers by nearest neighbours; see `ScaledNeighborsClassifier`."""

    def fit(self, X: Any, y: ArrayLike) -> "ScaledNeighborsRegressor":
        """Fit to numbers, dense or sparse, and values."""
        return super().fit(_begin(self, X), y)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return one value per row."""
        return super().predict(_scale(self, X))


def _begin(estimator: Any, X: Any) -> Any:
    """Return training rows scaled, their scale kept in the estimator."""
    checked = validate_data(estimator, X, accept_sparse="csr", dtype=np.float64)
    estimator.column_scale_ = column_scale(checked)
    return _named(X, scale_columns(checked, estimator.column_scale_))


def _scale(estimator: Any, X: Any) -> Any:
    """Return rows in the scale of the training rows."""
    check_is_fitted(estimator)
    checked = validate_data(
        estimator, X, accept_sparse="csr", dtype=np.float64, reset=False
    )
    return _named(X, scale_columns(checked, estimator.column_scale_))


def _named(X: Any, scaled: Any) -> Any:
    """Return scaled rows under the names that X has, where it is a frame."""
    if not hasattr(X, "columns"):
        return scaled
    return type(X)(scaled, columns=X.columns, index=X.index)
