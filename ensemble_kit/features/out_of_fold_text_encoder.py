"""Texts to the cross-fitted scores of linear models: text made readable for trees."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.linear_model import Ridge
from sklearn.naive_bayes import MultinomialNB
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import did_you_mean, problems
from ensemble_kit.features.class_codes import class_codes, is_regression, one_hot
from ensemble_kit.features.cross_fitting import contrasts, inner_splits
from ensemble_kit.features.nb_scaled_tfidf import make_features
from ensemble_kit.features.text_counts import TextCounter
from ensemble_kit.features.tfidf_text import TfidfText

Linear = tuple[NDArray[np.float64], NDArray[np.float64]]

MODELS = ("naive_bayes", "ridge")


class OutOfFoldTextEncoder(TransformerMixin, BaseEstimator):
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
    alpha : float
        Penalty of the ridge regression on rows of length 1.
    smoothing : float
        Added to naive Bayes' sums of weights.
    n_splits : int
        Inner folds; fewer when a class or the table is smaller.
    random_state : int, optional
        Seed of the inner folds.

    Attributes
    ----------
    features_ : TfidfText
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

    def __init__(
        self,
        *,
        features: TfidfText | dict[str, Any] | None = None,
        models: Sequence[str] = ("naive_bayes", "ridge"),
        alpha: float = 1.0,
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

    def fit(self, X: Any, y: Any) -> "OutOfFoldTextEncoder":
        """Fit the models of all inner folds and keep their mean."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: Any, y: Any) -> NDArray[np.float32]:
        """Return the scores of each training row by models that have not seen it.

        Returns
        -------
        ndarray of float32 of shape (n_texts, n_columns)
        """
        self._check()
        y = np.asarray(y)
        self.features_ = self._make_features()
        weights = self.features_.fit_transform(X)
        fits = self._fits(y)
        scores, models = [], []
        codes = class_codes(y)[0]
        for train, valid in inner_splits(
            codes, is_regression(y), self.n_splits, self.random_state
        ):
            coef, intercept = fits(weights[train], train)
            models.append((coef, intercept))
            scores.append((valid, weights[valid] @ coef + intercept))
        self._keep_mean(models)
        return _in_order(scores, len(y))

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the mean scores of the inner folds' models."""
        check_is_fitted(self)
        weights = self.features_.transform(X)
        return np.asarray(weights @ self.coef_ + self.intercept_, dtype=np.float32)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
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
        mistakes += [
            f"{name}: expected a positive number, found {getattr(self, name)!r}"
            for name in ("alpha", "smoothing")
            if not getattr(self, name) > 0
        ]
        if not self.models:
            mistakes.append("models: expected at least one")
        if mistakes:
            raise ValueError(problems("OutOfFoldTextEncoder", mistakes))

    def _fits(self, y: NDArray[Any]) -> Callable[[sp.csr_matrix, Any], Linear]:
        """Return the function from training rows to all models' coefficients."""
        if is_regression(y):
            self.columns_ = ["ridge"]
            return lambda X, rows: _ridge(X, y[rows, None], self.alpha)
        codes, classes = class_codes(y)
        models = {
            "naive_bayes": lambda X, c: _naive_bayes(X, c, self.smoothing),
            "ridge": lambda X, c: _ridge(X, 2 * c - 1, self.alpha),
        }
        self.columns_ = _column_names(self.models, classes)
        indicators = one_hot(codes, len(classes))

        def fits(X: sp.csr_matrix, rows: Any) -> Linear:
            fitted = [
                tuple(map(contrasts, models[name](X, indicators[rows])))
                for name in self.models
            ]
            coefs, intercepts = zip(*fitted, strict=True)
            return np.hstack(coefs), np.concatenate(intercepts)

        return fits

    def _keep_mean(self, models: list[Linear]) -> None:
        """Keep the mean model: of linear scores, it gives the mean."""
        coefs, intercepts = zip(*models, strict=True)
        self.coef_ = np.mean(coefs, axis=0).astype(np.float32)
        self.intercept_ = np.mean(intercepts, axis=0).astype(np.float32)


def _in_order(
    scores: list[tuple[NDArray[np.int64], NDArray[Any]]], n_rows: int
) -> NDArray[np.float32]:
    """Return the folds' rows in the order of the table."""
    ordered = np.zeros((n_rows, scores[0][1].shape[1]), dtype=np.float32)
    for rows, values in scores:
        ordered[rows] = values
    return ordered


def _column_names(models: Sequence[str], classes: NDArray[Any]) -> list[str]:
    if len(classes) == 2:
        return list(models)
    return [f"{model}_{label}" for model in models for label in classes]


def _ridge(X: sp.csr_matrix, targets: NDArray[Any], alpha: float) -> Linear:
    ridge = Ridge(alpha=alpha, solver="lsqr", tol=1e-3).fit(X, targets)
    return ridge.coef_.T.reshape(X.shape[1], -1), np.atleast_1d(ridge.intercept_)


def _naive_bayes(
    X: sp.csr_matrix, indicators: NDArray[Any], smoothing: float
) -> Linear:
    """Fit on class numbers with every class named, absent ones included."""
    model = MultinomialNB(alpha=smoothing)
    model.partial_fit(X, indicators.argmax(1), classes=np.arange(indicators.shape[1]))
    prior = np.log((indicators.sum(axis=0) + 1) / (len(indicators) + 1))
    return model.feature_log_prob_.T, prior
