"""Weights of the members learned as a function of columns."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from ensemble_kit.blending.blend_mixins import RoutedBlendMixin
from ensemble_kit.blending.convex_blend import ConvexBlend
from ensemble_kit.blending.greedy_scores import true_class
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    check_columns,
)
from ensemble_kit.parameter_limits import POSITIVE, Limits

Array = NDArray[Any]
SMALLEST_SHARE = 1e-3


class GatedBlend(RoutedBlendMixin, BaseEstimator):
    """Let a small logistic model on columns choose the members' weights.

    A row's weights are softmax(features @ W + b): a mixture of experts whose
    experts are fixed. It starts from the weights of a ConvexBlend, and the penalty
    pulls W to 0, where all rows share those weights. Fitted by log loss, or squared
    error for values.

    Parameters
    ----------
    columns : sequence of str, optional
        The columns it reads; by default all it is given.
    penalty : float
        Strength of that pull, in rows: half the squared norm of W counts this many
        times.
    max_categories : int
        Rarer categories of a column share one indicator.
    max_iter : int
        Steps of L-BFGS at most.

    Attributes
    ----------
    columns_ : list of str
        The columns it reads.
    coef_ : ndarray of shape (n_features, n_members)
    intercept_ : ndarray of shape (n_members,)
    encoder_ : ColumnTransformer
        Makes the gate's features: numbers standardised, a flag where they are
        missing, categories as indicators.
    weights_ : ndarray of shape (n_members,)
        The mean of the fitted rows' weights.
    classes_ : ndarray
        The labels behind the columns, for classification.
    """

    _parameter_constraints: ClassVar[Limits] = {
        "penalty": [POSITIVE],
    }

    def __init__(
        self,
        columns: Sequence[str] | None = None,
        penalty: float = 10.0,
        max_categories: int = 20,
        max_iter: int = 200,
    ):
        self.columns = columns
        self.penalty = penalty
        self.max_categories = max_categories
        self.max_iter = max_iter

    def fit(
        self,
        X: Predictions,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        columns: pd.DataFrame,
    ) -> "GatedBlend":
        """Fit the gate.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
        columns : DataFrame of n_rows rows
            Numbers and categories that the gate reads.
        """
        if not self.penalty > 0:
            raise PipelineError(
                f"GatedBlend: penalty is {self.penalty}, expected above 0"
            )
        rows = self._fitting_rows(X, y, sample_weight)
        check_columns(columns, len(rows.y))
        self.columns_ = list(columns if self.columns is None else self.columns)
        self.encoder_ = self._encoder(columns[self.columns_])
        features = self.encoder_.fit_transform(columns[self.columns_])
        gate = _Gate(rows, features, self.penalty / len(rows.y))
        minimum = minimize(
            gate,
            gate.start,
            jac=True,
            method="L-BFGS-B",
            options={"maxiter": self.max_iter},
        )
        self.coef_, self.intercept_ = gate.split(minimum.x)
        self.weights_ = rows.weight @ self._shares(features)
        return self

    def _encoder(self, columns: pd.DataFrame) -> ColumnTransformer:
        """Return the unfitted encoder of the gate's columns."""
        numbers_of = list(columns.select_dtypes("number").columns)
        others_of = [name for name in columns.columns if name not in numbers_of]
        numbers = make_pipeline(
            SimpleImputer(
                strategy="median", add_indicator=True, keep_empty_features=True
            ),
            StandardScaler(),
        )
        categories = OneHotEncoder(
            max_categories=self.max_categories,
            handle_unknown="infrequent_if_exist",
            sparse_output=False,
        )
        return ColumnTransformer(
            [
                ("numbers", numbers, numbers_of),
                ("others", categories, others_of),
            ],
            sparse_threshold=0.0,
        )

    def _shares(self, features: Array) -> NDArray[np.float64]:
        """Return the weights of the members for every row."""
        return np.exp(log_softmax(features @ self.coef_ + self.intercept_, axis=1))

    def _combine(self, tensor: Array, columns: pd.DataFrame) -> NDArray[np.float64]:
        shares = self._shares(self.encoder_.transform(columns[self.columns_]))
        return np.einsum("rmo,rm->ro", tensor, shares, dtype=np.float64)


class _Gate:
    """The loss of a softmax gate and its gradient."""

    def __init__(self, rows: Rows, features: Array, penalty: float):
        self.rows = rows
        self.features = features
        self.penalty = penalty
        whole = ConvexBlend().fit(rows.tensor, rows.y, rows.weight)
        coef = np.zeros((features.shape[1], rows.n_members))
        self.start = np.append(coef, np.log(np.maximum(whole.weights_, SMALLEST_SHARE)))
        self.center = self.split(self.start)[1]
        if rows.classification:
            self.values = np.ascontiguousarray(true_class(rows).T)
        else:
            self.values = rows.tensor[:, :, 0].astype(np.float64)
            error = rows.y - self.values @ whole.weights_
            self.variance = float(rows.weight @ error**2) or 1.0

    def split(self, theta: Array) -> tuple[Array, Array]:
        """Return the coefficients and the intercepts."""
        n_members = self.rows.n_members
        return theta[:-n_members].reshape(-1, n_members), theta[-n_members:]

    def __call__(self, theta: Array) -> tuple[float, Array]:
        """Return the penalised loss and its gradient."""
        coef, intercept = self.split(theta)
        shares = np.exp(log_softmax(self.features @ coef + intercept, axis=1))
        mixture = (shares * self.values).sum(axis=1)
        loss, slope = self._loss_and_slope(mixture)
        # through the softmax: d mixture / d score_j = share_j (value_j - mixture)
        push = shares * (self.values - mixture[:, None]) * slope[:, None]
        off = intercept - self.center
        loss += 0.5 * self.penalty * ((coef**2).sum() + off @ off)
        gradient = self.features.T @ push + self.penalty * coef
        return loss, np.append(gradient, push.sum(axis=0) + self.penalty * off)

    def _loss_and_slope(self, mixture: Array) -> tuple[float, Array]:
        """Return the loss of mixtures and its weighted derivative."""
        weight = self.rows.weight
        if self.rows.classification:
            return -float(weight @ np.log(mixture)), -weight / mixture
        error = mixture - self.rows.y
        half = 0.5 / self.variance
        return half * float(weight @ error**2), 2 * half * weight * error
