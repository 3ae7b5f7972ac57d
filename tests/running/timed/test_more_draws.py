"""Time that is left goes to other draws of the folds, and honestly."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import SMALL, run_in
from ensemble_kit.competition import load_competition
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.preparing import further_folds
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.preparing.sources import make_folds
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.timed import more_draws
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.more_draws import Outlook
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store

RECIPES = load_pipeline(SMALL).recipes
MEMBERS = (
    Member("trees", "extra_trees", features="plain", params={"n_estimators": 5}),
    Member("linear", "ridge", features="linear"),
    Member("blend", "greedy_blend", level=2),
)
PIPELINE = Pipeline("few", MEMBERS, RECIPES, FoldSpec(n_splits=3), Submit("best"))


@pytest.fixture(autouse=True)
def three_draws(one_draw_of_folds, monkeypatch):
    """Draw folds three times at most, whatever that is worth."""
    monkeypatch.setattr(further_folds, "MOST_DRAWS", 3)
    monkeypatch.setattr(more_draws, "LEAST_GAIN", 0.0)


def limited(competition, tmp_path, pipeline=PIPELINE):
    store, clock = Store(tmp_path / "store"), Clock(time.monotonic(), 600)
    resources = Resources(0, tmp_path / "work")
    return run_within(competition, pipeline, store, resources, clock)


def test_further_folds_are_those_that_a_pipeline_with_repeats_has(competition_folder):
    competition = load_competition(competition_folder())
    prepared = prepare_run(competition, PIPELINE, 600.0)
    drawn = make_folds(competition, FoldSpec(n_splits=3, n_repeats=3))
    assert prepared.graph.further == 6 and len(prepared.source.folds) == 3
    assert prepared.source.splits.fingerprints == drawn.fingerprints


@pytest.mark.parametrize(
    "folds",
    [FoldSpec("GroupKFold", 3), FoldSpec("TimeSeriesSplit", 3)],
)
def test_folds_that_cannot_be_drawn_anew_are_drawn_once(competition_folder, folds):
    competition = load_competition(competition_folder())
    n_rows = len(competition.y)
    competition = replace(competition, groups=np.arange(n_rows) % 10)
    prepared = prepare_run(competition, replace(PIPELINE, folds=folds), 600.0)
    assert prepared.graph.further == 0


def test_a_run_with_further_draws_is_done_again_to_the_same_bytes(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder())
    run = limited(competition, tmp_path)
    record = parse_pipeline_of(run)
    asked = {m.name: m.folds for m in record.members}
    assert record.folds.n_repeats == 3
    assert asked == {"trees": 9, "linear": 9, "blend": 3}
    again = run_in(tmp_path / "again", competition, record)
    assert np.array_equal(run.test, again.test)
    assert "trees 3 times" in run.notes[-1]


def parse_pipeline_of(run):
    """Return the recorded pipeline, through its file."""
    import tomllib

    return parse_pipeline(tomllib.loads(dump_pipeline(run.pipeline)), "a record")


def test_a_mean_over_draws_is_of_models_that_have_not_seen_the_row(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder(n_rows=90))
    folds = FoldSpec("KFold", 3)  # the same rows, whatever their labels
    linear = replace(MEMBERS[1], probe=False)
    pipeline = replace(PIPELINE, folds=folds, members=(MEMBERS[0], linear))
    row = make_folds(competition, folds).pairs[1][1][0]
    y = competition.y.copy()
    y[row] = 1 - y[row]
    flipped = replace(competition, y=y, fingerprint="flipped")
    before, after = (
        limited(found, tmp_path / found.fingerprint, pipeline)
        for found in (competition, flipped)
    )
    assert before.pipeline.folds.n_repeats == after.pipeline.folds.n_repeats == 3
    for name in ("trees", "linear"):
        one, other = (run.matrix.member(name)[0] for run in (before, after))
        assert np.array_equal(one[row], other[row]) and not np.array_equal(one, other)


def test_permuted_labels_are_at_chance_after_several_draws(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder(n_rows=400))
    y = np.random.default_rng(1).permutation(competition.y)
    permuted = replace(competition, y=y, fingerprint="permuted")
    run = limited(permuted, tmp_path)
    assert run.pipeline.folds.n_repeats == 3
    for name in run.matrix.members:
        oof = run.matrix.member(name)[0][:, 1]
        ranks = pd.Series(oof).rank()[y == 1].mean() / len(y)
        assert abs(ranks - 0.5) < 0.07, name


def test_nothing_is_drawn_again_where_that_gains_less_than_is_asked_for(
    competition_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(more_draws, "LEAST_GAIN", 1.0)
    run = limited(load_competition(competition_folder()), tmp_path)
    assert run.pipeline.folds.n_repeats == 1
    assert all(member.folds is None for member in run.pipeline.members)


def test_what_draws_can_gain_falls_as_they_are_made():
    look = Outlook({"a": 0.5, "b": 0.5}, {"a": 0.3, "b": 0.1}, 0.2)
    bounds = [look.bound({"a": n, "b": 1}, 5) for n in (1, 2, 3)]
    assert bounds == sorted(bounds, reverse=True)
    other = look.bound({"a": 1, "b": 2}, 5)
    assert bounds[0] - bounds[1] > bounds[0] - other  # a varies more


def test_members_of_several_draws_are_judged_by_the_first(competition_folder, tmp_path):
    run = limited(load_competition(competition_folder()), tmp_path)
    assert {len(result.fold_scores) for result in run.results} == {3}
    assert len(run.folds) == 3


def test_a_curve_tells_how_the_score_grew(competition_folder, tmp_path):
    run = limited(load_competition(competition_folder()), tmp_path)
    seconds = [point[0] for point in run.curve]
    assert len(seconds) >= 2 and seconds == sorted(seconds)
    assert run.curve[-1][1:] == (run.result(run.chosen).score, run.chosen)
