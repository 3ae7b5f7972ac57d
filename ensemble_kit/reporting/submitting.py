"""A run from the competition to its folder: what every door calls."""

import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.hiding import refuse_one_class
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.custom_files import load_custom_files
from ensemble_kit.exceptions import PredictionWarning
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import Pipeline, with_folds
from ensemble_kit.processes import count_cores
from ensemble_kit.quantities import parse_duration, parse_size
from ensemble_kit.reporting.holdout import holdout_facts
from ensemble_kit.reporting.next_commands import SUBMISSION
from ensemble_kit.reporting.run_folder import (
    PARTIAL,
    WORK,
    options_of,
    publish,
    run_id,
    turn,
    work_folder,
    write_partial,
    write_run,
)
from ensemble_kit.running.finished.exporting import drop_damaged, export_models
from ensemble_kit.running.finished.loaded_run import LoadedRun, load_run
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.repeating import repeat_until_clear
from ensemble_kit.running.spans import SpanRecorder
from ensemble_kit.running.timed.clock import Clock, slowness_of
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store

# More of a report: from the run, and from the folder it is written into.
Sections = Callable[[Run, Path], dict[str, Any]]


def no_sections(run: Run, folder: Path) -> dict[str, Any]:
    """Return nothing more than every report has."""
    return {}


@dataclass(frozen=True)
class Request:
    """What a run is made of, and where it goes.

    Parameters
    ----------
    competition : Competition
    pipeline : Pipeline
    store : Store
    resources : Resources
        Its scratch is chosen here.
    folder : Path
        Where the run's files are wanted; see `run_folder.publish`.
    clock : Clock, optional
        The time it has; without it, as long as it needs.
    sections : callable
        More sections of the report, from the run and the folder it is written into.
    """

    competition: Competition
    pipeline: Pipeline
    store: Store
    resources: Resources
    folder: Path
    clock: Clock | None = None
    sections: Sections = no_sections


@dataclass(frozen=True)
class Written:
    """A run and its files.

    Parameters
    ----------
    run : Run
    folder : Path
    report : dict
        The facts of report.json.
    notes : tuple of str
        What went otherwise than asked for: models that could not be kept.
    """

    run: Run
    folder: Path
    report: dict[str, Any]
    notes: Sequence[str] = ()

    @property
    def submission(self) -> Path:
        """Return the submission; an interrupted run's has a name that says so."""
        return self.folder / (PARTIAL if self.run.stopped else SUBMISSION)


def submit_run(request: Request, progress: Progress | None = None) -> Written:
    """Fit what is missing, and write the run's files.

    What an earlier call has left is never written over where it differs: equal runs
    share one folder, others get the next number. Of two equal calls at once, the
    second waits for the first, unless it has a time limit.

    Raises
    ------
    RunError
        When the folder cannot be written, or nothing could be fitted.
    """
    progress = progress or Progress()
    waits = request.clock is None
    wanted, tell = request.folder, progress.on_note
    with (
        turn(wanted, waits, tell, progress.is_interrupted),
        work_folder(wanted) as folder,
    ):
        resources = replace(request.resources, scratch=folder / WORK)
        request = replace(request, resources=resources)
        run, notes = _fit_and_export(request, folder, progress)
        seconds = None if request.clock is None else request.clock.limit
        sections = request.sections(run, folder)
        made_with = options_of(
            request.competition, request.store.folder, resources.custom, wanted
        )
        report = write_run(run, folder, wanted, seconds, made_with, **sections)
        place = publish(folder, wanted, is_finished_run=not run.stopped)
    notes = [f"no prediction of later rows: {reason}" for reason in notes]
    return Written(run, place, report, tuple(notes))


def run(
    folder: Path | str,
    pipeline: str | Path | Pipeline | None = None,
    *,
    time_limit: str | float | None = None,
    memory_limit: str | None = None,
    metric: str | None = None,
    seed: int | None = None,
    folds: str | None = None,
    jobs: int | None = None,
    output: Path | str | None = None,
    store: Path | str | None = None,
    custom: Sequence[Path | str] = (),
    keep_models: bool = True,
    holdout: float | None = None,
    progress: Progress | None = None,
) -> LoadedRun:
    """Make a stacked submission of a competition's folder, and return the run.

    What ``ensemble-kit submit`` does: the same arguments give the same folder, and
    what is fitted is kept for the next call.

    Parameters
    ----------
    folder : path
        With train.csv, test.csv and perhaps sample_submission.csv.
    pipeline : str, path or Pipeline, optional
        A shipped name or a TOML file; "standard", or "best" with a time limit.
    time_limit : str or float, optional
        Such as "2m", or seconds; counts from this call.
    memory_limit : str, optional
        Such as "8G": what the run may take in all.
    metric : str, optional
        What counts; else what competition.toml says, or a guess.
    seed : int, optional
        Overrides the pipeline's.
    folds : {"auto", "random", "adversarial"}, optional
        Overrides the pipeline's; "auto" makes folds like the test, "adversarial"
        validates only rows most like the test.
    jobs : int, optional
        Worker processes; every core by default, 0 works in this process.
    output : path, optional
        Where ``runs/`` goes; the folder by default.
    store : path, optional
        Where finished fits are kept; ``store`` below the output by default.
    custom : sequence of path
        Python files that add models or featurizers.
    keep_models : bool, default True
        Whether the run can predict later rows.
    holdout : float, optional
        Hide the labels of this share of the training rows, and score the run on them
        once; ``facts["holdout"]`` of the run says how it went.
    progress : Progress, optional
        Called with what goes on.

    Raises
    ------
    CompetitionError, PipelineError
        When the folder or the pipeline cannot be understood.
    RunError
        When nothing could be fitted.
    """
    begin, busy = time.monotonic(), time.process_time()
    seconds = parse_duration(str(time_limit)) if time_limit is not None else None
    megabytes = parse_size(memory_limit) if memory_limit is not None else None
    load_custom_files(custom)
    recipe = pipeline or ("best" if seconds else "standard")
    if not isinstance(recipe, Pipeline):
        recipe = load_pipeline(recipe)
    recipe = with_folds(recipe, folds)
    recipe = recipe if seed is None else replace(recipe, seed=seed)
    competition = load_competition(folder, metric=metric, overrides=recipe.competition)
    reading, busy = time.monotonic() - begin, time.process_time() - busy
    slowness = slowness_of(reading, busy)
    base = Path(output or folder)
    request = Request(
        competition,
        recipe,
        Store(Path(store) if store else base / "store"),
        Resources(
            count_cores() if jobs is None else jobs,
            Path(),
            tuple(map(Path, custom)),
            megabytes,
            keep="store" if keep_models else "nowhere",
        ),
        run_path(base, competition, recipe, seconds, megabytes),
        None if seconds is None else Clock(begin, seconds, reading, 0.0, slowness),
    )
    if holdout is not None:
        request = with_holdout(request, holdout, seed or 0, seconds)
    written = submit_run(request, progress)
    for line in written.notes:
        warnings.warn(line, PredictionWarning, stacklevel=2)
    return load_run(written.folder)


def with_holdout(
    request: Request, fraction: float, seed: int, seconds: float | None = None
) -> Request:
    """Return a request for the same run on hidden rows, scored once at its end.

    Parameters
    ----------
    request : Request
        Its own sections are kept.
    fraction : float
        How many of the training rows lose their labels.
    seed : int
        Which ones.
    seconds : float, optional
        The run's limit, where it has one.
    """
    hidden, y_hidden = request.competition.hide(fraction, seed)
    refuse_one_class(y_hidden, hidden.task.classes, hidden.metric.name)
    weights = request.competition.hidden_weights(fraction, seed)
    metric = request.competition.hidden_metric(fraction, seed)

    def sections(run: Run, folder: Path) -> dict[str, Any]:
        facts = holdout_facts(run, y_hidden, fraction, seed, weights, metric)
        return {"holdout": facts} | request.sections(run, folder)

    limits = [one for one in (seconds, request.resources.megabytes) if one]
    name = f"holdout-{run_id(hidden, request.pipeline, *limits)}"
    folder = request.folder.with_name(name)
    return replace(request, competition=hidden, folder=folder, sections=sections)


def run_path(
    base: Path,
    competition: Competition,
    pipeline: Pipeline,
    seconds: float | None = None,
    megabytes: float | None = None,
) -> Path:
    """Return where the files of a run are wanted: the same for the same facts."""
    # Less memory may leave members out: then it is another run.
    limits = [] if megabytes is None else [megabytes]
    return base / "runs" / run_id(competition, pipeline, seconds, *limits)


def _fit_and_export(
    request: Request, folder: Path, progress: Progress
) -> tuple[Run, list[str]]:
    """Return a run whose models are in its folder, and why some may not be.

    What the store holds damaged is fitted once more, where there is the time.
    """
    run = _fit(request, progress)
    if request.resources.keep != "store":
        return run, []
    if damaged := drop_damaged(run, request.store):
        note = f"{len(damaged)} kept models are damaged"
        if request.clock is not None:
            return run, [f"{note}; the same command fits them again"]
        progress.on_note(f"{note} and fitted again")
        run = _fit(request, progress)
    return run, export_models(run, request.store, folder)


def _fit(request: Request, progress: Progress) -> Run:
    """Return the run of a request, its folds repeated where that is asked for."""

    def fit(pipeline: Pipeline) -> Run:
        return _fit_once(replace(request, pipeline=pipeline), progress)

    if not request.pipeline.folds.steady:
        return fit(request.pipeline)
    return repeat_until_clear(fit, request.pipeline, request.clock)


def _fit_once(request: Request, progress: Progress) -> Run:
    parts = (request.competition, request.pipeline, request.store, request.resources)
    recorder = SpanRecorder(progress.on_event)
    heard = replace(progress, on_event=recorder.hear)
    if request.clock is None:
        run = run_pipeline(*parts, heard)
    else:
        run = run_within(
            *parts,
            request.clock,
            heard,
            on_better=lambda run: write_partial(run, request.folder),
            rehearse=lambda run: _rehearse(run, request),
        )
    return replace(run, spans=tuple(recorder.spans))


def _rehearse(run: Run, request: Request) -> None:
    """Write a run's files as at its end, and take them away."""
    with TemporaryDirectory(dir=request.resources.scratch.parent) as place:
        folder = Path(place)
        if request.resources.keep == "store":
            drop_damaged(run, request.store)
            export_models(run, request.store, folder)
        write_run(run, folder, request.folder)
