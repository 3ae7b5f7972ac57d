"""Measured voters: each measure by its definition."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score, matthews_corrcoef

from ensemble_kit.voting.diversity import measure_diversity, vote_worth
from ensemble_kit.voting.voters import VoteError
from ensemble_kit.voting.voting import vote_accuracy

# Of 10 rows: both right 4, only the first 3, only the second 2, neither 1.
FIRST = np.repeat([1, 1, 0, 0], [4, 3, 2, 1])
SECOND = np.repeat([1, 0, 1, 0], [4, 3, 2, 1])


def measured(*columns):
    labels = np.column_stack(columns)
    return measure_diversity(np.ones(len(labels), dtype=int), labels)


def test_measures_of_a_pair_are_those_of_its_table():
    pair = measured(FIRST, SECOND).pairs.iloc[0]
    assert pair["disagreement"] == pytest.approx(0.5)
    assert pair["double_fault"] == pytest.approx(0.1)
    assert pair["yule_q"] == pytest.approx((4 * 1 - 3 * 2) / (4 * 1 + 3 * 2))
    assert pair["kappa"] == pytest.approx(cohen_kappa_score(FIRST, SECOND))
    assert pair["correlation"] == pytest.approx(matthews_corrcoef(FIRST, SECOND))


def test_a_voter_without_mistakes_has_no_correlation():
    pair = measured(np.ones(4, int), [1, 1, 0, 0]).pairs.iloc[0]
    assert np.isnan(pair["correlation"])
    assert np.isnan(pair["yule_q"])
    assert pair["disagreement"] == 0.5


def test_three_copies_of_a_voter_cost_all_that_voting_gains():
    right = np.repeat([1, 0], [70, 30])
    found = measured(right, right, right)
    assert found.vote == 0.7
    assert found.independent == pytest.approx(0.784)
    assert found.cost == pytest.approx(0.084)
    assert found.correlation == pytest.approx(1.0)
    assert found.cases["observed"].tolist() == pytest.approx([0.7, 0, 0, 0.3])


def test_independent_voters_measure_as_independent():
    rng = np.random.default_rng(0)
    right = (rng.random((40_000, 5)) < [0.6, 0.7, 0.8, 0.65, 0.55]).astype(int)
    found = measured(*right.T)
    assert abs(found.cost) < 4 * found.standard_error
    assert found.cases["observed"].tolist() == pytest.approx(
        found.cases["independent"].tolist(), abs=0.01
    )


@given(
    st.lists(st.sampled_from("abc"), min_size=1, max_size=6),
    st.sampled_from("abc"),
    st.data(),
)
@settings(deadline=None, max_examples=80)
def test_a_vote_on_a_row_is_worth_what_counting_says(row, answer, data):
    n = len(row)
    weights = data.draw(st.lists(st.integers(1, 3), min_size=n, max_size=n))
    ties = data.draw(st.sampled_from(["random", "wrong", "right"]))
    totals = {
        c: sum(w for v, w in zip(row, weights, strict=True) if v == c) for c in row
    }
    tied = [c for c, total in totals.items() if total == max(totals.values())]
    expected = {"random": 1 / len(tied), "wrong": 0, "right": 1}[ties]
    expected = 0 if answer not in tied else 1 if len(tied) == 1 else expected
    assert vote_worth([answer], [row], weights, ties)[0] == pytest.approx(expected)


def test_the_out_of_fold_tensor_votes_with_its_likeliest_class():
    tensor = np.random.default_rng(1).dirichlet(np.ones(3), size=(50, 4))
    y = np.random.default_rng(2).integers(0, 3, 50)
    by_tensor = measure_diversity(y, tensor)
    by_label = measure_diversity(y, tensor.argmax(axis=2), n_classes=3)
    assert by_tensor.vote == by_label.vote
    expected = vote_accuracy(by_tensor.accuracies, n_classes=3)
    assert by_tensor.independent == pytest.approx(expected)


def test_strings_are_labels_too():
    found = measure_diversity(["a", "b"], [["a", "a", "b"], ["a", "b", "b"]])
    assert found.vote == 1.0
    assert found.accuracies.tolist() == [0.5, 1.0, 0.5]


@pytest.mark.parametrize(
    ("labels", "more", "message"),
    [
        ([[0, 1]], {}, "expected 2 rows"),
        ([[0], [1]], {"names": ["a", "b"]}, "names: expected 1, found 2"),
        ([[0], [1]], {"weights": [1, 2]}, "weights: expected 1, found 2"),
        ([[0], [1]], {"ties": "rigth"}, "did you mean 'right'"),
    ],
)
def test_what_does_not_fit_is_refused(labels, more, message):
    with pytest.raises(VoteError, match=message):
        measure_diversity([0, 1], labels, **more)
