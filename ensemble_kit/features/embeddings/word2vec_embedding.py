"""Word vectors learnt by predicting neighbours."""

from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.features.embeddings.sentence_pooling import (
    make_poolings,
    pooled,
    pooled_names,
)
from ensemble_kit.features.embeddings.word2vec_training import (
    known_sentences,
    ordered_matrix,
    train_gensim,
)
from ensemble_kit.features.embeddings.word_vectors import WordVectors
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts, tokenize


class Word2VecEmbedding(TransformerMixin, BaseEstimator):
    """Vectors of texts from word2vec trained on the training texts.

    gensim trains with negative sampling, on one thread: more would make results
    differ from run to run.

    Parameters
    ----------
    algorithm : {"skip_gram", "cbow"}, default "skip_gram"
        "cbow" is about four times faster, "skip_gram" better on small corpora.
    n_components : int, default 64
        Dimensions of the word vectors.
    window : int, default 5
        Farthest distance, in words.
    negative : int, default 5
        Words drawn as counter-examples for each word seen.
    epochs : int, default 5
        Passes over the texts.
    learning_rate : float, default 0.1
        At the start; it falls to nearly nothing. Corpora of millions of words do
        with 0.025, small ones learn too little with it.
    min_count : int, default 3
        Words found less often in the training texts have no vector.
    max_words : int, default 100000
        Only the most frequent words have vectors.
    sample : float, default 1e-3
        Words with a larger share of the corpus are partly skipped.
    pooling : str or list of str, default "mean"
        From words to texts: see `SentencePooling`; a list joins several.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    random_state : int, RandomState or None

    Attributes
    ----------
    words_ : list of str, the most frequent first
    matrix_ : ndarray of float32 of shape (n_words, n_components)
    """

    def __init__(
        self,
        *,
        algorithm: str = "skip_gram",
        n_components: int = 64,
        window: int = 5,
        negative: int = 5,
        epochs: int = 5,
        learning_rate: float = 0.1,
        min_count: int = 3,
        max_words: int = 100_000,
        sample: float = 1e-3,
        pooling: str | list[str] = "mean",
        preparation: Any = None,
        random_state: Any = None,
    ):
        self.algorithm = algorithm
        self.n_components = n_components
        self.window = window
        self.negative = negative
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.min_count = min_count
        self.max_words = max_words
        self.sample = sample
        self.pooling = pooling
        self.preparation = preparation
        self.random_state = random_state

    def fit(self, X: Any, y: Any = None) -> "Word2VecEmbedding":
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
        vectors = train_gensim(
            "Word2Vec",
            known_sentences(tokens, self.words_),
            random_state=self.random_state,
            algorithm=self.algorithm,
            params={
                "vector_size": self.n_components,
                "window": self.window,
                "negative": self.negative,
                "epochs": self.epochs,
                "alpha": self.learning_rate,
                "sample": self.sample,
            },
        )
        self.matrix_ = ordered_matrix(vectors, self.words_, self.n_components)
        counts = tokens.counts(self.words_)
        self.poolings_ = make_poolings(self.pooling, counts, self.matrix_)
        return tokens
