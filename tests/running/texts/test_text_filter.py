"""The text filter: columns that lift nothing are left out, and the report says so."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calls import run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.loading import (
    load_pipeline,
    parse_pipeline,
    standard_recipes,
)
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.preparing.sources import make_source
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.texts.text_filter import (
    OTHERS,
    TREES,
    apply_weighings,
    plan_networks,
    plan_weighings,
)
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.preview import plan_pipeline
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.judging.text_filter import TextWeighing

TABLES = {
    "text_filter": True,
    "folds": {"n_splits": 3},
    "features": {"words": {"text": "tfidf"}, "plain": {"number": "standard"}},
    "level1": {
        "boosted": {"model": "lightgbm", "params": {"n_estimators": 15}},
        "linear": {"model": "ridge"},
        "words": {"model": "ridge", "features": "words"},
        "scores": {"model": "ridge", "features": "scores"},
    },
    "level2": {"blend": {"model": "mean", "inputs": ["boosted", "words"]}},
}


@pytest.fixture(scope="module")
def competition(write_competition, tmp_path_factory):
    """Return one with a useful text, and one of other words that says nothing."""
    folder = tmp_path_factory.mktemp("texts") / "small"
    found = load_competition(write_competition(folder, n_rows=400))
    rng = np.random.default_rng(1)

    def with_noise(X):
        words = [" ".join(rng.choice(["one", "two", "three", "four"], 5)) for _ in X.id]
        return X.drop(columns="id").assign(noise=pd.Series(words, dtype="str"))

    X, X_test = (
        with_noise(X.assign(id=0)).reset_index(drop=True)
        for X in (found.X, found.X_test)
    )
    return replace(found, X=X, X_test=X_test, fingerprint="with noise")


@pytest.fixture(scope="module")
def filtered(competition, tmp_path_factory):
    """Return a finished run that has weighed its texts, and where its store lies."""
    root = tmp_path_factory.mktemp("filtered")
    return run(competition, root), root


def levels_of(competition, tmp_path):
    source = make_source(competition, FoldSpec(n_splits=3))
    return FittedLevels(Graph(source, standard_recipes()), Store(tmp_path / "store"))


def run(competition, tmp_path, **changes):
    pipeline = parse_pipeline({**TABLES, **changes}, "here")
    return run_in(tmp_path, competition, pipeline)


def test_a_useful_text_is_kept_and_a_useless_one_dropped(filtered):
    finished, _ = filtered
    texts = {m.name: m.texts for m in finished.pipeline.members if m.level == 1}
    assert set(texts.values()) == {("note",)}, finished.notes
    said = [line for line in finished.notes if line.startswith("text column noise")]
    assert said[0].count("dropped for") == 3 and "kept" not in said[0]


def test_a_filtered_run_is_done_again_without_the_filter(
    competition, filtered, tmp_path
):
    finished, root = filtered
    folder = prepare_folder(tmp_path / "run")
    write_run(finished, folder)
    again = load_pipeline(folder / "pipeline.toml")
    assert not again.text_filter and again.members == finished.pipeline.members
    second = run_in(root, competition, again)
    assert second.n_fitted == 0 and (second.test == finished.test).all()
    assert "text column noise" in (folder / "report.md").read_text()


def test_members_left_with_nothing_of_their_own_are_left_out(competition, tmp_path):
    levels = levels_of(competition, tmp_path)
    pipeline = parse_pipeline(TABLES, "here")
    levels.graph.recipes = pipeline.recipes
    weighings = plan_weighings(pipeline, levels.graph)
    for weighing in weighings:
        nothing = {"column": "note", "kept": False, "lift": -0.1, "error": 0.1}
        levels.store.write(weighing.key, {}, {"found": [nothing]})
    filtered = apply_weighings(pipeline, levels)
    assert [m.name for m in filtered.members] == ["boosted", "linear", "blend"]
    assert filtered.members[-1].inputs == ("boosted",)
    assert levels.failures == {
        "words": "text filter: no text column lifts the score",
        "scores": "text filter: without its texts it is linear again",
    }


def test_networks_on_texts_go_when_no_family_keeps_a_text(competition, tmp_path):
    tables = {
        "text_filter": True,
        "level1": {"gru": {"model": "text_gru"}, "boosted": {"model": "lightgbm"}},
    }
    levels, pipeline = levels_of(competition, tmp_path), parse_pipeline(tables, "here")
    weighings = plan_weighings(pipeline, levels.graph)
    levels.store.write(weighings[0].key, {}, {"found": []})
    filtered = apply_weighings(pipeline, levels)
    assert [member.name for member in filtered.members] == ["boosted"]


def test_a_network_that_lifts_no_blend_goes(competition, tmp_path):
    tables = {"text_filter": True, "level1": {"gru": {"model": "text_gru"}}}
    tables["level1"] |= {"boosted": {"model": "lightgbm"}, "bow": {"model": "text_cnn"}}
    levels, pipeline = levels_of(competition, tmp_path), parse_pipeline(tables, "here")
    verdict = {"column": "note", "lift": 0.2, "error": 0.1}
    (weighing,) = plan_weighings(pipeline, levels.graph)
    levels.store.write(weighing.key, {}, {"found": [verdict | {"kept": True}]})
    networks = plan_networks(pipeline, levels)
    for kept, network in zip((False, True), networks, strict=True):
        levels.store.write(network.key, {}, {"found": verdict | {"kept": kept}})
    filtered = apply_weighings(pipeline, levels)
    assert [member.name for member in filtered.members] == ["boosted", "bow"]
    assert "lifts no blend (+0.2000 ± 0.1000)" in levels.failures["gru"]


def test_a_network_is_weighed_beside_the_columns_that_stay(competition, tmp_path):
    net = {"model": "text_average", "params": {"epochs": 1}}
    level1 = {"boosted": TABLES["level1"]["boosted"], "net": net}
    tables = {**TABLES, "level1": level1, "level2": {}}
    pipeline = parse_pipeline(tables, "here")
    finished = run_in(tmp_path, competition, pipeline)
    (line,) = [note for note in finished.notes if note.startswith("net: ")]
    assert ("net" in finished.failures) == ("dropped" in line)


def test_what_was_not_weighed_in_time_is_kept(competition, tmp_path):
    levels = levels_of(competition, tmp_path)
    pipeline = parse_pipeline(TABLES, "here")
    filtered = apply_weighings(pipeline, levels)
    assert filtered.members == pipeline.members
    assert levels.notes == [
        f"text filter: {TREES}, {OTHERS}, {OTHERS} not weighed in time"
    ]


def test_members_of_a_family_share_a_weighing(competition, tmp_path):
    levels = levels_of(competition, tmp_path)
    weighings = plan_weighings(load_pipeline("best"), levels.graph)
    assert [(g.family, g.features) for g in weighings] == [
        (OTHERS, "linear"),
        (TREES, "native"),
        (OTHERS, "scores"),
    ]


def test_a_single_text_without_a_table_is_not_weighed(competition, tmp_path):
    alone = replace(competition, X=competition.X[["note"]])
    weighings = plan_weighings(load_pipeline("best"), levels_of(alone, tmp_path).graph)
    assert weighings == []


def test_validation_and_test_rows_have_no_say(competition, tmp_path):
    levels = levels_of(competition, tmp_path)
    weighing = plan_weighings(parse_pipeline(TABLES, "here"), levels.graph)[1]
    source, facts = levels.graph.source, levels.graph.nodes[weighing.key].facts
    train, valid = source.rows(0)
    before = TextWeighing(source, train, facts).weigh(["note"])
    X, y = source.X.copy(), source.y.copy()
    X.loc[valid, "note"] = "red"
    y[valid] = 1 - y[valid]
    changed = replace(source, X=X, y=y, X_test=source.X_test.assign(note="red"))
    assert TextWeighing(changed, train, facts).weigh(["note"]) == before


def test_a_plan_knows_what_the_filter_has_left_out(competition, filtered):
    store = Store(filtered[1] / "store")
    prepared = prepare_run(competition, parse_pipeline(TABLES, "here"))
    lines = plan_pipeline(prepared, store)
    assert all(line.n_stored == line.n_fits for line in lines)


@pytest.mark.parametrize(
    ("member", "said"),
    [
        ({"model": "ridge", "texts": ["nite"]}, "no text column 'nite'; did you mean"),
        ({"model": "text_gru", "texts": ["note"]}, "text_gru reads the columns as"),
    ],
)
def test_texts_that_cannot_be_taken_are_refused(competition, tmp_path, member, said):
    with pytest.raises(PipelineError, match=said):
        run(competition, tmp_path, level1={"one": member}, level2={})


def test_a_member_takes_the_texts_it_names(competition, tmp_path):
    level1 = {
        "one": {"model": "ridge", "features": "words", "texts": ["note"]},
        "both": {"model": "ridge", "features": "words"},
    }
    finished = run(competition, tmp_path, level1=level1, level2={}, text_filter=False)
    one, both = (finished.matrix.member(name)[0] for name in ("one", "both"))
    assert np.abs(one - both).max() > 1e-3
    assert Path(tmp_path / "store").is_dir()


def test_a_run_with_a_limit_leaves_texts_out_and_records_it(
    competition, filtered, tmp_path
):
    pipeline, store = parse_pipeline(TABLES, "here"), Store(filtered[1] / "store")
    clock = Clock(time.monotonic(), 3600.0)
    resources = Resources(0, tmp_path / "work")
    finished = run_within(competition, pipeline, store, resources, clock)
    texts = {m.texts for m in finished.pipeline.members if m.level == 1}
    assert texts == {("note",)} and not finished.pipeline.text_filter
