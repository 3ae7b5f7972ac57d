"""The voting calculator: the lecture's figures, limits, and brute force."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from ensemble_kit.voting.voters import VoteError, check_voters, whole_weights
from ensemble_kit.voting.voting import (
    best_weights,
    simulate_vote,
    vote_accuracy,
    vote_cases,
)

WORTH = {
    "random": lambda tied: 1 / tied,
    "wrong": lambda tied: 0.0,
    "right": lambda t: 1,
}
probability = st.floats(0, 1).map(lambda p: round(p, 3))


def enumerate_votes(right, weights, n_classes, ties, silent):
    """The definition itself: every voter's every choice."""
    accuracy = 0.0
    for choices in itertools.product(range(-1, n_classes), repeat=len(right)):
        odds, totals = 1.0, [0.0] * n_classes
        for p, w, s, choice in zip(right, weights, silent, choices, strict=True):
            wrong = (1 - p - s) / (n_classes - 1)
            odds *= {-1: s, 0: p}.get(choice, wrong)
            if choice >= 0:
                totals[choice] += w
        tied = totals.count(max(totals))
        if totals[0] == max(totals):
            accuracy += odds * (1 if tied == 1 else WORTH[ties](tied))
    return accuracy


def test_three_voters_at_seven_tenths_are_right_in_784_of_1000_cases():
    assert vote_accuracy([0.7, 0.7, 0.7]) == 0.784


def test_the_four_cases_of_three_voters():
    cases = vote_cases([0.7, 0.7, 0.7])
    assert cases["n_right"].tolist() == [3, 2, 1, 0]
    assert cases["probability"].tolist() == pytest.approx([0.343, 0.441, 0.189, 0.027])
    assert cases["probability"][cases["majority"]].sum() == pytest.approx(0.784)


@st.composite
def electorates(draw):
    n_voters = draw(st.integers(1, 4))
    right = [draw(probability) for _ in range(n_voters)]
    silent = [round(draw(st.floats(0, 1)) * (1 - p), 3) for p in right]
    heaviest = draw(st.sampled_from([1, 3]))
    weights = [draw(st.integers(1, heaviest)) for _ in range(n_voters)]
    n_classes, ties = draw(st.integers(2, 4)), draw(st.sampled_from(sorted(WORTH)))
    return right, weights, n_classes, ties, silent


@given(electorates())
@settings(deadline=None, max_examples=150)
def test_counting_agrees_with_enumeration(electorate):
    assert vote_accuracy(*electorate) == pytest.approx(
        enumerate_votes(*electorate), abs=1e-12
    )


@given(st.lists(probability, min_size=2, max_size=9), st.randoms())
@settings(deadline=None, max_examples=40)
def test_the_order_of_voters_does_not_matter(accuracies, random):
    shuffled = random.sample(accuracies, len(accuracies))
    for n_classes in (2, 3):
        assert vote_accuracy(shuffled, n_classes=n_classes) == pytest.approx(
            vote_accuracy(accuracies, n_classes=n_classes)
        )


@given(st.lists(probability, min_size=1, max_size=9))
@settings(deadline=None, max_examples=40)
def test_voters_turned_round_turn_the_vote_round(accuracies):
    mirrored = vote_accuracy([round(1 - p, 3) for p in accuracies])
    assert mirrored == pytest.approx(1 - vote_accuracy(accuracies), abs=1e-12)


@given(st.lists(probability, min_size=1, max_size=8), st.data())
@settings(deadline=None, max_examples=60)
def test_a_better_voter_never_makes_a_vote_worse(accuracies, data):
    row = data.draw(st.integers(0, len(accuracies) - 1))
    better = list(accuracies)
    better[row] = data.draw(st.floats(accuracies[row], 1))
    weights = data.draw(st.lists(st.integers(1, 5), min_size=9, max_size=9))
    weights = weights[: len(accuracies)]
    gain = vote_accuracy(better, weights) - vote_accuracy(accuracies, weights)
    assert gain >= -1e-12


@pytest.mark.parametrize(("accuracy", "limit"), [(0.55, 1.0), (0.45, 0.0), (0.5, 0.5)])
def test_condorcet_the_vote_of_many_is_right_wrong_or_a_coin(accuracy, limit):
    path = [vote_accuracy([accuracy] * n) for n in (1, 11, 101, 1001, 5001)]
    assert path[-1] == pytest.approx(limit, abs=1e-6)
    distance = np.abs(np.array(path) - limit)
    assert (np.diff(distance) <= 1e-12).all()


def test_more_than_two_classes_need_less_than_half_of_the_votes():
    assert vote_accuracy([0.4] * 1000, n_classes=4) > 1 - 1e-6
    assert vote_accuracy([0.4] * 1000) < 1e-6
    assert vote_accuracy([0.25] * 7, n_classes=4) == pytest.approx(0.25)


def test_large_votes_agree_with_the_normal_approximation():
    p = np.random.default_rng(0).uniform(0.4, 0.64, 1000)
    z = (p.sum() - 500) / np.sqrt((p * (1 - p)).sum())
    assert vote_accuracy(p) == pytest.approx(norm.cdf(z), abs=1e-3)


def test_floats_beyond_sixty_voters_continue_whole_units_below():
    p = np.random.default_rng(1).uniform(0.3, 0.8, 59)
    two_coins = vote_accuracy([*p, 0.5, 0.5, 0.5, 0.5], [2] * 59 + [0, 0, 0, 0])
    assert vote_accuracy(p) == pytest.approx(two_coins, rel=1e-14)
    certain = [1.0, 0.0] * 20
    assert vote_accuracy([*p, *certain]) == pytest.approx(vote_accuracy(p), rel=1e-12)


def test_fine_weights_meet_in_the_middle():
    rng = np.random.default_rng(2)
    p, weights = rng.uniform(0.4, 0.8, 9), rng.random(9)
    expected = enumerate_votes(p, list(weights), 2, "random", np.zeros(9))
    assert vote_accuracy(p, weights) == pytest.approx(expected, abs=1e-12)
    more = vote_accuracy([*p, *[0.5] * 25], [*weights, *rng.random(25)])
    assert 0 < more < 1


def test_fine_weights_can_tie():
    call = ([0.6, 0.7, 0.8], [123456789, 987654321, 1111111110])
    tie = vote_accuracy(*call, ties="right") - vote_accuracy(*call, ties="wrong")
    assert tie == pytest.approx(0.6 * 0.7 * 0.2 + 0.4 * 0.3 * 0.8)


def test_weights_that_cannot_be_counted_are_refused_and_estimated():
    rng = np.random.default_rng(3)
    p, weights = rng.uniform(0.4, 0.7, 90), rng.random(90)
    with pytest.raises(VoteError, match="round the weights"):
        vote_accuracy(p, weights)
    estimate = simulate_vote(p, weights, draws=20_000)
    rounded = vote_accuracy(p, np.round(weights, 3))
    assert abs(estimate.value - rounded) < 4 * estimate.standard_error
    assert not estimate.exact


def test_simulation_agrees_with_the_count_for_classes_and_abstentions():
    call = ([0.5, 0.4, 0.6, 0.3, 0.45], [1, 2, 1, 1, 1], 3, "random", 0.2)
    estimate = simulate_vote(*call)
    assert abs(estimate.value - vote_accuracy(*call)) < 4 * estimate.standard_error


def test_a_tie_of_decimals_is_a_tie():
    assert whole_weights([0.1, 0.2, 0.3]).tolist() == [1, 2, 3]
    accuracy = vote_accuracy([1.0, 1.0, 0.0], [0.1, 0.2, 0.3], ties="wrong")
    assert accuracy == 0.0


@given(st.lists(st.floats(0.51, 0.99), min_size=1, max_size=7), st.data())
@settings(deadline=None, max_examples=30)
def test_no_weights_beat_the_log_odds(accuracies, data):
    weights = data.draw(
        st.lists(st.integers(1, 9), min_size=len(accuracies), max_size=len(accuracies))
    )
    best = vote_accuracy(accuracies, best_weights(accuracies))
    assert best >= vote_accuracy(accuracies, weights) - 1e-12
    assert best >= max(accuracies) - 1e-12


def test_all_mistakes_come_in_one_message():
    with pytest.raises(VoteError) as caught:
        check_voters([0.7, 1.2], [1, 2, 3], 1, "rndom", [0.5, 0.1])
    message = str(caught.value)
    for part in ("5 problems", "accuracy 1.2", "[0, 0.3]", "found 3", "'random'"):
        assert part in message


@pytest.mark.parametrize("accuracies", [[], [[0.5]], [float("nan")]])
def test_what_is_no_list_of_probabilities_is_refused(accuracies):
    with pytest.raises(VoteError):
        vote_accuracy(accuracies)
