"""Finished runs as runs of an MLflow experiment, to be seen beside others."""

import json
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensemble_kit.exceptions import EnsembleKitError, RunError, require
from ensemble_kit.hashing import fingerprint_file
from ensemble_kit.reporting.next_commands import SUBMISSION
from ensemble_kit.reporting.run_folder import PAGE
from ensemble_kit.running.finished.loaded_run import read_report
from ensemble_kit.running.finished.run_files import MANIFEST, REPORT

if TYPE_CHECKING:
    from mlflow import MlflowClient

ARTIFACTS = (PAGE, REPORT, "pipeline.toml", "competition.toml", SUBMISSION)
FINGERPRINT = "ensemble_kit.run"
# A server that is not there is told of at once, not after minutes.
PATIENCE = ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "1")
LONGEST = 500  # characters of a parameter that every version of MLflow takes


def export_runs(folder: Path, uri: str) -> Iterator[tuple[str, bool]]:
    """Log the finished runs of a competition's folder to MLflow, the oldest first.

    Each becomes a run of the experiment that is called like the competition: facts as
    parameters, scores as metrics, report, submission and pipeline as artifacts. A run
    that is there already is left alone.

    Parameters
    ----------
    folder : Path
        A competition's, or where ``runs/`` is.
    uri : str
        Of a tracking server or a database: http://..., sqlite:///mlflow.db.

    Yields
    ------
    (str, bool)
        The name of a run, and whether it was logged now.

    Raises
    ------
    MissingDependencyError
        When MLflow is not installed.
    RunError
        When MLflow refuses, or cannot be reached.
    """
    mlflow = require("mlflow", "mlflow", "mlflow-skinny")
    os.environ.setdefault(*PATIENCE)
    paths = [path for path in folder.glob("runs/*") if (path / MANIFEST).is_file()]
    paths.sort(key=lambda path: ((path / REPORT).stat().st_mtime, path.name))
    # A database alone has no place for files; a server has its own.
    place = None if uri.startswith("http") else (folder / "mlruns").resolve().as_uri()
    try:
        client = mlflow.MlflowClient(tracking_uri=uri)
        for path in paths:
            yield path.name, _log(client, path, place)
    except EnsembleKitError:
        raise
    except Exception as error:  # of its server, its database, its own and theirs
        raise RunError(f"MLflow at {uri} does not take the runs: {error}") from error


def _log(client: "MlflowClient", path: Path, place: str | None) -> bool:
    """Log a run unless it is there; return whether it was logged."""
    facts, mark = read_report(path), fingerprint_file(path / MANIFEST)
    name = facts["competition"]["name"]
    experiment = client.get_experiment_by_name(name)
    number = (
        experiment.experiment_id
        if experiment
        else client.create_experiment(name, place)
    )
    if client.search_runs([number], f"tags.`{FINGERPRINT}` = '{mark}'"):
        return False
    end = int((path / REPORT).stat().st_mtime * 1000)
    begin = end - int(facts["seconds"] * 1000)
    run = client.create_run(number, begin, run_name=path.name).info.run_id
    for parameter, value in _parameters(facts).items():
        client.log_param(run, parameter, str(value)[:LONGEST])
    for metric, score in _metrics(facts).items():
        client.log_metric(run, metric, score, timestamp=end)
    for artifact in ARTIFACTS:
        if (path / artifact).is_file():
            client.log_artifact(run, str(path / artifact))
    client.set_tag(run, FINGERPRINT, mark)  # last: half a run is logged again
    client.set_terminated(run, "KILLED" if facts.get("stopped") else "FINISHED", end)
    return True


def _parameters(facts: dict[str, Any]) -> dict[str, Any]:
    """Return what a run was made with."""
    competition = facts["competition"]
    of_data = ("metric", "task", "rows_train", "rows_test", "fingerprint")
    return {
        **{name: facts[name] for name in ("pipeline", "seed", "n_folds", "chosen")},
        **{name: competition[name] for name in of_data},
        "environment": json.dumps(facts["environment"], sort_keys=True),
    }


def _metrics(facts: dict[str, Any]) -> dict[str, float]:
    """Return the scores of a run, out of fold and held out, and what it took."""
    members = {one["name"]: one["score"] for one in facts["leaderboard"]}
    metrics = {f"member/{_plain(name)}": score for name, score in members.items()}
    metrics |= {"out_of_fold": members[facts["chosen"]], "seconds": facts["seconds"]}
    if holdout := facts.get("holdout"):
        low, high = holdout["interval"]
        metrics |= {
            "holdout": holdout["score"],
            "holdout/low": low,
            "holdout/high": high,
        }
    return {name: float(score) for name, score in metrics.items() if score == score}


def _plain(name: str) -> str:
    """Return a member's name in the letters that MLflow takes."""
    return re.sub(r"[^A-Za-z0-9_.\- ]", "_", name)
