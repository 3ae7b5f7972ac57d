"""Categories as whole numbers."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.parameter_limits import Limits, one_of

ORDERS = ("frequency", "lexical")


class OrdinalCategories(WordsMixin, BaseEstimator):
    """Number the levels of each category; NaN for missing and unseen ones.

    Parameters
    ----------
    order : {"frequency", "lexical"}, default "frequency"
        By frequency, the most frequent level is 0 and rare ones stand together at
        the end, where a tree cuts them off with one split; ties go by the alphabet.

    Attributes
    ----------
    levels_ : list of list of str
    ranks_ : list of ndarray
        The number of each level, then NaN for missing and NaN for unseen.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": ["y", "x", "y", None]})
    >>> OrdinalCategories().fit_transform(X).ravel()
    array([ 0.,  1.,  0., nan], dtype=float32)
    """

    _parameter_constraints: ClassVar[Limits] = {
        "order": [one_of(ORDERS)],
    }

    def __init__(self, order: str = "frequency"):
        self.order = order

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "OrdinalCategories":
        """Collect the levels and number them."""
        if self.order not in ORDERS:
            raise ValueError(f"order: 'frequency' or 'lexical', not {self.order!r}")
        frame = self._learn_columns(X)
        self.levels_ = fit_levels(frame)
        codes = level_codes(frame, self.levels_)
        self.ranks_ = [
            self._ranks(codes[:, j], len(levels))
            for j, levels in enumerate(self.levels_)
        ]
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return the numbers as float32, shape (n_rows, n_columns)."""
        codes = level_codes(self._same_columns(X), self.levels_)
        result = np.empty(codes.shape, dtype=np.float32)
        for j, ranks in enumerate(self.ranks_):
            result[:, j] = ranks[codes[:, j]]
        return result

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names."""
        check_is_fitted(self)
        return self.feature_names_in_

    def _ranks(self, codes: np.ndarray, n_levels: int) -> np.ndarray:
        ranks = np.full(n_levels + 2, np.nan)
        ranks[:n_levels] = np.arange(n_levels)
        if self.order == "frequency":
            counts = np.bincount(codes, minlength=n_levels + 1)[:n_levels]
            ranks[np.argsort(-counts, kind="stable")] = np.arange(n_levels)
        return ranks
