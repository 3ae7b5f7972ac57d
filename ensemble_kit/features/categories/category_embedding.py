"""Categories by the company they keep in rows."""

from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike, RandomState
from ensemble_kit.features.categories.random_walks import random_walks
from ensemble_kit.features.columns import fit_levels, level_codes
from ensemble_kit.features.columns_mixin import WordsMixin
from ensemble_kit.features.embeddings.cooccurrences import ppmi
from ensemble_kit.features.embeddings.word2vec_training import (
    ordered_matrix,
    seed_of,
    train_gensim,
)
from ensemble_kit.features.embeddings.word_vectors import WordVectors
from ensemble_kit.features.truncated_svd import truncated_svd
from ensemble_kit.parameter_limits import POSITIVE, Limits, one_of

METHODS = ("svd", "word2vec", "node2vec")
JOINS = ("columns", "mean")


class CategoryEmbedding(WordsMixin, BaseEstimator):
    """Vectors of categories, learnt from rows read as sentences.

    Each row is the sentence of its levels, ``column=level``. Levels that stand
    beside the same others get similar vectors, whatever the target is.

    Parameters
    ----------
    method : {"svd", "word2vec", "node2vec"}, default "svd"
        "svd" factorises the levels' mutual information; "word2vec" is gensim's
        skip-gram with the whole row as window, and needs the extra ``text``, as does
        "node2vec": skip-gram over walks from level to level of one row, for columns
        that are edges of a graph, such as a user and an item.
    n_components : int, default 8
        Dimensions of a level's vector.
    min_count : int, default 2
        Levels with fewer training rows have a vector of zeros, as unseen ones have.
    join : {"columns", "mean"}, default "columns"
        The vectors of a row side by side, or their mean.
    epochs : int, default 10
        For "word2vec" and "node2vec".
    walks, length : int, default 10 and 20
        For "node2vec": walks from each level, and their steps.
    back, out : float, default 1.0
        For "node2vec": the higher, the less a walk returns, and the less it goes
        where the last level has no link; see `random_walks`.
    random_state : int, RandomState or None
        For "word2vec" and "node2vec".

    Attributes
    ----------
    levels_ : list of list of str
    matrices_ : list of ndarray of float32, each (n_levels + 2, n_components)
        For each column, the vectors of its levels, of missing and of unseen ones.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": list("xxyy") * 2, "b": list("uvwz") * 2})
    >>> CategoryEmbedding(n_components=2).fit_transform(X).shape
    (8, 4)
    """

    _parameter_constraints: ClassVar[Limits] = {
        "method": [one_of(METHODS)],
        "join": [one_of(JOINS)],
        "back": [POSITIVE],
        "out": [POSITIVE],
    }

    def __init__(
        self,
        *,
        method: str = "svd",
        n_components: int = 8,
        min_count: int = 2,
        join: str = "columns",
        epochs: int = 10,
        walks: int = 10,
        length: int = 20,
        back: float = 1.0,
        out: float = 1.0,
        random_state: RandomState = None,
    ):
        self.method = method
        self.n_components = n_components
        self.min_count = min_count
        self.join = join
        self.epochs = epochs
        self.walks = walks
        self.length = length
        self.back = back
        self.out = out
        self.random_state = random_state

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "CategoryEmbedding":
        """Learn the levels' vectors from the training rows."""
        self._check()
        frame = self._learn_columns(X)
        self.levels_ = fit_levels(frame)
        starts = np.cumsum([0, *(len(levels) + 1 for levels in self.levels_)])
        places = level_codes(frame, self.levels_) + starts[:-1]
        counts = np.bincount(places.ravel(), minlength=starts[-1])
        frequent = counts >= max(self.min_count, 1)
        learn = {
            "svd": self._factorise,
            "word2vec": self._train,
            "node2vec": self._walk,
        }[self.method]
        matrix = np.zeros((starts[-1], self.n_components), np.float32)
        if frequent.any():
            vectors = learn(places, frequent)
            matrix[np.flatnonzero(frequent), : vectors.shape[1]] = vectors
        unseen = np.zeros((1, self.n_components), np.float32)
        self.matrices_ = [
            np.vstack([matrix[start:stop], unseen])
            for start, stop in zip(starts[:-1], starts[1:], strict=True)
        ]
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return vectors of rows as float32."""
        codes = level_codes(self._same_columns(X), self.levels_)
        parts = [matrix[codes[:, j]] for j, matrix in enumerate(self.matrices_)]
        if self.join == "mean" and parts:
            return np.asarray(np.mean(parts, axis=0, dtype=np.float32))
        return np.hstack([np.empty((len(codes), 0), np.float32), *parts])

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``column_dimension``, or ``mean_dimension``."""
        check_is_fitted(self)
        columns = list(self.feature_names_in_)
        if self.join == "mean":
            columns = ["mean"] if columns else []
        names = [f"{name}_{i}" for name in columns for i in range(self.n_components)]
        return np.array(names, dtype=object)

    def word_vectors(self) -> WordVectors:
        """Return ``column=level`` and vectors, for levels of all columns."""
        check_is_fitted(self)
        words = [
            f"{name}={level}"
            for name, levels in zip(self.feature_names_in_, self.levels_, strict=True)
            for level in levels
        ]
        known = [matrix[:-2] for matrix in self.matrices_]
        empty = np.empty((0, self.n_components), np.float32)
        return WordVectors(words, np.vstack([empty, *known]))

    def _check(self) -> None:
        if self.method not in METHODS:
            raise ValueError(
                f"method: 'svd', 'word2vec' or 'node2vec', not {self.method!r}"
            )
        if min(self.back, self.out) <= 0:
            raise ValueError(
                f"back and out are above 0; found {self.back!r} and {self.out!r}"
            )
        if self.join not in JOINS:
            raise ValueError(f"join: 'columns' or 'mean', not {self.join!r}")

    def _factorise(self, places: np.ndarray, frequent: np.ndarray) -> np.ndarray:
        """Return vectors from the mutual information of levels of one row."""
        together = _together(places, frequent)
        values, vectors = truncated_svd(ppmi(together), self.n_components)
        return vectors.T * np.sqrt(values)

    def _walk(self, places: np.ndarray, frequent: np.ndarray) -> np.ndarray:
        """Return skip-gram vectors of walks from level to level of one row."""
        random = np.random.default_rng(seed_of(self.random_state))
        walks = random_walks(
            _together(places, frequent),
            self.walks,
            self.length,
            self.back,
            self.out,
            random,
        )
        words = [str(place) for place in np.flatnonzero(frequent)]
        sentences = [[words[node] for node in walk] for walk in walks.tolist()]
        vectors = train_gensim(
            "Word2Vec",
            sentences,
            random_state=self.random_state,
            algorithm="skip_gram",
            params={
                "vector_size": self.n_components,
                "window": 5,
                "sample": 0,
                "epochs": self.epochs,
            },
        )
        return ordered_matrix(vectors, words, self.n_components)

    def _train(self, places: np.ndarray, frequent: np.ndarray) -> np.ndarray:
        """Return skip-gram vectors, a row being a sentence."""
        sentences = [[str(p) for p in row if frequent[p]] for row in places.tolist()]
        vectors = train_gensim(
            "Word2Vec",
            sentences,
            random_state=self.random_state,
            algorithm="skip_gram",
            params={
                "vector_size": self.n_components,
                "window": max(places.shape[1], 1),
                "shrink_windows": False,
                "sample": 0,
                "epochs": self.epochs,
            },
        )
        words = [str(place) for place in np.flatnonzero(frequent)]
        return ordered_matrix(vectors, words, self.n_components)


def _together(places: np.ndarray, frequent: np.ndarray) -> sparse.csr_matrix:
    """Return in how many rows two frequent levels stand, nothing on the diagonal."""
    n_rows, n_columns = places.shape
    entries = (
        np.ones(places.size),
        places.ravel(),
        np.arange(n_rows + 1) * n_columns,
    )
    rows = sparse.csr_matrix(entries, (n_rows, len(frequent)))[:, frequent]
    together = (rows.T @ rows).tocsr()
    together = together - sparse.diags_array(together.diagonal())
    together.eliminate_zeros()
    return together
