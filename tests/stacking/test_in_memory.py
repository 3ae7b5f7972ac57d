"""A fit that leaves the disk alone gives the bits of one that does not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.ensemble import BaggingClassifier, RandomForestClassifier
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from ensemble_kit.hashing import derive_seed
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking import StackedClassifier, fitting
from ensemble_kit.stacking.members.member_kinds import DecisionMember
from ensemble_kit.work.given_estimators import (
    Pattern,
    seeded,
    unfitted_copy,
    unseeded,
)
from ensemble_kit.work.memory_workspace import MemoryWorkspace
from ensemble_kit.work.workspace import Source

Y = np.arange(60) // 30
FRAME = pd.DataFrame(
    {
        "size": np.random.default_rng(0).normal(Y, 1),
        "city": pd.Categorical(["ufa", "omsk", "perm"] * 20),
        "day": pd.date_range("2024-01-01", periods=60),
        "text": [f"{'salt' if k < 40 else 'hill'} and word {k}" for k in range(60)],
    }
)
MEMBERS = ["logistic_regression", ("naive", GaussianNB(), "trees")]


def stack(members, **more):
    return StackedClassifier(members, cv=2, random_state=0, **more)


def test_a_fit_in_memory_and_one_on_disk_predict_the_same_bits(monkeypatch):
    here = stack(MEMBERS, texts=["text"]).fit(FRAME, Y)
    monkeypatch.setattr(fitting, "fits_in_memory", lambda source: False)
    there = stack(MEMBERS, texts=["text"]).fit(FRAME, Y)
    assert here.oof_.oof.tobytes() == there.oof_.oof.tobytes()
    assert np.array_equal(here.predict_proba(FRAME), there.predict_proba(FRAME))


def test_a_fit_in_memory_makes_no_file(monkeypatch):
    made = []
    monkeypatch.setattr(fitting.Store, "write", lambda *a: made.append(a))
    monkeypatch.setattr("ensemble_kit.work.workspace.write_matrix", made.append)
    stack(MEMBERS, texts=["text"]).fit(FRAME, Y)
    assert not made


def test_no_folder_is_made_for_a_fit_in_memory_and_none_is_left(monkeypatch, tmp_path):
    monkeypatch.setattr(fitting, "gettempdir", lambda: str(tmp_path))
    seen = []
    with monkeypatch.context() as watched:
        watched.setattr(fitting, "rmtree", seen.append)
        stack(MEMBERS, texts=["text"]).fit(FRAME, Y)
    assert not seen and not any(tmp_path.iterdir())
    monkeypatch.setattr(fitting, "fits_in_memory", lambda source: False)
    stack(MEMBERS, texts=["text"]).fit(FRAME, Y)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("columns", [["a"], ["a", "b", "c"], ["a", "k"]])
def test_rows_of_a_table_are_arrays_as_pandas_makes_them(columns, tmp_path):
    rng = np.random.default_rng(0)
    X = pd.DataFrame(rng.normal(size=(30, 3)), columns=["a", "b", "c"])
    X["k"] = pd.Categorical(np.arange(30) % 3)
    y, folds = np.arange(30) % 2, Folds.from_column(np.arange(30) % 3)
    source = Source(X[columns], X[columns][:0], y, folds, "binary", 2, "here")
    workspace = MemoryWorkspace(tmp_path, source)
    found, rows = workspace.array_rows(1), workspace.source.rows(1)
    for part, places in zip(("train", "valid"), rows, strict=True):
        wanted = workspace.source.X.iloc[places].to_numpy()
        assert np.array_equal(found[part], wanted)
        assert found[part].dtype == wanted.dtype
        for flag in ("F_CONTIGUOUS", "C_CONTIGUOUS", "WRITEABLE"):
            assert found[part].flags[flag] == wanted.flags[flag], flag


def test_seeds_are_set_on_steps_within_steps():
    forest = RandomForestClassifier(random_state=3)
    chain = make_pipeline(StandardScaler(), make_pipeline(LogisticRegression()))
    bagged = BaggingClassifier(forest)
    for estimator in (chain, bagged, forest):
        names = [n for n in estimator.get_params() if n.endswith("random_state")]
        wanted = clone(estimator).set_params(**{n: derive_seed(7, n) for n in names})
        found = seeded(clone(estimator), 7, names)
        assert str(found.get_params()) == str(wanted.get_params()), names


def test_a_copy_of_a_pattern_is_a_seeded_clone_that_shares_nothing():
    forest = RandomForestClassifier(5).fit([[0.0], [1.0]], [0, 1])
    chain = make_pipeline(StandardScaler(), BaggingClassifier(forest))
    for estimator in (chain, forest, DecisionMember(LinearSVC(C=2.0))):
        pattern = Pattern.of(estimator)
        one, other = pattern.copy(7), pattern.copy(7)
        wanted = seeded(clone(estimator), 7, unseeded(estimator))
        assert str(one.get_params()) == str(wanted.get_params())
        assert vars(one).keys() == vars(wanted).keys()
        one.set_params(**{pattern.unseeded[0]: 1})
        assert str(other.get_params()) == str(wanted.get_params())


def test_an_estimator_with_a_way_of_its_own_to_be_cloned_is_not_copied():
    frozen = FrozenEstimator(StandardScaler().fit([[0.0], [1.0]]))
    pattern = Pattern.of(make_pipeline(frozen, LogisticRegression()))
    assert pattern.copy(0)[0] is frozen


def test_a_fit_in_memory_does_not_ask_how_much_memory_it_takes(monkeypatch):
    monkeypatch.setattr("ensemble_kit.work.workspace.peak_megabytes", pytest.fail)
    stack(MEMBERS).fit(FRAME.drop(columns="text"), Y)


def test_the_parameters_of_an_estimator_are_validated_once(monkeypatch):
    validated, own = [], GaussianNB._validate_params
    monkeypatch.setattr(
        GaussianNB, "_validate_params", lambda self: validated.append(own(self))
    )
    stack([("naive", GaussianNB(), "trees")]).fit(FRAME, Y)
    assert len(validated) == 1


def test_an_array_is_predicted_without_a_frame_to_the_same_bits(monkeypatch):
    X = FRAME[["size"]].to_numpy().repeat(3, axis=1) * [1.0, -2.0, 0.5]
    members = [("linear", LogisticRegression()), ("naive", GaussianNB())]
    fitted = stack(members).fit(X, Y)
    found = fitted.predict_proba(X)
    with monkeypatch.context() as patch:
        patch.setattr(fitted, "_on_arrays", False)
        assert fitted.predict_proba(X).tobytes() == found.tobytes()
    with pytest.raises(ValueError, match="X has 2 features"):
        fitted.predict_proba(X[:, :2])


def test_an_unfitted_copy_is_a_clone_that_shares_no_part():
    fitted = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    chain = make_pipeline(StandardScaler(), "passthrough", LinearSVC(C=2.0))
    listed = LogisticRegression(class_weight={0: 2.0})
    bagged = BaggingClassifier(RandomForestClassifier(5))
    kept = make_pipeline(StandardScaler(), LinearSVC(), memory="here")
    for estimator in (chain, listed, bagged, fitted, kept, LinearSVC(C=3.0)):
        found, wanted = unfitted_copy(estimator), clone(estimator)
        assert type(found) is type(wanted) and found is not estimator
        assert str(found.get_params()) == str(wanted.get_params())
        assert vars(found).keys() == vars(wanted).keys()
    assert unfitted_copy(chain)[2] is not chain[2]
    assert unfitted_copy(listed).class_weight is not listed.class_weight
    frozen = FrozenEstimator(fitted)
    assert unfitted_copy(make_pipeline(StandardScaler(), frozen))[1] is frozen
