"""Pairs of categories as categories of their own."""

from itertools import combinations
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.sparse import csr_matrix
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.categories.count_categories import CountCategories
from ensemble_kit.features.categories.one_hot_categories import OneHotCategories
from ensemble_kit.features.categories.target_categories import TargetCategories
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.parameter_limits import NOT_NEGATIVE, SEVERAL, Limits, one_of

ENCODINGS = ("target", "count", "one_hot")


class CrossedCategories(WordsMixin, BaseEstimator):
    """Encode every pair of category columns as one category.

    Parameters
    ----------
    encode : {"target", "count", "one_hot"}, default "target"
        How pairs become numbers; "target" is cross-fitted, see `TargetCategories`.
    max_pairs : int, default 40
        At most so many pairs, those with most distinct levels first: they say most
        that the two columns do not say alone. A pair is left out when fewer than
        one row in twenty shares its level with another row, or when it has no more
        levels than one of its columns.
    min_frequency : int, default 2
        For "one_hot": pairs of levels with fewer rows share one column.
    smooth, n_splits, random_state
        For "target": see `TargetCategories`.

    Attributes
    ----------
    pairs_ : list of (int, int)
        Places of the paired columns.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": list("xxyy"), "b": list("uvuv")})
    >>> X = pd.concat([X, X], ignore_index=True)
    >>> CrossedCategories(encode="count").fit(X).get_feature_names_out()
    array(['a×b_count'], dtype=object)
    """

    _parameter_constraints: ClassVar[Limits] = {
        "encode": [one_of(ENCODINGS)],
        "smooth": [one_of(["auto"]), NOT_NEGATIVE],
        "n_splits": [SEVERAL],
    }

    def __init__(
        self,
        encode: str = "target",
        max_pairs: int = 40,
        min_frequency: int = 2,
        smooth: str | float = "auto",
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.encode = encode
        self.max_pairs = max_pairs
        self.min_frequency = min_frequency
        self.smooth = smooth
        self.n_splits = n_splits
        self.random_state = random_state

    def fit(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> "CrossedCategories":
        """Choose the pairs and fit their encoder on all rows."""
        pairs = self._choose(X)
        self.encoder_ = self._encoder().fit(pairs, y, *self._weights(sample_weight))
        return self

    def fit_transform(
        self,
        X: MatrixLike,
        y: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> np.ndarray | csr_matrix:
        """Fit, and return the encoder's (cross-fitted) numbers."""
        pairs = self._choose(X)
        self.encoder_ = self._encoder()
        return self.encoder_.fit_transform(pairs, y, *self._weights(sample_weight))

    def _weights(self, sample_weight: ArrayLike | None) -> tuple[ArrayLike, ...]:
        """Return the weights for an encoder that sees y, which alone takes them."""
        if sample_weight is None or self.encode != "target":
            return ()
        return (sample_weight,)

    def transform(self, X: MatrixLike) -> np.ndarray | csr_matrix:
        """Return the encoder's numbers for the pairs."""
        codes = level_codes(self._same_columns(X), self.levels_)
        return self.encoder_.transform(self._crossed(codes))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the encoder's names; a pair is called ``first×second``."""
        check_is_fitted(self)
        return self.encoder_.get_feature_names_out()

    def _choose(self, X: MatrixLike) -> pd.DataFrame:
        """Set the pairs and return their columns."""
        frame = self._learn_columns(X)
        self.levels_ = fit_levels(frame)
        codes = level_codes(frame, self.levels_)
        sizes = [len(np.unique(column)) for column in codes.T]
        self.pairs_ = list(combinations(range(self.n_features_in_), 2))
        crossed = self._crossed(codes)
        worth = {}
        for place, (i, j) in enumerate(self.pairs_):
            counts = np.unique(crossed.iloc[:, place], return_counts=True)[1]
            repeated = counts[counts > 1].sum() >= 0.05 * len(codes)
            if repeated and len(counts) > max(sizes[i], sizes[j]):
                worth[place] = len(counts)
        best = sorted(worth, key=lambda place: (-worth[place], place))
        best = sorted(best[: self.max_pairs])
        self.pairs_ = [self.pairs_[place] for place in best]
        return crossed.iloc[:, best]

    def _crossed(self, codes: np.ndarray) -> pd.DataFrame:
        """Return one whole number per pair of levels; -1 when one is unseen."""
        columns = {}
        for i, j in self.pairs_:
            name = f"{self.feature_names_in_[i]}×{self.feature_names_in_[j]}"
            both = codes[:, i] * (len(self.levels_[j]) + 1) + codes[:, j]
            unseen = (codes[:, i] < 0) | (codes[:, j] < 0)
            columns[name] = np.where(unseen, -1, both)
        return pd.DataFrame(columns, index=range(len(codes)))

    def _encoder(self) -> Any:
        if self.encode == "target":
            return TargetCategories(self.smooth, self.n_splits, self.random_state)
        if self.encode == "one_hot":
            return OneHotCategories(self.min_frequency)
        if self.encode == "count":
            return CountCategories()
        raise ValueError(f"encode: target, count or one_hot, not {self.encode!r}")
