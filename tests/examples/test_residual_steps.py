"""The notebook of residual steps: what each leaves, by hand and with members."""

import tempfile

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from example_notebooks import run_notebook


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    matplotlib.use("Agg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("notebook")))
        yield run_notebook("residual_steps")
    pyplot.close("all")


def test_every_step_is_fitted_to_what_the_last_one_left(names):
    table = names["table"]
    left = table["rent"].astype(float)
    for number in range(4):
        left = left - table[f"step {number}"]
        assert np.allclose(left, table[f"left {number}"])
    assert names["squares"].is_monotonic_decreasing


def test_the_sum_of_the_steps_is_what_gradient_boosting_says(names):
    assert names["same"]


def test_the_picture_has_one_panel_for_each_step(names):
    titles = [axis.get_title() for axis in names["figure"].axes]
    assert titles == [f"step {number}" for number in range(4)]


def test_trees_that_begin_from_the_line_leave_less_than_either_alone(names):
    scores = names["finished"].leaderboard["score"]
    assert scores["trees_after"] < min(scores["line"], scores["trees"])


def test_the_members_table_adds_up_out_of_fold(names):
    steps = names["steps_of_members"]
    total = steps["line"] + steps["trees after"] + steps["left"]
    assert np.allclose(total, steps["rent"])
    scores = names["finished"].leaderboard["score"]
    for column, member in (("left by the line", "line"), ("left", "trees_after")):
        error = np.sqrt((steps[column] ** 2).mean())
        assert error == pytest.approx(scores[member])
