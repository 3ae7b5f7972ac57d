"""Okapi BM25 weights of terms."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.term_weights_mixin import TermWeightsMixin
from ensemble_kit.features.counting.text_vocabulary import (
    TERMS,
    document_frequencies,
    entry_groups,
    group_sums,
    known_terms,
    learn_terms,
)
from ensemble_kit.features.texts.text_preparation import (
    PreparationLike,
)
from ensemble_kit.parameter_limits import FRACTION, NOT_NEGATIVE, Limits


class BM25Text(TermWeightsMixin, BaseEstimator):
    """Weigh terms by Okapi BM25: counts that saturate, corrected for length.

    weight = ln(1 + (N - D + 0.5) / (D + 0.5))
    * n_t (k1 + 1) / (n_t + k1 (1 - b + b length / mean length)),
    Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, with the
    idf that is never negative. Length counts all terms of a text, known or not.

    Parameters
    ----------
    words, characters, within_words, preparation, min_df, max_df, max_features
        As in TfidfText.
    k1 : float
        How late counts saturate; 0 makes them binary.
    b : float
        How much length matters, 0 to 1.

    Attributes
    ----------
    idf_ : ndarray of float64 of shape (n_terms,)
    mean_lengths_ : ndarray of float64
        Mean number of terms of a training text, of words and of characters.

    Examples
    --------
    >>> BM25Text().fit_transform(["so it goes", "so so"]).shape
    (2, 3)
    """

    _parameter_constraints: ClassVar[Limits] = {
        **TERMS,
        "k1": [NOT_NEGATIVE],
        "b": [FRACTION],
    }

    def __init__(
        self,
        *,
        words: Sequence[int] | None = (1, 1),
        characters: Sequence[int] | None = None,
        within_words: bool = True,
        preparation: PreparationLike = None,
        k1: float = 1.2,
        b: float = 0.75,
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
    ):
        self.words = words
        self.characters = characters
        self.within_words = within_words
        self.preparation = preparation
        self.k1 = k1
        self.b = b
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features

    def _learn(self, counted: CountedTexts) -> sp.csr_matrix:
        if self.k1 < 0 or not 0 <= self.b <= 1:
            raise ValueError(
                "BM25Text: expected k1 >= 0 and 0 <= b <= 1, "
                f"found k1={self.k1!r}, b={self.b!r}"
            )
        counts = learn_terms(self, counted)
        frequencies = document_frequencies(counts)
        odds = (len(counted) - frequencies + 0.5) / (frequencies + 0.5)
        self.idf_ = np.log1p(odds)
        lengths = group_sums(counted.counts, counted.terms)
        self.mean_lengths_ = lengths.sum(axis=0) / max(1, len(lengths))
        return counts

    def _weighed(self, counts: sp.csr_matrix, counted: CountedTexts) -> sp.csr_matrix:
        lengths = group_sums(counted.counts, counted.terms)
        relative = lengths / np.where(self.mean_lengths_ > 0, self.mean_lengths_, 1)
        slack = (self.k1 * (1 - self.b + self.b * relative)).ravel()
        groups, _ = entry_groups(counts, known_terms(self))
        saturated = counts.data * (self.k1 + 1) / (counts.data + slack[groups])
        counts.data = (saturated * self.idf_[counts.indices]).astype(np.float32)
        return counts
