"""Texts in the few directions that their TF-IDF varies most in."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.features.truncated_svd import truncated_svd
from ensemble_kit.parameter_values import Constructor


class LatentSemantics(TextsMixin, BaseEstimator):
    """Latent semantic analysis: TF-IDF, then a truncated SVD.

    Parameters
    ----------
    n_components : int, default 64
        Directions kept; fewer when the texts do not span so many.
    tfidf : dict, optional
        Parameters of `TfidfText`; by default words and their pairs found in two
        texts or more, with ``1 + ln n`` as term frequency.
    normalize : bool, default False
        Whether vectors are brought to length 1, so that products are cosines.

    Attributes
    ----------
    tfidf_ : TfidfText
    components_ : ndarray of float32 of shape (n_found, n_terms)

    Examples
    --------
    >>> texts = ["hot tea", "hot coffee", "hot tea"]
    >>> LatentSemantics(n_components=2).fit_transform(texts).shape
    (3, 2)
    """

    def __init__(
        self,
        *,
        n_components: int = 64,
        tfidf: dict[str, Any] | None = None,
        normalize: bool = False,
    ):
        self.n_components = n_components
        self.tfidf = tfidf
        self.normalize = normalize

    @classmethod
    def inner_constructors(cls, params: Mapping[str, Any]) -> dict[str, Constructor]:
        """Return whose parameters a mapping is; see `ensemble_kit.parameter_values`."""
        return {"tfidf": TfidfText}

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        return self._unfitted().counter()

    def fit(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> "LatentSemantics":
        """Learn vocabulary, idf and directions from texts or counted texts."""
        self._fit(X)
        return self

    def fit_transform(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> np.ndarray:
        """Learn from the training texts and return their vectors."""
        return self._projected(self._fit(X))

    def transform(self, X: TextsLike | CountedTexts) -> np.ndarray:
        """Return vectors, float32 of shape (n_texts, n_components)."""
        check_is_fitted(self)
        return self._projected(self.tfidf_.transform(X))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``lsa_number``."""
        check_is_fitted(self)
        names = [f"lsa_{i}" for i in range(len(self.components_))]
        return np.array(names, dtype=object)

    def _unfitted(self) -> TfidfText:
        parameters = {"words": (1, 2), "min_df": 2, "sublinear": True}
        return TfidfText(**(parameters if self.tfidf is None else self.tfidf))

    def _fit(self, X: TextsLike | CountedTexts) -> sparse.csr_matrix:
        self.tfidf_ = self._unfitted()
        weights = self.tfidf_.fit_transform(X)
        self.components_ = truncated_svd(weights, self.n_components)[1].astype("f4")
        return weights

    def _projected(self, weights: sparse.csr_matrix) -> np.ndarray:
        vectors = np.asarray(weights @ self.components_.T, dtype=np.float32)
        if not self.normalize:
            return vectors
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return vectors / np.where(lengths > 0, lengths, 1)
