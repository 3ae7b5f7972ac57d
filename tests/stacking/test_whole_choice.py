"""A stack fitted as the command line does: pipelines, guard, store, limits, Ctrl-C."""

import signal

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from ensemble_kit import Pipeline, StackedClassifier, StackedRegressor, load_pipeline
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.watched import progress
from ensemble_kit.work import execute

Y = np.arange(90) % 3
FRAME = pd.DataFrame(
    {
        "size": np.random.default_rng(0).normal(Y, 1),
        "city": ["ufa", "omsk", "perm"] * 30,
        "text": [f"{['salt', 'hill', 'sea'][k]} and word {n}" for n, k in enumerate(Y)],
    }
)
NAMES = ["logistic_regression", "naive_bayes"]
SMALL = Pipeline(
    "small",
    (*(Member(name, name) for name in NAMES), Member("average", "mean", 2)),
    standard_recipes(),
)


def stack(members=NAMES, final="mean", **more):
    return StackedClassifier(members, final, cv=2, random_state=0, **more)


def refuse(*arguments):
    raise AssertionError("nothing is left to fit")


def test_a_store_changes_no_bit_and_keeps_what_was_fitted(tmp_path, monkeypatch):
    plain = stack().fit(FRAME, Y)
    stored = stack(store=tmp_path / "store").fit(FRAME, Y)
    assert stored.oof_.oof.tobytes() == plain.oof_.oof.tobytes()
    assert np.array_equal(stored.predict_proba(FRAME), plain.predict_proba(FRAME))
    monkeypatch.setattr(execute, "_fit", refuse)
    again = stack(store=tmp_path / "store").fit(FRAME, Y)
    assert np.array_equal(again.predict_proba(FRAME), plain.predict_proba(FRAME))
    with pytest.raises(Exception, match="nothing is left to fit"):
        stack(store=tmp_path / "store").fit(FRAME[::-1], Y)


def test_the_guard_chooses_among_blends_and_says_why():
    guarded = stack([*NAMES, ("bayes", GaussianNB(), "trees")], guard=True)
    guarded.fit(FRAME, Y)
    compared = set(guarded.leaderboard_["member"])
    assert {"greedy_blend", "convex_blend"} <= compared
    assert guarded.chosen_ in compared
    assert guarded.reason_
    assert guarded.transform(FRAME).shape == (
        90,
        3 * len(guarded.named_members_),
    )


def test_a_pipeline_stands_for_members():
    fitted = StackedClassifier(SMALL, cv=2).fit(FRAME, Y)
    assert fitted.oof_.members == tuple(NAMES)
    assert len(fitted.folds_) == 2
    assert (fitted.predict(FRAME) == Y).mean() > 0.9
    assert fitted.member_methods_ == dict.fromkeys(NAMES, "predict_proba")


def test_a_pipeline_takes_weights_groups_and_folds_that_are_pairs():
    groups = np.arange(90) // 6
    grouped = StackedClassifier(SMALL, cv=3).fit(FRAME, Y, groups=groups)
    for train, valid in grouped.folds_:
        assert not set(groups[train]) & set(groups[valid])
    halves = [(np.arange(45), np.arange(45, 90)), (np.arange(45, 90), np.arange(45))]
    weights = np.repeat([1.0, 0.0, 2.0], 30)
    paired = StackedClassifier(SMALL, cv=halves).fit(FRAME, Y, sample_weight=weights)
    assert np.isnan(paired.oof_.oof[30:60]).all()
    assert np.isfinite(paired.oof_.oof[:30]).all()


def test_values_are_fitted_by_a_run_too():
    values = FRAME["size"] * 2 + 1e6
    fitted = StackedRegressor(["ridge", "extra_trees"], cv=2, guard=True)
    found = fitted.fit(FRAME, values).predict(FRAME)
    assert np.corrcoef(found, values)[0, 1] > 0.9


@pytest.mark.slow
def test_a_time_limit_fits_what_the_time_allows():
    fitted = stack([*NAMES, ("bayes", GaussianNB(), "trees")], time_limit="60s")
    assert (fitted.fit(FRAME, Y).predict(FRAME) == Y).mean() > 0.9


def test_what_does_not_go_with_a_run_is_told_at_once(tmp_path):
    members = [("bayes", GaussianNB().fit([[0], [1]], [0, 1]))]
    with pytest.raises(PipelineError) as raised:
        StackedClassifier(members, cv="prefit", store=tmp_path).fit(
            [[0], [1]] * 9, Y[:18] % 2
        )
    assert "cv='prefit'" in str(raised.value)
    assert "store: bayes handed over as objects" in str(raised.value)


def test_an_unknown_pipeline_is_named():
    with pytest.raises(PipelineError, match="bst"):
        StackedClassifier("bst").fit(FRAME, Y)


class Interrupting(GaussianNB):
    """Is interrupted in its second fit."""

    fits = 0

    def fit(self, X, y, sample_weight=None):
        type(self).fits += 1
        if self.fits == 2:
            signal.raise_signal(signal.SIGINT)
        return super().fit(X, y)


@pytest.mark.parametrize("more", [{"verbose": True}, {"guard": True}])
def test_ctrl_c_keeps_the_members_that_are_done(more):
    Interrupting.fits = 0
    members = [("stops", Interrupting()), ("late", LogisticRegression(), "linear")]
    numbers = FRAME[["size"]]
    before = signal.getsignal(signal.SIGINT)
    with pytest.warns(UserWarning, match="stopped"):
        fitted = stack(members, **more).fit(numbers, Y)
    assert "stops" in fitted.named_members_
    assert fitted.predict(numbers).shape == (90,)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_before_a_member_is_done_stops():
    Interrupting.fits = 1
    members = [("stops", Interrupting())]
    with pytest.raises(KeyboardInterrupt, match="before a member was done"):
        stack(members, verbose=True).fit(FRAME[["size"]], Y)


def test_verbose_tells_what_goes_on(capsys, monkeypatch):
    monkeypatch.setattr(progress, "PLAIN_SECONDS", 0.0)
    stack(verbose=True).fit(FRAME, Y)
    told = capsys.readouterr().err
    assert "members: 3 of 3 done" in told
    assert "best so far: log_loss" in told


def test_a_stack_of_names_is_a_pipeline_file_and_back(tmp_path):
    path = tmp_path / "stack.toml"
    written = stack(metric="accuracy").to_pipeline(path)
    assert load_pipeline(path).members == written.members
    assert load_pipeline(path).folds.n_splits == 2
    assert load_pipeline(path).competition["metric"] == "accuracy"
    here, there = stack().fit(FRAME, Y), StackedClassifier(path, cv=2).fit(FRAME, Y)
    assert there.oof_.oof.shape == here.oof_.oof.shape


def test_a_pipeline_file_cannot_hold_objects():
    own = stack([("bayes", GaussianNB())])
    own.cv = [(np.arange(45), np.arange(45, 90))]
    with pytest.raises(PipelineError) as raised:
        own.to_pipeline()
    assert "bayes: an object" in str(raised.value)
    assert "cv: " in str(raised.value)
