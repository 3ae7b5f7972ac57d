"""Texts as mixtures of topics."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from scipy.special import psi
from sklearn.base import BaseEstimator
from sklearn.decomposition import NMF, LatentDirichletAllocation
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import RandomState, TextsLike
from ensemble_kit.features.counting.bag_of_words import BagOfWords
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.parameter_limits import Limits, one_of
from ensemble_kit.parameter_values import Constructor

# NMF factorises weights, LDA models counts.
METHODS = {"nmf": TfidfText, "lda": BagOfWords}
TERMS = {"min_df": 2, "max_df": 0.5, "max_features": 20_000}
# Sweeps over the topics that bring a text's shares to rest. Their number is fixed:
# scikit-learn stops for all texts at once, so that shares depend on the neighbours.
SWEEPS, MIXTURE_SWEEPS = 60, 25
# Words times topics held at a time: 64 MB.
CHUNK = 8_000_000


class TopicShares(TextsMixin, BaseEstimator):
    """Shares of topics, by non-negative factors or latent Dirichlet allocation.

    Parameters
    ----------
    method : {"nmf", "lda"}, default "nmf"
        "nmf" factorises TF-IDF and is the faster; "lda" models counts.
    n_topics : int, default 20
    max_iter : int, optional
        Passes over the texts; 200 for "nmf" and 10 for "lda" by default.
    terms : dict, optional
        Parameters of `TfidfText` for "nmf", of `BagOfWords` for "lda"; by default
        the 20,000 most frequent words of two texts or more and at most half of them.
    random_state : int, RandomState or None

    Attributes
    ----------
    terms_ : TfidfText or BagOfWords
    topics_ : ndarray of shape (n_topics, n_terms)
        Weights of the terms; zeros when there is no term to learn from.
    """

    _parameter_constraints: ClassVar[Limits] = {
        "method": [one_of(METHODS)],
    }

    def __init__(
        self,
        *,
        method: str = "nmf",
        n_topics: int = 20,
        max_iter: int | None = None,
        terms: dict[str, Any] | None = None,
        random_state: RandomState = None,
    ):
        self.method = method
        self.n_topics = n_topics
        self.max_iter = max_iter
        self.terms = terms
        self.random_state = random_state

    @classmethod
    def inner_constructors(cls, params: Mapping[str, Any]) -> dict[str, Constructor]:
        """Return whose parameters a mapping is; see `ensemble_kit.parameter_values`."""
        method = params.get("method", "nmf")
        return {"terms": METHODS[method]} if method in METHODS else {}

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        return self._unfitted().counter()

    def fit(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> "TopicShares":
        """Learn the topics from texts or counted texts."""
        self.terms_ = self._unfitted()
        weights = self.terms_.fit_transform(X)
        self.topics_ = np.zeros((self.n_topics, weights.shape[1]))
        if weights.nnz:
            model = self._model(weights).fit(weights)
            lda = self.method == "lda"
            self.topics_ = model.exp_dirichlet_component_ if lda else model.components_
        return self

    def transform(self, X: TextsLike | CountedTexts) -> np.ndarray:
        """Return shares that sum to 1, float32 of shape (n_texts, n_topics).

        A text without a known term has the same share of every topic.
        """
        check_is_fitted(self)
        weights = self.terms_.transform(X)
        even = np.float32(1 / self.n_topics)
        result = np.full((weights.shape[0], self.n_topics), even)
        known = np.diff(weights.indptr) > 0
        if known.any():
            shares = self._shares(weights[known])
            totals = shares.sum(axis=1, keepdims=True)
            parts = shares / np.maximum(totals, 1e-30)
            result[known] = np.where(totals > 0, parts, even)
        return result

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``topic_number``."""
        check_is_fitted(self)
        return np.array([f"topic_{i}" for i in range(self.n_topics)], dtype=object)

    def _unfitted(self) -> TfidfText | BagOfWords:
        if self.method not in METHODS:
            raise ValueError(f"method: 'nmf' or 'lda', not {self.method!r}")
        return METHODS[self.method](**(TERMS if self.terms is None else self.terms))

    def _shares(self, weights: sparse.csr_matrix) -> np.ndarray:
        if self.method == "lda":
            return _mixtures(weights, self.topics_)
        return _non_negative(weights, self.topics_)

    def _model(self, weights: sparse.csr_matrix) -> Any:
        if self.method == "lda":
            return LatentDirichletAllocation(
                n_components=self.n_topics,
                max_iter=self.max_iter or 10,
                learning_method="online",
                random_state=self.random_state,
            )
        # nndsvd draws nothing at random but needs as many rows and terms as topics.
        enough = self.n_topics <= min(weights.shape)
        return NMF(
            n_components=self.n_topics,
            init="nndsvda" if enough else "random",
            max_iter=self.max_iter or 200,
            tol=1e-3,
            random_state=self.random_state,
        )


def _non_negative(weights: sparse.csr_matrix, topics: np.ndarray) -> np.ndarray:
    """Return shares >= 0 that best rebuild each text, by coordinate descent."""
    products = np.asarray(weights @ topics.T, dtype=np.float64)
    gram = (topics @ topics.T).astype(np.float64)
    shares = np.zeros_like(products)
    for _ in range(SWEEPS):
        for topic in np.flatnonzero(np.diag(gram)):
            rest = np.einsum("ij,j->i", shares, gram[topic]) - products[:, topic]
            moved = shares[:, topic] - rest / gram[topic, topic]
            shares[:, topic] = np.maximum(moved, 0)
    return shares


def _mixtures(counts: sparse.csr_matrix, topics: np.ndarray) -> np.ndarray:
    """Return each text's Dirichlet parameters (Hoffman, Blei and Bach, 2010)."""
    step = max(CHUNK // (len(topics) * max(int(np.diff(counts.indptr).max()), 1)), 1)
    parts = [
        _mixture(counts[start : start + step], topics)
        for start in range(0, counts.shape[0], step)
    ]
    return np.vstack(parts)


def _mixture(counts: sparse.csr_matrix, topics: np.ndarray) -> np.ndarray:
    """Return the variational parameters of a few texts."""
    words = np.ascontiguousarray(topics.T[counts.indices])
    rows = np.repeat(np.arange(counts.shape[0]), np.diff(counts.indptr))
    mixture = np.ones((counts.shape[0], len(topics)))
    for _ in range(MIXTURE_SWEEPS):
        shares = np.exp(psi(mixture) - psi(mixture.sum(axis=1, keepdims=True)))
        fit = np.einsum("ij,ij->i", shares[rows], words)
        share_of_count = (counts.data / np.maximum(fit, 1e-300))[:, None]
        sums = np.add.reduceat(share_of_count * words, counts.indptr[:-1], axis=0)
        mixture = 1 / len(topics) + shares * sums
    return mixture
