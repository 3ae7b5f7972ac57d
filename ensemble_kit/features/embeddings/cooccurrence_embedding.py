"""Word vectors from a factorised table of co-occurrences."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.features.embeddings.cooccurrences import cooccurrences, ppmi
from ensemble_kit.features.embeddings.sentence_pooling import (
    make_poolings,
    pooled,
    pooled_names,
)
from ensemble_kit.features.embeddings.word_vectors import WordVectors
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts, tokenize
from ensemble_kit.features.truncated_svd import truncated_svd


class CooccurrenceEmbedding(TransformerMixin, BaseEstimator):
    """Vectors of texts from words that keep the same company.

    Counts of words within a window become positive pointwise mutual information,
    and its largest singular vectors, scaled by the square roots of their values,
    become word vectors. Needs no further library and draws nothing at random.

    Parameters
    ----------
    n_components : int, default 64
        Dimensions of the word vectors; fewer when the words do not give so many.
    window : int, default 5
        Farthest distance, in words.
    min_count : int, default 3
        Words found less often in the training texts have no vector.
    max_words : int, default 30000
        Only the most frequent words have vectors.
    pooling : str or list of str, default "mean"
        From words to texts: see `SentencePooling`; a list joins several.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.

    Attributes
    ----------
    words_ : list of str, the most frequent first
    matrix_ : ndarray of float32 of shape (n_words, n_components)

    Examples
    --------
    >>> texts = ["hot tea", "hot coffee", "cold tea", "cold coffee"] * 2
    >>> CooccurrenceEmbedding(n_components=2).fit_transform(texts).shape
    (8, 2)
    """

    def __init__(
        self,
        *,
        n_components: int = 64,
        window: int = 5,
        min_count: int = 3,
        max_words: int = 30_000,
        pooling: str | list[str] = "mean",
        preparation: Any = None,
    ):
        self.n_components = n_components
        self.window = window
        self.min_count = min_count
        self.max_words = max_words
        self.pooling = pooling
        self.preparation = preparation

    def fit(self, X: Any, y: Any = None) -> "CooccurrenceEmbedding":
        """Learn word vectors from the training texts."""
        self._fit(X)
        return self

    def fit_transform(self, X: Any, y: Any = None) -> np.ndarray:
        """Learn word vectors and return the texts' vectors."""
        tokens = self._fit(X)
        return pooled(self.poolings_, tokens.counts(self.words_), self.matrix_)

    def transform(self, X: Any) -> np.ndarray:
        """Return vectors of texts, float32 of shape (n_texts, n_features)."""
        check_is_fitted(self)
        counts = tokenize(X, self.preparation).counts(self.words_)
        return pooled(self.poolings_, counts, self.matrix_)

    def get_feature_names_out(self, input_features: Any = None) -> np.ndarray:
        """Return ``pooling_dimension``."""
        check_is_fitted(self)
        return pooled_names(self.poolings_, self.matrix_.shape[1])

    def word_vectors(self) -> WordVectors:
        """Return the words and their vectors."""
        check_is_fitted(self)
        return WordVectors(self.words_, self.matrix_)

    def _fit(self, X: Any) -> TokenizedTexts:
        tokens = tokenize(X, self.preparation)
        self.words_ = tokens.frequent(self.min_count, self.max_words)
        scores = ppmi(cooccurrences(tokens.keep(self.words_), self.window))
        values, vectors = truncated_svd(scores, self.n_components)
        self.matrix_ = (vectors.T * np.sqrt(values)).astype(np.float32)
        counts = tokens.counts(self.words_)
        self.poolings_ = make_poolings(self.pooling, counts, self.matrix_)
        return tokens
