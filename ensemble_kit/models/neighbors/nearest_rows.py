"""Nearest neighbours that are content with fewer rows than were asked for."""

import copy
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike


class NearestRowsClassifier(KNeighborsClassifier):
    """Classify by the nearest rows; by all of them where there are too few.

    To the rows found comes one that has each class as often as the training rows do,
    so that few neighbours never make a class impossible. Otherwise this is
    scikit-learn's ``KNeighborsClassifier``.

    Examples
    --------
    >>> from ensemble_kit.models.neighbors.nearest_rows import NearestRowsClassifier
    >>> model = NearestRowsClassifier(n_neighbors=3)
    >>> model.fit([[0.0], [1.0], [2.0], [9.0]], ["a", "a", "a", "b"])
    NearestRowsClassifier(n_neighbors=3)
    >>> model.predict_proba([[1.0]])
    array([[0.9375, 0.0625]])
    """

    def predict_proba(self, X: MatrixLike) -> NDArray[Any] | list[NDArray[Any]]:
        """Return shares of the nearest rows by class, (n_rows, n_classes)."""
        model = with_fewer(self)
        shares = super(NearestRowsClassifier, model).predict_proba(X)
        if isinstance(shares, list):
            return shares  # several outputs, as scikit-learn gives them
        average = np.bincount(self._y.ravel()) / self._y.size
        return (model.n_neighbors * shares + average) / (model.n_neighbors + 1)

    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Return the label with the largest share."""
        check_is_fitted(self)
        if isinstance(self.classes_, list):
            return super(NearestRowsClassifier, with_fewer(self)).predict(X)
        return self.classes_[np.argmax(self.predict_proba(X), axis=1)]


class NearestRowsRegressor(KNeighborsRegressor):
    """Predict the mean of the nearest rows; of all of them where there are too few.

    Otherwise this is scikit-learn's ``KNeighborsRegressor``.
    """

    def predict(self, X: MatrixLike) -> NDArray[Any]:
        """Return the weighted mean of the nearest rows."""
        return super(NearestRowsRegressor, with_fewer(self)).predict(X)


def with_fewer(model: BaseEstimator) -> Any:
    """Return a fitted model that asks for no more neighbours than there are rows."""
    n_rows = getattr(model, "n_samples_fit_", model.n_neighbors)
    if model.n_neighbors <= n_rows:
        return model
    fewer = copy.copy(model)
    fewer.n_neighbors = n_rows
    return fewer
