"""Ridge regression under absolute errors."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import QuantileRegressor, Ridge

from ensemble_kit.models.linear.reweighted_ridge import ReweightedRidge


def skewed(n_rows=400):
    rng = np.random.default_rng(0)
    X = rng.normal(size=(n_rows, 3))
    return X, X @ [3.0, -2.0, 1.0] + rng.gamma(0.3, 20.0, size=n_rows)


def test_squared_errors_are_scikit_learns_ridge():
    X, y = skewed()
    ours, theirs = ReweightedRidge(alpha=2.0).fit(X, y), Ridge(alpha=2.0).fit(X, y)
    assert ours.predict(X).tobytes() == theirs.predict(X).tobytes()


def test_absolute_errors_come_close_to_the_median_regression():
    X, y = skewed()
    model = ReweightedRidge(alpha=1e-6, loss="absolute_error", n_steps=30).fit(X, y)
    exact = QuantileRegressor(alpha=0.0).fit(X, y)
    error, best = (np.abs(m.predict(X) - y).mean() for m in (model, exact))
    assert best <= error < 1.02 * best
    assert error < 0.9 * np.abs(Ridge(1e-6).fit(X, y).predict(X) - y).mean()


def test_sparse_rows_give_the_same_model():
    X, y = skewed()
    dense, thin = (
        ReweightedRidge(loss="absolute_error", solver="sparse_cg", tol=1e-8).fit(M, y)
        for M in (X, sparse.csr_matrix(X))
    )
    assert np.allclose(dense.coef_, thin.coef_, rtol=1e-4)


def test_a_perfect_fit_stops():
    X = np.arange(8.0)[:, None]
    model = ReweightedRidge(alpha=0.0, loss="absolute_error").fit(X, 0 * X[:, 0])
    assert np.allclose(model.predict(X), 0.0)


def test_an_unknown_loss_is_refused():
    X, y = skewed(10)
    with pytest.raises(ValueError, match="squared_error or absolute_error"):
        ReweightedRidge(loss="l1").fit(X, y)
