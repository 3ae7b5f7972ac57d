"""Runs whose members learn from test rows too."""

import pandas as pd
import pytest

from calls import call, run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import parse_pipeline

TABLES = {
    "name": "taught",
    "folds": {"n_splits": 2},
    "features": {"few": {"number": "standard", "category": "one_hot"}},
    "level1": {
        "near": {"model": "knn", "features": "few"},
        "linear": {"model": "logistic_strong", "features": "few"},
    },
    "level2": {"blend": {"model": "mean"}},
    "pseudo": {"members": ["near"], "labels_from": ["linear"], "confidence": 0.6},
    "submit": {"member": "blend"},
}
NUMBERS = {
    "near": {"model": "knn", "features": "few"},
    "linear": {"model": "ridge", "features": "few"},
}


def test_a_run_blends_what_has_learnt_from_test_rows_and_says_so(
    competition_folder, tmp_path
):
    pipeline = parse_pipeline(TABLES, "here")
    run = run_in(tmp_path, load_competition(competition_folder()), pipeline)
    assert run.matrix.members == ("near", "linear", "near_pseudo", "blend")
    (told,) = (note for note in run.notes if note.startswith("near_pseudo"))
    assert "labelled by linear" in told


def test_numbers_are_labelled_by_two(competition_folder, tmp_path):
    competition = load_competition(competition_folder("regression"))
    asked = {"members": ["near"], "labels_from": ["near", "linear"]}
    tables = {**TABLES, "level1": NUMBERS, "pseudo": asked}
    run = run_in(tmp_path, competition, parse_pipeline(tables, "here"))
    assert any("from 20 to 20 test rows" in note for note in run.notes)
    alone = {**tables, "pseudo": {"members": ["near"]}}
    run = run_in(tmp_path, competition, parse_pipeline(alone, "here"))
    assert "too little is here" in run.failures["near_pseudo"]


def test_folds_that_predict_no_test_row_teach_nothing(competition_folder, tmp_path):
    tables = {**TABLES, "submit": {"member": "blend", "test": "refit"}}
    competition = load_competition(competition_folder())
    run = run_in(tmp_path, competition, parse_pipeline(tables, "here"))
    assert 'test = "mean"' in run.failures["near_pseudo"]


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_taught_member_is_submitted_limited_and_predicts_later_rows(
    competition_folder, tmp_path
):
    folder, recipe = competition_folder(), tmp_path / "taught.toml"
    tables = {**TABLES, "submit": {"member": "near_pseudo"}}
    recipe.write_text(dump_pipeline(parse_pipeline(tables, "here")), encoding="utf-8")
    for place, more in (("a", ()), ("b", ("--time-limit", "300s"))):
        out = call("submit", folder, "-p", recipe, "-o", tmp_path / place, *more).stdout
        assert "near_pseudo" in out
    (made,) = (tmp_path / "a" / "runs").glob("taught-*")
    call("predict", made, folder / "test.csv", "-o", tmp_path / "later.csv")
    found = [pd.read_csv(p) for p in (made / "submission.csv", tmp_path / "later.csv")]
    pd.testing.assert_frame_equal(*found)
