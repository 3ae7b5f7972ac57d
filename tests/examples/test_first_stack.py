"""The notebook of a first stack runs and shows what its text says."""

import tempfile

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from ensemble_kit import load_pipeline
from example_notebooks import run_notebook


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    matplotlib.use("Agg")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("notebook")))
        yield run_notebook("first_stack")
    pyplot.close("all")


def test_the_linear_members_are_nearly_the_same(names):
    table = names["correlation"].data
    assert table.loc["svm", "logistic_regression"] > 0.98


def test_the_leaderboard_has_every_member_and_the_final_model(names):
    assert len(names["leaderboard"].data) == 5


def test_the_vote_is_right_more_often_where_it_answers(names):
    right = names["voted"] == names["y_test"]
    assert 0.9 < names["answered"].mean() < 1
    assert right[names["answered"]].mean() > 0.93


def test_what_was_kept_predicts_the_same(names):
    X = names["X_test"]
    loaded, stack = names["loaded"], names["stack"]
    assert np.array_equal(loaded.predict_proba(X), stack.predict_proba(X))
    assert len(load_pipeline(names["folder"] / "stack.toml").members) == 3
