"""Weighted log odds and weighted values, against general optimisers."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.special import logsumexp

from ensemble_kit.blending import AverageBlend, LinearBlend, LogitBlend, logit_blend
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS


def charge(weights, intercepts, n_members):
    """Return the prior's charge."""
    relative = weights * n_members
    return (relative - 1 - np.log(relative)).sum() + (intercepts**2).sum() / 2


@pytest.mark.parametrize("kind", ["binary", "multiclass"])
def test_the_fit_is_that_of_a_general_optimiser(kind, make_rows):
    tensor, y = make_rows[kind](300, 4)
    logs = np.log(tensor)
    odds = logs[:, :, 1:] - logs[:, :, :1]

    def loss(theta):
        sums = np.einsum("rmk,m->rk", odds, theta[:4]) + theta[4:]
        scores = np.pad(sums, ((0, 0), (1, 0)))
        true = scores[np.arange(len(y)), y]
        mean = (logsumexp(scores, axis=1) - true).mean()
        return mean + charge(theta[:4], theta[4:], 4) / len(y)

    start = np.append(np.full(4, 0.25), np.zeros(tensor.shape[2] - 1))
    bounds = [(1e-9, None)] * 4 + [(None, None)] * (tensor.shape[2] - 1)
    found = minimize(loss, start, method="L-BFGS-B", bounds=bounds)
    fitted = LogitBlend(clip=1e-15).fit(tensor, y)
    ours = loss(np.append(fitted.weights_, fitted.intercept_))
    assert ours <= found.fun + 1e-8


def test_the_linear_fit_is_that_of_a_general_optimiser(make_rows):
    tensor, y = make_rows["regression"](300, 4)
    values = tensor[:, :, 0]
    scale = np.sqrt(((y - values.mean(axis=1)) ** 2).mean())

    def loss(weights, intercept):
        error = y - values @ weights - intercept
        bias = (y - values @ weights).mean() - intercept
        return (error**2).mean() / (2 * scale**2), bias

    def penalised(theta):
        fit, _ = loss(theta[:4], theta[4])
        # the intercept is charged by what it moves the mean, in units of the scale
        moved = (theta[4] - (y - values @ theta[:4]).mean()) / scale
        return fit + charge(theta[:4], np.array([moved]), 4) / len(y)

    start = np.append(np.full(4, 0.25), 0.0)
    bounds = [(1e-9, None)] * 4 + [(None, None)]
    found = minimize(penalised, start, method="L-BFGS-B", bounds=bounds)
    fitted = LinearBlend().fit(tensor, y)
    assert penalised(np.append(fitted.weights_, fitted.intercept_)) <= found.fun + 1e-7


def test_members_that_are_too_sure_are_toned_down(make_rows):
    tensor, y = make_rows["binary"](3000, 1)
    sharp = tensor**2 / (tensor**2).sum(axis=2, keepdims=True)
    weight = LogitBlend().fit(tensor, y).weights_[0]
    assert LogitBlend().fit(sharp, y).weights_[0] == pytest.approx(weight / 2, rel=0.02)


def test_new_rows_are_predicted_better_than_by_the_mean(make_rows):
    for kind in ("binary", "multiclass"):
        tensor, y = make_rows[kind](3000, 8)
        fit, new = slice(0, 1500), slice(1500, None)
        loss = METRICS["log_loss"]
        ours, mean = (
            loss(y[new], b.fit(tensor[fit], y[fit]).predict_proba(tensor[new]))
            for b in (LogitBlend(), AverageBlend())
        )
        assert ours < mean


def test_a_strong_prior_is_the_mean_of_log_odds(make_rows):
    tensor, y = make_rows["multiclass"](200, 3)
    strong = LogitBlend(prior=1e8, clip=1e-15).fit(tensor, y)
    found = strong.predict_proba(tensor)
    expected = AverageBlend("geometric").fit(tensor, y).predict_proba(tensor)
    assert found == pytest.approx(expected, abs=1e-4)


def test_weights_stay_positive_beside_a_useless_member(make_rows):
    tensor, y = make_rows["binary"](2000, 3)
    useless = np.random.default_rng(5).dirichlet([1, 1], (2000, 1))
    weights = LogitBlend().fit(np.concatenate([tensor, useless], axis=1), y).weights_
    assert weights.min() > 0
    assert weights[3] < weights[:3].min() / 2


def test_rows_that_one_member_splits_perfectly_stay_finite():
    y = np.array([0, 1] * 20)
    sure = np.eye(2)[y]
    fitted = LogitBlend().fit([sure, np.full((40, 2), 0.5)], y)
    assert np.isfinite(fitted.weights_).all()
    assert (fitted.predict([sure, sure]) == y).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_sums_of_exponentials_have_the_bits_of_scipy(axis):
    scores = np.random.default_rng(0).normal(scale=9.0, size=(5, 5))
    scores[:2] = 0.0
    theirs = logsumexp(scores, axis=axis, keepdims=True)
    assert logit_blend._log_sum(scores, axis).tobytes() == theirs.tobytes()


def test_a_design_that_is_made_anew_gives_the_weights_of_one_that_is_kept(
    make_rows, monkeypatch
):
    rows = make_rows["multiclass"](300, 4)
    kept = LogitBlend().fit(*rows)
    monkeypatch.setattr(logit_blend, "CHUNK", 100)
    anew = LogitBlend().fit(*rows)
    np.testing.assert_allclose(kept.weights_, anew.weights_, rtol=1e-9)


def test_golden_weights_of_fixed_cases(make_rows):
    fitted = LogitBlend().fit(*make_rows["binary"](1000, 6, 42))
    expected = [0.102151, 0.274523, 0.055188, 0.05727, 0.032326, 0.35651]
    assert fitted.weights_ == pytest.approx(expected, abs=2e-6)
    assert fitted.intercept_ == pytest.approx([-0.03817], abs=2e-6)
    fitted = LinearBlend().fit(*make_rows["regression"](1000, 4, 42))
    expected = [0.367622, 0.23809, 0.160615, 0.158723]
    assert fitted.weights_ == pytest.approx(expected, abs=2e-6)


def test_settings_that_cannot_be_are_refused_together(make_rows):
    with pytest.raises(PipelineError, match="2 problems"):
        LogitBlend(prior=0, clip=1).fit(*make_rows["binary"](20, 2))
    with pytest.raises(PipelineError, match="prior is 0"):
        LinearBlend(prior=0).fit(*make_rows["regression"](20, 2))
    with pytest.raises(PipelineError, match="LogitBlend is the one"):
        LinearBlend().fit(*make_rows["binary"](20, 2))
