"""Classes by the distance to their nearest rows."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.neighbors import NearestNeighbors
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.calibration import decision_values, fit_calibrated
from ensemble_kit.models.class_labels import ProbabilityClassifierMixin, encode_labels


class ClassDistancesClassifier(ProbabilityClassifierMixin, BaseEstimator):
    """Classify by the mean distance to the nearest rows of each class.

    Unlike a vote of nearest neighbours, every class is always measured, so rare
    classes are not drowned; as a member it adds what no vote sees. Negative log
    distances are calibrated to probabilities on inner folds.

    Parameters
    ----------
    n_neighbors : int
        Nearest rows of each class whose distances are averaged.
    metric : str
        "euclidean" for scaled numbers, "cosine" for texts.
    n_splits : int
        Inner folds for the calibration.
    random_state : int, optional
        Deals the rows to the inner folds.

    Examples
    --------
    >>> from ensemble_kit.models.neighbors.class_distances import (
    ...     ClassDistancesClassifier,
    ... )
    >>> X, y = [[0.0], [1.0], [4.0], [5.0]] * 5, ["a", "a", "b", "b"] * 5
    >>> model = ClassDistancesClassifier(random_state=0).fit(X, y)
    >>> model.predict([[0.4], [4.4]]).tolist()
    ['a', 'b']
    """

    def __init__(
        self,
        n_neighbors: int = 5,
        metric: str = "euclidean",
        n_splits: int = 3,
        random_state: int | None = None,
    ):
        self.n_neighbors = n_neighbors
        self.metric = metric
        self.n_splits = n_splits
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: MatrixLike, y: ArrayLike) -> "ClassDistancesClassifier":
        """Fit to numbers, dense or sparse, and labels."""
        check_consistent_length(X, y)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64)
        self.classes_, codes = encode_labels(y)
        self.model_, self.calibration_ = fit_calibrated(
            lambda: _Distances(self.n_neighbors, self.metric),
            X,
            codes,
            None,
            self.n_splits,
            self.random_state,
        )
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        decisions = decision_values(self.model_, X, len(self.classes_))
        return self.calibration_.probabilities(decisions)


class _Distances:
    """Negative log distances to each class as decision values."""

    def __init__(self, n_neighbors: int, metric: str):
        self.n_neighbors = n_neighbors
        self.metric = metric

    def fit(self, X: MatrixLike, codes: NDArray[np.int64]) -> "_Distances":
        self.classes_ = np.unique(codes)
        self.trees_ = [
            NearestNeighbors(metric=self.metric).fit(X[codes == label])
            for label in self.classes_
        ]
        return self

    def decision_function(self, X: MatrixLike) -> NDArray[np.float64]:
        mean = np.column_stack([self._mean(tree, X) for tree in self.trees_])
        values = -np.log(np.maximum(mean, 1e-9))
        return values[:, 1] - values[:, 0] if values.shape[1] == 2 else values

    def _mean(self, tree: NearestNeighbors, X: MatrixLike) -> NDArray[np.float64]:
        count = min(self.n_neighbors, tree.n_samples_fit_)
        return tree.kneighbors(X, n_neighbors=count)[0].mean(axis=1)
