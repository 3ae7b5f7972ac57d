"""The notebook on voting runs from top to bottom and shows the lecture's figures."""

import pytest

from example_notebooks import run_notebook


@pytest.fixture(scope="module")
def names():
    return run_notebook("voting_theory")


def test_three_voters_are_right_in_784_of_1000_cases(names):
    assert names["three"] == 0.784


def test_the_plot_has_a_line_for_each_correlation_and_the_target(names):
    lines = names["figure"].axes[0].lines
    assert len(lines) == len(names["correlations"]) + 1


def test_the_bounds_and_the_measured_cost_are_as_the_text_says(names):
    assert names["bounds"].lower == pytest.approx(0.55)
    assert names["bounds"].upper == pytest.approx(1.0)
    assert names["measured"].cost > 3 * names["measured"].standard_error


def test_a_vote_of_models_is_not_what_independence_promises(names):
    together, alone = names["together"], names["alone"]
    assert together < names["vote_accuracy"](alone)
    assert names["answered"].mean() < 1
    assert (names["asked"] == names["truth"][700:])[names["answered"]].mean() > together
