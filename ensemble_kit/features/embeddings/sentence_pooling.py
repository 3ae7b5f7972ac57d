"""Vectors of texts from the vectors of their words."""

from collections.abc import Sequence

import numpy as np
from scipy import sparse
from sklearn.base import BaseEstimator

POOLINGS = ("mean", "max", "idf", "sif")
# Rows times dimensions of word vectors held at a time for "max": 64 MB.
CHUNK = 16_000_000


class SentencePooling(BaseEstimator):
    """Pool word vectors over texts.

    Parameters
    ----------
    how : {"mean", "max", "idf", "sif"}
        "mean": of the words. "max": the largest value in each dimension. "idf": a
        mean weighted by how rare words are among the training texts. "sif": words
        weighted by ``a / (a + share)``, then the training texts' first principal
        direction removed (Arora, Liang and Ma, "A simple but tough-to-beat baseline
        for sentence embeddings", 2017).
    a : float
        For "sif".
    """

    def __init__(self, how: str = "mean", a: float = 1e-3):
        self.how = how
        self.a = a

    def fit(self, counts: sparse.csr_matrix, matrix: np.ndarray) -> "SentencePooling":
        """Learn the weights from the words of the training texts.

        Parameters
        ----------
        counts : csr_matrix of shape (n_texts, n_words)
        matrix : ndarray of shape (n_words, n_dimensions)
        """
        if self.how not in POOLINGS:
            raise ValueError(f"pooling: one of {POOLINGS}, not {self.how!r}")
        self.weights_, self.unseen_weight_ = self._weights(counts)
        self.common_ = np.zeros(matrix.shape[1])
        if self.how == "sif":
            self.common_ = _first_direction(self._sums(counts, matrix))
        return self

    def transform(self, counts: sparse.csr_matrix, matrix: np.ndarray) -> np.ndarray:
        """Return float32 of shape (n_texts, n_dimensions); zeros without words.

        ``counts`` and ``matrix`` may hold more words than in ``fit``, behind the
        others: words that no training text has.
        """
        if self.how == "max":
            return _largest(counts, matrix)
        vectors = self._sums(counts, matrix)
        vectors -= np.outer(vectors @ self.common_, self.common_)
        return vectors.astype(np.float32)

    def _weights(self, counts: sparse.csr_matrix) -> tuple[np.ndarray, float]:
        """Return a weight for each word, and that of any other word."""
        n_texts, n_words = counts.shape
        if self.how == "idf":
            frequencies = np.bincount(counts.indices, minlength=n_words)
            idf = np.log((1 + n_texts) / (1 + frequencies)) + 1
            return idf, float(np.log(1 + n_texts) + 1)
        if self.how == "sif":
            sums = np.asarray(counts.sum(axis=0)).ravel().astype(np.float64)
            return self.a / (self.a + sums / max(sums.sum(), 1)), 1.0
        return np.ones(n_words), 1.0

    def _sums(self, counts: sparse.csr_matrix, matrix: np.ndarray) -> np.ndarray:
        """Return weighted sums over what they are divided by."""
        n_new = matrix.shape[0] - len(self.weights_)
        weights = np.append(self.weights_, np.full(n_new, self.unseen_weight_))
        weighted = counts.astype(np.float64).multiply(weights).tocsr()
        divisor = weighted if self.how == "idf" else counts
        totals = np.asarray(divisor.sum(axis=1), dtype=np.float64)
        return (weighted @ matrix.astype(np.float64)) / np.where(totals > 0, totals, 1)


def pooled(
    poolings: Sequence[SentencePooling], counts: sparse.csr_matrix, matrix: np.ndarray
) -> np.ndarray:
    """Return the vectors of several fitted poolings side by side."""
    return np.hstack([pooling.transform(counts, matrix) for pooling in poolings])


def make_poolings(
    how: str | list[str], counts: sparse.csr_matrix, matrix: np.ndarray
) -> list[SentencePooling]:
    """Return fitted poolings for one name or a list of names."""
    names = [how] if isinstance(how, str) else list(how)
    return [SentencePooling(name).fit(counts, matrix) for name in names]


def pooled_names(poolings: Sequence[SentencePooling], n_dimensions: int) -> np.ndarray:
    """Return ``how_dimension`` for every column of `pooled`."""
    names = [f"{pooling.how}_{i}" for pooling in poolings for i in range(n_dimensions)]
    return np.array(names, dtype=object)


def _first_direction(vectors: np.ndarray) -> np.ndarray:
    """Return the first right singular vector, not centred; zeros without any."""
    gram = vectors.T @ vectors
    if not gram.any():
        return np.zeros(vectors.shape[1])
    return np.linalg.eigh(gram)[1][:, -1]


def _largest(counts: sparse.csr_matrix, matrix: np.ndarray) -> np.ndarray:
    """Return each dimension's largest value over the words of a text."""
    n_texts, n_dimensions = counts.shape[0], matrix.shape[1]
    result = np.zeros((n_texts, n_dimensions), dtype=np.float32)
    full = np.flatnonzero(np.diff(counts.indptr))
    step = max(CHUNK // max(n_dimensions, 1), 1)
    # Texts are taken in groups whose words together fill about one chunk.
    groups = counts.indptr[full] // step
    for texts in np.split(full, np.flatnonzero(np.diff(groups)) + 1):
        if len(texts):
            begin, end = counts.indptr[texts[0]], counts.indptr[texts[-1] + 1]
            words = matrix[counts.indices[begin:end]]
            starts = counts.indptr[texts] - begin
            result[texts] = np.maximum.reduceat(words, starts, axis=0)
    return result
