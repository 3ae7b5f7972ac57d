"""A run and its previews begin at one front, so they show and fit the same."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.preparing.prepare import NO_CHECKS, prepare_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.forecast import forecast
from ensemble_kit.running.timed.preview import plan_pipeline
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store

LIMIT = 600.0
TABLES = {
    "text_filter": True,
    "folds": {"n_splits": 2},
    "features": {
        "words": {"text": "tfidf"},
        "plain": {"number": "impute", "text": "text_statistics"},
    },
    "level1": {
        "trees": {
            "model": "extra_trees",
            "features": "plain",
            "params": {"n_estimators": 5},
        },
        "linear": {"model": "ridge", "features": "plain", "params": {"alpha": 1.0}},
        "words": {"model": "ridge", "features": "words"},
    },
    "level2": {"blend": {"model": "mean"}},
    "submit": {"test": "refit", "member": "blend"},
    "validation": {"compare": True},
}
PIPELINE = parse_pipeline(TABLES, "here")


@pytest.fixture(params=["text", "no text"])
def competition(request, competition_folder):
    found = load_competition(competition_folder(n_rows=150))
    if request.param == "text":
        return found
    X, X_test = (X.drop(columns="note") for X in (found.X, found.X_test))
    return replace(found, X=X, X_test=X_test, fingerprint="no text")


@pytest.mark.slow
def test_a_plan_shows_what_the_run_fits(competition, tmp_path):
    store, prepared = Store(tmp_path / "store"), prepare_run(competition, PIPELINE)
    before = plan_pipeline(prepared, store)
    finished = run_pipeline(competition, PIPELINE, store, Resources(0, tmp_path / "w"))
    after = plan_pipeline(prepared, store)
    weighed = any(line.member.startswith("texts weighed") for line in before)
    assert weighed == bool(prepared.source.texts)
    fitted = {
        line.member for line in after if line.n_fits and "check" not in line.member
    }
    assert fitted == set(finished.matrix.members)
    assert all(line.n_stored == line.n_fits for line in after)
    if not weighed:
        assert before and sum(line.n_fits for line in before) == len(list(fits(store)))


@pytest.mark.slow
def test_a_plan_with_a_limit_shows_what_the_limited_run_fits(competition, tmp_path):
    store, clock = Store(tmp_path / "store"), Clock(time.monotonic(), LIMIT)
    prepared = prepare_run(competition, PIPELINE, LIMIT)
    before = forecast(prepared, store, jobs=1)
    resources = Resources(0, tmp_path / "w")
    finished = run_within(competition, PIPELINE, store, resources, clock)
    after = forecast(prepared, store, jobs=1)
    assert {x.member for x in after if not x.reason} == set(finished.matrix.members)
    assert {line.member: line.n_fits for line in after if line.n_fits} == {}
    assert NO_CHECKS in finished.notes and NO_CHECKS in prepared.notes
    if not prepared.source.texts:
        assert sum(line.n_fits for line in before) == len(list(fits(store)))


def fits(store):
    """Return the keys of the members' fits in a store."""
    return [k for k in store if store.facts(k).get("key", {}).get("work") == "fit"]


def test_texts_are_weighed_only_where_that_is_soon_done(competition):
    assert prepare_run(competition, PIPELINE, LIMIT).pipeline.text_filter
    assert not prepare_run(competition, PIPELINE, 60.0).pipeline.text_filter


def test_given_folds_that_part_a_declared_group_are_told(competition_folder):
    folder = competition_folder()
    train = pd.read_csv(folder / "train.csv", dtype="str")
    numbers = np.arange(len(train))
    train.assign(house=[f"h{n // 4}" for n in numbers]).to_csv(
        folder / "train.csv", index=False
    )
    settings = folder / "competition.toml"
    pipeline = parse_pipeline({"level1": {"a": {"model": "naive_bayes"}}}, "here")
    for width, told in ((2, "h0, h1, h10"), (3, ""), (4, "")):
        fold = numbers // 4 % 2 if width == 4 else numbers // width % 2
        pd.DataFrame({"id": train["id"], "fold": fold}).to_csv(
            folder / "folds.csv", index=False
        )
        declared = "" if width == 3 else 'groups = "house"\n'
        settings.write_text(declared + 'folds = "folds.csv"\n', encoding="utf-8")
        competition = load_competition(folder)
        if told:
            with pytest.raises(PipelineError, match=f"validates as well: {told}"):
                prepare_run(competition, pipeline)
        else:
            assert len(prepare_run(competition, pipeline).source.folds) == 2
