"""Gaussian processes with a kernel that needs no choosing."""

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.gaussian_process import GaussianProcessClassifier as LibraryClassifier
from sklearn.gaussian_process import GaussianProcessRegressor as LibraryRegressor
from sklearn.gaussian_process import kernels
from sklearn.utils import check_consistent_length
from sklearn.utils.validation import check_is_fitted, validate_data

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.class_labels import ProbabilityClassifierMixin, encode_labels
from ensemble_kit.models.target_scale import scale_target

OPTIMIZER = "fmin_l_bfgs_b"
# Rows that the kernel's parameters are fitted on: every try costs their cube.
ENOUGH_ROWS = 300
LENGTHS, LEVELS = (1e-1, 1e3), (1e-4, 1e2)


class GaussianProcessClassifier(ProbabilityClassifierMixin, BaseEstimator):
    """Classify with a Gaussian process of a radial and a linear part.

    Only for few rows: time grows with their cube.

    Parameters
    ----------
    optimize : bool
        Whether the kernel's parameters are fitted, on 300 rows.
    max_iter_predict : int
        Newton steps of Laplace's approximation.
    random_state : int, optional

    Examples
    --------
    >>> from ensemble_kit.models.neighbors.gaussian_process import (
    ...     GaussianProcessClassifier,
    ... )
    >>> X, y = [[0.0], [1.0], [2.0], [3.0]] * 5, ["a", "a", "b", "b"] * 5
    >>> GaussianProcessClassifier().fit(X, y).predict([[0.2], [2.9]]).tolist()
    ['a', 'b']
    """

    def __init__(
        self,
        optimize: bool = True,
        max_iter_predict: int = 50,
        random_state: int | None = None,
    ):
        self.optimize = optimize
        self.max_iter_predict = max_iter_predict
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: MatrixLike, y: ArrayLike) -> "GaussianProcessClassifier":
        """Fit to scaled numbers and labels."""
        check_consistent_length(X, y)
        X = _dense(self, X, reset=True)
        self.classes_, codes = encode_labels(y)
        kernel = _kernel(X.shape[1])
        if self.optimize:
            firsts = np.unique(codes, return_index=True)[1]  # a row of every class
            rows = np.union1d(firsts, enough_rows(len(codes), self.random_state))
            library = self._library(kernel, OPTIMIZER)
            kernel = fitted_kernel(library, X[rows], codes[rows])
        self.model_ = self._library(kernel, None).fit(X, codes)
        return self

    def predict_proba(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes)."""
        check_is_fitted(self)
        X = _dense(self, X)
        return self.model_.predict_proba(X)

    def _library(self, kernel: BaseEstimator, optimizer: str | None) -> Any:
        return LibraryClassifier(
            kernel=kernel,
            optimizer=optimizer,
            max_iter_predict=self.max_iter_predict,
            random_state=self.random_state,
        )


class GaussianProcessRegressor(RegressorMixin, BaseEstimator):
    """Predict numbers with a Gaussian process of a radial and a linear part.

    The noise is learnt. Only for few rows: time grows with their cube.

    Parameters
    ----------
    optimize : bool
        Whether the kernel's parameters are fitted, on 300 rows.
    random_state : int, optional
    """

    def __init__(self, optimize: bool = True, random_state: int | None = None):
        self.optimize = optimize
        self.random_state = random_state

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def fit(self, X: MatrixLike, y: ArrayLike) -> "GaussianProcessRegressor":
        """Fit to scaled numbers and values."""
        check_consistent_length(X, y)
        X = _dense(self, X, reset=True)
        scaled, self.scale_ = scale_target(y)
        kernel = _kernel(X.shape[1]) + kernels.WhiteKernel(0.1, LEVELS)
        if self.optimize:
            rows = enough_rows(len(scaled), self.random_state)
            library = LibraryRegressor(kernel, optimizer=OPTIMIZER)
            kernel = fitted_kernel(library, X[rows], scaled[rows])
        self.model_ = LibraryRegressor(kernel, optimizer=None).fit(X, scaled)
        return self

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        check_is_fitted(self)
        X = _dense(self, X)
        return self.scale_.restore(self.model_.predict(X))


def _dense(estimator: BaseEstimator, X: MatrixLike, reset: bool = False) -> Any:
    """Return X checked and dense: rows are few here."""
    X = validate_data(estimator, X, accept_sparse="csr", dtype=np.float64, reset=reset)
    return X.toarray() if sparse.issparse(X) else X


def _kernel(n_features: int) -> Any:
    """Return a radial part as wide as the table, plus a linear part."""
    radial = kernels.ConstantKernel(1.0, LEVELS) * kernels.RBF(
        np.sqrt(n_features), LENGTHS
    )
    linear = kernels.ConstantKernel(0.1, LEVELS) * kernels.DotProduct(1.0, "fixed")
    return radial + linear


def enough_rows(n_rows: int, seed: int | None) -> NDArray[np.int64]:
    """Return rows that are enough to fit a kernel's few parameters."""
    return np.random.default_rng(seed).permutation(n_rows)[:ENOUGH_ROWS]


def fitted_kernel(library: BaseEstimator, X: MatrixLike, y: ArrayLike) -> Any:
    """Return the kernel with the parameters found; of several classes, their mean.

    The warnings that a parameter came to its bound are not shown: the bounds are there
    to stop it, and a part that the data do not need goes to one.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        library.fit(X, y)
    thetas = library.kernel_.theta.reshape(-1, len(library.kernel.theta))
    return library.kernel.clone_with_theta(thetas.mean(axis=0))
