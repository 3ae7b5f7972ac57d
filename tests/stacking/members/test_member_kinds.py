"""Any estimator is a member: what becomes of each, and what none of them has seen."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.compose import make_column_transformer
from sklearn.decomposition import PCA
from sklearn.ensemble import IsolationForest, RandomForestClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    LinearRegression,
    LogisticRegression,
    Ridge,
    RidgeClassifier,
)
from sklearn.metrics import log_loss, roc_auc_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.stacking import StackedClassifier, StackedRegressor
from ensemble_kit.stacking.members.member_kinds import (
    DecisionMember,
    ValueMember,
    kind_of,
)

LOGISTIC, BAYES = LogisticRegression(), GaussianNB()


class Labels(ClassifierMixin, BaseEstimator):
    """Tells labels alone."""

    def fit(self, X, y):
        self.inner_ = GaussianNB().fit(X, y)
        return self

    def predict(self, X):
        return self.inner_.predict(X)


@pytest.fixture(scope="module")
def numbers():
    """Return numbers, and three classes that they explain in part."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(180, 4))
    return X, np.digitize(X[:, 0] + rng.normal(scale=0.5, size=180), [-0.5, 0.5])


def fitted(members, final, data, **more):
    return StackedClassifier(members, final, cv=3, random_state=0, **more).fit(*data)


@pytest.mark.parametrize(
    ("estimator", "classes", "values"),
    [
        (RandomForestClassifier(), "probabilities", ""),
        (LinearSVC(), "decisions", ""),
        (SVC(), "decisions", ""),
        (Ridge(), "values", "values"),
        (Labels(), "labels", ""),
        (KMeans(), "columns", "columns"),
        (PCA(), "columns", "columns"),
        (IsolationForest(), "columns", "columns"),
        (make_pipeline(PCA(), SVC()), "decisions", ""),
        (make_pipeline(PCA(), Ridge()), "values", "values"),
        (SelectKBest(), "columns", "columns"),
    ],
)
def test_each_kind_of_estimator_has_a_use(estimator, classes, values):
    assert kind_of(estimator, True) == classes
    assert kind_of(estimator, False) == values


@pytest.mark.parametrize("n_classes", [2, 3])
@pytest.mark.parametrize("member", [LinearSVC(), SVC(), Ridge(), LinearRegression()])
def test_members_without_probabilities_get_calibrated_ones(numbers, n_classes, member):
    X, y = numbers
    y = np.minimum(y, n_classes - 1)
    stack = fitted([member], "mean", (X, y))
    found = stack.oof_.oof[:, 0]
    np.testing.assert_allclose(found.sum(axis=1), 1)
    chance = log_loss(y, np.tile(np.bincount(y) / len(y), (len(y), 1)))
    assert log_loss(y, found) < 0.8 * chance
    model = stack.models_[type(member).__name__.lower()][0]
    per_class = n_classes > 2 and kind_of(member, True) == "values"
    assert type(model) is (ValueMember if per_class else type(member))


@pytest.mark.parametrize(
    "member",
    [
        DecisionMember(SVC(C=100, gamma=3.0)),
        ValueMember(DecisionTreeRegressor(random_state=0)),
    ],
)
def test_calibrations_learn_from_rows_that_the_member_has_not_seen(member):
    rng = np.random.default_rng(0)
    X, noise = rng.normal(size=(300, 3)), rng.integers(0, 2, 300)
    # A machine that knows its own rows by heart would make them certain.
    assert abs(member.fit(X, noise).predict_proba(X) - 0.5).max() < 0.1


def test_a_calibration_costs_one_fit_of_half_the_rows(numbers, monkeypatch):
    sizes, fit = [], LinearSVC.fit
    monkeypatch.setattr(
        LinearSVC, "fit", lambda self, X, *a: sizes.append(len(X)) or fit(self, X, *a)
    )
    DecisionMember(LinearSVC()).fit(*numbers)
    assert sizes == [180, 90]


@pytest.mark.parametrize("kind", [DecisionMember, ValueMember])
def test_a_calibration_of_a_ridge_regression_costs_no_fit(kind, numbers, monkeypatch):
    model = {DecisionMember: RidgeClassifier, ValueMember: Ridge}[kind]
    fits, fit = [], model.fit
    monkeypatch.setattr(
        model, "fit", lambda self, X, *a: fits.append(len(X)) or fit(self, X, *a)
    )
    kind(model()).fit(*numbers)
    assert fits == [180] * (3 if kind is ValueMember else 1)


def test_a_calibration_takes_the_half_that_has_all_classes(numbers):
    X, y = numbers[0], np.repeat([0, 1], [179, 1])
    assert np.isfinite(DecisionMember(LinearSVC()).fit(X, y).predict_proba(X)).all()


def test_labels_alone_become_certain_probabilities(numbers):
    stack = fitted([Labels(), BAYES], "mean", numbers)
    found = stack.oof_.member("labels")[0]
    assert set(np.unique(found)) == {0.0, 1.0}
    assert (found.argmax(axis=1) == stack.oof_.member("gaussiannb")[0].argmax(1)).all()


def test_what_is_taken_of_classifiers_can_be_said(numbers):
    stack = fitted([LOGISTIC, BAYES], "mean", numbers, method="predict")
    assert set(np.unique(stack.oof_.oof)) == {0.0, 1.0}
    with pytest.raises(PipelineError, match="svc: SVC.* has no predict_proba"):
        fitted([SVC(), BAYES], "mean", numbers, method="predict_proba")
    with pytest.raises(PipelineError, match="method: 'probs' is none of auto"):
        fitted([BAYES], "mean", numbers, method="probs")


def test_detectors_and_transformers_stand_beside_the_predictions(numbers):
    members = [LOGISTIC, IsolationForest(n_estimators=5), ("two", PCA(2))]
    stack = fitted(members, LogisticRegression(), numbers)
    assert stack.oof_.members == ("logisticregression",)
    assert {model.n_features_in_ for model in stack.models_["final"]} == {2 + 1 + 2}
    assert stack.predict_proba(numbers[0]).shape == (180, 3)


def test_a_detector_without_a_seed_gets_one_of_the_stacks(numbers):
    members = [LOGISTIC, IsolationForest(n_estimators=5)]
    one, other = (fitted(members, LogisticRegression(), numbers) for _ in range(2))
    assert one.oof_predictions_.tobytes() == other.oof_predictions_.tobytes()


def test_they_are_fitted_inside_the_folds(numbers):
    class Rows(PCA):
        def fit(self, X, y=None):
            seen.append(len(X))
            return super().fit(X)

        def fit_transform(self, X, y=None):
            return self.fit(X).transform(X)

    seen = []
    fitted([LOGISTIC, ("rows", Rows(1))], LogisticRegression(), numbers)
    assert set(seen) == {120}


def test_a_blend_says_that_it_takes_nothing_beside(numbers):
    with pytest.raises(PipelineError, match="pca: logit_blend takes nothing beside"):
        fitted([LOGISTIC, PCA(2)], "logit_blend", numbers)
    with pytest.raises(PipelineError, match="does not go with pca"):
        fitted([BAYES, PCA(2)], LOGISTIC, numbers, original="linear")


def test_too_many_columns_are_refused_by_name(numbers):
    X = np.random.default_rng(0).normal(size=(180, 130))
    with pytest.raises(RunError, match="wide: 130 columns beside the predictions"):
        fitted([BAYES, ("wide", SelectKBest(k="all"))], LOGISTIC, (X, numbers[1]))


def test_the_columns_themselves_stand_beside_the_predictions(numbers):
    stack = fitted([BAYES], LogisticRegression(), numbers, original="raw")
    assert {model.n_features_in_ for model in stack.models_["final"]} == {2 + 4}


@pytest.mark.parametrize(
    "members",
    [
        [("one", LOGISTIC), ("two", BAYES), ("three", "drop"), ("four", None)],
        {"one": LOGISTIC, "two": BAYES, "three": "drop"},
        [{"one": LOGISTIC}, {"two": BAYES}, "drop", None],
    ],
)
def test_members_are_written_as_one_likes(numbers, members):
    wanted = fitted([("one", LOGISTIC), ("two", BAYES)], "mean", numbers)
    found = fitted(members, "mean", numbers)
    assert found.oof_.members == ("one", "two")
    assert found.oof_.oof.tobytes() == wanted.oof_.oof.tobytes()


def test_estimators_get_the_names_that_make_pipeline_gives(numbers):
    tree = DecisionTreeClassifier
    stack = fitted([tree(max_depth=1), BAYES, tree(max_depth=2)], "mean", numbers)
    assert stack.oof_.members == (
        "decisiontreeclassifier-1",
        "gaussiannb",
        "decisiontreeclassifier-2",
    )


def test_a_dict_of_members_can_be_searched():
    stack = StackedClassifier({"one": LOGISTIC, "two": BAYES})
    stack.set_params(one="drop", two__var_smoothing=0.5)
    assert stack.members == {"one": "drop", "two": stack.get_params()["two"]}
    assert stack.members["two"].var_smoothing == 0.5


def test_a_pipeline_that_fills_gaps_gets_them(numbers):
    X, y = numbers
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.2, np.nan, X)
    frame = pd.DataFrame(X, columns=list("abcd"))
    columns = make_column_transformer((SimpleImputer(), list("abc")))
    for chain in (SimpleImputer(), columns):
        stack = fitted([make_pipeline(chain, LinearSVC())], "mean", (frame, y))
        assert roc_auc_score(y == 2, stack.predict_proba(frame)[:, 2]) > 0.7


def test_classifiers_of_a_regression_stack_are_refused_by_name(numbers):
    with pytest.raises(PipelineError) as raised:
        StackedRegressor([("svc", SVC()), Ridge()]).fit(*numbers)
    assert "svc: SVC() is no regressor" in str(raised.value)


def test_a_member_whose_values_are_not_finite_is_named(numbers):
    class Broken(LinearSVC):
        def decision_function(self, X):
            return super().decision_function(X) * np.nan

    with pytest.raises(RunError, match="broken: .*decision values are not finite"):
        fitted([Broken(), LOGISTIC], "mean", numbers)


class Plain:
    """Knows nothing of scikit-learn."""

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.zeros(len(X))


def test_a_member_that_cannot_be_cloned_is_named(numbers):
    with pytest.raises(RunError, match="plain: TypeError: Cannot clone object"):
        fitted([Plain()], "mean", numbers)


def test_a_member_that_cannot_go_to_other_processes_is_named(numbers):
    held = LogisticRegression()
    held.lock = (each for each in ())
    with pytest.raises(RunError, match="held does not go to worker processes"):
        fitted([("other", BAYES), ("held", held)], "mean", numbers, n_jobs=2)
