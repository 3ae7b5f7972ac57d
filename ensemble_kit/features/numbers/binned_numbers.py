"""Numbers as steps."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import as_numbers
from ensemble_kit.features.columns_mixin import ColumnsMixin
from ensemble_kit.parameter_limits import SEVERAL, Limits


class BinnedNumbers(ColumnsMixin, BaseEstimator):
    """One-hot code the bin a number falls in; a linear model then fits steps.

    Bins hold about as many training rows each; a missing value has a bin of its own.

    Parameters
    ----------
    n_bins : int, default 16
        Most bins a column may have; fewer when it has fewer distinct values.

    Attributes
    ----------
    edges_ : list of ndarray
        Inner edges of each column's bins.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": [1.0, 2.0, None]})
    >>> BinnedNumbers(n_bins=2).fit_transform(X).toarray().tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "n_bins": [SEVERAL],
    }

    def __init__(self, n_bins: int = 16):
        self.n_bins = n_bins

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "BinnedNumbers":
        """Find the edges of the bins."""
        if self.n_bins < 2:
            raise ValueError(f"n_bins must be at least 2, not {self.n_bins!r}")
        values = as_numbers(self._learn_columns(X))
        self.edges_ = [_edges(column, self.n_bins) for column in values.T]
        return self

    def transform(self, X: MatrixLike) -> csr_matrix:
        """Return CSR float32 of shape (n_rows, sum over columns of bins + 1)."""
        values = as_numbers(self._same_columns(X))
        starts = np.cumsum([0, *(len(edges) + 2 for edges in self.edges_)])
        places = np.empty(values.shape, dtype=np.int32)
        for j, edges in enumerate(self.edges_):
            bins = np.searchsorted(edges, values[:, j], side="right")
            bins[np.isnan(values[:, j])] = len(edges) + 1
            places[:, j] = bins + starts[j]
        ones = np.ones(places.size, dtype=np.float32)
        rows = np.arange(len(values) + 1) * self.n_features_in_
        return csr_matrix((ones, places.ravel(), rows), (len(values), starts[-1]))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``column<edge`` for each bin, ``column_missing`` for the last."""
        check_is_fitted(self)
        names = []
        for name, edges in zip(self.feature_names_in_, self.edges_, strict=True):
            ends = [f"<{edge:g}" for edge in edges] + ["_above", "_missing"]
            names += [f"{name}{end}" for end in ends]
        return np.array(names, dtype=object)


def _edges(values: np.ndarray, n_bins: int) -> np.ndarray:
    """Return distinct inner edges between bins of about equal size."""
    distinct = np.unique(values[~np.isnan(values)])
    if len(distinct) <= n_bins:
        return (distinct[1:] + distinct[:-1]) / 2
    shares = np.linspace(0, 1, n_bins + 1)[1:-1]
    edges = np.unique(np.nanquantile(values, shares))
    return edges[edges > distinct[0]]
