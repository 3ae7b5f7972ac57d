"""Members that vote: counts, silence, rules, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeRegressor
from sklearn.utils.estimator_checks import parametrize_with_checks

from ensemble_kit import VotedClassifier, VotedRegressor
from ensemble_kit.exceptions import PipelineError

CLASSES = ["no", "perhaps", "yes"]


class Says(ClassifierMixin, BaseEstimator):
    """Says the same of every row."""

    def __init__(self, *, no=0.0, perhaps=0.0, yes=0.0):
        self.no, self.perhaps, self.yes = no, perhaps, yes

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile([self.no, self.perhaps, self.yes], (len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


class Value(RegressorMixin, BaseEstimator):
    """Says one number."""

    def __init__(self, value=0.0):
        self.value = value

    def fit(self, X, y):
        return self

    def predict(self, X):
        return np.full(len(X), self.value)


SURE = Says(no=0.05, perhaps=0.05, yes=0.9)
TORN = Says(no=0.45, perhaps=0.4, yes=0.15)
MILD = Says(no=0.5, perhaps=0.4, yes=0.1)
X = pd.DataFrame({"age": [10, 40, 70], "city": ["ufa", "omsk", "perm"]})
NUMBERS = X[["age"]]


def classifier(*members, **more):
    members = [(f"m{at}", model) for at, model in enumerate(members)]
    return VotedClassifier(members, **more).fit(NUMBERS, CLASSES)


@parametrize_with_checks(
    [
        VotedClassifier([("l", LogisticRegression()), ("n", GaussianNB())], "soft"),
        VotedRegressor([("r", Ridge(tol=1e-9)), ("t", DecisionTreeRegressor())]),
    ]
)
def test_scikit_learn_accepts_the_votes(estimator, check):
    check(estimator)


@pytest.mark.parametrize(
    ("voting", "winner"), [("hard", "no"), ("soft", "yes"), ("ranks", "no")]
)
def test_each_way_of_voting_counts_what_it_says(voting, winner):
    vote = classifier(SURE, TORN, MILD, voting=voting)
    assert (vote.predict(NUMBERS) == winner).all()


def test_ranks_are_the_points_of_borda():
    # no: 0.5 + 2 + 2, perhaps: 0.5 + 1 + 1, yes: 2 + 0 + 0, of nine
    vote = classifier(SURE, TORN, MILD, voting="ranks")
    assert vote.predict_proba(NUMBERS)[0] == pytest.approx([4.5 / 9, 2.5 / 9, 2 / 9])


def test_weights_turn_a_vote_and_may_be_given_by_name():
    assert classifier(SURE, TORN, MILD, weights=[3, 1, 1]).predict(NUMBERS)[0] == "yes"
    assert classifier(SURE, TORN, MILD, weights={"m0": 3}).predict(NUMBERS)[0] == "yes"


def test_a_member_below_the_least_probability_says_nothing():
    vote = classifier(SURE, TORN, MILD, voting="ranks", least=0.6)
    votes = vote.votes(NUMBERS)
    assert list(votes) == [*CLASSES, "silent"]
    assert votes["silent"].tolist() == pytest.approx([2 / 3] * 3)
    assert vote.predict(NUMBERS)[0] == "yes"


def test_where_nobody_says_anything_the_mean_of_all_decides():
    vote = classifier(SURE, MILD, voting="soft", least=0.95)
    assert vote.votes(NUMBERS).iloc[0].tolist() == [0, 0, 0, 1]
    assert vote.predict_proba(NUMBERS)[0] == pytest.approx([0.275, 0.225, 0.5])


def test_a_rule_says_for_which_rows_a_member_votes():
    members = [("young", SURE), ("others", TORN)]
    rules = {"young": "age < 50", "others": "age >= 50 or city == 'ufa'"}
    vote = VotedClassifier(members, weights=[2, 1], rules=rules).fit(X, CLASSES)
    assert vote.predict(X).tolist() == ["yes", "yes", "no"]
    assert vote.votes(X)["silent"].tolist() == pytest.approx([0, 1 / 3, 2 / 3])


def test_without_a_quorum_the_other_answer_is_given():
    close = classifier(SURE, TORN, MILD, quorum=2 / 3, otherwise="unsure")
    assert (close.predict(NUMBERS) == "no").all()
    all_of_them = classifier(SURE, TORN, MILD, quorum=1.0, otherwise="unsure")
    assert (all_of_them.predict(NUMBERS) == "unsure").all()


def test_numbered_classes_and_an_answer_that_is_none_of_them():
    vote = VotedClassifier([SURE, TORN], quorum=1, otherwise=-1)
    assert vote.fit(NUMBERS, [0, 1, 2]).predict(NUMBERS).tolist() == [-1, -1, -1]


def test_hard_votes_are_the_labels_of_the_members_themselves():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(80, 3))
    labels = (points[:, 0] + rng.normal(size=80) > 0).astype(int)
    vote = VotedClassifier([LinearSVC(random_state=0)]).fit(points, labels)
    own = LinearSVC(random_state=0).fit(points, labels)
    assert np.array_equal(vote.predict(points), own.predict(points))


def test_names_of_the_catalog_vote_on_a_frame_of_numbers_and_texts():
    rng = np.random.default_rng(0)
    y = np.arange(80) % 2
    frame = pd.DataFrame(
        {
            "size": rng.normal(y, 1),
            "text": [f"{'salt' if k else 'hill'} and word" for k in y],
        }
    )
    vote = VotedClassifier(["logistic_regression", "naive_bayes"], "soft")
    assert (vote.fit(frame, y).predict(frame) == y).mean() > 0.9
    assert len(vote.models_["logistic_regression"]) == 1


def test_a_model_with_a_probe_is_fitted_on_all_rows():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(120, 3))
    vote = VotedRegressor(["lightgbm"]).fit(points, points[:, 0])
    assert np.corrcoef(vote.predict(points), points[:, 0])[0, 1] > 0.5


@pytest.mark.parametrize(("voting", "value"), [("mean", 5.0), ("median", 1.0)])
def test_regressors_are_averaged_as_asked(voting, value):
    vote = VotedRegressor([Value(0.0), Value(1.0), Value(14.0)], voting)
    vote.fit(NUMBERS, [0.0, 1.0, 14.0])
    assert vote.predict(NUMBERS) == pytest.approx([value] * 3)


def test_regressors_with_rules_leave_rows_to_the_others():
    members = [("low", Value(0.0)), ("high", Value(8.0))]
    vote = VotedRegressor(members, weights=[3, 1], rules={"low": "age < 50"})
    vote.fit(NUMBERS, [0.0, 8.0, 8.0])
    assert vote.predict(NUMBERS) == pytest.approx([2.0, 2.0, 8.0])
    assert vote.transform(NUMBERS).tolist() == [[0.0, 8.0]] * 3


def test_parameters_can_be_searched():
    rng = np.random.default_rng(0)
    points, y = rng.normal(size=(40, 2)), np.arange(40) % 2
    vote = VotedClassifier([("l", LogisticRegression()), ("n", GaussianNB())])
    grid = {"voting": ["hard", "soft"], "l__C": [0.1], "n": ["drop"]}
    found = GridSearchCV(vote, grid, cv=2).fit(points, y)
    assert found.best_estimator_.estimators_[0].C == 0.1


def test_mistakes_are_told_at_once():
    vote = VotedClassifier(
        [("a", SURE)],
        "softly",
        weights=[1, 2],
        rules={"b": "age < 3"},
        least=2.0,
        quorum=0.5,
    )
    with pytest.raises(PipelineError) as raised:
        vote.fit(NUMBERS, CLASSES)
    told = str(raised.value)
    for line in (
        "voting: 'softly' is none of hard, soft, ranks",
        "weights: 2 of them, 1 members",
        "rules: 'b' is no member",
        "least: expected 0 to 1, found 2.0",
        "otherwise: missing",
    ):
        assert line in told


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"weights": [0, 0]}, "none negative and one positive"),
        ({"weights": [-1, 2]}, "none negative and one positive"),
        ({"weights": {"c": 1}}, "weights: 'c' is no member"),
        ({"rules": {"a": "ago < 3"}}, "rules: a: rule: there is no column 'ago'"),
        ({"rules": {"a": "age <"}}, "rules: a: "),
        ({"least": 0.5}, "least: hard votes have no probability"),
    ],
)
def test_what_cannot_be_is_named(more, told):
    with pytest.raises(PipelineError, match=told):
        VotedClassifier([("a", SURE), ("b", TORN)], **more).fit(NUMBERS, CLASSES)


def test_what_predicts_no_target_cannot_vote():
    from sklearn.decomposition import PCA

    with pytest.raises(PipelineError, match="a PCA predicts no target; it cannot vote"):
        VotedClassifier([("a", SURE), ("p", PCA())]).fit(NUMBERS, CLASSES)


def test_several_targets_are_left_to_scikit_learn():
    with pytest.raises(NotImplementedError, match="MultiOutputClassifier"):
        VotedClassifier([SURE]).fit(NUMBERS, [[0, 1]] * 3)
