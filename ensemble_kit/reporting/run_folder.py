"""The folder of a run: submission, report, and what it takes to do it again."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count, islice, takewhile
from pathlib import Path
from typing import Any

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.settings import dump_settings
from ensemble_kit.competition.submission import write_submission
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.files import renaming, sync_folder, write_atomically
from ensemble_kit.hashing import fingerprint, fingerprint_file
from ensemble_kit.locks import holding, holding_if_free, own_folder, take_away
from ensemble_kit.names import name_mistake
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.fold_file import write_fold_file
from ensemble_kit.reporting.markdown import run_markdown
from ensemble_kit.reporting.next_commands import SUBMISSION
from ensemble_kit.reporting.page.page import run_page
from ensemble_kit.reporting.prediction_files import (
    OOF,
    TEST,
    write_prediction_files,
)
from ensemble_kit.running.finished.exporting import MODELS, models_fault
from ensemble_kit.running.finished.run_files import (
    MANIFEST,
    REPORT,
    plain_file,
    read_facts,
)
from ensemble_kit.running.run import Run

PARTIAL = "submission-partial.csv"
PAGE = "report.html"
ASIDE = ".work"
WORK = "work"  # of what is fitted meanwhile, in the folder of a run to be
# What an equal run has in equal bytes, and what differs from one to the next.
COMPARED = (SUBMISSION, OOF, TEST, "pipeline.toml", "competition.toml")
OF_ONE_CALL = ("seconds", "n_fitted", "n_stored", "memory", "peak_megabytes")


def run_id(competition: Competition, pipeline: Pipeline, *facts: Any) -> str:
    """Return the name of a run's folder; the same command gives the same one.

    Raises
    ------
    PipelineError
        When the pipeline has a name that is none for a folder.
    """
    if fault := name_mistake(pipeline.name):
        raise PipelineError(f"the pipeline cannot name a folder: {fault}")
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
def work_folder(wanted: Path) -> Iterator[Path]:
    """Yield a new folder beside the runs, in which one is written before it is named.

    It is private until `publish` renames it, and taken away where that never happens,
    here or, after a crash, by the next run.

    Raises
    ------
    RunError
        When nothing can be written there.
    """
    prepare_folder(wanted.parent)
    with own_folder(_aside(wanted), wanted.name) as folder:
        yield folder


@contextmanager
def turn(
    wanted: Path,
    waits: bool,
    on_note: Callable[[str], None] = lambda line: None,
    is_interrupted: Callable[[], bool] = lambda: False,
) -> Iterator[None]:
    """Be the one process that makes a run, or wait until the one before has ended.

    Parameters
    ----------
    wanted : Path
        The run's folder.
    waits : bool
        A run that has no time to wait goes on beside the other; what either has
        fitted both find in the store.
    on_note : callable
        Called with a line that says who else is at it.
    is_interrupted : callable
        Asked while it waits.

    Raises
    ------
    KeyboardInterrupt
        When it was interrupted while it waited.
    """
    prepare_folder(wanted.parent)
    path = _aside(wanted) / f"{wanted.name}.turn"
    if not waits:
        with holding_if_free(path) as other:
            if other:
                on_note(f"{other} makes {wanted.name} too: both share the store")
            yield
        return

    def tell(holder: str) -> None:
        on_note(f"waiting for {holder}, which makes {wanted}; Ctrl-C leaves")

    with holding(path, tell, is_interrupted):
        yield


def is_finished(folder: Path) -> bool:
    """Return whether a folder holds a run that came to its end."""
    try:
        return not read_facts(folder, MANIFEST).get("stopped")
    except RunError:
        return False


def publish(folder: Path, wanted: Path, is_finished_run: bool) -> Path:
    """Give a written run its name in one rename, and return where it stays.

    A finished run is never written over: one that differs gets the next number. Where
    the same command has left the same before, that folder stays as it is, and takes
    the new models only where its own are missing or damaged.

    Parameters
    ----------
    folder : Path
        From `work_folder`.
    wanted : Path
        The name that its command asks for.
    is_finished_run : bool
        Whether it came to its end: then unfinished ones of its name go.
    """
    with holding(_publishing(wanted)):
        places = _named(wanted)
        place = next(p for p in places if not is_finished(p))
        if is_finished_run:
            same = (p for p in places if is_finished(p) and _is_equal(p, folder))
            place = next(same, place)
        if is_finished(place):
            _heal_models(folder / MODELS, place / MODELS)
        else:
            take_away(place, _aside(wanted))
            # A disk over a network keeps files that were open when they were removed.
            take_away(folder / WORK, _aside(wanted))
            with renaming(folder, place):
                os.rename(folder, place)
            sync_folder(place.parent)
        for other in places if is_finished_run else ():
            if other != place and not is_finished(other):
                take_away(other, _aside(wanted))
    return place


def write_partial(run: Run, wanted: Path) -> None:
    """Write what an unfinished run would submit, where its folder will be."""
    with holding(_publishing(wanted)):
        place = next(p for p in _numbered(wanted) if not is_finished(p))
        place.mkdir(parents=True, exist_ok=True)
        write_predictions(run, place, PARTIAL)


def write_run(
    run: Run,
    folder: Path,
    place: Path | None = None,
    time_limit: float | None = None,
    made_with: Mapping[str, Any] | None = None,
    **facts: Any,
) -> dict[str, Any]:
    """Write a run's files and return the facts of its report.

    The manifest is last: with it the run is finished, unless it was interrupted.

    Parameters
    ----------
    run : Run
    folder : Path
        From `prepare_folder`.
    place : Path, optional
        Where the folder will be, for what leads out of it.
    time_limit : float, optional
        The seconds it had, for the command that makes it again.
    made_with : mapping, optional
        What else that command needs; see `options_of`.
    **facts
        More sections for report.json, such as ``holdout``.
    """
    name = PARTIAL if run.stopped else SUBMISSION
    write_predictions(run, folder, name)
    write_prediction_files(run, folder)
    write_fold_file(run, folder)
    report = {**run_facts(run), **facts}
    manifest = {
        "schema": 1,
        "submission_sha256": fingerprint_file(folder / name),
        "competition_fingerprint": run.competition.fingerprint,
        "data": os.path.relpath(run.competition.folder, place or folder),
        "chosen": run.chosen,
        "seed": run.pipeline.seed,
        "memory_limit": run.megabytes,
        "time_limit": time_limit,
        "environment": report["environment"],
        **(made_with or {}),
        **({"stopped": run.stopped} if run.stopped else {}),
    }
    _write_text(folder / "competition.toml", dump_settings(run.competition.settings))
    _write_text(folder / "pipeline.toml", dump_pipeline(run.pipeline))
    _write_report(report, folder)
    _write_text(folder / PAGE, run_page(run, report, place or folder))
    _write_text(folder / MANIFEST, json.dumps(manifest, indent=1))
    return report


def options_of(
    competition: Competition, store: Path, custom: Sequence[Path], wanted: Path
) -> dict[str, Any]:
    """Return what else the command of a run named: files relative to the run's folder.

    A store in its usual place is not named, and neither is a metric that was guessed.
    """
    options: dict[str, Any] = {}
    if custom:
        options["custom"] = [os.path.relpath(path, wanted) for path in custom]
    if store.resolve() != (wanted.parent.parent / "store").resolve():
        options["store"] = os.path.relpath(store, wanted)
    if "metric" not in competition.settings.reasons:
        options["metric"] = competition.metric.name
    return options


def write_predictions(run: Run, folder: Path, name: str = SUBMISSION) -> None:
    """Write a run's submission, proved against sample_submission."""
    write_submission(run.competition, run.test, folder / name, run.labels)


def _write_report(report: dict[str, Any], folder: Path) -> None:
    _write_text(folder / REPORT, json.dumps(report, indent=1, sort_keys=True))
    _write_text(folder / "report.md", run_markdown(report))


def _write_text(path: Path, text: str) -> None:
    write_atomically(path, text.encode())


def _numbered(folder: Path) -> Iterator[Path]:
    """Yield a folder, and then its names with numbers from 2 on."""
    yield folder
    yield from (folder.with_name(f"{folder.name}-{number}") for number in count(2))


def _named(wanted: Path) -> list[Path]:
    """Return the folders of a name and its numbers, up to the first that is free."""
    taken = list(takewhile(os.path.lexists, _numbered(wanted)))
    return [*taken, next(islice(_numbered(wanted), len(taken), None))]


def _aside(wanted: Path) -> Path:
    """Return the folder for what is half written, for locks, and for what goes."""
    return wanted.parent / ASIDE


def _publishing(wanted: Path) -> Path:
    """Return the lock that is held for the moment in which a run gets its name."""
    return _aside(wanted) / f"{wanted.name}.publishing"


def _is_equal(one: Path, other: Path) -> bool:
    """Return whether two finished runs differ in nothing but what they cost."""
    try:
        return _lasting_facts(one) == _lasting_facts(other) and all(
            plain_file(one, name).read_bytes() == (other / name).read_bytes()
            for name in COMPARED
        )
    except (OSError, RunError, LookupError, TypeError, AttributeError):
        return False  # an older version wrote less, or it is damaged


def _lasting_facts(folder: Path) -> dict[str, Any]:
    report = read_facts(folder, REPORT)
    members = [_lasting(member) for member in report["leaderboard"]]
    return {**_lasting(report), "leaderboard": members}


def _lasting(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name not in OF_ONE_CALL}


def _heal_models(new: Path, old: Path) -> None:
    """Put new models in the place of old ones that are damaged or missing."""
    if new.is_dir() and models_fault(old.parent):
        take_away(old, new.parent)
        with renaming(new, old):
            os.rename(new, old)
