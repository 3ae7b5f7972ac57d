"""TF-IDF scaled by how much a term tells about the class."""

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.class_codes import class_codes, one_hot
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.parameter_limits import POSITIVE, Limits


class NBScaledTfidf(TextsMixin, BaseEstimator):
    """Scale TF-IDF by naive-Bayes log-count ratios.

    A linear model on these features is the NB-SVM of Wang and Manning, "Baselines
    and Bigrams", 2012. With more than two classes a term is scaled by the largest
    of its ratios, each class against the rest. The target of a regression is cut
    into quarters.

    Parameters
    ----------
    features : TfidfText, dict or None
        The features to scale, or the parameters of TfidfText.
    alpha : float
        Added to every term's weight in a class and in the rest.

    Attributes
    ----------
    features_ : TfidfText
    ratios_ : ndarray of float64 of shape (n_terms, n_classes)
        Log-count ratios of every class against the rest.
    scale_ : ndarray of float64 of shape (n_terms,)

    Examples
    --------
    >>> scaled = NBScaledTfidf().fit(["good", "bad", "good so"], [1, 0, 1])
    >>> str(scaled.get_feature_names_out()[scaled.scale_.argmin()])
    'so'
    """

    _parameter_constraints: ClassVar[Limits] = {
        "alpha": [POSITIVE],
    }

    def __init__(
        self,
        *,
        features: TfidfText | dict[str, Any] | None = None,
        alpha: float = 0.3,
    ):
        self.features = features
        self.alpha = alpha

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        return make_features(self.features).counter()

    def fit(self, X: TextsLike | CountedTexts, y: ArrayLike) -> "NBScaledTfidf":
        """Learn the vocabulary, and the ratios from the target."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: TextsLike | CountedTexts, y: ArrayLike) -> sp.csr_matrix:
        """Learn from the training texts and return their features."""
        if self.alpha <= 0:
            raise ValueError(f"NBScaledTfidf: alpha is positive; found {self.alpha!r}")
        codes, classes = class_codes(y)
        self.features_ = make_features(self.features)
        weights = self.features_.fit_transform(X)
        self.ratios_ = log_count_ratios(weights, codes, len(classes), self.alpha)
        self.scale_ = np.abs(self.ratios_).max(axis=1)
        return self._scaled(weights)

    def transform(self, X: TextsLike | CountedTexts) -> sp.csr_matrix:
        """Return the features, CSR of float32 of shape (n_texts, n_terms)."""
        check_is_fitted(self)
        return self._scaled(self.features_.transform(X))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return the terms."""
        check_is_fitted(self)
        return self.features_.get_feature_names_out()

    def _scaled(self, weights: sp.csr_matrix) -> sp.csr_matrix:
        scale = self.scale_.astype(np.float32)
        weights.data = weights.data * scale[weights.indices]
        return weights


def log_count_ratios(
    weights: sp.csr_matrix, codes: NDArray[np.int64], n_classes: int, alpha: float
) -> NDArray[np.float64]:
    """Return ln of each term's share in a class over its share in the rest.

    Returns
    -------
    ndarray of float64 of shape (n_terms, n_classes)
        Zeros when there is one class only.
    """
    if n_classes < 2:
        return np.zeros((weights.shape[1], n_classes))
    inside = (weights.T @ one_hot(codes, n_classes)) + alpha
    outside = inside.sum(axis=1, keepdims=True) - inside - (n_classes - 2) * alpha
    inside, outside = inside / inside.sum(axis=0), outside / outside.sum(axis=0)
    return np.log(inside) - np.log(outside)


def make_features(features: TfidfText | dict[str, Any] | None) -> TfidfText:
    """Return an unfitted TfidfText from one, from its parameters, or by default."""
    if isinstance(features, TfidfText):
        return TfidfText(**features.get_params(deep=False))
    return TfidfText(**(features or {}))
