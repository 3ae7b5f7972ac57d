"""Scores of the page: the run's own, and what their intervals hold."""

from dataclasses import replace

import numpy as np
import pytest

from ensemble_kit.reporting.page.left_out import left_out_figure
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.reporting.page.segments import segments_part


@pytest.mark.parametrize(
    ("kind", "metric"),
    [("binary", "log_loss"), ("multiclass", "accuracy"), ("regression", "rmse")],
)
def test_the_page_scores_as_the_run_has_scored(drawn_run, kind, metric):
    run = drawn_run(kind, metric=metric)
    scores = ScoredRows(run)
    found = {r.name: scores.score(r.name, scores.rows) for r in run.results}
    assert found == {r.name: r.score for r in run.results}


def test_the_interval_of_a_mean_is_that_of_theory(drawn_run):
    scores = ScoredRows(drawn_run(n_rows=2000, metric="accuracy"))
    estimate = scores.estimate("blend")
    # Of a mean, and wider by half of what five folds have in common.
    theory = np.sqrt(estimate.value * (1 - estimate.value) / 2000 * (1 + 0.5 * 5 / 4))
    assert estimate.standard_error == pytest.approx(theory, rel=0.4)
    low, high = estimate.interval
    assert low < estimate.value < high <= 1.0


def test_a_paired_gain_is_surer_than_two_scores_apart(drawn_run):
    scores = ScoredRows(drawn_run(n_rows=1000))
    gain = scores.gain("blend", "trees")
    apart = np.hypot(*(scores.estimate(n).standard_error for n in ("blend", "trees")))
    assert gain.value > 0 and gain.standard_error < 0.9 * apart


def test_what_folds_have_in_common_widens_a_gain_more_than_a_score(drawn_run):
    run = drawn_run(n_rows=1000)
    # As if every model had been fitted on a thousand times the rows.
    many = tuple((np.tile(train, 1000), valid) for train, valid in run.folds)
    apart = replace(run, folds=many)
    for error_of, factor in (
        (lambda scores: scores.estimate("blend"), 1 + 0.5 * 5 / 4),
        (lambda scores: scores.gain("blend", "trees"), 1 + 5 / 4),
    ):
        here, alone = (error_of(ScoredRows(one)).standard_error for one in (run, apart))
        assert here / alone == pytest.approx(np.sqrt(factor), rel=0.01)


def test_few_rows_have_no_interval(drawn_run):
    scores = ScoredRows(drawn_run(n_rows=60, metric="accuracy"))
    assert scores.estimate("blend", scores.rows[:15]).interval is None


def as_blend(run, model, weights):
    *members, blend = run.results
    results = (*members, replace(blend, model=model))
    return replace(run, results=results, weights={"blend": weights})


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_a_better_member_is_missed_more(drawn_run, kind):
    weights = {"trees": 0.5, "ridge": 0.5}
    run = as_blend(drawn_run(kind, n_rows=600), "convex_blend", weights)
    scores = ScoredRows(run)
    rows = {row[0]: row for row in left_out_figure(scores).rows}
    # The mean of both is the drawn blend itself; ridge is drawn with less noise.
    for name, other in (("ridge", "trees"), ("trees", "ridge")):
        alone = scores.score(other, scores.rows) - scores.score("blend", scores.rows)
        assert rows[name][1] == pytest.approx(alone, abs=1e-9)
    assert rows["ridge"][1] > rows["trees"][1]
    assert rows["ridge"][2] > 0


def test_no_member_is_left_out_of_what_is_no_weighted_mean(drawn_run):
    weights = {"trees": 0.5, "ridge": 0.5}
    stacked = as_blend(drawn_run(), "logistic_regression", weights)
    assert left_out_figure(ScoredRows(stacked)) is None
    negative = as_blend(drawn_run(), "convex_blend", {"trees": 1.2, "ridge": -0.2})
    assert left_out_figure(ScoredRows(negative)) is None


def test_languages_are_scored_apart_only_where_they_differ(drawn_run):
    run = drawn_run(n_rows=200)
    table, _ = segments_part(ScoredRows(run))
    assert not any(row[0].startswith("language") for row in table.rows)
    texts = ["the end of it is in this", "мы не знали, что это так и было"] * 100
    X = run.competition.X.assign(note=np.array(texts, dtype=object))
    X["note"] = X["note"].astype("str")
    mixed = replace(run, competition=replace(run.competition, X=X))
    table, _ = segments_part(ScoredRows(mixed))
    found = {row[1]: row[2] for row in table.rows if row[0] == "language of note"}
    assert found == {"English": 100, "Russian": 100}
