"""The folder of a run: submission, report, and what it takes to do it again."""

import json
import os
from pathlib import Path
from typing import Any

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.settings import dump_settings
from ensemble_kit.competition.submission import write_submission
from ensemble_kit.exceptions import RunError
from ensemble_kit.files import write_atomically
from ensemble_kit.hashing import fingerprint, fingerprint_file
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.markdown import run_markdown
from ensemble_kit.reporting.word_map import draw_word_maps
from ensemble_kit.running.run import Run


def run_id(competition: Competition, pipeline: Pipeline, *facts: Any) -> str:
    """Return the name of a run's folder; the same command gives the same one."""
    key = fingerprint([competition.fingerprint, dump_pipeline(pipeline), *facts])
    return f"{pipeline.name}-{key[:8]}"


def prepare_folder(folder: Path) -> Path:
    """Make the folder before any work is done, and prove it can be written.

    Raises
    ------
    RunError
        When it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(folder / ".writable", b"")
        (folder / ".writable").unlink(missing_ok=True)
    except OSError as error:
        raise RunError(
            f"cannot write into {folder}: {error}; name another place with --output"
        ) from error
    return folder


def write_run(run: Run, folder: Path, **facts: Any) -> dict[str, Any]:
    """Write a run's files and return the facts of its report.

    Parameters
    ----------
    run : Run
    folder : Path
        From `prepare_folder`.
    **facts
        More sections for report.json, such as ``holdout``.
    """
    write_predictions(run, folder)
    report = {**run_facts(run), **facts}
    manifest = {
        "schema": 1,
        "submission_sha256": fingerprint_file(folder / "submission.csv"),
        "competition_fingerprint": run.competition.fingerprint,
        "data": os.path.relpath(run.competition.folder, folder),
        "chosen": run.chosen,
        "seed": run.pipeline.seed,
        "memory_limit": run.megabytes,
        "environment": report["environment"],
    }
    _write_text(folder / "competition.toml", dump_settings(run.competition.settings))
    _write_text(folder / "pipeline.toml", dump_pipeline(run.pipeline))
    _write_report(report, folder)
    _write_text(folder / "manifest.json", json.dumps(manifest, indent=1))
    return report


def write_predictions(run: Run, folder: Path) -> None:
    """Write a run's submission, proved against sample_submission."""
    write_submission(run.competition, run.test, folder / "submission.csv", run.labels)


def add_word_maps(run: Run, report: dict[str, Any], folder: Path) -> None:
    """Draw the words of the texts that a run used, and link them in its report."""
    _write_report({**report, "word_maps": draw_word_maps(run, folder)}, folder)


def _write_report(report: dict[str, Any], folder: Path) -> None:
    _write_text(folder / "report.json", json.dumps(report, indent=1, sort_keys=True))
    _write_text(folder / "report.md", run_markdown(report))


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())
