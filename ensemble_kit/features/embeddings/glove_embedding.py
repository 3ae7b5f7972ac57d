"""Word vectors from the logarithms of co-occurrences."""

from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ensemble_kit.features.embeddings.cooccurrences import cooccurrences
from ensemble_kit.features.embeddings.glove_training import train_glove
from ensemble_kit.features.embeddings.sentence_pooling import POOLINGS
from ensemble_kit.features.embeddings.word_embedding_mixin import WordEmbeddingMixin
from ensemble_kit.features.texts.text_preparation import PREPARED, PreparationLike
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts
from ensemble_kit.parameter_limits import Limits, one_of


class GloveEmbedding(WordEmbeddingMixin, BaseEstimator):
    """Vectors of texts from GloVe trained on the training texts.

    Parameters
    ----------
    n_components : int, default 64
        Dimensions of the word vectors.
    window : int, default 8
        Farthest distance, in words; a pair at distance k counts 1 / k.
    epochs : int, default 15
        Passes over the co-occurring pairs.
    learning_rate : float, default 0.1
    x_max, alpha : float, default 10.0 and 0.75
        Pairs seen less often than ``x_max`` weigh ``(x / x_max) ** alpha``; 100 suits
        corpora of billions of words.
    min_count : int, default 3
        Words found less often in the training texts have no vector.
    max_words : int, default 30000
        Only the most frequent words have vectors.
    pooling : str or list of str, default "mean"
        From words to texts: see `SentencePooling`; a list joins several.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    random_state : int or None

    Attributes
    ----------
    words_ : list of str, the most frequent first
    matrix_ : ndarray of float32 of shape (n_words, n_components)

    Examples
    --------
    >>> texts = ["hot tea", "hot coffee", "cold tea", "cold coffee"] * 2
    >>> GloveEmbedding(n_components=2, random_state=0).fit_transform(texts).shape
    (8, 2)
    """

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
        "pooling": [one_of(POOLINGS), list, tuple],
    }

    def __init__(
        self,
        *,
        n_components: int = 64,
        window: int = 8,
        epochs: int = 15,
        learning_rate: float = 0.1,
        x_max: float = 10.0,
        alpha: float = 0.75,
        min_count: int = 3,
        max_words: int = 30_000,
        pooling: str | list[str] = "mean",
        preparation: PreparationLike | None = None,
        random_state: int | None = None,
    ):
        self.n_components = n_components
        self.window = window
        self.epochs = epochs
        self.learning_rate = learning_rate
        self.x_max = x_max
        self.alpha = alpha
        self.min_count = min_count
        self.max_words = max_words
        self.pooling = pooling
        self.preparation = preparation
        self.random_state = random_state

    def _vectors(self, tokens: TokenizedTexts) -> np.ndarray:
        return train_glove(
            cooccurrences(tokens.keep(self.words_), self.window, harmonic=True),
            n_components=self.n_components,
            epochs=self.epochs,
            learning_rate=self.learning_rate,
            x_max=self.x_max,
            alpha=self.alpha,
            random_state=self.random_state,
        )
