"""What one looks at of a fitted stack: tables, pictures, a notebook's cell."""

from dataclasses import replace

import matplotlib
import numpy as np
import pandas as pd
import polars as pl
import pyarrow
import pytest
from matplotlib import pyplot
from sklearn import config_context
from sklearn.exceptions import NotFittedError
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.tree import DecisionTreeRegressor

from ensemble_kit import StackedClassifier, StackedRegressor
from ensemble_kit.exceptions import CompetitionError, RunError
from ensemble_kit.metrics import METRICS

matplotlib.use("Agg")

RNG = np.random.default_rng(0)
Y = np.arange(120) % 2
FRAME = pd.DataFrame({"told": RNG.normal(2.0 * Y), "noise": RNG.normal(size=120)})
LABELS = np.where(Y, "yes", "no")
MEMBERS = [("linear", LogisticRegression()), ("bayes", GaussianNB())]


@pytest.fixture(autouse=True)
def no_pictures_left():
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def stack():
    members = StackedClassifier(MEMBERS, "convex_blend", cv=3, random_state=0)
    return members.fit(FRAME, LABELS)


@pytest.fixture(scope="module")
def values():
    members = [Ridge(), DecisionTreeRegressor(max_depth=3, random_state=0)]
    return StackedRegressor(members, cv=3, random_state=0).fit(FRAME, 1e5 + FRAME.told)


def test_oof_predictions_stand_beside_the_target(stack):
    table = stack.oof_frame()
    assert list(table) == ["fold", "y", "linear", "bayes", "final", "predicted"]
    assert table["y"].tolist() == LABELS.tolist()
    first = stack.folds_.pairs[0][1]
    assert (table["fold"].iloc[first] == 0).all()
    scored = METRICS["log_loss"](Y, table[["final"]].to_numpy() * [[-1, 1]] + [1, 0])
    best = stack.leaderboard_.set_index("member")["score"]
    assert scored == pytest.approx(best["final"])
    assert (
        table["predicted"].tolist()
        == np.where(table["final"] > 0.5, "yes", "no").tolist()
    )


def test_more_classes_have_a_column_each():
    three = StackedClassifier(MEMBERS, cv=2).fit(FRAME, np.arange(120) % 3)
    assert {"linear:0", "linear:1", "final:2"} <= set(three.oof_frame())


def test_rows_of_weight_zero_have_no_fold():
    weights = np.where(np.arange(120) < 7, 0.0, 1.0)
    fitted = StackedClassifier(MEMBERS, cv=2).fit(FRAME, LABELS, weights)
    table = fitted.oof_frame()
    assert (table["fold"][:7] == -1).all()
    assert (table["fold"][7:] >= 0).all()
    assert np.isnan(table["final"][:7]).all()


def test_the_worst_rows_come_first_with_their_cells(stack):
    worst = stack.errors(4, FRAME)
    assert list(worst) == ["row", "fold", "y", "predicted", "loss", "told", "noise"]
    assert worst["loss"].is_monotonic_decreasing
    row = worst.iloc[0]
    own = stack.oof_predictions_[row["row"], Y[row["row"]]]
    assert row["loss"] == pytest.approx(-np.log(own))
    assert row["told"] == FRAME["told"][row["row"]]


def test_errors_of_values_are_in_their_units(values):
    worst = values.errors(1).iloc[0]
    assert worst["loss"] == pytest.approx(abs(worst["y"] - worst["predicted"]))
    assert worst["y"] > 9e4


def test_only_the_column_that_tells_something_is_important(stack):
    table = stack.explain(FRAME, groups=[["told", "noise"]]).set_index("column")
    assert table.loc["told", "low"] > 0
    assert table.loc["noise", "low"] <= 0 <= table.loc["noise", "high"]
    assert "told, noise" in table.index


def test_arrays_are_explained_too():
    array = FRAME.to_numpy()
    fitted = StackedClassifier(MEMBERS, cv=2).fit(array, Y)
    assert fitted.explain(array)["column"].tolist() == ["x0", "x1"]


def test_what_cannot_be_explained_says_why(stack):
    with pytest.raises(CompetitionError, match="the fit had 120"):
        stack.explain(FRAME[:9])
    with pytest.raises(RunError, match="no column 'tld'; did you mean 'told'"):
        stack.explain(FRAME, groups=[["tld"]])
    refitted = StackedClassifier(MEMBERS, cv=2, test="refit").fit(FRAME, Y)
    with pytest.raises(RunError, match="test='mean' keeps them"):
        refitted.explain(FRAME)


@pytest.mark.parametrize(
    ("make", "kind"),
    [(pyarrow.Table.from_pandas, pyarrow.Table), (pl.from_pandas, pl.DataFrame)],
)
def test_tables_are_of_the_kind_that_was_fitted(make, kind):
    table = make(FRAME)
    fitted = StackedClassifier(MEMBERS, cv=2).fit(table, Y)
    for found in (fitted.oof_frame(), fitted.errors(2, table), fitted.explain(table)):
        assert isinstance(found, kind)


def test_a_notebook_shows_the_leaderboard_below_the_diagram(stack):
    for html in (stack._repr_html_(), stack._repr_mimebundle_()["text/html"]):
        assert "sk-container" in html
        assert "95 % interval" in html
        assert html.count("predicts") == 1
    assert "95 %" not in StackedClassifier(MEMBERS)._repr_html_()
    with config_context(display="text"):
        assert "text/html" not in stack._repr_mimebundle_()


def test_intervals_hold_the_scores_of_the_leaderboard(stack):
    table = stack.plot.leaderboard().data.set_index("member")
    scores = stack.leaderboard_.set_index("member")["score"]
    assert table["score"].to_dict() == pytest.approx(scores.to_dict())
    assert ((table["low"] < table["score"]) & (table["score"] < table["high"])).all()


def test_intervals_are_wider_where_rows_of_a_group_are_alike():
    once = np.arange(60)
    rows = FRAME.iloc[np.repeat(once, 4)].reset_index(drop=True)
    y, groups = Y[np.repeat(once, 4)], np.repeat(once, 4)
    grouped = StackedClassifier(MEMBERS, cv=3, random_state=0)
    grouped.fit(rows, y, groups=groups)
    apart = grouped.plot.leaderboard().data
    single = replace(grouped._scored, groups=None).table()
    width = (apart["high"] - apart["low"]) / (single["high"] - single["low"])
    assert (width > 1.3).all()


def test_pictures_are_drawn_on_new_axes_or_given_ones(stack):
    _, axes = pyplot.subplots()
    drawn = stack.plot.weights(ax=axes)
    assert drawn.ax_ is axes
    assert drawn.data["weight"].sum() == pytest.approx(1)
    assert stack.plot.correlation().figure_ is not drawn.figure_
    assert drawn.plot().ax_ is not axes


def test_reliability_compares_what_was_said_with_what_came(stack):
    drawn = stack.plot.reliability(n_bins=4).data
    assert drawn["rows"].sum() == 120
    final = stack.oof_predictions_[:, 1]
    lowest = np.argsort(final, kind="stable")[:30]
    assert drawn["predicted"][0] == pytest.approx(final[lowest].mean())
    assert drawn["observed"][0] == pytest.approx(Y[lowest].mean())


def test_confusion_counts_every_row_once(stack):
    counts = stack.plot.confusion().data
    assert counts.to_numpy().sum() == 120
    right = (stack.oof_frame()["predicted"] == LABELS).sum()
    assert np.trace(counts.to_numpy()) == right
    assert list(counts) == ["no", "yes"]


def test_importance_is_what_explain_tells(stack):
    drawn = stack.plot.importance(FRAME, most=1)
    assert drawn.data.index.tolist() == ["told"]


def test_the_learning_curve_is_in_the_metric_of_the_stack(stack):
    drawn = stack.plot.learning_curve(FRAME, LABELS, sizes=2).data
    assert drawn["rows"].tolist() == [16, 80]
    assert (drawn["score"] > 0).all()
    assert drawn["score"].iloc[-1] < np.log(2)


def test_values_have_no_classes_to_draw(values):
    for draw in (values.plot.reliability, values.plot.confusion):
        with pytest.raises(RunError, match="predicts values"):
            draw()
    assert len(values.plot.leaderboard().data) == 3
    assert (
        values.plot.learning_curve(FRAME, 1e5 + FRAME.told, sizes=1).data["score"][0]
        < 2
    )


def test_what_is_not_there_says_so(stack):
    with pytest.raises(NotFittedError):
        _ = StackedClassifier(MEMBERS).plot
    stacked = StackedClassifier(MEMBERS, LogisticRegression(), cv=2).fit(FRAME, Y)
    with pytest.raises(RunError, match="has no weight per member"):
        stacked.plot.weights()
    many = StackedClassifier(MEMBERS, cv=2).fit(FRAME, np.arange(120) % 8)
    with pytest.raises(RunError, match="8 classes are more than 6"):
        many.plot.reliability()
