"""Schemes of checking level 2: their splits, their fairness, whole runs of them."""

import json
import tomllib
from dataclasses import replace

import numpy as np
import pytest

from calls import SMALL, run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.scheme_names import SCHEMES, TWINS
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit, Validation
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.markdown import run_markdown
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.preparing.schemes import (
    BESIDE,
    arrange,
    is_fair,
    without_checks,
)
from ensemble_kit.running.preparing.sources import make_source
from ensemble_kit.running.timed.preview import plan_pipeline
from ensemble_kit.store.store import Store

FAIR = {"holdout", "holdout_oof", "kfold_oof", "time_kfold"}
RECIPES = load_pipeline(SMALL).recipes
MEMBERS = (
    Member("linear", "ridge", features="linear", params={"alpha": 1.0}),
    Member("trees", "extra_trees", features="plain", params={"n_estimators": 5}),
    Member("blend", "convex_blend", level=2),
    Member("stack", "lightgbm", level=2, params={"n_estimators": 9}, original="plain"),
)


def pipeline(scheme="auto", members=MEMBERS, **asked):
    return Pipeline(
        "p",
        members,
        RECIPES,
        FoldSpec(n_splits=2),
        Submit("best"),
        validation=Validation(scheme, **asked),
    )


@pytest.fixture
def competition(competition_folder):
    """Return a small competition whose rows have a month from 0 to 5."""
    competition = load_competition(competition_folder(n_rows=240), metric="log_loss")
    months = np.random.default_rng(0).integers(0, 6, 240).astype(float)
    return replace(competition, times=months)


def arranged(competition, scheme, **asked):
    wanted = pipeline(scheme, **asked)
    return arrange(competition, wanted, make_source(competition, wanted.folds))


def run(competition, wanted, out):
    return run_in(out, competition, wanted)


@pytest.mark.parametrize("scheme", sorted(TWINS))
def test_a_scheme_is_fair_when_level_1_never_saw_the_rows_that_check(
    competition, scheme
):
    times = competition.times if scheme.startswith("time") else None
    found = arranged(replace(competition, times=times), scheme)
    graphs = found.checks if scheme in BESIDE else [found.main]
    assert {is_fair(graph) for graph in graphs} == {scheme in FAIR}


@pytest.mark.parametrize("scheme", sorted(TWINS))
def test_the_scheme_set_beside_is_fair_where_the_other_is_not(competition, scheme):
    times = competition.times if scheme.startswith("time") else None
    found = arranged(replace(competition, times=times), scheme, compare=True)
    assert found.twin == TWINS[scheme] and found.checks
    assert all(is_fair(g) != is_fair(found.main) for g in found.checks)


def test_a_holdout_has_three_parts_and_fits_level_1_once(competition):
    graph = arranged(replace(competition, times=None), "holdout").main
    ((first, predicted),), ((fitting, checking),) = graph.folds(1), graph.folds(2)
    assert sorted([*first, *fitting, *checking]) == list(range(240))
    assert sorted([*fitting, *checking]) == predicted.tolist()
    assert len(fitting) == pytest.approx(48, abs=3) == len(checking)


def test_every_row_checks_once_in_kfold_oof(competition):
    found = arranged(replace(competition, times=None), "kfold_oof")
    checking = np.concatenate([graph.folds(2).pairs[0][1] for graph in found.checks])
    assert sorted(checking) == list(range(240)) and len(found.checks) == 2
    fold = found.checks[0].folds(1)
    assert len(fold) == 3 and fold.times_validated.max() == 1


def test_time_kfold_fits_on_earlier_chunks_alone(competition):
    graph = arranged(competition, "time_kfold", first=2).main
    months = competition.times
    for train, valid in [*graph.folds(1), *graph.folds(2)]:
        assert months[train].max() < months[valid].min()
    assert [set(months[valid]) for _, valid in graph.folds(1)] == [{2}, {3}, {4}, {5}]
    ((fitting, checking),) = graph.folds(2)
    assert set(months[fitting]) == {2, 3, 4} and set(months[checking]) == {5}


def test_chunks_are_as_long_as_the_test_period(competition):
    days = np.arange(240.0)
    X_test = competition.X_test.assign(day=np.arange(240.0, 280.0))
    settings = replace(competition.settings, time="day")
    dated = replace(competition, times=days, X_test=X_test, settings=settings)
    sizes = [len(valid) for _, valid in arranged(dated, "time_blocks").main.folds(1)]
    assert sizes == [40] * 6
    sizes = [
        len(valid)
        for _, valid in arranged(dated, "time_blocks", n_chunks=8).main.folds(1)
    ]
    assert sizes == [30] * 8


def test_a_scheme_of_time_needs_times_and_enough_of_them(competition):
    with pytest.raises(PipelineError, match="need the time of every row"):
        arranged(replace(competition, times=None), "time_blocks")
    with pytest.raises(PipelineError, match="needs 7 chunks of time or more"):
        arranged(competition, "time_kfold", first=5)


@pytest.mark.parametrize("scheme", sorted(TWINS))
def test_a_run_of_each_scheme_ends_in_a_report_that_says_what_it_is(
    competition, tmp_path, scheme
):
    times = competition.times if scheme.startswith("time") else None
    finished = run(replace(competition, times=times), pipeline(scheme), tmp_path)
    facts = json.loads(json.dumps(run_facts(finished)))
    text = run_markdown(facts).split("## Level 2")[1].split("##")[0]
    assert ("fair, the models" in text) == (scheme in FAIR)
    assert facts["validation"]["scheme"] == scheme and not finished.failures
    assert np.isfinite(finished.test).all() and len(finished.results) == 4


@pytest.mark.parametrize("scheme", ["holdout", "time_blocks"])
def test_what_a_leaky_scheme_flatters_is_measured(competition, tmp_path, scheme):
    times = competition.times if scheme.startswith("time") else None
    wanted = pipeline(scheme, compare=True)
    finished = run(replace(competition, times=times), wanted, tmp_path)
    facts = finished.validation
    for row in facts["members"]:
        leaky, fair = row["score"], row["twin_score"]
        if facts["is_fair"]:
            leaky, fair = fair, leaky
        assert row["flattery"] == pytest.approx(fair - leaky)
        assert row["standard_error"] > 0
    assert f"| {facts['twin']} " in run_markdown(run_facts(finished))


def test_checks_change_no_prediction_and_are_planned(competition, tmp_path):
    plain = replace(competition, times=None)
    wanted = pipeline("holdout_oof")
    before = plan_pipeline(prepare_run(plain, wanted), Store(tmp_path / "store"))
    assert sum(line.n_fits for line in before if ", check 1" in line.member) == 8
    finished = run(plain, wanted, tmp_path)
    again = run(plain, without_checks(wanted), tmp_path)
    assert np.array_equal(finished.test, again.test) and again.n_fitted == 0
    left = plan_pipeline(prepare_run(plain, wanted), Store(tmp_path / "store"))
    assert all(line.n_fits == line.n_stored for line in left)


def test_members_are_compared_on_rows_that_all_have_predicted(competition, tmp_path):
    finished = run(replace(competition, times=None), pipeline("holdout"), tmp_path)
    rows = finished.matrix.is_validated
    oof = finished.matrix.member("linear")[0]
    expected = competition.metric(competition.y[rows], oof[rows])
    assert finished.result("linear").score == pytest.approx(expected)
    assert np.isfinite(oof).all(axis=1).sum() > rows.sum() > 0


def test_level_2_lives_where_folds_follow_time(competition, tmp_path):
    finished = run(competition, pipeline(), tmp_path)
    assert not finished.failures and finished.validation["scheme"] == "time_kfold"
    assert finished.validation["is_fair"] and len(finished.results) == 4


def test_a_label_metric_is_decided_where_one_fold_checks(competition, tmp_path):
    labelled = replace(load_competition(competition.folder, metric="f1"), times=None)
    finished = run(labelled, pipeline("holdout"), tmp_path)
    assert finished.result("blend").score > 0.5


def test_groups_stay_together_in_the_parts(competition):
    groups = np.arange(240) // 4
    grouped = replace(competition, times=None, groups=groups)
    for graph in arranged(grouped, "holdout_oof").checks:
        for train, valid in [*graph.folds(1), *graph.folds(2)]:
            assert not set(groups[train]) & set(groups[valid])


def test_every_mistake_is_told_at_once():
    asked = {"scheme": "kfold_off", "fraction": 0.9, "first": 0, "compare": 1, "m": 2}
    tables = {"level1": {"a": {"model": "ridge"}}, "validation": asked}
    with pytest.raises(PipelineError) as error:
        parse_pipeline(tables, "p.toml")
    message = str(error.value)
    assert "p.toml has 5 problems" in message
    assert "did you mean 'kfold_oof'?" in message


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_scheme_survives_the_file(scheme):
    wanted = pipeline(scheme, fraction=0.3, compare=True)
    again = parse_pipeline(tomllib.loads(dump_pipeline(wanted)), "again")
    assert again.validation == wanted.validation
