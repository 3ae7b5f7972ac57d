"""The folder of a run: submission, report, and what it takes to do it again."""

import json
import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count
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
from ensemble_kit.reporting.prediction_files import (
    OOF,
    TEST,
    write_prediction_files,
)
from ensemble_kit.running.exporting import MODELS
from ensemble_kit.running.run import Run

SUBMISSION = "submission.csv"
PARTIAL = "submission-partial.csv"
MANIFEST = "manifest.json"
HELD = ".running"
# What an equal run has in equal bytes, and what differs from one to the next.
COMPARED = (SUBMISSION, OOF, TEST, "pipeline.toml", "competition.toml")
OF_ONE_CALL = ("seconds", "n_fitted", "n_stored", "memory", "peak_megabytes")


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


@contextmanager
def claimed_folder(folder: Path) -> Iterator[Path]:
    """Yield a folder of that name, or of the next number, that is ours to write into.

    A finished run's folder is never written into, nor one that another process
    writes into now; an unfinished one that nobody holds is taken up again.
    """
    for place in _numbered(folder):
        if is_finished(place):
            continue
        lock = _hold(prepare_folder(place))
        if lock is None:
            continue
        try:
            yield place
        finally:
            with suppress(FileNotFoundError):  # the folder may be gone: it was equal
                (place / HELD).unlink()
            os.close(lock)
        return


def is_finished(folder: Path) -> bool:
    """Return whether a folder holds a run that came to its end."""
    try:
        manifest = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return not manifest.get("stopped")


def settle_folder(folder: Path, wanted: Path) -> Path:
    """Return where a finished run stays, given the name that its command asks for.

    Where the same command has left the same before, that folder stays as it is, takes
    the new models in the place of its own, and the new folder is taken away.
    """
    for earlier in _numbered(wanted):
        if not earlier.is_dir():
            return folder
        if earlier != folder and is_finished(earlier) and _is_equal(earlier, folder):
            _take_models(folder / MODELS, earlier / MODELS)
            shutil.rmtree(folder)
            return earlier
    return folder


def write_run(run: Run, folder: Path, **facts: Any) -> dict[str, Any]:
    """Write a run's files and return the facts of its report.

    The manifest is last: with it the run is finished, unless it was interrupted.

    Parameters
    ----------
    run : Run
    folder : Path
        From `prepare_folder`.
    **facts
        More sections for report.json, such as ``holdout``.
    """
    name = PARTIAL if run.stopped else SUBMISSION
    write_predictions(run, folder, name)
    write_prediction_files(run, folder)
    report = {**run_facts(run), **facts}
    manifest = {
        "schema": 1,
        "submission_sha256": fingerprint_file(folder / name),
        "competition_fingerprint": run.competition.fingerprint,
        "data": os.path.relpath(run.competition.folder, folder),
        "chosen": run.chosen,
        "seed": run.pipeline.seed,
        "memory_limit": run.megabytes,
        "environment": report["environment"],
        **({"stopped": run.stopped} if run.stopped else {}),
    }
    _write_text(folder / "competition.toml", dump_settings(run.competition.settings))
    _write_text(folder / "pipeline.toml", dump_pipeline(run.pipeline))
    _write_report(report, folder)
    _write_text(folder / MANIFEST, json.dumps(manifest, indent=1))
    if not run.stopped:
        (folder / PARTIAL).unlink(missing_ok=True)
    return report


def write_predictions(run: Run, folder: Path, name: str = SUBMISSION) -> None:
    """Write a run's submission, proved against sample_submission."""
    write_submission(run.competition, run.test, folder / name, run.labels)


def _write_report(report: dict[str, Any], folder: Path) -> None:
    _write_text(folder / "report.json", json.dumps(report, indent=1, sort_keys=True))
    _write_text(folder / "report.md", run_markdown(report))


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())


def _numbered(folder: Path) -> Iterator[Path]:
    """Yield a folder, and then its names with numbers from 2 on."""
    yield folder
    yield from (folder.with_name(f"{folder.name}-{number}") for number in count(2))


def _hold(folder: Path) -> int | None:
    """Return a lock on a folder, or None where another process holds it.

    It ends with this process. Where a disk knows no locks the folder is taken
    without one.
    """
    import fcntl

    path = folder / HELD
    lock = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        return None
    except OSError:
        return lock
    if not path.is_file() or os.fstat(lock).st_ino != path.stat().st_ino:
        os.close(lock)  # who held it has just taken it away
        return _hold(folder)
    os.write(lock, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
    return lock


def _is_equal(one: Path, other: Path) -> bool:
    """Return whether two finished runs differ in nothing but what they cost."""
    try:
        return _lasting_facts(one) == _lasting_facts(other) and all(
            (one / name).read_bytes() == (other / name).read_bytes()
            for name in COMPARED
        )
    except (OSError, ValueError):
        return False  # an older version wrote less


def _lasting_facts(folder: Path) -> dict[str, Any]:
    report = json.loads((folder / "report.json").read_text(encoding="utf-8"))
    members = [_lasting(member) for member in report["leaderboard"]]
    return {**_lasting(report), "leaderboard": members}


def _lasting(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in OF_ONE_CALL}


def _take_models(new: Path, old: Path) -> None:
    """Put new models in the place of old ones, which may be damaged or missing."""
    if new.is_dir():
        shutil.rmtree(old, ignore_errors=True)
        new.rename(old)
