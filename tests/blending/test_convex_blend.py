"""Convex weights: certificates, brute force, and greedy as a lower bar."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from ensemble_kit.blending import ConvexBlend, GreedyBlend, PerClassBlend
from ensemble_kit.blending.simplex import nonnegative_quadratic
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS


def brute_force(loss, n_members):
    """Return the least loss on the simplex that a general optimiser finds."""
    found = minimize(
        loss,
        np.full(n_members, 1 / n_members),
        method="SLSQP",
        bounds=[(0, 1)] * n_members,
        constraints={"type": "eq", "fun": lambda w: w.sum() - 1},
        options={"ftol": 1e-12, "maxiter": 500},
    )
    return found.fun


@pytest.mark.parametrize(
    ("kind", "name"),
    [("binary", "log_loss"), ("multiclass", "log_loss"), ("regression", "mse")]
    + [("binary", "brier"), ("multiclass", "brier")],
)
def test_the_loss_is_that_of_a_general_optimiser(kind, name, make_rows):
    tensor, y = make_rows[kind](400, 5)
    fitted = ConvexBlend(name, prior=0.0).fit(tensor, y)

    def loss(weights):
        return METRICS[name](y, np.einsum("rmo,m->ro", tensor, weights))

    assert loss(fitted.weights_) <= brute_force(loss, 5) + 1e-7


@given(seed=st.integers(0, 10_000), n_members=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_the_certificate_holds_and_greedy_is_no_better(seed, n_members, make_rows):
    tensor, y = make_rows["multiclass"](100, n_members, seed)
    fitted = ConvexBlend(prior=0.0).fit(tensor, y)
    greedy = GreedyBlend(max_steps=30).fit(tensor, y)
    loss = METRICS["log_loss"]
    ours = loss(y, fitted.predict_proba(tensor))
    assert -1e-12 <= fitted.gap_ <= 1e-6
    assert ours <= loss(y, greedy.predict_proba(tensor)) + fitted.gap_ + 1e-9
    assert fitted.weights_.min() >= 0
    assert fitted.weights_.sum() == pytest.approx(1)


@given(seed=st.integers(0, 10_000), n_members=st.integers(1, 6))
@settings(max_examples=25, deadline=None)
def test_the_squared_error_has_its_certificate_too(seed, n_members, make_rows):
    tensor, y = make_rows["regression"](60, n_members, seed)
    fitted = ConvexBlend(prior=0.0).fit(tensor, y)
    greedy = GreedyBlend(max_steps=30).fit(tensor, y)
    loss = METRICS["mse"]
    ours = loss(y, fitted.predict(tensor))
    assert -1e-9 <= fitted.gap_ <= 1e-6
    assert ours <= loss(y, greedy.predict(tensor)) + 1e-6


def test_the_gap_bounds_the_distance_to_the_optimum(make_rows):
    tensor, y = make_rows["binary"](300, 8)
    loss = METRICS["log_loss"]
    best = loss(y, ConvexBlend(prior=0.0).fit(tensor, y).predict_proba(tensor))
    rough = ConvexBlend(prior=0.0, tolerance=0.05).fit(tensor, y)
    assert 1e-6 < rough.gap_ <= 0.05
    assert loss(y, rough.predict_proba(tensor)) - best <= rough.gap_


def test_the_prior_draws_similar_members_together_on_few_rows(make_rows):
    tensor, y = make_rows["binary"](4000, 30)
    few, rest = slice(0, 150), slice(150, None)
    loss = METRICS["log_loss"]
    free, held = (
        ConvexBlend(prior=prior).fit(tensor[few], y[few]) for prior in (0.0, 1.0)
    )
    scores = [loss(y[rest], b.predict_proba(tensor[rest])) for b in (free, held)]
    assert scores[1] < scores[0]
    assert held.weights_.min() > 0


def test_the_prior_counts_as_rows_that_one_member_predicts(make_rows):
    tensor, y = make_rows["binary"](60, 4)
    true = tensor[np.arange(60), :, y]

    def loss(weights):
        inside = np.maximum(weights, 1e-12)
        return -(np.log(true @ inside).sum() + 2 * np.log(inside).sum()) / 68

    fitted = ConvexBlend(prior=2.0).fit(tensor, y)
    assert loss(fitted.weights_) <= brute_force(loss, 4) + 1e-9
    assert fitted.gap_ <= 1e-8


def test_a_strong_prior_is_the_mean(make_rows):
    for kind in ("binary", "regression"):
        tensor, y = make_rows[kind](100, 4)
        weights = ConvexBlend(prior=1e7).fit(tensor, y).weights_
        assert weights == pytest.approx(np.full(4, 0.25), abs=1e-3)


def test_a_member_that_is_always_right_gets_all_the_weight():
    y = np.array([0, 1] * 50)
    right, even = np.eye(2)[y] * 0.98 + 0.01, np.full((100, 2), 0.5)
    weights = ConvexBlend(prior=0.0).fit([even, right], y).weights_
    assert weights == pytest.approx([0, 1], abs=1e-9)


def test_a_member_that_gave_the_truth_no_chance_does_not_break_the_fit():
    y = np.array([0, 1] * 50)
    wrong, even = np.eye(2)[1 - y], np.full((100, 2), 0.5)
    weights = ConvexBlend(prior=0.0).fit([even, wrong], y).weights_
    assert weights == pytest.approx([1, 0], abs=1e-9)


@given(st.integers(0, 1000))
@settings(max_examples=30, deadline=None)
def test_the_quadratic_meets_its_optimality_conditions(seed):
    rng = np.random.default_rng(seed)
    root, linear = rng.normal(size=(8, 5)), rng.normal(size=5)
    x = nonnegative_quadratic(root.T @ root, linear)
    slope = root.T @ root @ x - linear
    assert x.min() >= 0
    assert slope.min() >= -1e-6
    assert np.abs(slope * x).max() <= 1e-6


def test_classes_of_their_own_find_the_member_that_knows_them():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 3000)
    truth = np.eye(3)[y] * 0.7 + 0.1
    # the first member tells class 0 from the rest, the second class 1
    members = [np.full((3000, 3), 1 / 3), np.full((3000, 3), 1 / 3)]
    for k, member in enumerate(members):
        member[:, k] = truth[:, k]
        member /= member.sum(axis=1, keepdims=True)
    weights = PerClassBlend(prior=0.0).fit(members, y).class_weights_
    assert weights[0, 0] > 0.9
    assert weights[1, 1] > 0.9


def test_with_two_classes_weights_per_class_are_the_convex_ones(make_rows):
    tensor, y = make_rows["binary"](300, 4)
    found = PerClassBlend().fit(tensor, y).class_weights_
    expected = ConvexBlend().fit(tensor, y).weights_
    assert found == pytest.approx(np.stack([expected, expected], axis=1), abs=1e-6)


def test_a_negative_prior_is_refused(make_rows):
    with pytest.raises(PipelineError, match="prior is -1"):
        ConvexBlend(prior=-1).fit(*make_rows["binary"](20, 2))
