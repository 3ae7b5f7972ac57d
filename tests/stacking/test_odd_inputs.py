"""What scikit-learn's habits and a table's odd cells lead to: a result or one message.

Each was a wrong result in silence, or a traceback that helped nobody.
"""

import datetime
from decimal import Decimal

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.ensemble import StackingClassifier, StackingRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import KFold, StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ensemble_kit.exceptions import CompetitionError, PipelineError, RunError
from ensemble_kit.stacking import StackedClassifier, StackedRegressor, VotedClassifier
from ensemble_kit.stacking.members.member_kinds import kind_of

Y = np.arange(40) % 2
X = np.random.default_rng(0).normal(size=(40, 3)) + Y[:, None]
FRAME = pd.DataFrame(X, columns=["a", "b", "c"])
MEMBERS = [("bayes", GaussianNB()), ("tree", DecisionTreeClassifier(max_depth=2))]


def stack(members=None, final="mean", cv=2, random_state=0, **more):
    members = MEMBERS if members is None else members
    return StackedClassifier(members, final, cv=cv, random_state=random_state, **more)


def values_stack(**more):
    members = [("ridge", Ridge()), ("tree", DecisionTreeRegressor(max_depth=2))]
    return StackedRegressor(members, cv=2, random_state=0, **more)


@pytest.mark.parametrize("cv", [1, 0, -3, True])
def test_fewer_than_two_folds_are_refused_at_every_door(cv, tmp_path):
    told = f"cv: expected 2 folds or more, found {cv}"
    named = StackedClassifier(["logistic_regression"], cv=cv)
    limited = StackedClassifier(["logistic_regression"], cv=cv, time_limit="1m")
    for model in (stack(cv=cv), named, limited, StackedClassifier("quick", cv=cv)):
        with pytest.raises(PipelineError, match=told):
            model.fit(FRAME, Y)
    with pytest.raises(PipelineError, match=told):
        named.to_pipeline(tmp_path / "mine.toml")


@pytest.mark.parametrize(
    ("cv", "told"),
    [
        ([], "at least one pair of rows"),
        (KFold, r"KFold is a class; hand over KFold\(\)"),
        ([([0, 1, 99], [2, 3])], "fold 0: row 99 to fit; there are 40"),
        ([([0, 1], [2]), ([], [3])], "fold 1: no rows to fit"),
        ([([0.0, 1.0], [2])], "fold 0: rows to fit are float64, expected row numbers"),
    ],
)
def test_folds_that_cannot_be_are_told(cv, told):
    with pytest.raises(PipelineError, match=told):
        stack(cv=cv).fit(X, Y)


def test_folds_may_be_marks_of_rows():
    first = np.arange(40) < 20
    marked = stack(cv=[(first, ~first), (~first, first)]).fit(X, Y)
    rows = stack(
        cv=[(np.arange(20), np.arange(20, 40)), (np.arange(20, 40), range(20))]
    )
    assert np.array_equal(marked.oof_.oof, rows.fit(X, Y).oof_.oof)


def test_rows_that_are_predicted_by_what_learnt_from_them_are_told():
    with pytest.warns(UserWarning, match="fold 0 predicts 10 rows that it learns from"):
        stack(cv=[(np.arange(30), np.arange(20, 40))]).fit(X, Y)


@pytest.mark.parametrize("kind", [StackedClassifier, VotedClassifier])
def test_a_generator_of_numpy_gives_the_seed(kind):
    more = {"cv": 2} if kind is StackedClassifier else {"voting": "soft"}
    forest = [("tree", DecisionTreeClassifier(max_features=1))]
    one, again = (
        kind(forest, random_state=np.random.default_rng(7), **more).fit(X, Y)
        for _ in range(2)
    )
    assert np.array_equal(one.predict_proba(X), again.predict_proba(X))


@pytest.mark.parametrize("n_jobs", [0, 1.5, "all", True])
def test_what_is_no_number_of_processes_is_refused(n_jobs):
    for model in (stack(n_jobs=n_jobs), VotedClassifier(MEMBERS, n_jobs=n_jobs)):
        with pytest.raises(PipelineError, match="n_jobs: expected a number of proc"):
            model.fit(X, Y)


@pytest.mark.parametrize(
    ("labels", "dtype"),
    [
        (pd.Series(Y, dtype="Int64"), np.int64),
        (pd.Series(Y == 1, dtype="boolean"), bool),
        ((Y == 1).astype(object), bool),
        (Y.astype(object), np.int64),
        (pd.Series(Y == 1, dtype="bool[pyarrow]"), bool),
    ],
)
def test_labels_keep_their_kind(labels, dtype):
    for model in (stack(), VotedClassifier(MEMBERS, "soft", random_state=0)):
        fitted = model.fit(X, labels)
        assert fitted.classes_.dtype == dtype
        assert fitted.predict(X).dtype == dtype


def test_labels_of_several_kinds_are_told():
    with pytest.raises(ValueError, match="mixes labels of the kinds int, str"):
        stack().fit(X, np.array([1, "a"] * 20, dtype=object))


@pytest.mark.parametrize(
    ("y", "told"),
    [
        (np.where(Y, "yes", "no"), "y: expected numbers, found .*'no'.* in row 0"),
        (pd.Series(pd.date_range("2024-01-01", periods=40)), "y holds dates"),
        (pd.Series(pd.to_timedelta(Y, "s")), "y holds spans of time"),
    ],
)
def test_values_that_are_no_numbers_are_told(y, told):
    with pytest.raises(ValueError, match=told):
        values_stack().fit(X, y)


@pytest.mark.parametrize("value", [0.0, 3.0, 1e9])
def test_a_constant_is_learnt_as_one(value):
    found = values_stack().fit(X, np.full(40, value)).predict(X)
    assert found == pytest.approx(np.full(40, value))


def test_a_target_that_fails_among_several_is_named():
    y = pd.DataFrame({"good": Y, "flat": 0})
    with pytest.raises(ValueError, match="one class only") as raised:
        stack().fit(X, y)
    assert raised.value.__notes__ == ["in column 'flat' of y"]


def test_several_targets_of_several_kinds_stay_what_they_are():
    y = pd.DataFrame({"number": Y, "word": np.where(Y, "yes", "no")})
    found = stack().fit(X, y).predict(X)
    assert {type(cell) for cell in found[:, 0]} == {int}
    assert set(found[:, 1]) == {"yes", "no"}


@pytest.mark.parametrize(
    ("groups", "told"),
    [
        ("g", r"found the name 'g'; .* X\['g'\]"),
        (np.zeros(39), r"each of 40 rows, found the shape \(39,\)"),
        ([None, "a"] * 20, "20 of 40 rows have none, row 0 first"),
        (np.r_[np.arange(39.0), np.nan], "1 of 40 rows have none, row 39 first"),
    ],
)
def test_groups_that_cannot_be_are_told(groups, told):
    for model in (stack(), values_stack()):
        with pytest.raises(PipelineError, match=f"groups: .*{told}"):
            model.fit(FRAME, Y, groups=groups)


def test_metrics_of_another_kind_of_target_are_refused():
    with pytest.raises(PipelineError, match="metric: 'rmse' judges no classes"):
        stack(metric="rmse").fit(X, Y)
    with pytest.raises(PipelineError, match="metric: 'accuracy' judges no values"):
        values_stack(metric="accuracy").fit(X, Y)
    with pytest.raises(PipelineError, match="metric: expected a name"):
        stack(metric=max).fit(X, Y)


@pytest.mark.parametrize(
    ("members", "told"),
    [
        (GaussianNB(), r"found a GaussianNB: write \[GaussianNB\(\)\]"),
        ({GaussianNB()}, "found a set: write a list"),
        (("nb", GaussianNB()), r"no list of members: write \[\('nb', GaussianNB\(\)\)"),
        ("lightgbm", r"'lightgbm' is a model; .* write \['lightgbm'\]"),
    ],
)
def test_members_that_are_no_list_are_told_how_to_write_one(members, told):
    with pytest.raises(PipelineError, match=told):
        StackedClassifier(members).fit(X, Y)


def test_a_method_that_is_no_word_is_told():
    with pytest.raises(PipelineError, match=r"method: \['predict'\] is none of auto"):
        stack(method=["predict"]).fit(X, Y)


def test_a_stack_of_scikit_learn_is_a_member_as_it_is_made():
    inner = StackingClassifier(MEMBERS, cv=2)
    assert kind_of(inner, True) == "probabilities"
    assert kind_of(make_pipeline(StandardScaler(), inner), True) == "probabilities"
    values = StackingRegressor([("ridge", Ridge())], cv=2)
    assert kind_of(values, True) == kind_of(values, False) == "values"
    fitted = stack([("inner", inner), ("bayes", GaussianNB())]).fit(X, Y)
    assert fitted.oof_.members == ("inner", "bayes")


NUMBERS = {
    "whole": [k % 3 for k in range(40)],
    "decimals": [Decimal(k % 3) for k in range(40)],
    "huge": [10**30 * (k % 3) for k in range(40)],
    "gaps": [None, 1.5] * 20,
}


@pytest.mark.parametrize("cells", NUMBERS.values(), ids=NUMBERS)
def test_objects_that_are_numbers_are_numbers(cells):
    members = [("logistic", "logistic_regression", "dense")]
    as_objects = FRAME.assign(d=pd.Series(cells, dtype=object))
    as_numbers = FRAME.assign(d=pd.Series(cells, dtype=object).astype(float))
    one, other = (
        stack(members).fit(frame, Y).predict_proba(frame)
        for frame in (as_objects, as_numbers)
    )
    assert np.array_equal(one, other)


def test_a_number_among_words_stays_the_word_it_was_when_it_comes_alone():
    words = pd.Series([1, "a"] * 20, dtype=object)
    tree = [("tree", DecisionTreeClassifier(max_depth=2, random_state=0), "trees")]
    fitted = stack(tree).fit(FRAME.assign(z=words), Y)
    together = fitted.predict_proba(FRAME.assign(z=words))
    alone = FRAME.assign(z=words)[::2]
    assert np.array_equal(fitted.predict_proba(alone), together[::2])
    assert abs(together[::2] - together[1::2]).min() > 0.5


def test_objects_that_are_dates_are_dates():
    days = [datetime.date(2024, 1, 1 + k % 28) for k in range(40)]
    members = [("tree", DecisionTreeClassifier(max_depth=3, random_state=0), "trees")]
    one, other = (
        stack(members).fit(frame, Y).predict_proba(frame)
        for frame in (
            FRAME.assign(day=days),
            FRAME.assign(day=pd.to_datetime(pd.Series(days))),
        )
    )
    assert np.array_equal(one, other)


@pytest.mark.parametrize("cell", [[1, 2], {"a": 1}, np.arange(2), {1}, (1, 2)])
def test_cells_of_several_values_are_told_by_column_and_row(cell):
    X = FRAME.assign(z=[None, *[cell] * 39])
    told = f"'z' holds a {type(cell).__name__} in row 1; expected one number, string"
    with pytest.raises(CompetitionError, match=told):
        stack(["logistic_regression"]).fit(X, Y)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"a": X[:, 0]}, "found a dict: pandas.DataFrame"),
        ("train.csv", "found a str: read the file first"),
        ((row for row in X), "found a generator: list"),
    ],
)
def test_what_is_no_table_is_told_how_to_become_one(given, told):
    with pytest.raises(CompetitionError, match=told):
        stack().fit(given, Y)


def test_a_member_that_cannot_read_strings_is_told_what_makes_numbers_of_them():
    frame = FRAME.assign(city=["omsk", "perm"] * 20)
    told = r"bayes: .*no numbers: 'city'; \('bayes', model, 'trees'\) makes"
    with pytest.raises(RunError, match=told):
        stack([("bayes", GaussianNB())]).fit(frame, Y)
    columns = make_column_transformer((OneHotEncoder(), ["city"]))
    chain = make_pipeline(columns, LogisticRegression())
    assert len(stack([chain, ("bayes", GaussianNB(), "trees")]).fit(frame, Y).oof_.oof)


def test_explain_says_that_it_knows_the_target():
    fitted = stack(cv=list(StratifiedKFold(2).split(X, Y))).fit(FRAME, Y)
    with pytest.raises(RunError, match="y is not handed over"):
        fitted.explain(FRAME, Y)
