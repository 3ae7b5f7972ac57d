"""Texts by pretrained word vectors that the user has on file."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.embeddings.sentence_pooling import (
    POOLINGS,
    make_poolings,
    pooled,
)
from ensemble_kit.features.embeddings.vector_files import read_vectors
from ensemble_kit.features.embeddings.word_embedding_mixin import PooledWordsMixin
from ensemble_kit.features.embeddings.word_vectors import WordVectors
from ensemble_kit.features.texts.text_preparation import PREPARED, PreparationLike
from ensemble_kit.parameter_limits import Limits, one_of


class PretrainedEmbedding(PooledWordsMixin, BaseEstimator):
    """Vectors of texts from a file of word vectors.

    The file is streamed for the words of the texts alone. ``transform`` reads it
    again when there are words it was not asked for yet, so keep it where it is;
    texts counted with ``counter()`` over all rows need one reading.

    Parameters
    ----------
    path : path
        See `read_vectors` for the formats. With RusVectores' tagged words, use the
        preparation "lemmas".
    pooling : str or list of str, default "mean"
        From words to texts: see `SentencePooling`; a list joins several.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.

    Attributes
    ----------
    words_ : list of str
        Words of the training texts that have a vector.
    asked_ : list of str
        All words that the file was asked for, sorted.
    matrix_ : ndarray of float32 of shape (n_words, n_dimensions)
    coverage_ : float
        Share of the training texts' words, repeats counted, that have a vector.

    Raises
    ------
    PipelineError
        From ``fit`` and ``transform``, when the file is missing, truncated, damaged
        or of an unknown format.
    """

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
        "pooling": [one_of(POOLINGS), list, tuple],
    }

    def __init__(
        self,
        path: str | Path | None = None,
        *,
        pooling: str | list[str] = "mean",
        preparation: PreparationLike = None,
    ):
        self.path = path
        self.pooling = pooling
        self.preparation = preparation

    def counter(self) -> TextCounter:
        """Return how texts become counts of words."""
        return TextCounter(words=(1, 1), preparation=self.preparation)

    def fit(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> "PretrainedEmbedding":
        """Read the words' vectors, and learn their weights from the texts."""
        self._fit(X)
        return self

    def fit_transform(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> np.ndarray:
        """Fit, and return the vectors of the training texts."""
        counts = self._fit(X)
        return pooled(self.poolings_, counts, self.matrix_)

    def transform(self, X: TextsLike | CountedTexts) -> np.ndarray:
        """Return vectors of texts, float32 of shape (n_texts, n_features)."""
        check_is_fitted(self)
        counted = self.counter().count(X)
        words = counted.terms.strings()
        asked = set(self.asked_)
        new = [word for word in words if word not in asked]
        extra = _cached(self._file(), new) if new else WordVectors([], self.matrix_[:0])
        counts = _columns(counted, self.words_ + extra.words)
        return pooled(self.poolings_, counts, np.vstack([self.matrix_, extra.matrix]))

    def _file(self) -> str | Path:
        if self.path is None:
            raise PipelineError("path: expected a file of word vectors, found None")
        return self.path

    def _fit(self, X: TextsLike | CountedTexts) -> sparse.csr_matrix:
        file = self._file()
        counted = self.counter().count(X)
        self.asked_ = sorted(counted.terms.strings())
        vectors = _cached(file, self.asked_)
        self.words_, self.matrix_ = vectors.words, vectors.matrix
        counts = _columns(counted, self.words_)
        total = counted.counts.sum()
        self.coverage_ = float(counts.sum() / total) if total else 0.0
        self.poolings_ = make_poolings(self.pooling, counts, self.matrix_)
        return counts


def _columns(counted: CountedTexts, words: Sequence[str]) -> sparse.csr_matrix:
    """Return the counts of some words, in their order."""
    places = {word: i for i, word in enumerate(counted.terms.strings())}
    known = [i for i, word in enumerate(words) if word in places]
    columns = [places[words[i]] for i in known]
    entries = (np.ones(len(known), np.float32), (columns, known))
    chosen = sparse.csr_matrix(entries, (counted.counts.shape[1], len(words)))
    return (counted.counts @ chosen).tocsr()


def _cached(path: str | Path, words: Sequence[str]) -> WordVectors:
    """Read a file, or remember what it gave for the same words a moment ago."""
    path = Path(path).absolute()
    if not path.is_file():
        raise PipelineError(f"{path}: no such file of vectors; check the path")
    facts = path.stat()
    return _read(str(path), facts.st_mtime_ns, facts.st_size, tuple(words))


@lru_cache(maxsize=2)
def _read(path: str, changed: int, size: int, words: tuple[str, ...]) -> WordVectors:
    return read_vectors(path, words)
