"""A fitted stack deployed: few members, each fitted once on all rows."""

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import make_classification, make_regression
from sklearn.dummy import DummyClassifier
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import log_loss
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeClassifier

from ensemble_kit import StackedClassifier, StackedRegressor
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.metrics import METRICS
from ensemble_kit.running.deploying import blending

MEMBERS = [
    ("line", LogisticRegression()),
    ("bayes", GaussianNB()),
    ("nothing", DummyClassifier()),
    ("tree", DecisionTreeClassifier(min_samples_leaf=25)),
]


@pytest.fixture(scope="module")
def rows():
    X, y = make_classification(300, 6, flip_y=0.1, random_state=0)
    return pd.DataFrame(X, columns=list("abcdef")), y


@pytest.fixture(scope="module")
def stack(rows):
    parts = {"final": "convex_blend", "cv": 4, "random_state": 0}
    return StackedClassifier(MEMBERS, **parts).fit(*rows)


@pytest.fixture(scope="module")
def small(stack, rows):
    return stack.deploy(*rows)


def test_members_that_say_nothing_go_and_the_others_are_fitted_once(stack, small):
    assert "nothing" not in small.named_members_
    assert 0 < len(small.named_members_) < 4
    assert all(len(models) == 1 for models in small.models_.values())
    assert f"{len(small.named_members_)} of 4 members kept" in small.reason_


def test_each_is_fitted_on_all_rows(rows):
    X, y = rows
    stack = StackedClassifier(MEMBERS[:1], final="mean", cv=4, random_state=0)
    small = stack.fit(X, y).deploy(X, y)
    (fitted,) = small.named_members_["line"]
    alone = LogisticRegression().fit(X, y).predict_proba(X)
    assert np.allclose(fitted.predict_proba(X), alone)
    assert np.allclose(small.predict_proba(X), alone)


def test_the_stack_itself_stays_as_it_is(rows):
    stack = StackedClassifier(MEMBERS, final="mean", cv=4, random_state=0).fit(*rows)
    before = stack.predict_proba(rows[0])
    names, board = list(stack.named_members_), stack.leaderboard_.copy()
    stack.deploy(*rows)
    assert np.array_equal(stack.predict_proba(rows[0]), before)
    assert list(stack.named_members_) == names and stack.test == "mean"
    pd.testing.assert_frame_equal(stack.leaderboard_, board)


def test_its_score_is_that_of_its_out_of_fold_predictions(small, rows):
    board = small.leaderboard_.set_index("member")
    found = METRICS["log_loss"](rows[1], small.oof_predictions_)
    assert board.loc[small.chosen_, "score"] == pytest.approx(found)
    assert list(small.oof_.members) == list(small.named_members_)
    assert small.weights_.sum() == pytest.approx(1)


def test_the_same_call_gives_the_same_bits(stack, small, rows):
    again = stack.deploy(*rows)
    assert np.array_equal(again.predict_proba(rows[0]), small.predict_proba(rows[0]))


def test_it_is_saved_and_loaded(small, rows, tmp_path):
    names = StackedClassifier(["ridge", "extra_trees"], cv=3, random_state=0)
    deployed = names.fit(*rows).deploy(*rows)
    deployed.save(tmp_path / "small")
    loaded = StackedClassifier.load(tmp_path / "small")
    ours, theirs = deployed.predict_proba(rows[0]), loaded.predict_proba(rows[0])
    assert np.array_equal(ours, theirs)


def test_values_are_deployed():
    X, y = make_regression(200, 5, noise=20.0, random_state=0)
    stack = StackedRegressor([("ridge", Ridge()), "extra_trees"], cv=4, random_state=0)
    small = stack.fit(X, y).deploy(X, y)
    assert np.corrcoef(small.predict(X), stack.predict(X))[0, 1] > 0.95


def test_a_final_estimator_makes_way_for_convex_weights(rows):
    stack = StackedClassifier(
        MEMBERS, final=LogisticRegression(), cv=4, random_state=0
    ).fit(*rows)
    small = stack.deploy(*rows, within=5.0)
    board = small.leaderboard_.set_index("member")
    assert board.loc[small.chosen_, "model"] == "convex_blend"


def test_where_no_blend_is_as_good_the_final_model_stays(stack, rows, monkeypatch):
    monkeypatch.setattr(blending, "prune", lambda *_: None)
    small = stack.deploy(*rows)
    assert small.chosen_ == stack.chosen_ and len(small.named_members_) == 4
    assert len(small.final_) == 4
    assert [len(models) for models in small.named_members_.values()] == [1] * 4


def test_weights_and_rows_that_are_not_used_are_thought_of(rows):
    X, y = rows
    weights = np.random.default_rng(0).integers(0, 3, len(y)).astype(float)
    stack = StackedClassifier(["logistic_regression", "ridge"], cv=3, random_state=0)
    stack.fit(X, y, sample_weight=weights)
    small = stack.deploy(X, y, sample_weight=weights)
    assert np.array_equal(np.isnan(small.oof_predictions_[:, 0]), weights == 0)


def test_a_stack_with_a_guard_and_a_pipeline_are_deployed(rows):
    X, y = rows
    guarded = StackedClassifier(MEMBERS[:2], cv=3, guard=True, random_state=0)
    assert len(guarded.fit(X, y).deploy(X, y).named_members_) == 1
    whole = StackedClassifier("quick", random_state=0).fit(X, y)
    small = whole.deploy(X, y)
    assert len(small.models_) < len(whole.models_)
    assert (
        np.corrcoef(small.predict_proba(X)[:, 1], whole.predict_proba(X)[:, 1])[0, 1]
        > 0.9
    )


def test_permuted_labels_stay_at_chance(rows):
    X, y = rows[0], np.random.default_rng(1).permutation(rows[1])
    stack = StackedClassifier(MEMBERS, cv=4, random_state=0).fit(X, y)
    small = stack.deploy(X, y)
    assert log_loss(y, small.oof_predictions_) > 0.67


def test_what_cannot_be_deployed_is_refused(stack, rows, tmp_path):
    X, y = rows
    with pytest.raises(ValueError, match="takes the rows that were fitted: 300"):
        stack.deploy(X[:100], y[:100])
    with pytest.raises(PipelineError, match="0 or more; found -1"):
        stack.deploy(X, y, within=-1.0)
    fitted = [("line", LogisticRegression().fit(X, y))]
    prefit = StackedClassifier(fitted, cv="prefit", random_state=0).fit(X, y)
    with pytest.raises(PipelineError, match="fitted already"):
        prefit.deploy(X, y)
    both = StackedClassifier(["ridge"], cv=3, random_state=0)
    both.fit(X, np.column_stack([y, y]))
    with pytest.raises(PipelineError, match="deploy these, targets_"):
        both.deploy(X, np.column_stack([y, y]))
    whole = StackedClassifier(["ridge", "extra_trees"], guard=True, cv=3)
    whole.fit(X, y).save(tmp_path / "whole")
    loaded = StackedClassifier.load(tmp_path / "whole")
    with pytest.raises(RunError, match="deployed before it is saved"):
        loaded.deploy(X, y)
