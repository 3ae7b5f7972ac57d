"""The notebook on a table with text runs and ends in an accepted submission."""

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
        yield run_notebook("table_with_text")
    pyplot.close("all")


def test_the_docstrings_are_taken_for_text(names):
    assert names["competition"].roles["doc"] == "text"
    assert names["competition"].metric.name == "log_loss"


def test_the_stack_beats_its_members_and_chance(names):
    board = names["stack"].leaderboard_
    assert board["member"].iloc[0] == "final"
    assert names["score"] < 0.5 * np.log(3)


def test_the_submission_holds_the_probabilities_of_the_stack(names):
    assert np.allclose(names["checked"], names["probabilities"])
