"""Word vectors that know the parts of words."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.embeddings.sentence_pooling import make_poolings, pooled
from ensemble_kit.features.embeddings.subwords import subword_matrix
from ensemble_kit.features.embeddings.word2vec_training import (
    GensimSettings,
    known_sentences,
    ordered_matrix,
)
from ensemble_kit.features.embeddings.word_embedding_mixin import PooledWordsMixin
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts, tokenize


@dataclass(kw_only=True, eq=False, repr=False)
class FastTextEmbedding(PooledWordsMixin, GensimSettings):
    """Vectors of texts from fastText trained on the training texts.

    A word's vector is the mean of its own and of its character n-grams', so words
    that were never seen have vectors too: good for endings (Russian) and typing
    mistakes. gensim trains, on one thread.

    Parameters
    ----------
    algorithm, n_components, window, negative, epochs, learning_rate
        See `Word2VecEmbedding`; training is about three times slower.
    min_count, max_words, sample
        See `Word2VecEmbedding`.
    subwords : (int, int), default (3, 5)
        Shortest and longest character n-gram.
    buckets : int, default 50000
        N-grams share so many vectors; fastText's own 2 million are meant for
        corpora of billions of words.
    pooling : str or list of str, default "mean"
        From words to texts: see `SentencePooling`; a list joins several.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    random_state : int, RandomState or None

    Attributes
    ----------
    words_ : list of str, the most frequent first
    matrix_ : ndarray of float32 of shape (n_words, n_components)
    bucket_vectors_ : ndarray of float32 of shape (buckets, n_components)
    """

    subwords: tuple[int, int] = (3, 5)
    buckets: int = 50_000

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> "FastTextEmbedding":
        """Learn vectors of words and n-grams from the training texts."""
        tokens = tokenize(X, self.preparation)
        self.words_ = tokens.frequent(self.min_count, self.max_words)
        vectors = self._train(tokens)
        self.matrix_ = ordered_matrix(vectors, self.words_, self.n_components)
        self.bucket_vectors_ = (
            np.zeros((1, self.n_components), dtype=np.float32)
            if vectors is None
            else np.array(vectors.vectors_ngrams, dtype=np.float32)
        )
        # Rare words count in the texts too: transform will know them by their parts.
        counts, matrix = self._words_of(tokens)
        self.poolings_ = make_poolings(self.pooling, counts, matrix)
        for pooling in self.poolings_:
            pooling.weights_ = pooling.weights_[: len(self.words_)]
        return self

    def transform(self, X: TextsLike) -> np.ndarray:
        """Return vectors of texts, float32 of shape (n_texts, n_features)."""
        check_is_fitted(self)
        return pooled(self.poolings_, *self._words_of(tokenize(X, self.preparation)))

    def subword_vectors(self, words: list[str]) -> np.ndarray:
        """Return vectors of any words from their character n-grams alone."""
        check_is_fitted(self)
        parts = subword_matrix(words, *self.subwords, len(self.bucket_vectors_))
        totals = np.maximum(np.asarray(parts.sum(axis=1)), 1)
        return (parts @ self.bucket_vectors_ / totals).astype(np.float32)

    def _train(self, tokens: TokenizedTexts) -> Any:
        shortest, longest = self.subwords
        params = {"min_n": shortest, "max_n": longest, "bucket": self.buckets}
        return self._trained("FastText", known_sentences(tokens, self.words_), params)

    def _words_of(self, tokens: TokenizedTexts) -> tuple[sparse.csr_matrix, np.ndarray]:
        """Return counts and vectors of all words that the texts have."""
        known = set(self.words_)
        new = [word for word in tokens.words if word not in known]
        matrix = np.vstack([self.matrix_, self.subword_vectors(new)])
        return tokens.counts(self.words_ + new), matrix
