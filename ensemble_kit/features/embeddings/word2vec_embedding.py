"""Word vectors learnt by predicting neighbours."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ensemble_kit.features.embeddings.pretrained_start import PretrainedStart
from ensemble_kit.features.embeddings.word2vec_training import (
    GensimSettings,
    known_sentences,
    ordered_matrix,
)
from ensemble_kit.features.embeddings.word_embedding_mixin import WordEmbeddingMixin
from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts


@dataclass(kw_only=True, eq=False, repr=False)
class Word2VecEmbedding(WordEmbeddingMixin, GensimSettings):
    """Vectors of texts from word2vec trained on the training texts.

    gensim trains with negative sampling or a tree of words, on one thread: more would
    make results differ from run to run.

    With ``pretrained`` the words of the texts begin from the vectors of a file and are
    trained on: what a word means in these texts, from what it means elsewhere. A rare
    word is moved little. Beside vectors of usual length a ``learning_rate`` of 0.025
    is enough.

    Parameters
    ----------
    algorithm : {"skip_gram", "cbow"}, default "skip_gram"
        "cbow" is about four times faster, "skip_gram" better on small corpora.
    n_components : int, default 64
        Dimensions of the word vectors; with ``pretrained``, those of the file.
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
    pretrained : path, optional
        A file of word vectors to begin from; see `read_vectors` for the formats.
    frozen : bool, default False
        Keep the vectors of the file as they are, and learn those of the words that it
        lacks in their midst.

    Attributes
    ----------
    words_ : list of str, the most frequent first
    matrix_ : ndarray of float32 of shape (n_words, n_components)
    coverage_ : float
        With ``pretrained``, the share of the training texts' words, repeats counted,
        that begin from a vector of the file.

    Raises
    ------
    PipelineError
        From ``fit``, when the file cannot be read or knows none of the words.
    ValueError
        From ``fit``, when vectors are to be kept and there is no file.
    """

    pretrained: str | Path | None = None
    frozen: bool = False

    def _vectors(self, tokens: TokenizedTexts) -> np.ndarray:
        sentences, start = known_sentences(tokens, self.words_), self._start(tokens)
        if start is None:
            vectors = self._trained("Word2Vec", sentences, {})
            return ordered_matrix(vectors, self.words_, self.n_components)
        size = start.n_components
        vectors = self._trained("Word2Vec", sentences, {"vector_size": size}, start)
        return ordered_matrix(vectors, self.words_, size)

    def _start(self, tokens: TokenizedTexts) -> PretrainedStart | None:
        """Return the vectors that the words begin from, where a file is given."""
        if self.pretrained is None and self.frozen:
            raise ValueError(
                "frozen: there are no vectors to keep without pretrained; name a file"
            )
        if self.pretrained is None:
            return None
        start = PretrainedStart.read(self.pretrained, tokens, self.words_, self.frozen)
        self.coverage_ = start.coverage
        return start
