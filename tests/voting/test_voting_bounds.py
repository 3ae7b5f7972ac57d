"""The bounds hold for every distribution and are reached by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.voting.exchangeable_voting import exchangeable_accuracy
from ensemble_kit.voting.joint_votes import spread_out
from ensemble_kit.voting.voters import VoteError
from ensemble_kit.voting.voting import vote_accuracy
from ensemble_kit.voting.voting_bounds import count_limits, vote_bounds

accuracies = st.lists(st.floats(0.05, 0.95), min_size=2, max_size=7)


def majority(joint, weights):
    """Accuracy of the majority vote under a joint distribution, ties drawn."""
    lead = (2 * joint.right - 1) @ np.asarray(weights)
    return float(joint.probability @ np.where(lead == 0, 0.5, lead > 0))


@given(accuracies)
@settings(deadline=None, max_examples=40)
def test_the_bounds_are_reached_by_the_distributions_given(p):
    bounds = vote_bounds(p)
    for joint, value in ((bounds.worst, bounds.lower), (bounds.best, bounds.upper)):
        assert joint.probability.sum() == pytest.approx(1)
        assert joint.accuracies() == pytest.approx(p, abs=1e-9)
        assert majority(joint, np.ones(len(p))) == pytest.approx(value, abs=1e-9)


@given(st.lists(st.floats(0.05, 0.95), min_size=2, max_size=6), st.data())
@settings(deadline=None, max_examples=40)
def test_weighted_bounds_are_reached_and_hold(p, data):
    n = len(p)
    weights = data.draw(st.lists(st.integers(1, 4), min_size=n, max_size=n))
    bounds = vote_bounds(p, weights=weights)
    for joint, value in ((bounds.worst, bounds.lower), (bounds.best, bounds.upper)):
        assert joint.accuracies() == pytest.approx(p, abs=1e-7)
        assert majority(joint, weights) == pytest.approx(value, abs=1e-7)
    assert bounds.lower - 1e-9 <= vote_accuracy(p, weights) <= bounds.upper + 1e-9


@given(st.floats(0.1, 0.9), st.integers(2, 25), st.floats(0, 0.9))
@settings(deadline=None, max_examples=40)
def test_correlated_bounds_are_reached_and_hold(p, n, correlation):
    bounds = vote_bounds([p] * n, correlation)
    actual = exchangeable_accuracy(p, n, correlation)
    assert bounds.lower - 1e-7 <= actual <= bounds.upper + 1e-7
    for joint, value in ((bounds.worst, bounds.lower), (bounds.best, bounds.upper)):
        assert joint.accuracies() == pytest.approx([p] * n, abs=1e-7)
        off = joint.correlations()[np.triu_indices(n, 1)]
        assert off == pytest.approx(correlation, abs=1e-6)
        k = np.arange(n + 1)
        worth = np.where(2 * k == n, 0.5, 2 * k > n)
        assert joint.counts() @ worth == pytest.approx(value, abs=1e-7)


def test_unequal_voters_with_a_matrix_are_bounded_between():
    p, matrix = [0.6, 0.7, 0.8], np.array([[1, 0.2, 0], [0.2, 1, 0.3], [0, 0.3, 1]])
    free, bounds = vote_bounds(p), vote_bounds(p, matrix)
    assert free.lower < bounds.lower < bounds.upper < free.upper
    assert bounds.best.accuracies() == pytest.approx(p)
    assert bounds.best.correlations() == pytest.approx(matrix, abs=1e-7)
    assert majority(bounds.best, [1, 1, 1]) == pytest.approx(bounds.upper)


def test_three_voters_at_seven_tenths_lie_between_55_and_100_percent():
    bounds = vote_bounds([0.7, 0.7, 0.7])
    assert (bounds.lower, bounds.upper) == pytest.approx((0.55, 1.0))


def test_uncorrelated_pairs_do_not_make_a_vote_independent():
    bounds = vote_bounds([0.7] * 5, 0.0)
    assert bounds.lower < vote_accuracy([0.7] * 5) - 0.01
    assert bounds.upper > vote_accuracy([0.7] * 5) + 0.01


def test_a_thousand_unequal_voters_are_bounded():
    p = np.random.default_rng(0).uniform(0.4, 0.6, 1000)
    bounds = vote_bounds(p)
    assert bounds.lower < 0.05
    assert bounds.upper > 0.95
    assert bounds.best.accuracies() == pytest.approx(p, abs=1e-8)


@pytest.mark.parametrize("ties", ["random", "wrong", "right"])
@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_an_actual_vote_lies_within_the_bounds(n_classes, ties):
    p = [0.5, 0.6, 0.4, 0.7]
    bounds = vote_bounds(p, n_classes=n_classes, ties=ties)
    actual = vote_accuracy(p, n_classes=n_classes, ties=ties)
    assert bounds.lower <= actual <= bounds.upper


def test_wrong_votes_harm_together_and_not_apart():
    least, most = count_limits(5, 3, "random")
    assert least.tolist() == [0, 0, 0, 1, 1, 1]
    assert most.tolist() == [0, 0, 0.5, 1, 1, 1]


@given(st.lists(st.floats(0, 1), min_size=1, max_size=9))
def test_subsets_keep_means_and_nearly_one_size(means):
    subsets, shares = spread_out(np.array(means))
    assert shares @ subsets == pytest.approx(means, abs=1e-9)
    sizes = subsets.sum(axis=1)
    assert sizes.max() - sizes.min() <= 1
    assert abs(sizes - sum(means)).max() < 1 + 1e-9


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (([0.7] * 5, -0.5), "no joint distribution"),
        (([0.7] * 3, np.eye(2)), "symmetric matrix of 3 rows"),
        ((np.linspace(0.5, 0.6, 20), 0.1), "at most 16"),
        (([0.7, 0.6, 0.5], None, [1, 2, 4], 3), "more than two classes"),
    ],
)
def test_what_cannot_be_bounded_is_refused(call, message):
    with pytest.raises(VoteError, match=message):
        vote_bounds(*call)
