"""Nearest neighbours that are content with fewer rows than were asked for."""

import copy
from typing import Any

from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor


class NearestRowsClassifier(KNeighborsClassifier):
    """Classify by the nearest rows; by all of them where there are too few.

    Otherwise this is scikit-learn's ``KNeighborsClassifier``.

    Examples
    --------
    >>> from ensemble_kit.models.nearest_rows import NearestRowsClassifier
    >>> model = NearestRowsClassifier(n_neighbors=30, weights="distance")
    >>> model.fit([[0.0], [1.0], [9.0]], ["a", "a", "b"]).predict([[8.0]]).tolist()
    ['b']
    """

    def predict_proba(self, X: Any) -> NDArray[Any]:
        """Return shares of the nearest rows by class, (n_rows, n_classes)."""
        return super(NearestRowsClassifier, with_fewer(self)).predict_proba(X)

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the label that most of the nearest rows have."""
        return super(NearestRowsClassifier, with_fewer(self)).predict(X)


class NearestRowsRegressor(KNeighborsRegressor):
    """Predict the mean of the nearest rows; of all of them where there are too few.

    Otherwise this is scikit-learn's ``KNeighborsRegressor``.
    """

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the weighted mean of the nearest rows."""
        return super(NearestRowsRegressor, with_fewer(self)).predict(X)


def with_fewer(model: Any) -> Any:
    """Return a fitted model that asks for no more neighbours than there are rows."""
    n_rows = getattr(model, "n_samples_fit_", model.n_neighbors)
    if model.n_neighbors <= n_rows:
        return model
    fewer = copy.copy(model)
    fewer.n_neighbors = n_rows
    return fewer
