"""Word vectors from a factorised table of co-occurrences."""

from typing import ClassVar

import numpy as np
from sklearn.base import BaseEstimator

from ensemble_kit.features.embeddings.cooccurrences import cooccurrences, ppmi
from ensemble_kit.features.embeddings.sentence_pooling import POOLINGS
from ensemble_kit.features.embeddings.word_embedding_mixin import WordEmbeddingMixin
from ensemble_kit.features.texts.text_preparation import PREPARED, PreparationLike
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts
from ensemble_kit.features.truncated_svd import truncated_svd
from ensemble_kit.parameter_limits import Limits, one_of


class CooccurrenceEmbedding(WordEmbeddingMixin, BaseEstimator):
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

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
        "pooling": [one_of(POOLINGS), list, tuple],
    }

    def __init__(
        self,
        *,
        n_components: int = 64,
        window: int = 5,
        min_count: int = 3,
        max_words: int = 30_000,
        pooling: str | list[str] = "mean",
        preparation: PreparationLike | None = None,
    ):
        self.n_components = n_components
        self.window = window
        self.min_count = min_count
        self.max_words = max_words
        self.pooling = pooling
        self.preparation = preparation

    def _vectors(self, tokens: TokenizedTexts) -> np.ndarray:
        scores = ppmi(cooccurrences(tokens.keep(self.words_), self.window))
        # Rows are words, columns contexts, whose smoothing makes the table lopsided:
        # words are the left singular vectors.
        values, vectors = truncated_svd(scores.T, self.n_components)
        return (vectors.T * np.sqrt(values)).astype(np.float32)
