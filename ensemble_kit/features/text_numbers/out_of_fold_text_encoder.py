"""Texts to the cross-fitted scores of linear models: text made readable for trees."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import did_you_mean, problems
from ensemble_kit.features.class_codes import class_codes, is_regression, one_hot
from ensemble_kit.features.counting.nb_scaled_tfidf import make_features
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.cross_fitting import contrasts
from ensemble_kit.features.text_numbers.linear_texts import (
    Linear,
    Split,
    choose_penalty,
    fit_naive_bayes,
    fit_ridge,
)
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.parameter_limits import POSITIVE, Limits
from ensemble_kit.splitting.inner_rows import inner_splits

MODELS = ("naive_bayes", "ridge")


class OutOfFoldTextEncoder(TextsMixin, BaseEstimator):
    """Encode texts as the scores of linear models on their TF-IDF.

    Trees cannot use a hundred thousand sparse columns, but they can use what a
    linear model makes of them. Scores of training rows come from models that have
    not seen the row (``fit_transform`` is cross-fitted); scores of new rows are the
    mean of those same models, so that both have one distribution.

    Parameters
    ----------
    features : TfidfText, dict or None
        The TF-IDF, or its parameters. None is words and marks 1-2 and characters
        2-5 within words, in at least 3 texts, sublinear. It sees all training
        texts, but no target.
    models : sequence of {"naive_bayes", "ridge"}
        Their errors differ: together they tell trees much more than either. A
        regression has ridge only, whatever is named here.
    alpha : float, optional
        Penalty of the ridge regression on rows of length 1; None chooses by the
        inner folds. Texts that tell little want much.
    smoothing : float
        Added to naive Bayes' sums of weights.
    n_splits : int
        Inner folds; fewer when a class or the table is smaller.
    random_state : int, optional
        Seed of the inner folds.

    Attributes
    ----------
    features_ : TfidfText
    alpha_ : float
        The penalty, given or chosen.
    coef_ : ndarray of float32 of shape (n_terms, n_columns)
    intercept_ : ndarray of float32 of shape (n_columns,)
    columns_ : list of str
        One column per model for two classes (the second against the first) and for
        a regression; one per model and class for more.

    Examples
    --------
    >>> encoder = OutOfFoldTextEncoder(features={"min_df": 1}, models=["ridge"])
    >>> texts, y = ["good", "bad", "good so", "so bad"] * 5, [1, 0, 1, 0] * 5
    >>> (encoder.fit_transform(texts, y).ravel() > 0).astype(int).tolist() == y
    True
    """

    _parameter_constraints: ClassVar[Limits] = {
        "alpha": [POSITIVE, None],
        "smoothing": [POSITIVE],
    }

    def __init__(
        self,
        *,
        features: TfidfText | dict[str, Any] | None = None,
        models: Sequence[str] = ("naive_bayes", "ridge"),
        alpha: float | None = None,
        smoothing: float = 0.05,
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.features = features
        self.models = models
        self.alpha = alpha
        self.smoothing = smoothing
        self.n_splits = n_splits
        self.random_state = random_state

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        return self._make_features().counter()

    def fit(self, X: TextsLike, y: ArrayLike) -> "OutOfFoldTextEncoder":
        """Fit the models of all inner folds and keep their mean."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike) -> NDArray[np.float32]:
        """Return the scores of each training row by models that have not seen it.

        Returns
        -------
        ndarray of float32 of shape (n_texts, n_columns)
        """
        self._check()
        y = np.asarray(y)
        codes, classes = class_codes(y)
        regression = is_regression(y)
        names = ["ridge"] if regression else list(self.models)
        self.columns_ = names if regression else _column_names(names, classes)
        targets = y[:, None] if regression else 2 * one_hot(codes, len(classes)) - 1
        self.features_ = self._make_features()
        weights = self.features_.fit_transform(X)
        splits = inner_splits(codes, self.n_splits, not regression, self.random_state)
        self.alpha_: Any = self.alpha
        if self.alpha is None and "ridge" in names:
            self.alpha_ = choose_penalty(weights, targets, splits)
        return self._cross_fit(names, weights, targets, splits)

    def transform(self, X: TextsLike) -> NDArray[np.float32]:
        """Return the mean scores of the inner folds' models."""
        check_is_fitted(self)
        weights = self.features_.transform(X)
        return np.asarray(weights @ self.coef_ + self.intercept_, dtype=np.float32)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return ``model`` or ``model_class``."""
        check_is_fitted(self)
        return np.array(self.columns_, dtype=object)

    def _make_features(self) -> TfidfText:
        if self.features is not None:
            return make_features(self.features)
        return TfidfText(
            words=(1, 2),
            characters=(2, 5),
            preparation="marks",
            sublinear=True,
            min_df=3,
        )

    def _check(self) -> None:
        mistakes = [
            f"models: unknown model {name!r}{did_you_mean(name, MODELS)}"
            for name in self.models
            if name not in MODELS
        ]
        for name in ("alpha", "smoothing"):
            value = getattr(self, name)
            if value is not None and not value > 0:
                mistakes.append(f"{name}: expected a positive number, found {value!r}")
        if not self.models:
            mistakes.append("models: expected at least one")
        if mistakes:
            raise ValueError(problems("OutOfFoldTextEncoder", mistakes))

    def _cross_fit(
        self,
        names: Sequence[str],
        weights: sp.csr_matrix,
        targets: NDArray[Any],
        splits: Sequence[Split],
    ) -> NDArray[np.float32]:
        """Fit every inner fold, keep the mean model, return the unseen rows' scores."""
        scores = np.zeros((len(targets), len(self.columns_)), dtype=np.float32)
        models = []
        for train, valid in splits:
            coef, intercept = self._fit_all(names, weights[train], targets[train])
            models.append((coef, intercept))
            scores[valid] = weights[valid] @ coef + intercept
        self._keep_mean(models)
        return scores

    def _fit_all(
        self, names: Sequence[str], weights: sp.csr_matrix, targets: NDArray[Any]
    ) -> Linear:
        """Return the coefficients and intercepts of all models, side by side."""
        fits = {
            "naive_bayes": lambda: fit_naive_bayes(weights, targets, self.smoothing),
            "ridge": lambda: fit_ridge(weights, targets, self.alpha_),
        }
        fitted = [tuple(map(contrasts, fits[name]())) for name in names]
        coefs, intercepts = zip(*fitted, strict=True)
        return np.hstack(coefs), np.concatenate(intercepts)

    def _keep_mean(self, models: list[Linear]) -> None:
        """Keep the mean model: of linear scores, it gives the mean."""
        coefs, intercepts = zip(*models, strict=True)
        self.coef_ = np.mean(coefs, axis=0).astype(np.float32)
        self.intercept_ = np.mean(intercepts, axis=0).astype(np.float32)


def _column_names(models: Sequence[str], classes: NDArray[Any]) -> list[str]:
    if len(classes) == 2:
        return list(models)
    return [f"{model}_{label}" for model in models for label in classes]
