"""oof.csv and test_predictions.csv, read by pandas and scored by hand."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import accuracy_score, log_loss, root_mean_squared_error

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.prediction_files import fold_cells, write_prediction_files
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
