"""A fit that leaves the disk alone gives the bits of one that does not."""

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from ensemble_kit.stacking import StackedClassifier, fitting

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
