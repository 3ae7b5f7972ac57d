"""A limited run on many rows is sparing: sampled probes, one seed, no idle hopes."""

import time
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from calls import SMALL
from ensemble_kit.competition import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.fitted_levels import plan_level
from ensemble_kit.running.preparing.prepare import PROBE_SHARE, prepare_run
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.timed import many_rows
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.many_rows import (
    FIT_SHARE,
    first_to_begin,
    predicted_seconds,
    with_means_of_large_categories,
    with_one_seed,
)
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import CostModel
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.node import ProbeFacts

RECIPES = load_pipeline(SMALL).recipes
MEMBERS = (
    Member("boosted", "lightgbm", features="plain", seeds=(0, 1)),
    Member("linear", "ridge", features="linear", probe=False),
)
PIPELINE = Pipeline("two", MEMBERS, RECIPES, FoldSpec(n_splits=3), Submit("best"))


@pytest.fixture
def many(monkeypatch):
    """Let more than 50 rows be many, of which a probe sees 40."""
    monkeypatch.setattr(many_rows, "MANY_ROWS", 50)
    monkeypatch.setattr("ensemble_kit.running.preparing.prepare.PROBED_ROWS", 40)


def begun(prepared, folder):
    limits = Limits(CostModel(prepared.graph), is_timed=True)
    return prepared.begin(Store(folder), limits)


def probes(prepared, store):
    levels = prepared.begin(store)
    plan_level(prepared.pipeline.at_level(1), levels)
    return [
        node.facts
        for node in levels.graph.nodes.values()
        if isinstance(node.facts, ProbeFacts)
    ]


def test_probes_see_a_sample_of_many_rows_and_all_of_few(
    competition_folder, tmp_path, monkeypatch
):
    competition, store = load_competition(competition_folder()), Store(tmp_path)
    (few,) = probes(prepare_run(competition, PIPELINE, 100), store)
    assert (few.n_rows, few.seconds) == (None, PROBE_SHARE * 100)
    assert "probe_rows" not in few.plain()
    monkeypatch.setattr(many_rows, "MANY_ROWS", 50)
    (many,) = probes(prepare_run(competition, PIPELINE, 100), store)
    assert (many.n_rows, many.seconds) == (many_rows.PROBED_ROWS, FIT_SHARE * 100)
    assert many.plain()["probe_rows"] == many_rows.PROBED_ROWS
    (unlimited,) = probes(prepare_run(competition, PIPELINE), store)
    assert unlimited.n_rows is None


@pytest.mark.usefixtures("many")
def test_a_run_on_many_rows_completes_its_members(competition_folder, tmp_path):
    run = run_within(
        load_competition(competition_folder()),
        PIPELINE,
        Store(tmp_path / "store"),
        Resources(0, tmp_path / "work"),
        Clock(time.monotonic(), 600),
    )
    assert set(run.matrix.members) == {"boosted", "linear"} and not run.failures
    rounds = run.pipeline.members[0].params["n_estimators"]
    assert rounds >= 10  # what the probe found, written down for a replay


def test_members_begin_with_one_seed():
    assert [member.seeds for member in with_one_seed(MEMBERS)] == [(0,), (0,)]


@pytest.mark.usefixtures("many")
def test_what_cannot_be_completed_or_makes_columns_is_not_begun_first(
    competition_folder, tmp_path
):
    slow = Member("slow", "extra_trees", features="plain")
    made = Member("made", "lightgbm", features="made")
    recipes = {**RECIPES, "made": load_pipeline("standard").recipes["made"]}
    pipeline = replace(PIPELINE, members=(made, slow, *MEMBERS), recipes=recipes)
    prepared = prepare_run(load_competition(competition_folder()), pipeline, 100)
    levels = begun(prepared, tmp_path)
    planned = plan_level(with_one_seed(prepared.pipeline.at_level(1)), levels)
    seconds = {name: predicted_seconds(fits, levels) for name, fits in planned.items()}
    room = max(seconds["boosted"], seconds["linear"])
    assert room < seconds["slow"]
    left = room * many_rows.N_MEMBERS / 2 + 1e-6
    assert set(first_to_begin(planned, levels, left, 2)) == {"boosted", "linear"}
    assert first_to_begin(planned, levels, 0.0, 2) == planned
    ample = seconds["slow"] * many_rows.N_MEMBERS
    assert set(first_to_begin(planned, levels, ample, 2)) == {
        "slow",
        "boosted",
        "linear",
    }


def test_lightgbm_reads_large_categories_as_means_unless_its_features_are_chosen():
    def chosen(n_levels, recipes=("native", "target")):
        levels = [f"level {at}" for at in range(n_levels)]
        X = pd.DataFrame({"number": 1.0, "kind": pd.Categorical(levels)})
        graph = SimpleNamespace(
            source=SimpleNamespace(X=X), recipes=dict.fromkeys(recipes)
        )
        members = [
            Member("plain", "lightgbm"),
            Member("asked", "lightgbm", features="native"),
            Member("other", "catboost"),
        ]
        own = with_means_of_large_categories(members, SimpleNamespace(graph=graph))
        assert own[1:] == members[1:]
        return own[0].feature_set

    assert chosen(many_rows.MOST_NATIVE_LEVELS) == "native"
    assert chosen(many_rows.MOST_NATIVE_LEVELS + 1) == "target"
    assert chosen(many_rows.MOST_NATIVE_LEVELS + 1, ("native",)) == "native"


def test_a_probed_member_takes_no_longer_than_its_probe_allows(
    competition_folder, tmp_path
):
    prepared = prepare_run(load_competition(competition_folder()), PIPELINE, 1e-3)
    levels = begun(prepared, tmp_path)
    fits = plan_level(MEMBERS, levels)["boosted"]
    allowed = many_rows.FIT_TO_PROBE * PROBE_SHARE * 1e-3
    assert predicted_seconds(fits, levels) == pytest.approx(len(fits.keys) * allowed)
