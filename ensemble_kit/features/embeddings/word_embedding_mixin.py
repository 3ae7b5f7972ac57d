"""What embeddings share that have a vector for each word."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.embeddings.sentence_pooling import (
    SentencePooling,
    make_poolings,
    pooled,
    pooled_names,
)
from ensemble_kit.features.embeddings.word_vectors import WordVectors
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts, tokenize


class PooledWordsMixin(TextsMixin):
    """What is told of fitted word vectors, however they were come by.

    Attributes
    ----------
    words_ : list of str
    matrix_ : ndarray of float32 of shape (n_words, n_components)
    poolings_ : list of SentencePooling
    """

    words_: list[str]
    matrix_: np.ndarray
    poolings_: list[SentencePooling]

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``pooling_dimension``."""
        check_is_fitted(self)
        return pooled_names(self.poolings_, self.matrix_.shape[1])

    def word_vectors(self) -> WordVectors:
        """Return the words that have a vector, and the vectors."""
        check_is_fitted(self)
        return WordVectors(self.words_, self.matrix_)


class WordEmbeddingMixin(PooledWordsMixin):
    """Texts by the vectors of their words; a class says how vectors are learnt.

    It stores ``min_count``, ``max_words``, ``pooling`` and ``preparation``.

    The most frequent word comes first in ``words_``.
    """

    min_count: int
    max_words: int
    pooling: str | list[str]
    preparation: Any

    def _vectors(self, tokens: TokenizedTexts) -> np.ndarray:
        """Return the vectors of ``words_``, in their order."""
        raise NotImplementedError

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> Self:
        """Learn word vectors from the training texts."""
        self._fit(X)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike | None = None) -> np.ndarray:
        """Learn word vectors and return the texts' vectors."""
        tokens = self._fit(X)
        return pooled(self.poolings_, tokens.counts(self.words_), self.matrix_)

    def transform(self, X: TextsLike) -> np.ndarray:
        """Return vectors of texts, float32 of shape (n_texts, n_features)."""
        check_is_fitted(self)
        counts = tokenize(X, self.preparation).counts(self.words_)
        return pooled(self.poolings_, counts, self.matrix_)

    def _fit(self, X: TextsLike) -> TokenizedTexts:
        tokens = tokenize(X, self.preparation)
        self.words_ = tokens.frequent(self.min_count, self.max_words)
        self.matrix_ = self._vectors(tokens)
        counts = tokens.counts(self.words_)
        self.poolings_ = make_poolings(self.pooling, counts, self.matrix_)
        return tokens
