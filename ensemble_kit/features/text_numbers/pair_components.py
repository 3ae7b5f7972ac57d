"""In what two texts of a row differ, and what they have in common, as vectors."""

from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike, RandomState
from ensemble_kit.features.text_numbers.embedded_pair import EmbeddedPair
from ensemble_kit.features.truncated_svd import truncated_svd


class EmbeddedPairComponents(EmbeddedPair):
    """Cosine and distance of two texts, and components of what is between them.

    How far apart each number of the two vectors is, and the product of each two
    (Conneau et al. 2017), are brought to the principal components of the training
    rows. Which text comes first makes no difference.

    Parameters
    ----------
    embedding, params, random_state
        As in `EmbeddedPair`.
    n_components : int, default 32
        Fewer where the rows have less to tell.

    Attributes
    ----------
    embedding_ : estimator
    mean_ : ndarray of float64 of shape (n_numbers,)
        Of the training rows' differences and products side by side.
    components_ : ndarray of float64 of shape (n_found, n_numbers)

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": ["hot tea", "ice"] * 2, "b": ["hot tea", "fire"] * 2})
    >>> pair = EmbeddedPairComponents(params={"n_components": 3}, n_components=1)
    >>> pair.fit_transform(X).shape
    (4, 3)
    """

    def __init__(
        self,
        embedding: str = "lsa",
        params: dict[str, Any] | None = None,
        n_components: int = 32,
        random_state: RandomState = None,
    ):
        super().__init__(embedding, params, random_state)
        self.n_components = n_components

    def fit(
        self, X: MatrixLike, y: ArrayLike | None = None
    ) -> "EmbeddedPairComponents":
        """Fit the embedding on both columns, and find the components."""
        if not isinstance(self.n_components, int) or self.n_components < 1:
            raise ValueError(
                f"n_components: a whole number from 1; found {self.n_components!r}"
            )
        super().fit(X)
        between = self._between(X)
        self.mean_ = between.mean(axis=0)
        self.components_ = truncated_svd(between - self.mean_, self.n_components)[1]
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return cosine, distance and components, float32 of shape (n_rows, 2 + n)."""
        check_is_fitted(self)
        components = (self._between(X) - self.mean_) @ self.components_.T
        return np.hstack([super().transform(X), components]).astype(np.float32)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``first~second_cosine`` and the like."""
        pair = "~".join(self.feature_names_in_)
        more = [f"{pair}_component_{i}" for i in range(len(self.components_))]
        return np.concatenate([super().get_feature_names_out(), np.array(more, object)])

    def _between(self, X: MatrixLike) -> np.ndarray:
        """Return differences and products side by side."""
        first, second = self._vectors(X)
        return np.hstack([np.abs(first - second), first * second])
