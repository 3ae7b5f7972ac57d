"""Members on items of lists: given the columns that are lists, or left out."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.fitted_levels import FittedLevels, reason_to_skip
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.store.store import Store

STOCK = ["sea salt", "olive oil", "rice", "leek", "low fat milk", "egg"]
PIPELINE = {
    "folds": {"n_splits": 3},
    "level1": {
        "plain": {"model": "ridge", "probe": False},
        "items": {"model": "ridge", "features": "items", "probe": False},
    },
    "level2": {"blend": {"model": "mean"}},
    "submit": {"member": "blend"},
}


@pytest.fixture
def pipeline():
    return parse_pipeline(PIPELINE, "the test")


def with_lists(competition):
    """Return the competition with a column of lists beside its text."""
    rng = np.random.default_rng(0)

    def listed(table):
        cells = [", ".join(rng.permutation(STOCK)[:4]) for _ in range(len(table))]
        return table.assign(made=pd.Series(cells, dtype=table["note"].dtype))

    X, X_test = listed(competition.X), listed(competition.X_test)
    return replace(competition, X=X, X_test=X_test, fingerprint="listed")


def test_a_member_on_items_takes_the_columns_that_are_lists(
    competition_folder, tmp_path, pipeline
):
    competition = with_lists(load_competition(competition_folder()))
    prepared = prepare_run(competition, pipeline)
    levels = FittedLevels(prepared.graph, Store(tmp_path / "store"))
    member, reason = reason_to_skip(pipeline.members[1], levels)
    assert (member.texts, reason) == (("made",), "")
    run = run_in(tmp_path, competition, pipeline)
    assert run.failures == {}


def test_without_a_list_it_is_left_out_and_the_others_stay(
    competition_folder, tmp_path, pipeline
):
    competition = load_competition(competition_folder())
    run = run_in(tmp_path, competition, pipeline)
    assert run.failures == {"items": "no text column is a list of items"}
    assert "plain" in run.matrix.members
