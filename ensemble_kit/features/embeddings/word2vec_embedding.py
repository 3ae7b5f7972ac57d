"""Word vectors learnt by predicting neighbours."""

import numpy as np

from ensemble_kit.features.embeddings.word2vec_training import (
    GensimSettings,
    known_sentences,
    ordered_matrix,
)
from ensemble_kit.features.embeddings.word_embedding_mixin import WordEmbeddingMixin
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts


class Word2VecEmbedding(WordEmbeddingMixin, GensimSettings):
    """Vectors of texts from word2vec trained on the training texts.

    gensim trains with negative sampling or a tree of words, on one thread: more would
    make results differ from run to run.

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
    hierarchical : bool, default False
        Predict neighbours through a tree of words (hierarchical softmax), with no
        words drawn: as quick for any number of words, and better for rare ones.
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

    def _vectors(self, tokens: TokenizedTexts) -> np.ndarray:
        vectors = self._trained("Word2Vec", known_sentences(tokens, self.words_), {})
        return ordered_matrix(vectors, self.words_, self.n_components)
