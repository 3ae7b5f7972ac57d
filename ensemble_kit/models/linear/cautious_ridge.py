"""Ridge regression with as large a penalty as rows that are left out allow."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike

ALPHAS = tuple(float(alpha) for alpha in np.logspace(0, 5, 11))


class CautiousRidge(RegressorMixin, BaseEstimator):
    """Ridge regression, its penalty by leaving rows out and one standard error.

    Of the penalties that are worse than the best by less than one standard error of
    the difference, row by row, the largest is taken: the rule of Breiman et al. (1984)
    on the exact errors of leaving out one row. Where nothing tells of the target, next
    to nothing but its mean is left.

    Parameters
    ----------
    alphas : sequence of float
        The penalties.

    Attributes
    ----------
    alpha_ : float
    ridge_ : Ridge

    Examples
    --------
    >>> random = np.random.default_rng(0)
    >>> X, noise = random.normal(size=(200, 10)), random.normal(size=200)
    >>> CautiousRidge().fit(X, X[:, 0] + 0.1 * noise).alpha_
    1.0
    >>> CautiousRidge().fit(X, noise).alpha_
    100000.0
    """

    def __init__(self, alphas: tuple[float, ...] = ALPHAS):
        self.alphas = alphas

    def fit(self, X: MatrixLike, y: ArrayLike) -> Self:
        """Find the penalty, and fit with it."""
        alphas = np.sort(np.asarray(self.alphas, dtype=np.float64))
        errors = RidgeCV(alphas, store_cv_results=True).fit(X, y).cv_results_
        worse = errors - errors[:, [errors.mean(axis=0).argmin()]]
        spread = worse.std(axis=0) / np.sqrt(len(worse))
        allowed = np.flatnonzero(worse.mean(axis=0) <= spread)
        self.alpha_ = float(alphas[allowed.max()])
        self.ridge_ = Ridge(self.alpha_).fit(X, y)
        return self

    def predict(self, X: MatrixLike) -> NDArray[np.float64]:
        """Return one value per row."""
        check_is_fitted(self, "ridge_")
        return np.asarray(self.ridge_.predict(X))
