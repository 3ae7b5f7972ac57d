"""The inverse questions, answered so that the answer just works."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.voting.exchangeable_voting import exchangeable_accuracy
from ensemble_kit.voting.voters import VoteError
from ensemble_kit.voting.voting import vote_accuracy
from ensemble_kit.voting.voting_questions import helpful_accuracy, voters_needed


@given(st.floats(0.55, 0.9), st.floats(0.6, 0.99), st.floats(0, 0.3))
@settings(deadline=None, max_examples=30)
def test_the_number_reaches_the_target_and_one_less_does_not(p, target, correlation):
    found = voters_needed(p, target, correlation, most=2001)
    if found is None:
        assert exchangeable_accuracy(p, 2001, correlation) < target
    else:
        assert exchangeable_accuracy(p, found, correlation) >= target - 1e-9
    if found is not None and found > 1:
        assert exchangeable_accuracy(p, found - 1, correlation) < target


def test_published_figures_of_voters_at_seven_tenths():
    assert [voters_needed(0.7, t) for t in (0.7, 0.75, 0.95)] == [1, 3, 17]
    assert voters_needed(0.7, 0.95, correlation=0.3) is None
    assert voters_needed(0.4, 0.9, n_classes=4) > 3
    assert voters_needed(0.5, 0.6) is None


@given(st.floats(0.2, 0.9), st.floats(0, 0.4), st.integers(2, 5))
@settings(deadline=None, max_examples=20)
def test_drawn_ties_never_make_more_voters_worse_above_chance(p, correlation, classes):
    path = [
        exchangeable_accuracy(p, n, correlation, n_classes=classes)
        for n in range(1, 25)
    ]
    steps = [after - before for before, after in zip(path, path[1:], strict=False)]
    assert min(steps) >= -1e-12 or p < 1 / classes


@given(st.lists(st.floats(0.3, 0.9), min_size=1, max_size=6), st.integers(1, 3))
@settings(deadline=None, max_examples=40)
def test_a_voter_helps_above_the_border_and_harms_below(accuracies, n_more):
    border = helpful_accuracy(accuracies, n_more=n_more)
    now = vote_accuracy(accuracies)
    if border is None:
        assert vote_accuracy([*accuracies, *[1.0] * n_more]) == pytest.approx(now)
        return
    above = vote_accuracy([*accuracies, *[min(border + 0.05, 1)] * n_more])
    below = vote_accuracy([*accuracies, *[max(border - 0.05, 0)] * n_more])
    assert below - 1e-12 <= now <= above + 1e-12


def test_a_fourth_voter_must_be_as_good_as_the_three():
    assert helpful_accuracy([0.7, 0.7, 0.7]) == pytest.approx(0.7)


def test_a_vote_that_one_voter_decides_alone_is_not_helped():
    assert helpful_accuracy([0.6, 0.6], weights=[5, 1]) is None


def test_an_impossible_target_is_refused():
    with pytest.raises(VoteError, match="from 0 to 1, found 1.5"):
        voters_needed(0.7, 1.5)
