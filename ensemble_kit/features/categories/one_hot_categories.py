"""Categories as columns of zeros and ones."""

import numpy as np
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin


class OneHotCategories(WordsMixin, BaseEstimator):
    """One-hot code categories into a sparse matrix.

    Missing values are a level like any other. Rare levels share one column, which
    unseen levels fall into too; without rare levels an unseen one is a row of zeros.

    Parameters
    ----------
    min_frequency : int, default 2
        Levels with fewer training rows are rare.
    max_categories : int, optional
        Levels beyond the most frequent so many are rare too.

    Attributes
    ----------
    levels_ : list of list of str
    places_ : list of ndarray of int
        The column of each level, of missing, and of unseen ones; -1 for none.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": ["x", "x", "y", "z"]})
    >>> one_hot = OneHotCategories().fit(X)
    >>> one_hot.get_feature_names_out()
    array(['a=x', 'a=rare'], dtype=object)
    >>> one_hot.transform(X).toarray().tolist()
    [[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]]
    """

    def __init__(self, min_frequency: int = 2, max_categories: int | None = None):
        self.min_frequency = min_frequency
        self.max_categories = max_categories

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "OneHotCategories":
        """Collect the levels and give the frequent ones a column each."""
        frame = self._learn_columns(X)
        self.levels_ = fit_levels(frame)
        codes = level_codes(frame, self.levels_)
        self.places_, self.width_ = [], 0
        for j, levels in enumerate(self.levels_):
            counts = np.bincount(codes[:, j], minlength=len(levels) + 1)
            places = self._places(counts) + self.width_
            self.places_.append(np.where(places < self.width_, -1, places))
            self.width_ = max(self.width_, int(self.places_[-1].max()) + 1)
        return self

    def transform(self, X: MatrixLike) -> csr_matrix:
        """Return CSR float32 of shape (n_rows, n_levels kept)."""
        codes = level_codes(self._same_columns(X), self.levels_)
        places = np.empty(codes.shape, dtype=np.int32)
        for j, column_places in enumerate(self.places_):
            places[:, j] = column_places[codes[:, j]]
        known = places >= 0
        rows = np.concatenate([[0], np.cumsum(known.sum(axis=1))])
        ones = np.ones(rows[-1], dtype=np.float32)
        return csr_matrix((ones, places[known], rows), (len(codes), self.width_))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``column=level`` for each column."""
        check_is_fitted(self)
        names = np.empty(self.width_, dtype=object)
        for column, levels, places in zip(
            self.feature_names_in_, self.levels_, self.places_, strict=True
        ):
            names[places[-1:][places[-1:] >= 0]] = f"{column}=rare"
            for level, place in zip([*levels, "missing"], places, strict=False):
                if place >= 0 and place != places[-1]:
                    names[place] = f"{column}={level}"
        return names

    def _places(self, counts: np.ndarray) -> np.ndarray:
        """Return a place per level, missing and unseen; -1 for no column."""
        by_count = np.argsort(-counts, kind="stable")
        frequent = counts >= max(self.min_frequency, 1)
        if self.max_categories is not None:
            frequent[by_count[self.max_categories :]] = False
        rare = frequent.sum() if (counts[~frequent] > 0).any() else -1
        places = np.append(np.where(frequent, np.cumsum(frequent) - 1, rare), rare)
        places[:-1][counts == 0] = rare
        return places
