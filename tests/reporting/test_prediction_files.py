"""oof.csv and test_predictions.csv, read by pandas and scored by hand."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, root_mean_squared_error

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.decisions import Decision
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.prediction_files import (
    csv_lines,
    fold_cells,
    write_prediction_files,
)
from ensemble_kit.reporting.run_folder import write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.store import Store

SMALL = Path(__file__).parents[1] / "small.toml"
NAMES = ("trees", "linear", "blend")


@pytest.fixture
def files(competition_folder, tmp_path):
    """Return a function that runs a competition and reads both files."""

    def read(kind, metric):
        pipeline = load_pipeline(SMALL)
        members = tuple(m for m in pipeline.members if m.name in NAMES)
        competition = load_competition(competition_folder(kind), metric=metric)
        run = run_pipeline(
            competition,
            replace(pipeline, members=members),
            Store(tmp_path / "store"),
            Resources(0, tmp_path / "work"),
        )
        write_prediction_files(run, tmp_path)
        tables = [
            pd.read_csv(tmp_path / name) for name in ("oof.csv", "test_predictions.csv")
        ]
        return run, *tables

    return read


def by_hand(metric, oof, name, classes):
    """Return a member's score from oof.csv by scikit-learn alone."""
    if metric == "accuracy":
        return accuracy_score(oof["target"], oof[name])
    if metric == "rmse":
        return root_mean_squared_error(oof["target"], oof[name])
    columns = [f"{name}:{label}" for label in classes]
    return log_loss(oof["target"], oof[columns].to_numpy())


@pytest.mark.parametrize(
    ("kind", "metric"),
    [
        ("binary", "log_loss"),
        ("binary", "accuracy"),
        ("multiclass", "log_loss"),
        ("multiclass", "accuracy"),
        ("regression", "rmse"),
    ],
)
def test_oof_scored_by_hand_is_the_leaderboard_to_the_last_digit(files, kind, metric):
    run, oof, _ = files(kind, metric)
    classes = run.competition.task.classes
    found = {r.name: by_hand(metric, oof, r.name, classes) for r in run.results}
    assert found == {result.name: result.score for result in run.results}


def test_the_scores_of_single_folds_follow_from_the_file_too(files):
    run, oof, _ = files("regression", "rmse")
    parts = [part for _, part in oof.groupby("fold")]
    found = [root_mean_squared_error(p["target"], p["blend"]) for p in parts]
    assert tuple(found) == run.result("blend").fold_scores


def test_test_predictions_are_probabilities_where_labels_are_submitted(files):
    run, _, test = files("binary", "accuracy")
    names = [f"blend:{label}" for label in run.competition.task.classes]
    assert np.array_equal(test[names].to_numpy(), run.test)
    assert (test["id"].astype(str).str.zfill(5) == run.competition.ids).all()


def test_a_row_of_several_folds_names_them_and_one_of_none_is_empty():
    rows = np.arange(3)
    folds = Folds(((rows, np.array([0, 1])), (rows, np.array([1]))), 3)
    assert fold_cells(folds) == ["1", "1 2", ""]


def test_a_row_of_one_fold_each_names_it():
    rows = np.arange(3)
    folds = Folds(((rows, np.array([2])), (rows, np.array([0]))), 3)
    assert fold_cells(folds) == ["2", "", "1"]


@pytest.mark.parametrize(
    "columns",
    [
        [["a", "b"], ["1", ""]],
        [["a", ""]],  # an empty line would be no row
        [["a,b", "c"], ["1", "2"]],
        [['say "a"', "b"], ["1", "2"]],
        [["a\nb", "c\rd"], ["1", "2"]],
    ],
)
def test_lines_are_those_of_the_csv_module(columns):
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\r\n").writerows(zip(*columns, strict=True))
    assert "\r\n".join(csv_lines(columns)) + "\r\n" == stream.getvalue()


def test_the_labels_of_a_member_are_decided_once_for_all_that_is_written(
    files, monkeypatch, tmp_path
):
    fitted = []
    fit = Decision.fit
    monkeypatch.setattr(
        Decision, "fit", lambda self, *rows: fitted.append(1) or fit(self, *rows)
    )
    run, *_ = files("binary", "accuracy")
    n_folds, n_members = len(run.folds), len(run.results)
    # Each fold's labels by the others, in both tables of level 2; then of all rows.
    assert len(fitted) == n_members * (n_folds + 1) + 5
    write_run(run, tmp_path, tmp_path)
    export_models(run, Store(tmp_path / "store"), tmp_path)
    assert len(fitted) == n_members * (n_folds + 1) + 5
