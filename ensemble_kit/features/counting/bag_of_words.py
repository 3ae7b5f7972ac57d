"""Counts of terms as features."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator

from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.term_weights_mixin import TermWeightsMixin
from ensemble_kit.features.counting.text_vocabulary import (
    TERMS,
    entry_groups,
    group_sums,
    known_terms,
    learn_terms,
)
from ensemble_kit.features.texts.text_preparation import (
    PreparationLike,
)
from ensemble_kit.parameter_limits import Limits, one_of

WEIGHTINGS = ("count", "binary", "frequency")


class BagOfWords(TermWeightsMixin, BaseEstimator):
    """Count the words and character n-grams of a text column.

    Parameters
    ----------
    words, characters : (int, int) or None
        Shortest and longest n-gram; None leaves the kind out.
    within_words : bool
        Character n-grams within words, or across the whole text.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    weighting : {"count", "binary", "frequency"}
        How often a term occurs, whether it does, or its share of the text's terms
        (n_t / sum n_k, the lectures' term frequency).
    min_df, max_df : int or float
        Fewest and most texts that a term may occur in; a float is a share of them.
    max_features : int, optional
        Most terms, the most frequent ones, of words and of characters.

    Attributes
    ----------
    term_points_, term_offsets_, term_blocks_ : ndarray, ndarray, list
        The vocabulary; ``get_feature_names_out`` gives it as strings.

    Examples
    --------
    >>> bag = BagOfWords()
    >>> counts = bag.fit_transform(["so it goes", "so so"])
    >>> sorted(zip(bag.get_feature_names_out(), counts.toarray()[1].tolist()))
    [('goes', 0.0), ('it', 0.0), ('so', 2.0)]
    """

    _parameter_constraints: ClassVar[Limits] = {
        **TERMS,
        "weighting": [one_of(WEIGHTINGS)],
    }

    def __init__(
        self,
        *,
        words: Sequence[int] | None = (1, 1),
        characters: Sequence[int] | None = None,
        within_words: bool = True,
        preparation: PreparationLike = None,
        weighting: str = "count",
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
    ):
        self.words = words
        self.characters = characters
        self.within_words = within_words
        self.preparation = preparation
        self.weighting = weighting
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features

    def _learn(self, counted: CountedTexts) -> sp.csr_matrix:
        if self.weighting not in WEIGHTINGS:
            raise ValueError(
                f"BagOfWords: weighting is one of {', '.join(WEIGHTINGS)}; "
                f"found {self.weighting!r}"
            )
        return learn_terms(self, counted)

    def _weighed(self, counts: sp.csr_matrix, counted: CountedTexts) -> sp.csr_matrix:
        if self.weighting == "binary":
            counts.data = np.ones_like(counts.data)
        elif self.weighting == "frequency":
            groups, _ = entry_groups(counts, known_terms(self))
            lengths = group_sums(counted.counts, counted.terms).ravel()
            counts.data = (counts.data / lengths[groups]).astype(np.float32)
        return counts
