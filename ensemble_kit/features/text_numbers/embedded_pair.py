"""How near two texts of a row are as vectors."""

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike, RandomState
from ensemble_kit.features.columns import as_frame, names_of
from ensemble_kit.features.counting.latent_semantics import LatentSemantics
from ensemble_kit.features.embeddings.cooccurrence_embedding import (
    CooccurrenceEmbedding,
)
from ensemble_kit.features.embeddings.fasttext_embedding import FastTextEmbedding
from ensemble_kit.features.embeddings.glove_embedding import GloveEmbedding
from ensemble_kit.features.embeddings.pretrained_embedding import PretrainedEmbedding
from ensemble_kit.features.embeddings.sent2vec_embedding import Sent2VecEmbedding
from ensemble_kit.features.embeddings.word2vec_embedding import Word2VecEmbedding
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.texts.texts_mixin import SeveralTextsMixin
from ensemble_kit.parameter_limits import Limits, one_of
from ensemble_kit.parameter_values import Constructor

EMBEDDINGS = {
    "cooccurrence": CooccurrenceEmbedding,
    "fasttext": FastTextEmbedding,
    "glove": GloveEmbedding,
    "lsa": LatentSemantics,
    "pretrained": PretrainedEmbedding,
    "sent2vec": Sent2VecEmbedding,
    "sentence_encoder": SentenceEncoder,
    "word2vec": Word2VecEmbedding,
}


class EmbeddedPair(SeveralTextsMixin, BaseEstimator):
    """Cosine and distance between the vectors of two text columns.

    One embedding is fitted on the texts of both columns together.

    Parameters
    ----------
    embedding : str, default "lsa"
        A name of ``EMBEDDINGS``.
    params : dict, optional
        The embedding's parameters.
    random_state : int, RandomState or None
        Passed to the embedding, when it takes one.

    Attributes
    ----------
    embedding_ : estimator

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": ["hot tea", "ice"] * 2, "b": ["hot tea", "fire"] * 2})
    >>> pair = EmbeddedPair(params={"n_components": 3}).fit(X)
    >>> float(round(pair.transform(X)[0, 0], 3))
    1.0
    """

    _parameter_constraints: ClassVar[Limits] = {
        "embedding": [one_of(EMBEDDINGS)],
    }

    def __init__(
        self,
        embedding: str = "lsa",
        params: dict[str, Any] | None = None,
        random_state: RandomState = None,
    ):
        self.embedding = embedding
        self.params = params
        self.random_state = random_state

    @classmethod
    def inner_constructors(cls, params: Mapping[str, Any]) -> dict[str, Constructor]:
        """Return whose parameters a mapping is; see `ensemble_kit.parameter_values`."""
        name = params.get("embedding", "lsa")
        return {"params": EMBEDDINGS[name]} if name in EMBEDDINGS else {}

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "EmbeddedPair":
        """Fit the embedding on both columns."""
        self.feature_names_in_ = names_of(X)
        self.n_features_in_ = len(self.feature_names_in_)
        self.embedding_ = self._unfitted().fit(_both(X))
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return cosine and Euclidean distance, float32 of shape (n_rows, 2)."""
        check_is_fitted(self)
        first, second = self._vectors(X)
        lengths = np.linalg.norm(first, axis=1) * np.linalg.norm(second, axis=1)
        products = (first * second).sum(axis=1)
        cosines = products / np.where(lengths > 0, lengths, 1)
        distances = np.linalg.norm(first - second, axis=1)
        return np.column_stack([cosines, distances]).astype(np.float32)

    def encoding(self) -> dict[str, Any] | None:
        """Return the parameters that decide a text's vector, of an encoder alone."""
        embedding = self._unfitted()
        return embedding.encoding() if hasattr(embedding, "encoding") else None

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``first~second_cosine`` and ``first~second_distance``."""
        check_is_fitted(self)
        pair = "~".join(self.feature_names_in_)
        return np.array([f"{pair}_cosine", f"{pair}_distance"], dtype=object)

    def _vectors(self, X: MatrixLike) -> tuple[np.ndarray, np.ndarray]:
        """Return the vectors of both columns."""
        vectors = np.asarray(self.embedding_.transform(_both(X)), dtype=np.float64)
        return vectors[: len(X)], vectors[len(X) :]

    def _unfitted(self) -> Any:
        if self.embedding not in EMBEDDINGS:
            raise ValueError(
                f"embedding: one of {', '.join(EMBEDDINGS)}, not {self.embedding!r}"
            )
        embedding = EMBEDDINGS[self.embedding](**(self.params or {}))
        own = embedding.get_params(deep=False).get("random_state", 0)
        if own is None:
            embedding.set_params(random_state=self.random_state)
        return embedding


def _both(X: MatrixLike) -> pd.Series:
    """Return the texts of the first column, then those of the second."""
    frame = as_frame(X)
    if frame.shape[1] != 2:
        raise ValueError(f"a pair is two text columns; found {frame.shape[1]}")
    columns = [frame.iloc[:, j].astype(object) for j in range(2)]
    return pd.concat(columns, ignore_index=True)
