"""Naive Bayes of four kinds, calibrated, on numbers of any sign."""

from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn import naive_bayes
from sklearn.base import BaseEstimator
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import ClassWeight, MatrixLike
from ensemble_kit.models.calibration import decision_values, fit_calibrated
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    encode_labels,
    row_weights,
)
from ensemble_kit.parameter_limits import WEIGHTED, Limits, one_of

KINDS = ("multinomial", "complement", "bernoulli", "gaussian")


class NaiveBayesClassifier(ProbabilityClassifierMixin, BaseEstimator):
    """Classify with naive Bayes whose probabilities are calibrated.

    Raw naive Bayes counts dependent words as if they were independent evidence, so
    its probabilities sit at 0 and 1; a temperature from inner folds repairs that.

    Parameters
    ----------
    kind : {"multinomial", "complement", "bernoulli", "gaussian"}
        Gaussian for dense numbers, the others for counts and TF-IDF.
    alpha : float
        Additive smoothing; for "gaussian" the share of the largest variance that is
        added to all.
    n_splits : int
        Inner folds for the calibration.
    class_weight : None, "balanced" or dict by label
    random_state : int, optional
        Deals the rows to the inner folds.

    Notes
    -----
    Except for "gaussian", a column with negative values is split in two: what is
    above zero and what is below.

    Examples
    --------
    >>> from ensemble_kit.models.linear.naive_bayes import NaiveBayesClassifier
    >>> X, y = [[3, 0], [2, 1], [0, 4], [1, 3]] * 3, ["a", "a", "b", "b"] * 3
    >>> NaiveBayesClassifier(random_state=0).fit(X, y).predict([[2, 0]]).tolist()
    ['a']
    """

    _parameter_constraints: ClassVar[Limits] = {
        **WEIGHTED,
        "kind": [one_of(KINDS)],
    }

    def __init__(
        self,
        kind: str = "multinomial",
        alpha: float = 0.1,
        n_splits: int = 5,
        class_weight: ClassWeight = None,
        random_state: int | None = None,
    ):
        self.kind = kind
        self.alpha = alpha
        self.n_splits = n_splits
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = self.kind != "gaussian"
        return tags

    def fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> "NaiveBayesClassifier":
        """Fit to counts or numbers, and labels."""
        check_consistent_length(X, y)
        if self.kind not in KINDS:
            raise ValueError(f"kind is one of {KINDS}; found {self.kind!r}")
        X = self._validate(X, reset=True)
        self.classes_, codes = encode_labels(y)
        self.signed_ = self.kind != "gaussian" and X.size and X.min() < 0
        self.model_, self.calibration_ = fit_calibrated(
            self._counter,
            split_signs(X) if self.signed_ else X,
            codes,
            row_weights(sample_weight, self.class_weight, codes, self.classes_),
            self.n_splits,
            self.random_state,
        )
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return calibrated probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = self._validate(X, reset=False)
        if self.kind != "gaussian":
            X = split_signs(X) if self.signed_ else positive_part(X)
        decisions = decision_values(self.model_, X, len(self.classes_))
        return self.calibration_.probabilities(decisions)

    def _validate(self, X: MatrixLike, reset: bool) -> Any:
        accepted = False if self.kind == "gaussian" else "csr"
        return validate_data(
            self, X, accept_sparse=accepted, dtype=[np.float64, np.float32], reset=reset
        )

    def _counter(self) -> Any:
        if self.kind == "gaussian":
            return naive_bayes.GaussianNB(var_smoothing=self.alpha)
        names = {"multinomial": "MultinomialNB", "complement": "ComplementNB"}
        name = names.get(self.kind, "BernoulliNB")
        return getattr(naive_bayes, name)(alpha=self.alpha)


def split_signs(X: MatrixLike) -> Any:
    """Return what is above zero beside what is below, both as positive numbers."""
    parts = [positive_part(X), positive_part(-X)]
    return sparse.hstack(parts).tocsr() if sparse.issparse(X) else np.hstack(parts)


def positive_part(X: MatrixLike) -> Any:
    """Return X with zeros for what is below zero."""
    if isinstance(X, sparse.spmatrix | sparse.sparray):
        return X.maximum(0)
    return np.maximum(X, 0)
