"""Categories for learners that split on sets of levels."""

from functools import lru_cache

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin


class NativeCategories(WordsMixin, BaseEstimator):
    """Return a frame of category columns whose levels are the training rows'.

    Parameters
    ----------
    max_levels : int, optional
        Only the most frequent so many levels are kept. Levels that are not kept,
        and unseen ones, become missing.

    Examples
    --------
    >>> import pandas as pd
    >>> train, test = pd.DataFrame({"a": ["x", "y"]}), pd.DataFrame({"a": ["z", "y"]})
    >>> NativeCategories().fit(train).transform(test)["a"].tolist()
    [nan, 'y']
    """

    def __init__(self, max_levels: int | None = None):
        self.max_levels = max_levels

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "NativeCategories":
        """Collect the levels."""
        frame = self._learn_columns(X)
        levels = fit_levels(frame)
        codes = level_codes(frame, levels)
        self.levels_ = [
            self._frequent(names, codes[:, j]) for j, names in enumerate(levels)
        ]
        return self

    def transform(self, X: MatrixLike) -> pd.DataFrame:
        """Return category columns under the names and index of X."""
        frame = self._same_columns(X)
        codes = level_codes(frame, self.levels_)
        columns = {}
        for j, levels in enumerate(self.levels_):
            known = np.where(codes[:, j] < len(levels), codes[:, j], -1)
            dtype = _dtype_of(tuple(levels))
            columns[self.feature_names_in_[j]] = pd.Categorical.from_codes(
                known, dtype=dtype
            )
        return pd.DataFrame(columns, index=frame.index)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the columns' names."""
        check_is_fitted(self)
        return self.feature_names_in_

    def _frequent(self, levels: list[str], codes: np.ndarray) -> list[str]:
        if self.max_levels is None or len(levels) <= self.max_levels:
            return levels
        counts = np.bincount(codes, minlength=len(levels) + 1)[: len(levels)]
        frequent = np.argsort(-counts, kind="stable")[: self.max_levels]
        return [levels[place] for place in np.sort(frequent)]


@lru_cache(maxsize=64)
def _dtype_of(levels: tuple[str, ...]) -> pd.CategoricalDtype:
    """Return the type of a column with these levels; it takes an index to make."""
    return pd.CategoricalDtype(pd.Index(levels, dtype="str"))
