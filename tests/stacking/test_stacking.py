"""The stacked estimators: scikit-learn's manners, the command line's predictions."""

import pickle
import tempfile
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMRegressor
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GridSearchCV, GroupKFold, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.preparing import sources
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.stacking import StackedClassifier, StackedRegressor
from ensemble_kit.stacking.fitting import make_folds
from ensemble_kit.store.store import Store
from ensemble_kit.tasks import Task

LOGISTIC, BAYES = ("logistic", LogisticRegression()), ("bayes", GaussianNB())
CLASSIFIER = StackedClassifier([LOGISTIC, BAYES], "mean", cv=2, random_state=0)
REGRESSOR = StackedRegressor(
    # The tolerance: a row repeated and a row weighted are solved in other steps.
    [("ridge", Ridge(tol=1e-9)), ("tree", DecisionTreeRegressor(max_depth=3))],
    "mean",
    cv=2,
    random_state=0,
)
TREES = Member("trees", "extra_trees", params={"n_estimators": 15}, features="trees")
BOOSTED = Member("boosted", "lightgbm", params={"n_estimators": 12})
LINEAR = Member("linear", "ridge", params={"alpha": 2.0}, features="linear")


@pytest.fixture(scope="module")
def numbers():
    """Return numbers and labels that they explain in part."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(160, 4))
    return X, (X[:, 0] + rng.normal(scale=0.7, size=160) > 0).astype(int)


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """Return the folder that temporary files go to."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


OUT_OF_FOLD = "fit_transform gives predictions by models that have not seen the rows"


def not_expected(estimator):
    """Return the checks that a stack does not pass, with the reason."""
    names = ("check_transformer_general", "check_transformer_data_not_an_array")
    return dict.fromkeys(names, OUT_OF_FOLD)


@parametrize_with_checks([CLASSIFIER, REGRESSOR], expected_failed_checks=not_expected)
def test_scikit_learn_finds_nothing_to_complain_about(estimator, check):
    check(estimator)


def command_line(folder, tmp_path, upper, jobs):
    """Run a pipeline on a folder as ``submit`` does."""
    competition = load_competition(folder)
    pipeline = Pipeline(
        "small",
        (TREES, BOOSTED, LINEAR, upper),
        standard_recipes(),
        FoldSpec(n_splits=3),
        Submit(upper.name),
        seed=7,
    )
    resources = Resources(jobs, tmp_path / "work")
    return run_pipeline(competition, pipeline, Store(tmp_path / "store"), resources)


@pytest.mark.parametrize(
    ("kind", "upper"), [("binary", "convex_blend"), ("regression", "lightgbm")]
)
def test_predictions_are_those_of_the_command_line(
    competition_folder, tmp_path, kind, upper
):
    params = {"n_estimators": 10} if upper == "lightgbm" else {}
    final = Member("upper", upper, level=2, params=params)
    run = command_line(competition_folder(kind), tmp_path, final, jobs=0)
    data = run.competition
    estimator = StackedRegressor if kind == "regression" else StackedClassifier
    stack = estimator(
        [TREES, BOOSTED, LINEAR],
        final,
        cv=run.folds,
        metric=data.metric.name,
        random_state=7,
    ).fit(data.X, data.y)
    method = "predict" if kind == "regression" else "predict_proba"
    found = getattr(stack, method)(data.X_test).reshape(run.test.shape)
    assert found.tobytes() == run.test.tobytes()
    assert stack.oof_.oof.tobytes() == run.matrix.oof[:, :3].tobytes()


def test_processes_give_the_bits_of_one(competition_folder):
    data = load_competition(competition_folder())
    members = [("linear", LogisticRegression(C=0.3), "linear"), "ridge"]
    alone, pooled = (
        StackedClassifier(members, cv=3, random_state=1, n_jobs=n_jobs)
        .fit(data.X, data.y)
        .predict_proba(data.X_test)
        for n_jobs in (None, 2)
    )
    assert alone.tobytes() == pooled.tobytes()


@pytest.mark.parametrize("is_classifier", [True, False])
@pytest.mark.parametrize("groups", [None, np.repeat(np.arange(12), 10)])
def test_a_number_gives_the_folds_of_the_command_line(is_classifier, groups):
    y = np.arange(120) % 3
    task = Task("multiclass", ("a", "b", "c")) if is_classifier else Task("regression")
    data = SimpleNamespace(
        y=y, task=task, groups=groups, times=None, folds=None, drawing=None
    )
    theirs = sources.make_folds(data, FoldSpec(n_splits=4, seed=3))
    assert (
        make_folds(4, y, is_classifier, groups, 3).fingerprints == theirs.fingerprints
    )


@pytest.mark.parametrize(
    ("n_classes", "n_rows", "n_folds"), [(30, 4, 12), (2, 4, 12), (12, 1, 5), (2, 9, 5)]
)
def test_few_rows_per_class_give_as_many_folds_as_can_be(n_classes, n_rows, n_folds):
    y = np.repeat(np.arange(n_classes), n_rows)
    data = SimpleNamespace(
        y=y,
        task=Task("multiclass", tuple(range(n_classes))),
        groups=None,
        times=None,
        folds=None,
        drawing=None,
    )
    theirs = sources.make_folds(data, FoldSpec())
    assert len(theirs) == n_folds
    assert make_folds(5, y, True, None, 0).fingerprints == theirs.fingerprints
    if n_rows > 1:
        assert all(set(y[train]) == set(y) for train, _ in theirs)


def test_nothing_rises_above_chance_on_random_labels(numbers):
    X, _ = numbers
    X = np.tile(X, (4, 1)) + np.random.default_rng(2).normal(size=(640, 4))
    y = np.random.default_rng(1).integers(0, 2, 640)
    stack = StackedClassifier(
        ["extra_trees", "knn", LOGISTIC], "logit_blend", cv=4, random_state=0
    ).fit(X, y)
    # An AUC of 640 rows at chance has a standard error of 0.023.
    scores = [
        roc_auc_score(y, part[:, 1])
        for part in [*np.moveaxis(stack.oof_.oof, 1, 0), stack.oof_predictions_]
    ]
    assert all(abs(score - 0.5) < 0.08 for score in scores), scores


def test_nothing_is_left_on_disk(numbers, temporary):
    stack = clone(CLASSIFIER).set_params(n_jobs=2).fit(*numbers)
    stack.predict(numbers[0])
    assert list(temporary.iterdir()) == []


def test_a_stack_goes_through_pickle(numbers):
    X, y = numbers
    stack = clone(CLASSIFIER).fit(X, y)
    again = pickle.loads(pickle.dumps(stack))
    assert np.array_equal(again.predict_proba(X), stack.predict_proba(X))


def test_it_works_inside_pipeline_search_and_calibration(numbers):
    X, y = numbers
    inner = make_pipeline(StandardScaler(), clone(CLASSIFIER))
    grid = {"stackedclassifier__final": ["mean", "logit_mean"]}
    search = GridSearchCV(inner, grid, cv=2).fit(X, y)
    calibrated = CalibratedClassifierCV(clone(CLASSIFIER), cv=2).fit(X, y)
    assert search.best_score_ > 0.7
    assert calibrated.predict_proba(X).shape == (160, 2)


def test_a_frame_with_text_needs_no_declaration(competition_folder):
    train = pd.read_csv(competition_folder(n_rows=150) / "train.csv")
    X, y = (
        train.drop(columns=["id", "target"]),
        train["target"].map({0: "no", 1: "yes"}),
    )
    members = ["ridge", ("words", LogisticRegression(), Words())]
    stack = StackedClassifier(members, cv=3, random_state=0).fit(X, y)
    assert stack.predict(X[:3]).tolist()[0] in ("no", "yes")
    assert stack.leaderboard_["score"].is_monotonic_increasing
    assert stack.oof_.members == ("ridge", "words")


class Words(TfidfVectorizer):
    """Read one column of a frame."""

    def fit_transform(self, X, y=None):
        return super().fit_transform(X["note"])

    def transform(self, X):
        return super().transform(X["note"])


def test_unseen_categories_are_missing_values(competition_folder):
    train = pd.read_csv(competition_folder() / "train.csv")
    X = train[["number", "colour"]]
    stack = StackedClassifier([BOOSTED], "mean", cv=3).fit(X, train["target"])
    found = stack.predict_proba(X[:1].assign(colour=["violet"]))
    assert np.isfinite(found).all()


def test_sparse_matrices_go_to_members_that_take_them(numbers):
    X, y = numbers
    stack = StackedClassifier([LOGISTIC, "ridge"], "mean", cv=3, random_state=0)
    found = stack.fit(sparse.csr_array(X), y).predict_proba(sparse.csr_array(X))
    assert roc_auc_score(y, found[:, 1]) > 0.8


def test_groups_stay_together(numbers):
    X, y = numbers
    groups = np.repeat(np.arange(16), 10)
    stack = StackedClassifier([Recorder.entry()], "mean", cv=GroupKFold(4))
    stack.fit(np.c_[X, groups], y, groups=groups)
    for model in stack.models_["recorder"]:
        assert len(np.unique(model.groups_)) == 12


class Recorder(ClassifierMixin, BaseEstimator):
    """Remembers what it was fitted on."""

    @classmethod
    def entry(cls):
        return ("recorder", cls())

    def fit(self, X, y, sample_weight=None):
        self.groups_, self.weights_, self.classes_ = X[:, -1], sample_weight, [0, 1]
        return self

    def predict_proba(self, X):
        return np.full((len(X), 2), 0.5)


@pytest.mark.parametrize("final", ["convex_blend", LogisticRegression(), "ridge"])
def test_with_one_pair_level_2_learns_from_the_rows_that_level_1_predicts(
    numbers, final
):
    X, y = numbers
    learn, predicted, later = np.arange(70), np.arange(70, 130), np.arange(130, 160)
    cv = [(learn, predicted)]
    stack = StackedClassifier([LOGISTIC, BAYES], final, cv=cv, random_state=0)
    stack.fit(X[:130], y[:130])
    (member,) = stack.models_["logistic"]
    assert np.allclose(member.coef_, LogisticRegression().fit(X[learn], y[learn]).coef_)
    is_known = np.isfinite(stack.oof_predictions_).all(axis=1)
    assert np.flatnonzero(is_known).tolist() == predicted.tolist()
    assert stack.leaderboard_["score"].notna().all()
    assert roc_auc_score(y[later], stack.predict_proba(X[later])[:, 1]) > 0.75


def test_level_2_of_one_pair_never_judges_a_row_it_learnt_from(numbers):
    X, _ = numbers
    noise = np.random.default_rng(4).normal(size=160)
    cv = [(np.arange(80), np.arange(80, 160))]
    final = DecisionTreeRegressor()
    stack = StackedRegressor([("ridge", Ridge())], final, cv=cv, random_state=0)
    found = stack.fit(X, noise).oof_predictions_[80:, 0]
    assert np.corrcoef(found, noise[80:])[0, 1] < 0.4


def test_own_features_go_with_one_model_fitted_on_all_rows(numbers):
    X, y = numbers
    members = [("scaled", LogisticRegression(), StandardScaler()), BAYES]
    stack = StackedClassifier(members, "mean", cv=2, test="refit").fit(X, y)
    assert len(stack.models_["scaled"]) == 1
    scaled = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
    found = stack.transform(X)[:, 0]
    assert found == pytest.approx(scaled.predict_proba(X)[:, 1])


def test_folds_that_predict_no_two_rows_are_refused(numbers):
    X, y = numbers
    stack = StackedClassifier([BAYES], "mean", cv=[(np.arange(159), [159])])
    with pytest.raises(PipelineError, match="cv: its validation parts hold 1 rows"):
        stack.fit(X, y)


def test_weights_reach_the_members(numbers):
    X, y = numbers
    weights = np.linspace(0.1, 1, len(y))
    stack = StackedClassifier([Recorder.entry()], "mean", cv=2, random_state=0)
    stack.fit(X, y, sample_weight=weights)
    seen = np.concatenate([m.weights_ for m in stack.models_["recorder"]])
    assert sorted(seen) == sorted(weights)


@pytest.mark.parametrize("cv", [3, KFold(3)])
def test_rows_of_weight_0_are_as_rows_that_are_not_there(numbers, cv):
    X, y = numbers
    used = np.arange(160) % 3 > 0
    folds = cv
    if not isinstance(cv, int):
        folds = make_folds(cv, y, True, None, 0).among(np.flatnonzero(used))
    weights, wrong = used.astype(float), np.where(used, y, 1 - y)
    members = [LOGISTIC, BAYES]
    kept, gone = (
        StackedClassifier(members, "mean", cv=cv, random_state=0) for cv in (cv, folds)
    )
    kept.fit(X, wrong, sample_weight=weights)
    gone.fit(X[used], y[used], sample_weight=weights[used])
    assert kept.predict_proba(X).tobytes() == gone.predict_proba(X).tobytes()
    assert np.isnan(kept.oof_.oof[~used]).all()
    assert kept.oof_.oof[used].tobytes() == gone.oof_.oof.tobytes()


def test_members_that_take_no_weights_are_named(numbers):
    X, y = numbers
    stack = StackedClassifier([LOGISTIC, ("near", "knn")], "mean", cv=2, random_state=0)
    with pytest.warns(UserWarning, match="weights: near cannot take them"):
        stack.fit(X, y, sample_weight=np.linspace(0.1, 1, len(y)))


def test_labels_are_decided_by_the_weights(numbers):
    X, y = numbers
    weights = np.where(y, 0.05, 1.0)
    stack = clone(CLASSIFIER).set_params(metric="accuracy")
    assert stack.fit(X, y, sample_weight=weights).predict(X).mean() < 0.3


def test_a_metric_of_labels_decides_the_labels(numbers):
    X, y = numbers
    rare = (np.random.default_rng(0).random(160) < 0.4) & (y == 1)
    stack = clone(CLASSIFIER).set_params(metric="f1").fit(X, rare)
    likeliest = stack.predict_proba(X).argmax(axis=1)
    assert stack.predict(X).sum() > likeliest.sum()


def test_original_features_stand_beside_predictions(numbers):
    X, y = numbers
    stack = StackedClassifier(
        [BAYES],
        LogisticRegression(),
        original=StandardScaler(),
        cv=3,
        random_state=0,
    ).fit(X, y)
    assert {model.n_features_in_ for model in stack.models_["final"]} == {5}


def test_every_mistake_is_told_at_once(numbers):
    stack = StackedClassifier(
        ["lightgbn", ("empty", Empty()), ("a", LogisticRegression(), "tree")],
        original="trees",
    )
    with pytest.raises(PipelineError) as error:
        stack.fit(*numbers)
    text = str(error.value)
    for part in ("did you mean 'lightgbm'", "predict_proba", "'tree'", "original"):
        assert part in text


class Empty(BaseEstimator):
    """Predicts nothing."""

    def fit(self, X, y):
        return self


def test_a_member_that_fails_is_named_with_its_reason(numbers):
    stack = StackedRegressor([("broken", Broken()), "ridge"], "mean", cv=2)
    with pytest.raises(RunError, match="broken: ValueError: no luck"):
        stack.fit(*numbers)


class Broken(Ridge):
    """Cannot be fitted."""

    def fit(self, X, y):
        raise ValueError("no luck")


def test_predictions_do_not_depend_on_the_targets_offset_or_size(numbers):
    X, _ = numbers
    y = X[:, 0] + X[:, 1] ** 2
    boosted = LGBMRegressor(n_estimators=15, verbose=-1)
    stack = StackedRegressor([("boosted", boosted)], "mean", cv=2, random_state=0)
    shown = [
        explained(stack, X, offset + size * y)
        for offset, size in [(0.0, 1.0), (1e9, 2.0), (1e14, 1e4), (1e-6, 1e-9)]
    ]
    np.testing.assert_allclose(shown, shown[0], atol=1e-3)


def test_absolute_errors_steer_a_stack_in_the_evener_scale(numbers):
    X, _ = numbers
    stack = StackedRegressor(["ridge"], "mean", cv=2, metric="mae", random_state=0)
    fitted = stack.fit(X, np.exp(3 * X[:, 0]))
    assert (fitted.oof_predictions_ > -1).all()


def explained(stack, X, y):
    """Return the share of the variance that out-of-fold predictions explain."""
    errors = clone(stack).fit(X, y).oof_predictions_[:, 0] - y
    return 1 - np.mean(errors**2) / np.var(y)
