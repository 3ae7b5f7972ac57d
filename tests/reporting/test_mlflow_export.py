"""Runs logged to MLflow."""

import json
import sys

import pytest

from calls import call
from ensemble_kit.exceptions import MissingDependencyError, RunError
from ensemble_kit.reporting.mlflow_export import export_runs

# Of MLflow and of what it stands on, about their own later versions.
pytestmark = pytest.mark.filterwarnings("ignore")
ROW = {"features": "", "level": 1, "model": "mean", "seconds": 1.0, "spread": None}
REPORT = {
    "competition": {
        "name": "ships",
        "classes": ["no", "yes"],
        "metric": "auc",
        "task": "binary",
        "rows_train": 90,
        "rows_test": 30,
        "fingerprint": "f" * 64,
    },
    "pipeline": "quick",
    "seed": 0,
    "n_folds": 5,
    "chosen": "blend",
    "reason": "the best score on out-of-fold rows",
    "leaderboard": [
        {**ROW, "name": "blend", "level": 2, "score": 0.9},
        {**ROW, "name": "дерево:1", "score": 0.8},
    ],
    "weights": {},
    "holdout": {"score": 0.85, "interval": [0.8, 0.9], "fraction": 0.2, "seed": 0},
    "seconds": 12.5,
    "environment": {"python": "3.11", "torch": "2" * 600},
    "stopped": None,
}


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a finished run and one without a manifest."""
    for name in ("quick-1", "quick-2"):
        run = tmp_path / "runs" / name
        run.mkdir(parents=True)
        (run / "report.json").write_text(json.dumps(REPORT))
        (run / "report.html").write_text("<!DOCTYPE html>")
    (tmp_path / "runs" / "quick-1" / "manifest.json").write_text("{}")
    return tmp_path


def test_a_finished_run_is_logged_once_with_scores_and_files(folder):
    from mlflow import MlflowClient

    uri = f"sqlite:///{folder}/mlflow.db"
    assert list(export_runs(folder, uri)) == [("quick-1", True)]
    assert list(export_runs(folder, uri)) == [("quick-1", False)]
    client = MlflowClient(tracking_uri=uri)
    number = client.get_experiment_by_name("ships").experiment_id
    (run,) = client.search_runs([number])
    assert run.info.run_name == "quick-1" and run.info.status == "FINISHED"
    assert run.data.metrics["out_of_fold"] == 0.9
    assert run.data.metrics["member/_______1"] == 0.8
    assert run.data.metrics["holdout/low"] == 0.8
    assert run.data.params["rows_train"] == "90"
    files = {one.path for one in client.list_artifacts(run.info.run_id)}
    assert files == {"report.html", "report.json"}
    assert (folder / "mlruns").is_dir()


def test_what_cannot_be_logged_is_told(folder, monkeypatch):
    with pytest.raises(RunError, match="MLflow at ftp://nowhere does not take"):
        list(export_runs(folder, "ftp://nowhere"))
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingDependencyError, match=r"ensemble_kit\[mlflow\]"):
        list(export_runs(folder, "sqlite:///x.db"))


def test_the_command_says_what_was_logged(folder, monkeypatch):
    home = "ensemble_kit.reporting.mlflow_export.export_runs"
    monkeypatch.setattr(home, lambda *_: iter([("quick-1", True), ("quick-0", False)]))
    out = call("runs", folder, "--mlflow", "sqlite:///x.db").stdout
    assert "quick-1: logged" in out and "quick-0: there already" in out
