"""Members that begin from others, in whole runs and on later rows."""

import time
import tomllib

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.timed import limited_run
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store

LINES = {"model": "logistic_strong"}
TREES = {"model": "lightgbm", "params": {"n_estimators": 60, "num_leaves": 4}}
TABLES = {
    "level1": {
        "lines": LINES,
        "trees": TREES,
        "after": {**TREES, "offset": "lines"},
    },
    "submit": {"member": "best"},
}


def competition(folder, kind="binary"):
    """Write and load a line of ten numbers with a product of two on top."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(700, 10)).round(4)).add_prefix("n")
    score = table.sum(axis=1) + 1.5 * table.n0 * table.n1
    score += 0.3 * random.normal(size=700)
    table["y"] = score if kind == "regression" else (score > 0).astype(int)
    table.insert(0, "row", [f"r{k}" for k in range(700)])
    folder.mkdir()
    table[:600].to_csv(folder / "train.csv", index=False)
    table[600:].drop(columns="y").to_csv(folder / "test.csv", index=False)
    sample = table[600:][["row"]].assign(y=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return load_competition(folder)


def run_on(found, folder, tables=TABLES, keep="nowhere"):
    resources = Resources(0, folder / "work", keep=keep)
    pipeline = parse_pipeline(tables, "a test")
    return run_pipeline(found, pipeline, Store(folder / "store"), resources)


@pytest.mark.parametrize("kind", ["binary", "regression"])
def test_trees_after_lines_are_better_than_either_and_so_on_later_rows(tmp_path, kind):
    tables = TABLES
    if kind == "regression":
        tables = {**TABLES, "level1": {**TABLES["level1"], "lines": {"model": "ridge"}}}
    found = competition(tmp_path / "lines", kind)
    run = run_on(found, tmp_path, tables, keep="store")
    scores = {result.name: result.score for result in run.results}
    sign = 1 if found.metric.greater_is_better else -1
    assert sign * scores["after"] > sign * max(
        (scores["lines"], scores["trees"]), key=lambda score: sign * score
    )
    assert run.chosen == "after"
    target = prepare_folder(tmp_path / "run")
    write_run(run, target)
    export_models(run, Store(tmp_path / "store"), target)
    later = pd.read_csv(tmp_path / "lines" / "test.csv", dtype=str)
    loaded, said = load_run(target), run.matrix.member("after")[1]
    if kind == "regression":
        assert np.array_equal(loaded.predict(later), found.task.restore(said[:, 0]))
    else:
        assert np.array_equal(loaded.predict_proba(later), said)


def test_permuted_targets_are_not_predicted_after_what_learns_by_heart(tmp_path):
    found = competition(tmp_path / "chance")
    y = np.random.default_rng(1).permutation(found.y)
    object.__setattr__(found, "y", y)
    heart = {
        "model": "extra_trees",
        "params": {"min_samples_leaf": 1, "n_estimators": 100},
    }
    tables = {"level1": {"lines": heart, "after": TABLES["level1"]["after"]}}
    run = run_on(found, tmp_path, {**tables, "submit": {"member": "best"}})
    oof = run.matrix.member("after")[0][:, 1]
    ranks = pd.Series(oof).rank()[y == 1].mean() / len(y)
    assert abs(ranks - 0.5) < 0.05


@pytest.mark.parametrize("base_is_kept", [True, False])
def test_a_limited_run_is_done_again_from_what_it_recorded(
    tmp_path, monkeypatch, base_is_kept
):
    found = competition(tmp_path / "limited", "regression")
    level1 = {**TABLES["level1"], "lines": {"model": "ridge"}}
    monkeypatch.setattr(limited_run, "ROUNDS_OF_SEEDS", ())
    pipeline = parse_pipeline({**TABLES, "level1": level1}, "a test")
    store, resources = Store(tmp_path / "store"), Resources(0, tmp_path / "work")
    clock = Clock(time.monotonic(), 600)
    if not base_is_kept:
        take = FittedLevels.take_complete

        def without(levels, planned):
            take(levels, {n: fits for n, fits in planned.items() if n != "lines"})

        monkeypatch.setattr(FittedLevels, "take_complete", without)
    run = run_within(found, pipeline, store, resources, clock)
    monkeypatch.undo()
    assert ("lines" in run.matrix.members) == base_is_kept
    tables = tomllib.loads(dump_pipeline(run.pipeline))
    tables["submit"]["member"] = "after"
    again = run_on(found, tmp_path / "again", tables)
    for mine, other in zip(
        run.matrix.member("after"), again.matrix.member("after"), strict=True
    ):
        assert np.array_equal(mine, other)


def test_a_pipeline_file_keeps_what_is_begun_from():
    pipeline = parse_pipeline(TABLES, "a test")
    assert 'offset = "lines"' in dump_pipeline(pipeline)


def test_names_that_nothing_can_begin_from_are_told(tmp_path):
    tables = {
        "level1": {
            "lines": LINES,
            "itself": {**TREES, "offset": "itself"},
            "first": {**TREES, "offset": "lines"},
            "second": {**TREES, "offset": "first"},
        },
        "level2": {"up": {"model": "convex_blend", "offset": "lines"}},
    }
    with pytest.raises(PipelineError) as told:
        parse_pipeline(tables, "a test")
    for line in (
        "level1.itself.offset: no other member of level 1 named 'itself'",
        "level1.second.offset: first begins from lines itself",
        "level2.up.offset: only members of level 1 begin from another",
    ):
        assert line in str(told.value)
    alone = {"level1": {"lines": LINES, "near": {"model": "knn", "offset": "lines"}}}
    pipeline = parse_pipeline({**alone, "submit": {"member": "best"}}, "a test")
    with pytest.raises(PipelineError, match="knn cannot begin from another member's"):
        prepare_run(competition(tmp_path / "knn"), pipeline)
