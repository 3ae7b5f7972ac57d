"""What a ridge regression would say of each row, had it not seen it: in closed form.

With one row left out, the residual of a ridge regression is ``e / (1 - h)``: e is the
residual of the fit on all rows, h the row's leverage, its place on the diagonal of the
hat matrix (Allen 1974, "The relationship between variable selection and data
augmentation and a method for prediction"). No further fit is needed, and nothing is
approximated; `sklearn.linear_model.RidgeCV` finds its penalty in the same way.
"""

from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.linalg import solve_triangular
from sklearn.linear_model import Ridge, RidgeClassifier

from ensemble_kit.arrays import MatrixLike

EXACT_SOLVERS = ("auto", "svd", "cholesky")
MOST_LEVERAGE = 1 - 1e-6  # beyond, rounding is all that is left of 1 - h


def left_out_values(
    model: Any, X: MatrixLike, targets: NDArray[Any], weights: NDArray[Any] | None
) -> NDArray[np.float64] | None:
    """Return what a model would say of each row without it; None where that is no sum.

    Parameters
    ----------
    model : Ridge or RidgeClassifier
        Fitted to these rows; of anything else nothing is known.
    X : array or DataFrame of shape (n_rows, n_columns)
    targets : ndarray of shape (n_rows, n_targets)
        What was fitted; for a classifier -1 and 1.
    weights : ndarray of shape (n_rows,), optional

    Returns
    -------
    ndarray of shape (n_rows, n_targets), or None
    """
    if sparse.issparse(X) or not _is_exact(model):
        return None
    rows = np.asarray(X, dtype=np.float64)
    leverage = _leverages(model, rows, weights)
    if leverage.max() > MOST_LEVERAGE:
        return None
    fitted = rows @ np.atleast_2d(model.coef_).T + model.intercept_
    return np.asarray(targets - (targets - fitted) / (1 - leverage)[:, None])


def _is_exact(model: Any) -> bool:
    """Return whether a model is the least penalised squares of its rows, to rounding.

    A class of somebody's own may fit anything.
    """
    if type(model) not in (Ridge, RidgeClassifier) or not isinstance(model.alpha, Real):
        return False
    weighs_classes = getattr(model, "class_weight", None) is not None
    return model.solver in EXACT_SOLVERS and not (model.positive or weighs_classes)


def _leverages(
    model: Any, rows: NDArray[np.float64], weights: NDArray[Any] | None
) -> NDArray[np.float64]:
    """Return the diagonal of the hat matrix, of rows that weigh something."""
    flat = np.ones(len(rows)) if weights is None else np.asarray(weights, np.float64)
    of_mean = np.zeros(len(rows))
    if model.fit_intercept:
        of_mean = flat / flat.sum()
        rows = rows - of_mean @ rows
    scaled = rows * np.sqrt(flat)[:, None]
    return of_mean + _penalised_leverages(scaled, float(model.alpha))


def _penalised_leverages(
    rows: NDArray[np.float64], penalty: float
) -> NDArray[np.float64]:
    """Return the diagonal of X (X'X + a I)^-1 X', by the smaller of two matrices."""
    n_rows, n_columns = rows.shape
    few = rows.T if n_columns <= n_rows else rows
    gram = few @ few.T
    gram.flat[:: len(gram) + 1] += penalty
    factor = np.linalg.cholesky(gram)
    if n_columns <= n_rows:
        whitened = solve_triangular(factor, few, lower=True, check_finite=False)
        return np.einsum("cr,cr->r", whitened, whitened)
    # X X' (X X' + a I)^-1 is 1 - a (X X' + a I)^-1.
    inverse = solve_triangular(factor, np.eye(n_rows), lower=True, check_finite=False)
    return 1 - penalty * np.einsum("rk,rk->k", inverse, inverse)
