"""From a competition and a pipeline to a finished run."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.spec import AUTO, Pipeline
from ensemble_kit.running.finished.fitted_ensemble import plan_members
from ensemble_kit.running.fitted_levels import FittedLevels, lower_members
from ensemble_kit.running.level_fitting import Progress, collect, fit_level
from ensemble_kit.running.preparing.foreign_members import refuse_in_sample
from ensemble_kit.running.preparing.metric_objectives import (
    objective_notes,
    working_metric,
)
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.preparing.row_weights import (
    unweighted_features_notes,
    weights_notes,
)
from ensemble_kit.running.preparing.sources import fold_line
from ensemble_kit.running.run import MemberResult, Run, result_of
from ensemble_kit.running.scores.guarded_choice import guard, guard_facts
from ensemble_kit.running.scores.scoring import score_members
from ensemble_kit.running.scores.submission_choice import choose, decision_of
from ensemble_kit.running.scores.validating import fit_checks, validation_facts
from ensemble_kit.running.texts.text_filter import filter_texts
from ensemble_kit.store.fitted_objects import Keeper
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import CostModel
from ensemble_kit.work.execute import read_member
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.inputs import goes_by_windows
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.memory import own_megabytes
from ensemble_kit.work.memory_workspace import MemoryWorkspace
from ensemble_kit.work.pool import Pool
from ensemble_kit.work.worker import WaitingWorkers
from ensemble_kit.work.workers import InProcess, Workers
from ensemble_kit.work.workspace import Source, Workspace

OnFitted = Callable[[FittedLevels, Keeper], None]


@dataclass(frozen=True)
class Resources:
    """What a run may use, none of which changes its predictions.

    Parameters
    ----------
    jobs : int
        Worker processes, one thread each; 0 does the work in this process.
    scratch : Path
        Where matrices are kept while they are needed.
    custom : sequence of Path
        Python files that add to the registries.
    megabytes : float, optional
        What the run may take in all; see `Workers`.
    fit_seconds : float, optional
        What one piece of work may take; see `Limits`.
    keep : {"nowhere", "memory", "workspace", "store"}
        Where fitted feature sets and models are kept.
    backend : {"processes", "dask", "ray"}
    scheduler : str, optional
        Address of a dask scheduler or a Ray head whose machines do the work instead
        of processes here; ``megabytes`` then holds for one piece of work.
    given : mapping of str to object
        Estimators and transformers that are no names, by token.
    in_memory : bool
        Whether work in this process leaves its matrices in memory instead of below
        ``scratch``.
    shared : Path, optional
        The folder of what runs of several targets have in common.
    waiting : WaitingWorkers, optional
        Processes that were started while the data were read.
    """

    jobs: int
    scratch: Path
    custom: Sequence[Path] = ()
    megabytes: float | None = None
    fit_seconds: float | None = None
    keep: str = "nowhere"
    backend: str = "processes"
    scheduler: str | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    in_memory: bool = False
    shared: Path | None = None
    waiting: WaitingWorkers | None = None


def run_pipeline(
    competition: Competition,
    pipeline: Pipeline,
    store: Store,
    resources: Resources,
    progress: Progress | None = None,
    on_fitted: OnFitted = lambda levels, keeper: None,
) -> Run:
    """Fit what is not stored yet, blend, choose and return the run.

    ``on_fitted`` is called with what has been fitted, and what keeps the models,
    before they are gone.

    Raises
    ------
    RunError
        When not one member could be fitted.
    """
    begin, progress = time.monotonic(), progress or Progress()
    prepared = prepare_run(competition, pipeline)
    arrangement, metric = prepared.arrangement, prepared.metric

    def levels_of(graph: Graph) -> FittedLevels:
        return FittedLevels(graph, store, limits_of(graph, store, resources))

    levels = prepared.begin(store, limits_of(prepared.graph, store, resources))
    unfiltered = prepared.pipeline
    on_complete = score_teller(levels, metric, progress)
    with open_pool(prepared.source, store, resources) as (workspace, pool):
        pipeline = filter_texts(unfiltered, levels, workspace, pool, progress)
        for level in pipeline.levels:
            if progress.is_interrupted():
                break
            members = pipeline.at_level(level)
            fit_level(members, levels, workspace, pool, progress, on_complete)
            if level == 1 and not progress.is_interrupted():
                refuse_in_sample(levels)
        checked = fit_checks(
            arrangement, unfiltered, levels_of, workspace, pool, progress
        )
        on_fitted(levels, workspace.keeper)
        levels.peak_megabytes = pool.peak_megabytes
    is_stopped = progress.is_interrupted()
    run = finish_run(competition, pipeline, levels, begin, is_stopped=is_stopped)
    validation = validation_facts(arrangement, run.results, run.matrix, checked, metric)
    return replace(run, validation=validation, seconds=time.monotonic() - begin)


def score_teller(
    levels: FittedLevels, metric: Metric, progress: Progress
) -> Callable[[MemberFits], None] | None:
    """Return what scores a member as soon as it is complete, where that is wanted.

    Nothing is done twice: the score is noted for the end.
    """
    on_score = progress.on_score
    if on_score is None:
        return None
    source = levels.graph.source

    def tell(fits: MemberFits) -> None:
        name, folds = fits.member.name, source.numbered(fits.splits)
        part = read_member(levels.store, fits.grid, folds)
        matrix = OOFMatrix.join([name], [part])
        (result,) = score_members(
            {name: fits}, matrix, source, metric, levels.store, levels.scored
        )
        on_score(name, result.score)

    return tell


def limits_of(graph: Graph, store: Store, resources: Resources) -> Limits:
    """Return what each piece of work of a run may take."""
    if resources.megabytes is None:
        return Limits(CostModel(graph), resources.fit_seconds)
    # What is measured decides how many fits go on at once, never which.
    costs = CostModel(graph, store)
    limits = Limits(costs, resources.fit_seconds, resources.megabytes, own_megabytes())
    return replace(limits, is_shared=resources.scheduler is None)


def finish_run(
    competition: Competition,
    pipeline: Pipeline,
    levels: FittedLevels,
    begin: float,
    compare: bool = True,
    max_rows: int | None = None,
    is_stopped: bool = False,
) -> Run:
    """Return the run of everything that has been fitted.

    Parameters
    ----------
    competition, pipeline, levels
    begin : float
        When the run began, on the monotonic clock.
    compare : bool
        Whether the stack guard compares what has been fitted; it takes seconds.
    max_rows : int, optional
        How many rows it may take.
    is_stopped : bool
        Whether it was interrupted: then nothing is compared.
    """
    levels = levels.so_far()
    source, folds = levels.graph.source, levels.graph.folds(1)
    matrix, metric = collect(levels), working_metric(competition)
    results = score_members(
        levels.fits, matrix, source, metric, levels.store, levels.scored
    )
    wanted, table = pipeline.submit.member, None
    if compare and not is_stopped and wanted not in matrix.members:
        redraw = _may_redraw(competition, pipeline)
        table = guard(levels, matrix, results, metric, redraw, max_rows)
    by_window = _blends_by_window(levels)
    chosen, reason = choose(wanted, results, metric, table, folds, by_window)
    _, test = matrix.member(chosen)
    return Run(
        competition=competition,
        pipeline=pipeline,
        folds=folds,
        matrix=matrix,
        results=results,
        failures=levels.failures,
        chosen=chosen,
        reason=reason,
        test=test if source.kind != "regression" else competition.task.restore(test),
        labels=_labels(competition, results, chosen, matrix),
        weights=_blend_weights(levels),
        notes=_notes(competition, pipeline, levels, metric),
        guard=guard_facts(table),
        seconds=time.monotonic() - begin,
        n_fitted=len(levels.fitted),
        n_stored=_n_stored(levels),
        peak_megabytes=levels.peak_megabytes,
        megabytes=levels.limits.megabytes if levels.limits else None,
        plan=_plan_of(levels, chosen),
        predicted_seconds=_predicted_seconds(levels),
        stopped=_where_stopped(pipeline, levels) if is_stopped else "",
    )


def _blends_by_window(levels: FittedLevels) -> list[str]:
    """Return the blends whose weights go by windows in time."""
    return [
        name
        for name, fits in levels.fits.items()
        if fits.member.level > 1
        and goes_by_windows(fits.member.model_facts(levels.graph.source.kind))
    ]


def _where_stopped(pipeline: Pipeline, levels: FittedLevels) -> str:
    """Return what was not done when a run was stopped."""
    stopped = levels.stopped(pipeline)
    if pipeline.submit.member == AUTO:
        return stopped or "stopped before the combinations were compared"
    return stopped


def _notes(
    competition: Competition, pipeline: Pipeline, levels: FittedLevels, metric: Metric
) -> tuple[str, ...]:
    """Return what a reader of the report should know."""
    return (
        *competition.notes,
        *_fold_notes(competition, pipeline),
        *levels.reader_notes,
        *objective_notes(pipeline, metric),
        *_weights_notes(levels),
    )


def _n_stored(levels: FittedLevels) -> int:
    """Return how many of the fits were there before."""
    keys = {key for fits in levels.fits.values() for key in fits.keys}
    return len(keys - levels.fitted)


def _predicted_seconds(levels: FittedLevels) -> dict[str, float]:
    """Return what the fits of each member were going to take."""
    if levels.limits is None:
        return {}
    costs, nodes = levels.limits.costs, levels.graph.nodes
    return {
        name: sum(costs.seconds(nodes[key]) for key in fits.keys)
        for name, fits in levels.fits.items()
    }


def _weights_notes(levels: FittedLevels) -> tuple[str, ...]:
    """Return what the weights do not reach, where there are weights."""
    if levels.graph.source.weights is None:
        return ()
    return (
        *weights_notes(fits.member for fits in levels.fits.values()),
        *unweighted_features_notes(levels.graph.nodes.values()),
    )


def _fold_notes(competition: Competition, pipeline: Pipeline) -> tuple[str, ...]:
    """Return what folds do about test rows that were not drawn at random."""
    line = fold_line(competition, pipeline.folds)
    return (line,) if line else ()


def _plan_of(levels: FittedLevels, chosen: str) -> tuple[Mapping[str, Any], ...]:
    """Return what predicts later rows and is to be explained."""
    nodes, fits = levels.graph.nodes, levels.fits
    return tuple(plan_members(nodes, fits, [chosen], to_explain=True))


def _may_redraw(competition: Competition, pipeline: Pipeline) -> bool:
    """Return whether the guard may split rows anew, at random."""
    return pipeline.folds.splitter == AUTO and _is_plain(competition)


def _is_plain(competition: Competition) -> bool:
    """Return whether rows may be split at random."""
    structure = (
        competition.groups,
        competition.times,
        competition.folds,
        competition.drawing,
    )
    return all(part is None for part in structure)


def _blend_weights(levels: FittedLevels) -> dict[str, dict[str, float]]:
    """Return the weights of the blends that have them, as means over folds."""
    weights_of = {}
    for name, fits in levels.fits.items():
        entries = [levels.store.read(key) for key in fits.keys]
        weights = [e.facts["weights"] for e in entries if e and "weights" in e.facts]
        if weights:
            below = [lower.member.name for lower in lower_members(fits.member, levels)]
            mean = np.mean(weights, axis=0)
            weights_of[name] = dict(zip(below, mean.tolist(), strict=True))
    return weights_of


def _labels(
    competition: Competition,
    results: Sequence[MemberResult],
    chosen: str,
    matrix: OOFMatrix,
) -> NDArray[Any] | None:
    """Return labels where the submission holds labels, else None."""
    if competition.template.form != "label":
        return None
    (oof, test), result = matrix.member(chosen), result_of(results, chosen)
    codes = decision_of(result, competition, oof).predict(test)
    return competition.task.decode(codes)


@contextmanager
def open_pool(
    source: Source, store: Store, resources: Resources
) -> Iterator[tuple[Workspace, Pool]]:
    """Yield a workspace and the pool that works on it; both are gone afterwards."""
    workspace = _open_workspace(source, resources)
    workspace.keeper = Keeper(resources.keep, workspace.folder, store)
    workspace.give(resources.given, other_processes=resources.jobs > 0)
    pool: Pool | None = None
    try:
        if resources.scheduler:
            from ensemble_kit.cluster.cluster import Cluster
            from ensemble_kit.cluster.link import connect

            pool = Cluster(
                connect(resources.backend, resources.scheduler),
                workspace,
                store,
                resources.custom,
                resources.megabytes,
            )
        elif resources.jobs == 0:
            pool = InProcess(workspace, store)
        else:
            pool = Workers(
                resources.jobs,
                workspace,
                store,
                custom=resources.custom,
                megabytes=resources.megabytes,
                waiting=resources.waiting,
            )
        yield workspace, pool
    finally:
        if pool is not None:
            pool.close()
        workspace.close()


def _open_workspace(source: Source, resources: Resources) -> Workspace:
    if resources.in_memory and resources.jobs == 0:
        return MemoryWorkspace(resources.scratch, source)
    return Workspace.create(resources.scratch, source, resources.shared)
