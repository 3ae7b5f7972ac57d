"""A finished run made small and quick: a folder that predicts later rows."""

import json
import os
import shutil
import time
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.exceptions import PipelineError, PredictionWarning, RunError
from ensemble_kit.files import renaming, sync_folder, write_atomically
from ensemble_kit.locks import take_away
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.processes import one_thread
from ensemble_kit.quantities import format_score
from ensemble_kit.reporting.facts import environment, leaderboard, member_facts
from ensemble_kit.reporting.holdout import holdout_facts
from ensemble_kit.reporting.markdown import table
from ensemble_kit.reporting.prediction_files import write_prediction_files
from ensemble_kit.reporting.run_folder import (
    ASIDE,
    WORK,
    prepare_folder,
    work_folder,
    write_predictions,
)
from ensemble_kit.running.deploying.deployment import Deployment, deploy
from ensemble_kit.running.finished.exporting import MODELS, export_models, models_fault
from ensemble_kit.running.finished.loaded_run import (
    HiddenRows,
    LoadedRun,
    read_report,
)
from ensemble_kit.running.finished.predicting import load_predictor
from ensemble_kit.running.finished.run_files import (
    DEPLOYED,
    MANIFEST,
    REPORT,
    plain_file,
    read_facts,
    refuse_deployed,
)
from ensemble_kit.running.finished.text_models import is_text_run
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.store.store import Store

MOST_TIMED = 2000  # test rows, whose predictions are timed
N_TIMED = 2  # times, of which the quicker counts
OF_FOLDS = "out of fold, by the models of the folds, not by these"
UNSCORED = (
    "these very models have no score: every labelled row has been fitted on; "
    "deploy a run of ensemble-kit holdout to see one"
)


@dataclass(frozen=True)
class Deployed:
    """A deployed run's folder, and what is told of it.

    Parameters
    ----------
    folder : Path
    facts : dict
        What its report.json holds.
    """

    folder: Path
    facts: dict[str, Any]

    def lines(self) -> list[str]:
        """Return what has become of the run, for a terminal."""
        return [f"{name:11}{value}" for name, value in told(self.facts)]


def deploy_run(
    run_folder: Path,
    output: Path | None = None,
    *,
    jobs: int = 1,
    within: float = 1.0,
    data: Path | None = None,
    custom: Sequence[Path] = (),
    progress: Progress | None = None,
) -> Deployed:
    """Prune a finished run, fit what stays on all rows, and write it into a folder.

    Parameters
    ----------
    run_folder : Path
        What ``submit`` or ``holdout`` left.
    output : Path, optional
        Where it goes: a folder that is not there yet, empty, or an earlier result of
        this; ``deployed`` in the run's own by default.
    jobs : int
        Worker processes; 0 works in this process.
    within : float, default 1
        How many standard errors of the paired difference the score out of fold may be
        worse by.
    data : Path, optional
        The competition's folder, when it has moved since.
    custom : sequence of Path
        The ``--custom`` files of the run.
    progress : Progress, optional

    Raises
    ------
    RunError
        When the run is none that can be deployed, saying why and what to do.
    """
    if not (np.isfinite(within) and within >= 0):
        raise PipelineError(
            f"--within is a number of standard errors, 0 or more; found {within:g}"
        )
    wanted = run_folder / DEPLOYED if output is None else output
    loaded = _finished(run_folder)
    _refuse_taken(wanted)
    competition, hidden = loaded.competition_and_hidden(data)
    with work_folder(wanted) as work:
        folder = prepare_folder(work / "run")
        store = _store(run_folder, work)
        resources = Resources(jobs, work / WORK, tuple(custom), keep="store")
        begin = time.monotonic()
        deployment = deploy(loaded, competition, store, resources, within, progress)
        seconds = time.monotonic() - begin
        run = replace(deployment.run, seconds=seconds)
        deployment = replace(deployment, run=run)
        if reasons := export_models(run, store, folder):
            raise RunError(f"{run_folder} cannot be deployed: {'; '.join(reasons)}")
        facts = _facts(loaded, deployment, hidden, within)
        facts["deployed"]["predicting"] = _predicting(run_folder, folder, run)
        _write(facts, deployment, folder, wanted, run_folder, custom)
        _publish(folder, wanted)
    with suppress(OSError):
        (wanted.parent / ASIDE).rmdir()  # unless others are at work there
    return Deployed(wanted, facts)


def _finished(folder: Path) -> LoadedRun:
    """Return a run that has come to its end, its files proved to be sound.

    Raises
    ------
    RunError
        When it is none that can be deployed.
    """
    if is_text_run(folder):
        raise RunError(
            f"{folder} is a run of texts, whose members write texts; what can be "
            "deployed is a run of tables"
        )
    if not (folder / REPORT).is_file() and "-targets-" in folder.name:
        raise RunError(
            f"{folder} joins the runs of several targets; its report.md names them: "
            "deploy each of these"
        )
    if not (folder / MANIFEST).is_file():
        raise RunError(f"{folder} is no finished run: it has no {MANIFEST}")
    refuse_deployed(folder, "deploy")
    needed = ("data", "competition_fingerprint")
    if stopped := read_facts(folder, MANIFEST, needed).get("stopped"):
        raise RunError(
            f"{folder} has not come to its end ({stopped}): the command that made it "
            "goes on, and then it can be deployed"
        )
    if (folder / MODELS).is_dir() and (fault := models_fault(folder)):
        raise RunError(f"the models of {folder} are damaged: {fault}")
    return LoadedRun(folder, read_report(folder))


def _refuse_taken(wanted: Path) -> None:
    """Raise where something else than an earlier deployment lies at a path."""
    if not os.path.lexists(wanted):
        return
    if wanted.is_dir() and not any(wanted.iterdir()):
        return
    try:
        is_ours = read_facts(wanted, MANIFEST).get(DEPLOYED) is not None
    except RunError:
        is_ours = False
    if not is_ours:
        raise RunError(
            f"{wanted} is there and no deployed run; name a folder that is not there "
            "yet with --output"
        )


def _store(run_folder: Path, work: Path) -> Store:
    """Return the store of a run where it is still there, else one for this call."""
    named = read_facts(run_folder, MANIFEST).get("store")
    usual = run_folder.resolve().parent.parent / "store"
    folder = (run_folder / named).resolve() if isinstance(named, str) else usual
    is_there = folder.is_dir() and os.access(folder, os.W_OK)
    return Store(folder if is_there else work / "store")


def _facts(
    loaded: LoadedRun,
    deployment: Deployment,
    hidden: HiddenRows | None,
    within: float,
) -> dict[str, Any]:
    """Return what report.json holds."""
    run, before = deployment.run, loaded.facts
    scores = {row["name"]: row["score"] for row in before["leaderboard"]}
    loss = deployment.loss
    level1 = [member["name"] for member in run.plan if member["level"] == 1]
    facts: dict[str, Any] = {
        "competition": before["competition"],
        "pipeline": run.pipeline.name,
        "seed": run.pipeline.seed,
        "chosen": run.chosen,
        "reason": run.reason,
        "leaderboard": [member_facts(result) for result in leaderboard(run)],
        "weights": {name: dict(weights) for name, weights in run.weights.items()},
        "seconds": run.seconds,
        "n_fitted": run.n_fitted,
        "n_stored": run.n_stored,
        "environment": environment(),
    }
    told: dict[str, Any] = {
        "run": loaded.folder.name,
        "submitted": loaded.chosen,
        "within": within,
        "members_before": list(deployment.members),
        "members": level1,
        "out_of_fold": {
            "of": "models of the folds",
            "run": scores[loaded.chosen],
            "deployed": run.result(run.chosen).score,
            "loss": None if loss is None else loss.value,
            "standard_error": None if loss is None else loss.standard_error,
        },
    }
    if hidden is not None:
        how = (hidden.fraction, hidden.seed, hidden.weights)
        facts["holdout"] = holdout_facts(run, hidden.y, *how)
        told["holdout_before"] = before["holdout"]["score"]
    return {**facts, "deployed": told}


def _predicting(before: Path, after: Path, run: Any) -> dict[str, Any]:
    """Return the seconds that a run and its deployment take for the same test rows.

    Reading their models is counted; Python's start and imports are not.
    """
    rows = run.competition.X_test[:MOST_TIMED]
    seconds: dict[str, float | None] = {DEPLOYED: _seconds(after, rows), "run": None}
    # Its models were not kept: nothing to measure. Other versions take their time too.
    with suppress(RunError), warnings.catch_warnings():
        warnings.simplefilter("ignore", PredictionWarning)
        if not load_predictor(before).foreign:
            seconds["run"] = _seconds(before, rows)
    return {"n_rows": len(rows), **seconds}


def _seconds(folder: Path, rows: pd.DataFrame) -> float:
    """Return the seconds of reading models and predicting rows, all imports done."""
    taken = []
    with one_thread():
        load_predictor(folder).load().ensemble.predict(rows[:1])
        for _ in range(N_TIMED):
            begin = time.perf_counter()
            load_predictor(folder).load().ensemble.predict(rows)
            taken.append(time.perf_counter() - begin)
    return min(taken)


def _write(
    facts: dict[str, Any],
    deployment: Deployment,
    folder: Path,
    place: Path,
    run_folder: Path,
    custom: Sequence[Path],
) -> None:
    """Write all files but the models."""
    run = deployment.run
    write_predictions(run, folder)
    write_prediction_files(run, folder)
    shutil.copyfile(
        plain_file(run_folder, "competition.toml"), folder / "competition.toml"
    )
    manifest = {
        "schema": 1,
        DEPLOYED: os.path.relpath(run_folder.resolve(), place.resolve()),
        "within": facts["deployed"]["within"],
        "competition_fingerprint": run.competition.fingerprint,
        "data": os.path.relpath(run.competition.folder, place),
        **({"custom": [os.path.relpath(p, place) for p in custom]} if custom else {}),
        "chosen": run.chosen,
        "seed": run.pipeline.seed,
        "environment": facts["environment"],
    }
    texts = {
        "pipeline.toml": dump_pipeline(run.pipeline),
        REPORT: json.dumps(facts, indent=1, sort_keys=True),
        "report.md": _markdown(facts),
        MANIFEST: json.dumps(manifest, indent=1),
    }
    for name, text in texts.items():
        write_atomically(folder / name, text.encode())


def _publish(folder: Path, wanted: Path) -> None:
    """Give a written folder its name, in the place of an earlier result."""
    take_away(wanted, wanted.parent / ASIDE)
    with renaming(folder, wanted):
        os.rename(folder, wanted)
    sync_folder(wanted.parent)


def told(facts: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return what has become of a run, as pairs of a name and words."""
    part, metric = facts["deployed"], facts["competition"]["metric"]
    n_before, n_after = len(part["members_before"]), len(part["members"])
    weights = facts["weights"].get(facts["chosen"], {})
    shares = ", ".join(f"{n} {weights[n]:.2f}" for n in part["members"] if n in weights)
    listed = shares or ", ".join(part["members"])
    lines = [
        ("members", f"{n_before} -> {n_after}: {listed}"),
        ("why", facts["reason"]),
        ("fits", f"{facts['n_fitted']} done on all rows, {facts['n_stored']} stored"),
        (metric, _out_of_fold(part["out_of_fold"])),
    ]
    if "holdout" in facts:
        lines.append(("holdout", _holdout(facts, part["holdout_before"])))
    else:
        lines.append(("", UNSCORED))
    return [*lines, ("predict", _timed(part["predicting"]))]


def _out_of_fold(part: Mapping[str, Any]) -> str:
    """Return both scores on out-of-fold rows, and whose they are."""
    line = f"{_score(part['run'])} -> {_score(part['deployed'])} {OF_FOLDS}"
    if part["loss"] is None:
        return line
    change = "worse" if part["loss"] > 0 else "better"
    loss, noise = abs(part["loss"]), part["standard_error"]
    size, width = (format_score(each, part["deployed"]) for each in (loss, noise))
    return f"{line}: {change} by {size} a fold, with a standard error of {width}"


def _holdout(facts: Mapping[str, Any], before: float | None) -> str:
    """Return both scores on hidden rows, which no model has seen."""
    part = facts["holdout"]
    low, high = (format_score(end, part["score"]) for end in part["interval"])
    return (
        f"{_score(before)} -> {_score(part['score'])} on {part['n_rows']:,} hidden "
        f"rows, which no model has seen (95 % interval {low} to {high})"
    )


def _score(score: float | None) -> str:
    return "unknown" if score is None else format_score(score)


def _timed(part: Mapping[str, Any]) -> str:
    """Return how long predictions take, and took."""
    after, before = part[DEPLOYED], part["run"]
    rows = f"for {part['n_rows']:,} test rows, models read"
    if before is None:
        return f"{after:.2f} s {rows}; the run itself predicts nothing here"
    return f"{before:.2f} s -> {after:.2f} s {rows}"


def _markdown(facts: Mapping[str, Any]) -> str:
    """Return report.md."""
    name = " ".join(str(facts["competition"]["name"]).split())
    head = f"# {name}: {facts['pipeline']}, deployed"
    lines = [
        f"- {called}: {words}".replace("- : ", "- ") for called, words in told(facts)
    ]
    rows = [
        (row["name"], str(row["level"]), row["model"], format_score(row["score"]))
        for row in facts["leaderboard"]
    ]
    board = table(("member", "level", "model", facts["competition"]["metric"]), rows)
    scores = f"Scores are {OF_FOLDS}:"
    return "\n".join([head, "", *lines, "", scores, "", board, ""])
