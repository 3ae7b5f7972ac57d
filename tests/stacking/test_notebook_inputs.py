"""What is passed in a notebook: other libraries' tables, texts, gaps, wrong cells."""

from types import SimpleNamespace

import numpy as np
import pandas as pd
import polars as pl
import pyarrow
import pytest
from scipy import sparse
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.exceptions import DataConversionWarning
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.model_selection import GridSearchCV
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from ensemble_kit.exceptions import (
    CompetitionError,
    MissingDependencyError,
    PipelineError,
    RunError,
)
from ensemble_kit.stacking import StackedClassifier, StackedRegressor, VotedClassifier

FRAME = pd.DataFrame(
    {
        "size": np.arange(60.0),
        "city": ["ufa", "omsk", "perm"] * 20,
        "day": pd.date_range("2024-01-01", periods=60),
    }
)
Y = np.arange(60) // 30
TREE = DecisionTreeClassifier(max_depth=2, random_state=0)


def stack(*members, **more):
    members = members or [("tree", TREE, "trees")]
    return StackedClassifier(list(members), "mean", cv=2, random_state=0, **more)


@pytest.fixture(scope="module")
def fitted():
    return stack().fit(FRAME, Y)


@pytest.mark.parametrize(
    ("table", "labels"),
    [
        (pyarrow.Table.from_pandas(FRAME), pyarrow.chunked_array([Y])),
        (pl.from_pandas(FRAME), pl.Series(Y)),
    ],
)
def test_a_table_of_another_library_is_taken_as_a_frame(fitted, table, labels):
    found = stack().fit(table, labels).predict_proba(table)
    assert found.tobytes() == fitted.predict_proba(FRAME).tobytes()


def test_a_table_that_cannot_be_handed_over_says_what_to_do():
    with pytest.raises(CompetitionError, match=r"pass X.collect\(\)"):
        stack().fit(pl.from_pandas(FRAME).lazy(), Y)

    def to_pandas():
        raise ModuleNotFoundError("pyarrow is required")

    with pytest.raises(MissingDependencyError, match=r"ensemble_kit\[parquet\]"):
        stack().fit(SimpleNamespace(to_pandas=to_pandas), Y)


@pytest.mark.parametrize("form", [list, pd.Series, pl.Series, np.array])
def test_texts_alone_are_one_column_of_texts(form):
    texts = [f"{'salt' if k < 30 else 'hill'} {k}" for k in range(60)]
    model = stack(("words", "logistic_regression"), metric="accuracy")
    assert (model.fit(form(texts), Y).predict(form(texts)) == Y).all()


def test_numbers_alone_are_no_table(fitted):
    with pytest.raises(ValueError, match="2-dimensional"):
        stack().fit(FRAME["size"], Y)


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA])
def test_missing_labels_are_refused_in_the_words_of_scikit_learn(missing):
    labels = np.where(Y, "a", "b").astype(object)
    labels[3] = missing
    numbers = Y.astype(object)
    numbers[3] = missing
    tree = StackedRegressor([("tree", DecisionTreeRegressor())], "mean", cv=2)
    for model, y in ((stack(), labels), (tree, numbers)):
        with pytest.raises(ValueError, match=r"^Input y contains NaN.* first in row 3"):
            model.fit(FRAME, y)


def test_cells_of_another_kind_are_told_by_column_and_row(fitted):
    rows = FRAME.assign(size=["7", *["Private"] * 59], day="never")
    with pytest.raises(CompetitionError) as raised:
        fitted.predict(rows)
    told = str(raised.value)
    assert "'size' holds a number in training; found 'Private' in row 1" in told
    assert "'day' holds a date in training; found 'never' in row 0" in told


def test_numbers_and_dates_that_are_spelled_as_strings_are_read(fitted):
    spelled = FRAME.astype({"size": "str", "day": "str"})
    found, wanted = (fitted.predict_proba(X) for X in (spelled, FRAME))
    assert found.tobytes() == wanted.tobytes()


def test_an_array_of_strings_is_told_by_the_columns_of_the_fit():
    X = FRAME[["size"]].to_numpy()
    with pytest.raises(CompetitionError, match="'x0' holds a number"):
        stack().fit(X, Y).predict(np.array([["x"]], dtype=object))


def test_columns_with_values_that_no_member_takes_are_named():
    X = pd.DataFrame({"good": Y, "infinite": np.inf, "gappy": np.nan}, dtype=float)
    with pytest.raises(CompetitionError) as raised:
        stack(("linear", LogisticRegression())).fit(X, Y)
    assert "infinite values in 'infinite'" in str(raised.value)
    assert "NaN in 'gappy', which a member" in str(raised.value)


class Says(ClassifierMixin, BaseEstimator):
    """Says the same of every row, whatever is asked."""

    def __init__(self, cells=(0.5, 0.5), n_rows=None):
        self.cells, self.n_rows = cells, n_rows

    def fit(self, X, y):
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X):
        return np.tile(self.cells, (self.n_rows or len(X), 1))

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]


@pytest.mark.parametrize(
    ("member", "told"),
    [
        (Says([np.nan, np.nan]), "bad: .*not finite in"),
        (Says([0.2, 0.3, 0.5]), r"bad: .*shape \(\d+, 3\), expected \(\d+, 2\)"),
        (Says([2.0, -1.0]), "bad: .*probabilities lie between -1 and 2"),
    ],
)
def test_a_member_that_predicts_nonsense_is_named(member, told):
    members = [("tree", TREE), ("bad", member)]
    for model in (stack(*members), VotedClassifier(members, "soft")):
        with pytest.raises(RunError, match=told):
            model.fit(FRAME[["size"]], Y)


def test_a_member_that_predicts_nonsense_of_later_rows_is_named():
    model = VotedClassifier([("bad", Says(n_rows=1))], "soft").fit(FRAME[["size"]], Y)
    with pytest.raises(RunError, match=r"bad: .*shape \(1, 2\), expected \(60, 2\)"):
        model.predict(FRAME[["size"]])


def test_a_class_in_place_of_an_object_is_named():
    with pytest.raises(PipelineError, match=r"tree: .*is a class.*Classifier\(\)"):
        stack(("tree", DecisionTreeClassifier)).fit(FRAME[["size"]], Y)


def test_members_may_share_an_object_that_stays_as_it_was():
    model = stack(("one", TREE), ("other", TREE)).fit(FRAME[["size"]], Y)
    assert model.models_["one"][0] is not model.models_["other"][0]
    assert not hasattr(TREE, "tree_")


def test_a_class_that_a_fold_lacks_has_a_probability_all_the_same():
    y = np.r_[np.zeros(40, int), np.ones(19, int), 2]
    model = stack(("tree", TREE), ("twin", clone(TREE))).fit(FRAME[["size"]], y)
    found = model.predict_proba(FRAME[["size"]])
    assert found.shape == (60, 3)
    assert found.sum(axis=1) == pytest.approx(1)


def test_a_column_of_labels_is_one_target():
    with pytest.warns(DataConversionWarning):
        column = stack().fit(FRAME, pd.DataFrame({"label": Y}))
    assert np.array_equal(column.predict(FRAME), stack().fit(FRAME, Y).predict(FRAME))


def test_parameters_of_named_members_can_be_searched():
    model = stack(("tree", TREE), ("twin", clone(TREE)))
    grid = {"tree__max_depth": [1, 3], "twin": [LogisticRegression()]}
    search = GridSearchCV(model, grid, cv=2).fit(FRAME[["size"]], Y)
    assert search.best_estimator_.members[1][1].__class__ is LogisticRegression
    assert model.get_params()["tree__max_depth"] == 2


def test_a_member_is_set_before_its_parameters():
    model = StackedRegressor([("one", Ridge(), "linear")])
    model.set_params(one__max_depth=4, one=DecisionTreeRegressor())
    name, tree, features = model.members[0]
    assert (name, tree.max_depth, features) == ("one", 4, "linear")
    with pytest.raises(ValueError, match="Invalid parameter 'other'"):
        model.set_params(other=1)


NUMBERS = np.random.default_rng(0).normal(Y[:, None], 1.0, size=(60, 3))
FORMS = {
    "frame": lambda X: pd.DataFrame(X, columns=["a", "b", "c"]),
    "pyarrow": lambda X: pyarrow.table(dict(zip("abc", X.T, strict=True))),
    "csr": sparse.csr_matrix,
    "csc": sparse.csc_array,
    "list": lambda X: X.tolist(),
    "fortran": np.asfortranarray,
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", [StackedClassifier, VotedClassifier])
def test_numbers_in_any_form_are_predicted_alike(kind, form):
    members = [("linear", LogisticRegression()), ("tree", TREE)]
    more = {"cv": 2} if kind is StackedClassifier else {"voting": "soft"}
    plain = kind(members, random_state=0, **more).fit(NUMBERS, Y)
    other = kind(members, random_state=0, **more).fit(form(NUMBERS), Y)
    found, wanted = other.predict_proba(form(NUMBERS)), plain.predict_proba(NUMBERS)
    assert found == pytest.approx(wanted, abs=1e-4)  # solvers of sparse tables stop


def test_single_precision_is_taken_as_it_is():
    single = NUMBERS.astype(np.float32)
    fitted = stack(("linear", LogisticRegression())).fit(single, Y)
    again = stack(("linear", LogisticRegression())).fit(single.astype(float), Y)
    assert np.array_equal(fitted.predict_proba(single), again.predict_proba(single))
