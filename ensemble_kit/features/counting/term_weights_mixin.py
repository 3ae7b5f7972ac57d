"""What featurizers share that weigh the counts of terms, each its own way."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.counting.text_vocabulary import (
    count_known_terms,
    term_names,
)
from ensemble_kit.features.texts.text_preparation import PreparationLike
from ensemble_kit.features.texts.texts_mixin import TextsMixin


class TermWeightsMixin(TextsMixin):
    """Learns a vocabulary and weighs its terms; a class says how.

    It stores ``words``, ``characters``, ``within_words`` and ``preparation``.
    """

    words: Sequence[int] | None
    characters: Sequence[int] | None
    within_words: bool
    preparation: PreparationLike

    def _learn(self, counted: CountedTexts) -> sp.csr_matrix:
        """Keep the terms and what weighs them; return the texts' counts of them."""
        raise NotImplementedError

    def _weighed(self, counts: sp.csr_matrix, counted: CountedTexts) -> sp.csr_matrix:
        """Return the weights of counted terms; the counts may be changed."""
        raise NotImplementedError

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        return TextCounter(
            words=self.words,
            characters=self.characters,
            within_words=self.within_words,
            preparation=self.preparation,
        )

    def fit(self, X: TextsLike | CountedTexts, y: ArrayLike | None = None) -> Self:
        """Learn the vocabulary, and what weighs it, of texts or counted texts."""
        self._learn(self.counter().count(X))
        return self

    def fit_transform(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> sp.csr_matrix:
        """Learn the vocabulary and return the features, as ``transform`` would."""
        counted = self.counter().count(X)
        return self._weighed(self._learn(counted), counted)

    def transform(self, X: TextsLike | CountedTexts) -> sp.csr_matrix:
        """Return the features, CSR of float32 of shape (n_texts, n_terms)."""
        check_is_fitted(self)
        counted = self.counter().count(X)
        return self._weighed(count_known_terms(self, counted), counted)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return the terms."""
        check_is_fitted(self)
        return term_names(self)
