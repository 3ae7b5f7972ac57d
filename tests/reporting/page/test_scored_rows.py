"""Scores of the page: the run's own, and what their intervals hold."""

import numpy as np
import pytest

from ensemble_kit.reporting.page.scored_rows import ScoredRows


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
    theory = np.sqrt(estimate.value * (1 - estimate.value) / 2000)
    assert estimate.standard_error == pytest.approx(theory, rel=0.4)
    low, high = estimate.interval
    assert low < estimate.value < high <= 1.0


def test_a_paired_gain_is_surer_than_two_scores_apart(drawn_run):
    scores = ScoredRows(drawn_run(n_rows=1000))
    gain = scores.gain("blend", "trees")
    apart = np.hypot(*(scores.estimate(n).standard_error for n in ("blend", "trees")))
    assert gain.value > 0 and gain.standard_error < 0.8 * apart


def test_few_rows_have_no_interval(drawn_run):
    scores = ScoredRows(drawn_run(n_rows=60, metric="accuracy"))
    assert scores.estimate("blend", scores.rows[:15]).interval is None
