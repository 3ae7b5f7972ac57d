"""Word and n-gram vectors trained for their average."""

from itertools import pairwise
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import RandomState, TextsLike
from ensemble_kit.features.embeddings.sentence_pooling import make_poolings, pooled
from ensemble_kit.features.embeddings.word2vec_training import (
    ordered_matrix,
    train_gensim,
)
from ensemble_kit.features.embeddings.word_embedding_mixin import PooledWordsMixin
from ensemble_kit.features.texts.text_preparation import PREPARED, PreparationLike
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts, tokenize
from ensemble_kit.parameter_limits import Limits

# Words that a text is cut into for training; its context is then all of them.
PIECE = 40


class Sent2VecEmbedding(PooledWordsMixin, BaseEstimator):
    """Mean of word and bigram vectors that were trained to be averaged.

    Every word and bigram of a sentence is predicted from the mean of all the
    others, however far apart, after sent2vec (Pagliardini, Gupta and Jaggi,
    "Unsupervised learning of sentence embeddings", 2018). Sent2vec predicts words
    only and drops bigrams at random; here gensim's CBOW does the training, with the
    bigrams as further words of the sentence.

    Parameters
    ----------
    n_components : int, default 64
    negative : int, default 10
    epochs : int, default 10
    learning_rate : float, default 0.1
    min_count : int, default 3
        Words and bigrams found less often in the training texts have no vector.
    max_words : int, default 100000
    sample : float, default 1e-3
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    random_state : int, RandomState or None

    Attributes
    ----------
    words_ : list of str
        Words, and bigrams with a space between their words.
    matrix_ : ndarray of float32 of shape (n_words, n_components)
    """

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
    }

    def __init__(
        self,
        *,
        n_components: int = 64,
        negative: int = 10,
        epochs: int = 10,
        learning_rate: float = 0.1,
        min_count: int = 3,
        max_words: int = 100_000,
        sample: float = 1e-3,
        preparation: PreparationLike = None,
        random_state: RandomState = None,
    ):
        self.n_components = n_components
        self.negative = negative
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.min_count = min_count
        self.max_words = max_words
        self.sample = sample
        self.preparation = preparation
        self.random_state = random_state

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> "Sent2VecEmbedding":
        """Learn vectors of words and bigrams from the training texts."""
        self._fit(X)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike | None = None) -> np.ndarray:
        """Learn vectors and return those of the texts."""
        grams = self._fit(X)
        return pooled(self.poolings_, grams.counts(self.words_), self.matrix_)

    def transform(self, X: TextsLike) -> np.ndarray:
        """Return vectors of texts, float32 of shape (n_texts, n_components)."""
        check_is_fitted(self)
        counts = with_bigrams(tokenize(X, self.preparation)).counts(self.words_)
        return pooled(self.poolings_, counts, self.matrix_)

    def _fit(self, X: TextsLike) -> TokenizedTexts:
        tokens = tokenize(X, self.preparation)
        grams = with_bigrams(tokens)
        self.words_ = grams.frequent(self.min_count, self.max_words)
        vectors = train_gensim(
            "Word2Vec",
            _pieces(tokens, self.words_),
            random_state=self.random_state,
            algorithm="cbow",
            params={
                "vector_size": self.n_components,
                "window": 2 * PIECE,
                "shrink_windows": False,
                "cbow_mean": 1,
                "negative": self.negative,
                "epochs": self.epochs,
                "alpha": self.learning_rate,
                "sample": self.sample,
            },
        )
        self.matrix_ = ordered_matrix(vectors, self.words_, self.n_components)
        counts = grams.counts(self.words_)
        self.poolings_ = make_poolings("mean", counts, self.matrix_)
        return grams


def with_bigrams(tokens: TokenizedTexts) -> TokenizedTexts:
    """Return the texts with their bigrams behind their words."""
    ids, rows = tokens.ids, tokens.rows
    together = np.flatnonzero(rows[:-1] == rows[1:])
    pairs = ids[together] * len(tokens.words) + ids[together + 1]
    distinct, places = np.unique(pairs, return_inverse=True)
    words = tokens.words + [
        f"{tokens.words[pair // len(tokens.words)]} "
        f"{tokens.words[pair % len(tokens.words)]}"
        for pair in distinct.tolist()
    ]
    every = np.concatenate([ids, places + len(tokens.words)])
    texts = np.concatenate([rows, rows[together]])
    order = np.argsort(texts, kind="stable")
    offsets = np.searchsorted(texts[order], np.arange(len(tokens) + 1))
    return TokenizedTexts(words, every[order], offsets)


def _pieces(tokens: TokenizedTexts, words: list[str]) -> list[list[str]]:
    """Return short runs of words, each with its bigrams, known ones only."""
    known = dict(zip(words, words, strict=True))  # so that a bigram is kept once
    pieces = []
    for run in tokens.sentences(PIECE):
        grams = run + [f"{first} {second}" for first, second in pairwise(run)]
        pieces.append([known[gram] for gram in grams if gram in known])
    return pieces
