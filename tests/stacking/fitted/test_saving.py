"""Fitted ensembles in a folder and back."""

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC

from ensemble_kit import (
    StackedClassifier,
    StackedRegressor,
    VotedClassifier,
    VotedRegressor,
    run,
)
from ensemble_kit.exceptions import RunError

Y = np.arange(60) % 2
X = np.random.default_rng(0).normal(Y[:, None], 1, size=(60, 3))
TEXTS = [f"{'salt' if k else 'hill'} and word {n}" for n, k in enumerate(Y)]
FRAME = pd.DataFrame(X, columns=list("abc")).assign(
    text=TEXTS, city=["ufa", "perm"] * 30
)
LABELS = np.where(Y, "yes", "no")


class Strange(GaussianNB):
    """Of a class that no file may name."""


def test_a_stack_on_texts_categories_and_numbers_predicts_the_same_bits(tmp_path):
    members = ["logistic_regression", ("bayes", GaussianNB(), "trees")]
    fitted = StackedClassifier(members, cv=2, random_state=0, metric="f1")
    fitted.fit(FRAME, LABELS)
    fitted.save(tmp_path / "stack")
    loaded = StackedClassifier.load(tmp_path / "stack")
    assert (
        loaded.predict_proba(FRAME).tobytes() == fitted.predict_proba(FRAME).tobytes()
    )
    assert loaded.predict(FRAME).tolist() == fitted.predict(FRAME).tolist()
    assert loaded.transform(FRAME).tobytes() == fitted.transform(FRAME).tobytes()
    assert loaded.oof_.oof.tobytes() == fitted.oof_.oof.tobytes()
    assert loaded.leaderboard_.equals(fitted.leaderboard_)
    assert loaded.get_params()["metric"] == "f1"
    assert loaded.oof_frame().equals(fitted.oof_frame())
    assert loaded.explain(FRAME).equals(fitted.explain(FRAME))


@pytest.mark.parametrize(
    "ensemble",
    [
        StackedRegressor([("r", Ridge()), "ridge"], cv=2),
        StackedClassifier(
            [("svm", LinearSVC()), ("pca", PCA(2))], "logistic_regression", cv=2
        ),
        VotedClassifier([("l", LogisticRegression())], "soft", rules={"l": "x0 > 0"}),
        VotedRegressor([("r", Ridge())], "median"),
    ],
)
def test_every_ensemble_comes_back_whole(ensemble, tmp_path):
    ensemble.fit(X, Y).save(tmp_path / "saved")
    loaded = type(ensemble).load(tmp_path / "saved")
    assert np.array_equal(loaded.predict(X), ensemble.predict(X))


@pytest.mark.parametrize("kind", [StackedClassifier, StackedRegressor])
def test_a_stack_of_several_targets_comes_back_whole(kind, tmp_path):
    X = np.random.default_rng(0).normal(size=(60, 3))
    targets = np.column_stack([X[:, 0] > 0, X[:, 1] > X[:, 2]]).astype(int)
    member = GaussianNB() if kind is StackedClassifier else Ridge()
    stack = kind([("one", member)], "mean", cv=2, random_state=0).fit(X, targets)
    stack.save(tmp_path / "saved")
    again = kind.load(tmp_path / "saved")
    assert again.predict(X).tobytes() == stack.predict(X).tobytes()
    assert np.array_equal(again.transform(X), stack.transform(X))
    assert list(again.get_feature_names_out()) == list(stack.get_feature_names_out())
    assert [each.members for each in again.oof_] == [("one",), ("one",)]


def test_members_that_the_format_does_not_know_are_named(tmp_path):
    fitted = StackedClassifier([("odd", Strange()), ("even", Strange())], cv=2).fit(
        X, Y
    )
    with pytest.raises(RunError) as raised:
        fitted.save(tmp_path / "stack")
    assert "odd: objects of" in str(raised.value)
    assert "even: objects of" in str(raised.value)
    assert not (tmp_path / "stack").exists()


def test_a_folder_in_use_another_class_and_no_ensemble_are_refused(tmp_path):
    vote = VotedClassifier([("l", LogisticRegression())]).fit(X, Y)
    vote.save(tmp_path / "vote")
    with pytest.raises(RunError, match="is not empty"):
        vote.save(tmp_path / "vote")
    with pytest.raises(RunError, match="holds a VotedClassifier, no StackedClassifier"):
        StackedClassifier.load(tmp_path / "vote")
    with pytest.raises(RunError, match="holds no ensemble"):
        VotedClassifier.load(tmp_path)


def test_a_run_of_the_command_line_is_a_fitted_stack(tmp_path):
    rows = FRAME.drop(columns="city").assign(id=range(60))
    rows.assign(answer=LABELS).to_csv(tmp_path / "train.csv", index=False)
    rows.head(20).to_csv(tmp_path / "test.csv", index=False)
    pipeline = tmp_path / "small.toml"
    pipeline.write_text('[level1.linear]\nmodel = "logistic_regression"\n')
    made = run(tmp_path, pipeline, jobs=0)
    loaded = StackedClassifier.load(made.folder)
    later = pd.read_csv(tmp_path / "test.csv", dtype=str)
    assert np.array_equal(loaded.predict_proba(later), made.predict_proba(later))
    assert loaded.predict(later).tolist() == made.predict(later).tolist()
    with pytest.raises(RunError, match="predicts classes"):
        StackedRegressor.load(made.folder)
