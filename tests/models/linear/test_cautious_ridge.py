"""Ridge regression whose penalty is the largest that rows left out allow."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from ensemble_kit.models.linear.cautious_ridge import ALPHAS, CautiousRidge

RANDOM = np.random.default_rng(2)
X = RANDOM.normal(size=(40, 6))
Y = X[:, 0] + RANDOM.normal(size=40)


def left_out(alpha):
    """Return the squared error of every row by a fit on all others."""
    rows = np.arange(len(Y))
    fits = [Ridge(alpha).fit(X[rows != row], Y[rows != row]) for row in rows]
    return np.array([(f.predict(X[[r]])[0] - Y[r]) ** 2 for r, f in enumerate(fits)])


def test_the_penalty_is_the_largest_within_one_standard_error_of_the_best():
    errors = np.column_stack([left_out(alpha) for alpha in ALPHAS])
    worse = errors - errors[:, [errors.mean(axis=0).argmin()]]
    allowed = worse.mean(axis=0) <= worse.std(axis=0) / np.sqrt(len(Y))
    model = CautiousRidge().fit(X, Y)
    assert model.alpha_ == max(np.array(ALPHAS)[allowed])
    assert model.alpha_ > ALPHAS[errors.mean(axis=0).argmin()]
    assert np.array_equal(model.predict(X), Ridge(model.alpha_).fit(X, Y).predict(X))


@pytest.mark.parametrize("seed", range(5))
def test_of_noise_hardly_more_than_the_mean_is_learnt(seed):
    noise = np.random.default_rng(seed).normal(size=40)
    found = CautiousRidge().fit(X, noise).predict(X)
    assert np.ptp(found) < 0.25 * np.ptp(noise)
