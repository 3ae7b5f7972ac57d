"""A stack behaves as whoever knows scikit-learn expects."""

import numpy as np
import pytest
from sklearn import config_context
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.datasets import load_iris
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge
from sklearn.metrics import r2_score
from sklearn.model_selection import GroupKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.svm import SVC, LinearSVC
from sklearn.tree import DecisionTreeRegressor

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.stacking import StackedClassifier, StackedRegressor

MEMBERS = [("logistic", LogisticRegression(max_iter=500)), ("bayes", GaussianNB())]


@pytest.fixture(scope="module")
def flowers():
    """Return 150 rows of three classes with names."""
    X, y = load_iris(return_X_y=True, as_frame=True)
    order = np.random.default_rng(0).permutation(150)
    return X.iloc[order].reset_index(drop=True), np.array(["a", "b", "c"])[y[order]]


def classifier(final="mean", members=MEMBERS, **more):
    return StackedClassifier(members, final, cv=3, random_state=0, **more)


def test_a_fit_leaves_what_one_looks_for(flowers):
    stack = classifier("convex_blend").fit(*flowers)
    assert [*stack.named_members_] == ["logistic", "bayes"]
    assert len(stack.estimators_) == 6 and len(stack.final_) == 3
    assert stack.weights_.index.tolist() == ["logistic", "bayes"]
    assert stack.weights_.sum() == pytest.approx(1)
    assert len(stack.folds_) == 3
    assert stack.fold_scores_.shape == (3, 3)
    board = stack.leaderboard_.set_index("member")
    assert stack.fold_scores_.loc["bayes"].std(ddof=0) == pytest.approx(
        board.loc["bayes", "spread"]
    )
    assert stack.n_features_in_ == 4
    assert stack.feature_names_in_.tolist() == list(flowers[0])


def test_a_threshold_is_there_where_one_decides(flowers):
    X, y = flowers
    stack = classifier(metric="f1").fit(X, y == "b")
    assert 0 < stack.threshold_ < 1
    assert classifier().fit(X, y).threshold_ is None


def test_one_model_per_member_is_fitted_on_all_rows_where_that_is_asked(flowers):
    X, y = flowers
    stack = classifier(LogisticRegression(), test="refit").fit(X, y)
    assert len(stack.estimators_) == 2 and len(stack.final_) == 1
    (bayes,) = stack.named_members_["bayes"]
    np.testing.assert_allclose(bayes.theta_, GaussianNB().fit(X, y).theta_)
    with pytest.raises(PipelineError, match="test: 'all' is none of mean, refit"):
        classifier(test="all").fit(X, y)


def test_fit_transform_gives_what_members_say_of_rows_they_have_not_seen(flowers):
    X, y = flowers
    stack = classifier()
    found = stack.fit_transform(X, y)
    assert found.tobytes() == stack.oof_.oof.reshape(150, -1).tobytes()
    assert not np.allclose(stack.transform(X), found)
    with pytest.raises(ValueError, match="requires y to be passed"):
        stack.fit_transform(X)


def test_a_step_that_follows_learns_from_out_of_fold_predictions(flowers):
    X, _ = flowers
    noise = np.random.default_rng(1).normal(size=150)
    tree = StackedRegressor([("tree", DecisionTreeRegressor())], "mean", cv=3)
    chain = make_pipeline(tree, LinearRegression()).fit(X, noise)
    # A tree knows its own rows by heart: a step that learnt from them would too.
    assert r2_score(noise, chain[-1].predict(chain[0].oof_.oof[:, 0])) < 0.2
    assert chain[-1].coef_[0] < 0.5


def test_columns_of_transform_have_names(flowers):
    X, y = flowers
    three = classifier(LogisticRegression(), original="raw").fit(X, y)
    names = three.get_feature_names_out().tolist()
    assert names[:4] == [
        "stackedclassifier_logistic0",
        "stackedclassifier_logistic1",
        "stackedclassifier_logistic2",
        "stackedclassifier_bayes0",
    ]
    assert names[6:] == list(X) and three.transform(X).shape == (150, 10)
    two = classifier().fit(X, y == "a")
    assert two.set_output(transform="pandas").transform(X[:2]).columns.tolist() == [
        "stackedclassifier_logistic",
        "stackedclassifier_bayes",
    ]


def test_decision_values_are_log_odds_where_they_mean_something(flowers):
    X, y = flowers
    two = classifier("logit_blend").fit(X, y == "a")
    p = two.predict_proba(X)[:, 1]
    np.testing.assert_allclose(two.decision_function(X), np.log(p / (1 - p)), rtol=1e-6)
    assert classifier().fit(X, y).decision_function(X).shape == (150, 3)
    assert not hasattr(classifier(GaussianNB()), "decision_function")


def test_fitted_members_are_taken_as_they_are(flowers):
    X, y = flowers
    learn, rest = np.arange(75), np.arange(75, 150)
    fitted = [
        ("logistic", LogisticRegression(max_iter=500).fit(X.iloc[learn], y[learn])),
        ("svc", SVC().fit(X.iloc[learn], y[learn])),
    ]
    stack = StackedClassifier(fitted, LogisticRegression(), cv="prefit")
    stack.fit(X.iloc[rest], y[rest])
    assert stack.estimators_ == [model for _, model in fitted]
    np.testing.assert_allclose(
        stack.transform(X)[:, :3], fitted[0][1].predict_proba(X), rtol=1e-6
    )
    assert stack.score(X.iloc[rest], y[rest]) > 0.9


def test_values_of_fitted_members_are_read_in_the_scale_of_the_stack(flowers):
    X, _ = flowers
    y = 1e9 + X.iloc[:, 0].to_numpy()
    fitted = [("ridge", Ridge(alpha=1e-3).fit(X[:75], y[:75]))]
    stack = StackedRegressor(fitted, "mean", cv="prefit").fit(X[75:], y[75:])
    assert abs(stack.predict(X) - y).max() < 0.1


@pytest.mark.parametrize(
    ("member", "error", "told"),
    [
        (SVC(), NotFittedError, "members: it is not fitted"),
        ("ridge", PipelineError, "takes fitted estimators, not the name 'ridge'"),
        (Ridge().fit([[0], [1]], [0, 1]), PipelineError, "regressor tells no classes"),
    ],
)
def test_members_that_cannot_be_taken_as_they_are_are_named(
    flowers, member, error, told
):
    with pytest.raises(error, match=told):
        StackedClassifier([("it", member)], "mean", cv="prefit").fit(*flowers)


def test_a_class_that_only_a_fitted_member_knows_is_told(flowers):
    X, y = flowers
    member = GaussianNB().fit(X, y)
    some = y != "c"
    stack = StackedClassifier([("bayes", member)], "mean", cv="prefit")
    with pytest.raises(Exception, match="bayes: .*knows a class 'c'"):
        stack.fit(X[some], y[some])


def test_several_labels_are_fitted_on_the_same_folds(flowers):
    X, y = flowers
    both = np.column_stack([y == "a", y == "c"]).astype(int)
    stack = classifier(members=[LinearSVC(), GaussianNB()]).fit(X, both)
    first, second = stack.targets_
    assert first.folds_.fingerprints == second.folds_.fingerprints
    assert stack.predict(X).shape == (150, 2)
    assert [p.shape for p in stack.predict_proba(X)] == [(150, 2)] * 2
    assert stack.score(X, both) > 0.7
    assert stack.transform(X).shape == (150, 4)
    assert stack.get_feature_names_out().tolist() == [
        "stackedclassifier_linearsvc0",
        "stackedclassifier_linearsvc1",
        "stackedclassifier_gaussiannb0",
        "stackedclassifier_gaussiannb1",
    ]
    alone = classifier(members=[LinearSVC(), GaussianNB()])
    alone.set_params(cv=list(stack.folds_.pairs)).fit(X, both[:, 1])
    assert (alone.predict_proba(X) == stack.predict_proba(X)[1]).all()


def test_several_values_are_fitted_column_by_column(flowers):
    X, _ = flowers
    y = X.iloc[:, :2].to_numpy() @ [[1, 2, 0], [0, 1, 3]]
    stack = StackedRegressor([Ridge(alpha=1e-3)], "mean", cv=3).fit(X, y)
    assert r2_score(y, stack.predict(X)) > 0.99


def test_a_fit_to_one_column_forgets_the_several_before(flowers):
    X, y = flowers
    stack = classifier().fit(X, np.column_stack([y == "a", y == "c"]))
    assert stack.fit(X, y).predict(X).shape == (150,)


class Asks(ClassifierMixin, BaseEstimator):
    """Remembers what its fit was told."""

    def fit(self, X, y, sample_weight=None, extra=None):
        self.told_, self.classes_ = (len(X), sample_weight, extra), np.unique(y)
        return self

    def predict_proba(self, X):
        return np.full((len(X), len(self.classes_)), 1 / len(self.classes_))


def test_metadata_go_to_the_members_that_ask_for_them(flowers):
    X, y = flowers
    with config_context(enable_metadata_routing=True):
        asks = Asks().set_fit_request(extra=True, sample_weight=False)
        other = Asks().set_fit_request(extra=False, sample_weight=True)
        stack = classifier(members=[("asks", asks), ("other", other)])
        weights = np.arange(150.0)
        stack.fit(X, y, sample_weight=weights, extra=np.arange(150))
    used = {n for model in stack.named_members_["asks"] for n in model.told_[2]}
    assert used == {*range(1, 150)}  # a row of weight 0 is not there
    for model in stack.named_members_["asks"]:
        assert model.told_[1] is None and len(model.told_[2]) == model.told_[0]
    for model in stack.named_members_["other"]:
        assert model.told_[2] is None and len(model.told_[1]) == model.told_[0]


def test_metadata_without_routing_are_refused(flowers):
    with pytest.raises(ValueError, match="enable_metadata_routing=True"):
        classifier().fit(*flowers, extra=1)


def test_groups_need_no_routing(flowers):
    stack = classifier().set_params(cv=GroupKFold(3))
    stack.fit(*flowers, groups=np.repeat(np.arange(15), 10))
    assert len(stack.folds_) == 3


def test_parameters_of_predict_reach_one_final_model(flowers):
    X, _ = flowers
    y = X.iloc[:, 0].to_numpy()

    class Widened(LinearRegression):
        def predict(self, X, by=0.0):
            return super().predict(X) + by

    stack = StackedRegressor([Ridge()], Widened(), cv=3, test="refit").fit(X, y)
    np.testing.assert_allclose(stack.predict(X, by=2.0), stack.predict(X) + 2.0)
    many = clone(stack).set_params(test="mean").fit(X, y)
    with pytest.raises(ValueError, match="set test='refit'; there are 3"):
        many.predict(X, by=2.0)
