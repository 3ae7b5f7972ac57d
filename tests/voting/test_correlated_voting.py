"""Correlated votes: the laws against each other, limits and simulation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from ensemble_kit.voting.copula_voting import (
    both_right,
    copula_accuracy,
    latent_correlation,
    vote_correlation,
)
from ensemble_kit.voting.exchangeable_voting import (
    accuracy_limit,
    beta_binomial_odds,
    beta_quadrature,
    exchangeable_accuracy,
)
from ensemble_kit.voting.voters import VoteError
from ensemble_kit.voting.voting import vote_accuracy

middle = st.floats(0.05, 0.95)


def correlation_matrix(n, value):
    return np.full((n, n), value) + (1 - value) * np.eye(n)


@pytest.mark.parametrize(("correlation", "accuracy"), [(0.0, 0.784), (1.0, 0.7)])
def test_correlation_leads_from_independence_to_a_single_voter(correlation, accuracy):
    assert exchangeable_accuracy(0.7, 3, correlation) == pytest.approx(accuracy)
    assert copula_accuracy([0.7] * 3, correlation).value == pytest.approx(accuracy)


@given(middle, st.integers(2, 40), st.floats(0.001, 0.999))
@settings(deadline=None, max_examples=40)
def test_counts_have_the_accuracy_and_the_correlation_asked_for(p, n, correlation):
    odds, k = beta_binomial_odds(p, n, correlation), np.arange(n + 1)
    assert odds.sum() == pytest.approx(1)
    assert odds @ k == pytest.approx(n * p)
    variance = n * p * (1 - p) * (1 + (n - 1) * correlation)
    assert odds @ (k - n * p) ** 2 == pytest.approx(variance)


def test_counts_follow_the_beta_binomial_law():
    spread = (1 - 0.3) / 0.3
    law = stats.betabinom(15, 0.6 * spread, 0.4 * spread)
    odds = beta_binomial_odds(0.6, 15, 0.3)
    assert odds == pytest.approx(law.pmf(np.arange(16)))


@given(middle, st.floats(1e-7, 0.9999), st.integers(1, 30))
@settings(deadline=None, max_examples=40)
def test_quadrature_has_the_moments_of_the_beta_law(mean, correlation, n_nodes):
    nodes, shares = beta_quadrature(mean, correlation, n_nodes)
    assert shares.sum() == pytest.approx(1)
    assert shares @ nodes == pytest.approx(mean)
    if n_nodes > 1:
        variance = correlation * mean * (1 - mean)
        assert shares @ (nodes - mean) ** 2 == pytest.approx(variance)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_weights_without_effect_change_nothing(n_classes):
    plain = exchangeable_accuracy(0.6, 3, 0.25, n_classes=n_classes)
    slight = exchangeable_accuracy(0.6, 3, 0.25, [4, 3, 3], n_classes)
    assert slight == pytest.approx(plain)


@given(middle, st.integers(1, 12))
@settings(deadline=None, max_examples=30)
def test_correlation_costs_above_chance_and_helps_below(p, half):
    path = [exchangeable_accuracy(p, 2 * half + 1, r) for r in (0, 0.1, 0.4, 0.8, 1)]
    steps = np.diff(path) * (1 if p > 0.5 else -1)
    assert (steps <= 1e-12).all()


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("accuracy", [0.2, 0.45, 0.7])
def test_many_correlated_voters_come_to_the_limit(accuracy, n_classes):
    limit = accuracy_limit(accuracy, 0.2, n_classes)
    many, more = (
        abs(exchangeable_accuracy(accuracy, n, 0.2, n_classes=n_classes) - limit)
        for n in (201, 1001)
    )
    assert more < many / 2 or more < 1e-4
    assert more < 0.015


def test_without_correlation_the_limit_is_condorcets():
    limits = [accuracy_limit(p, 0.0) for p in (0.51, 0.5, 0.49)]
    assert limits == [1.0, 0.5, 0.0]
    assert accuracy_limit(0.3, 0.0, n_classes=4) == 1.0


@given(middle, middle, st.floats(-0.99, 0.99))
@settings(deadline=None, max_examples=60)
def test_the_chance_of_both_is_the_bivariate_normal(p, q, latent):
    law = stats.multivariate_normal(cov=[[1, latent], [latent, 1]])
    expected = law.cdf(stats.norm.ppf([p, q]))
    assert both_right(p, q, latent) == pytest.approx(expected, abs=1e-6)


@given(middle, middle, st.floats(-0.9, 0.9))
@settings(deadline=None, max_examples=40)
def test_latent_correlations_are_found_back(p, q, latent):
    correlation = float(vote_correlation(p, q, latent))
    found = latent_correlation(p, q, correlation)
    assert float(vote_correlation(p, q, found)) == pytest.approx(correlation, abs=1e-8)


def test_correlations_out_of_reach_are_refused_with_the_range():
    with pytest.raises(VoteError, match=r"from -0\.408 to 0\.612, not 0\.9"):
        latent_correlation(0.6, 0.8, 0.9)


def test_the_common_factor_agrees_with_a_plain_simulation():
    p, latent = np.array([0.55, 0.6, 0.7, 0.8, 0.65]), 0.4
    rng = np.random.default_rng(0)
    n_draws = 400_000
    common = rng.normal(size=(n_draws, 1)) * np.sqrt(latent)
    normal = common + rng.normal(size=(n_draws, 5)) * np.sqrt(1 - latent)
    won = ((normal < stats.norm.ppf(p)).sum(axis=1) > 2).mean()
    found = copula_accuracy(p, latent, latent=True)
    assert found.exact
    assert abs(found.value - won) < 4 * np.sqrt(won * (1 - won) / n_draws)


@pytest.mark.parametrize("n_classes", [2, 3])
def test_a_matrix_agrees_with_a_plain_simulation(n_classes):
    p = np.array([0.6, 0.7, 0.55])
    matrix = np.array([[1, 0.5, -0.2], [0.5, 1, 0.1], [-0.2, 0.1, 1]])
    rng = np.random.default_rng(1)
    normal = rng.multivariate_normal(np.zeros(3), matrix, 300_000)
    votes = np.where(
        normal < stats.norm.ppf(p), 0, rng.integers(1, n_classes, normal.shape)
    )
    counts = (votes[:, :, None] == np.arange(n_classes)).sum(axis=1)
    tied = (counts == counts.max(axis=1, keepdims=True)).sum(axis=1)
    won = np.where(counts[:, 0] == counts.max(axis=1), 1 / tied, 0).mean()
    found = copula_accuracy(p, matrix, n_classes=n_classes, latent=True)
    assert abs(found.value - won) < 4 * np.hypot(found.standard_error, 1e-3)
    assert not found.exact


def test_a_constant_matrix_agrees_with_its_one_number():
    sampled = copula_accuracy([0.7] * 4, correlation_matrix(4, 0.3))
    integrated = copula_accuracy([0.7] * 4, 0.3)
    assert abs(sampled.value - integrated.value) < 4 * sampled.standard_error


def test_the_same_seed_samples_the_same_number():
    matrix = correlation_matrix(3, 0.2)
    first, again = (copula_accuracy([0.6, 0.7, 0.8], matrix) for _ in range(2))
    assert first == again


def test_uncorrelated_copula_is_independence():
    p = [0.6, 0.7, 0.8]
    assert copula_accuracy(p, 0.0).value == vote_accuracy(p)
    sampled = copula_accuracy(p, np.eye(3))
    assert abs(sampled.value - vote_accuracy(p)) < 4 * sampled.standard_error


@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (np.eye(2), "matrix of 3 rows"),
        ([[1, 0.5, 0], [0, 1, 0], [0, 0, 1]], "not symmetric"),
        (2 * np.eye(3), "diagonal other than 1"),
        (correlation_matrix(3, -0.9), "smallest eigenvalue"),
        (1.2, "can have 0 to"),
    ],
)
def test_impossible_correlations_are_refused(matrix, message):
    with pytest.raises(VoteError, match=message):
        copula_accuracy([0.7] * 3, matrix, latent=np.ndim(matrix) > 0)


@pytest.mark.parametrize(("n", "correlation"), [(0, 0.1), (3, -0.1), (3, 1.1)])
def test_impossible_alike_voters_are_refused(n, correlation):
    with pytest.raises(VoteError, match="the vote has 1 problem"):
        exchangeable_accuracy(0.7, n, correlation)
