"""A run that ends in time, with the best that the time allows."""

from collections.abc import Callable
from dataclasses import replace

from ensemble_kit.competition.competition import Competition
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.preparing.foreign_members import refuse_in_sample
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import (
    OnFitted,
    Resources,
    limits_of,
    open_pool,
)
from ensemble_kit.running.scores.validating import validation_facts
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.limited_run import LimitedRun
from ensemble_kit.store.store import Store


def run_within(
    competition: Competition,
    pipeline: Pipeline,
    store: Store,
    resources: Resources,
    clock: Clock,
    progress: Progress | None = None,
    on_better: Callable[[Run], None] = lambda run: None,
    on_fitted: OnFitted = lambda levels, keeper: None,
    rehearse: Callable[[Run], None] = lambda run: None,
) -> Run:
    """Fit what the time allows and return the run.

    Parameters
    ----------
    competition, pipeline, store, resources, progress
        See `run_pipeline`; the order of the members is their priority.
    clock : Clock
    on_better : callable
        Called with a run as soon as there is one and whenever it has improved.
    on_fitted : callable
        See `run_pipeline`.
    rehearse : callable
        Called once on the way with a run; it writes what the run at the end is going
        to leave, and takes it away again, so that the time for it is known.

    Raises
    ------
    RunError
        When it is interrupted before anything was fitted. Where only the time was too
        short, the shares of the classes, or the mean, are predicted.
    """
    prepared = prepare_run(competition, pipeline, clock.limit)
    limits = replace(limits_of(prepared.graph, store, resources), is_timed=True)
    levels = prepared.begin(store, limits)
    with open_pool(prepared.source, store, resources) as (workspace, pool):
        limited = LimitedRun(
            competition,
            prepared.pipeline,
            levels,
            clock,
            store,
            workspace,
            pool,
            progress or Progress(),
            on_better,
            rehearse,
        )
        limited.filter_texts()
        limited.leave_out_slow_encoders()
        limited.fit_level_1(prepared.metric)
        refuse_in_sample(levels)
        limited.fit_upper()
        limited.fall_back()
        on_fitted(levels, workspace.keeper)
        levels.peak_megabytes = pool.peak_megabytes
    run = limited.finish()
    facts = validation_facts(
        prepared.arrangement, run.results, run.matrix, {}, prepared.metric
    )
    return replace(run, validation=facts)
