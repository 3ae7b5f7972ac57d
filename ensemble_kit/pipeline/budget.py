"""A run that ends in time, with the best that the time allows.

One fold of every candidate is fitted first. What each adds to a blend of that
fold's predictions, per second of what is left to fit, decides the order in which
they are completed on the other folds. Time that is left goes to further seeds of the
members that draw at random. Level 2 and writing have their time kept aside; a valid
submission is on disk from the first completed fit on.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ensemble_kit.competition.competition import Competition
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.graph import MemberFits, Node
from ensemble_kit.oof.member import Member
from ensemble_kit.oof.schedule import Schedule
from ensemble_kit.oof.store import Store
from ensemble_kit.oof.workers import InProcess
from ensemble_kit.oof.workspace import Workspace
from ensemble_kit.pipeline.fitting import Progress
from ensemble_kit.pipeline.gating import gate_texts
from ensemble_kit.pipeline.levels import Levels, plan_level
from ensemble_kit.pipeline.recording import recorded
from ensemble_kit.pipeline.run import Run
from ensemble_kit.pipeline.running import (
    Resources,
    finish_run,
    limits_of,
    open_pool,
    working_metric,
)
from ensemble_kit.pipeline.schemes import arrange, without_checks
from ensemble_kit.pipeline.sources import make_source
from ensemble_kit.pipeline.spec import AUTO, Pipeline
from ensemble_kit.pipeline.steering import steer
from ensemble_kit.pipeline.validating import validation_facts
from ensemble_kit.pipeline.worth import admit, members_by_worth

FIRST_FOLDS_SHARE = 0.4
PROBE_SHARE = 0.06
GATE_SHARE = 0.1
LEAST_FOR_GATE = 120.0
PRIOR = Member("prior", "prior", features="raw")
ROUNDS_OF_SEEDS = (1, 2, 4)  # few, for each fits the features anew
DRAWS_AT_RANDOM = {"boosting", "forest", "neural", "neural_text", "factorization"}
GUARDED_ROWS = 2000


@dataclass(frozen=True)
class Clock:
    """When a run has to be over.

    Parameters
    ----------
    start, limit : float
        Start on the monotonic clock, and seconds from it to the exit.
    """

    start: float
    limit: float

    @property
    def left(self) -> float:
        """Return the seconds left."""
        return self.start + self.limit - time.monotonic()

    def after(self, share: float) -> float:
        """Return the time, on the monotonic clock, when a share of the rest is gone."""
        return time.monotonic() + share * self.left

    @property
    def reserve(self) -> float:
        """Return the seconds kept for level 2, choosing and writing."""
        return min(0.25 * self.limit, max(4.0, 0.08 * self.limit))


def run_within(
    competition: Competition,
    pipeline: Pipeline,
    store: Store,
    resources: Resources,
    clock: Clock,
    progress: Progress | None = None,
    on_better: Callable[[Run], None] = lambda run: None,
) -> Run:
    """Fit what the time allows and return the run.

    Parameters
    ----------
    competition, pipeline, store, resources, progress
        See `run_pipeline`; the order of the members is their priority.
    clock : Clock
    on_better : callable
        Called with a run as soon as there is one and whenever it has improved.

    Raises
    ------
    RunError
        When nothing at all could be fitted in time.
    """
    progress = progress or Progress()
    source = make_source(competition, pipeline.folds)
    metric = working_metric(competition)
    asked = pipeline.validation
    pipeline = _affordable(steer(pipeline, metric, source.kind))
    planned = arrange(competition, pipeline, source, PROBE_SHARE * clock.limit)
    source, graph = planned.source, planned.main
    levels = Levels(graph, store, limits_of(graph, store, resources))
    limited = _Limited(competition, pipeline, levels, clock, progress, on_better)
    with open_pool(source, store, resources) as (workspace, pool):
        limited.gate_texts(workspace, pool)
        limited.fit_first_folds(workspace, pool)
        limited.complete(workspace, pool, metric)
        limited.fit_upper(workspace, pool)
        limited.fall_back(workspace)
        levels.peak_megabytes = pool.peak_megabytes
    run = limited.finish()
    facts = validation_facts(planned, run.results, run.matrix, {}, metric)
    if pipeline.validation != asked:
        dropped = "a time limit leaves no room for fits that only check level 2"
        run = replace(run, notes=(*run.notes, dropped))
    return replace(run, validation=facts)


def _affordable(pipeline: Pipeline) -> Pipeline:
    """Return a pipeline without fits beyond those of the folds."""
    submit = replace(pipeline.submit, test="mean")
    return without_checks(replace(pipeline, submit=submit))


@dataclass
class _Limited:
    """The state of a time-limited run."""

    competition: Competition
    pipeline: Pipeline
    levels: Levels
    clock: Clock
    progress: Progress
    on_better: Callable[[Run], None]
    best_at: float = 0.0

    def gate_texts(self, workspace: Workspace, pool: Any) -> None:
        """Leave out texts that lift nothing, where there is the time to see that."""
        if self.clock.limit < LEAST_FOR_GATE:
            self.pipeline = replace(self.pipeline, text_gate=False)
            return
        until = self.clock.after(GATE_SHARE)
        self.pipeline = gate_texts(
            self.pipeline, self.levels, workspace, pool, self.progress, until
        )

    def fit_first_folds(self, workspace: Workspace, pool: Any) -> None:
        """Fit the first fold of every candidate, in their order.

        Where the time for it ends with nothing at hand, it goes on to the first fit.
        """
        self.planned = plan_level(self.pipeline.at_level(1), self.levels)
        order = {name: at for at, name in enumerate(self.planned)}
        keys = [fits.grid[0][0] for fits in self.planned.values()]
        until = self.clock.after(FIRST_FOLDS_SHARE)
        deadline = self.clock.after(FIRST_FOLDS_SHARE + 0.1)
        end = self._end_of_level_1
        work = partial(self._work, workspace, pool, keys, lambda n: order[n.member])
        work(lambda: time.monotonic() >= until, deadline)
        if not self._has_any():
            work(lambda: time.monotonic() >= end or self._has_any(), end)

    def complete(self, workspace: Workspace, pool: Any, metric: Metric) -> None:
        """Complete members in the order of what they are worth, while time lasts."""
        until = self._end_of_level_1
        for n_seeds in ROUNDS_OF_SEEDS:
            self._seed(n_seeds)
            self._complete(workspace, pool, metric, until)

    def _seed(self, n_seeds: int) -> None:
        """Plan complete members that draw at random with that many seeds."""
        for name, fits in self.levels.fits.items():
            member = fits.member
            if member.spec.family in DRAWS_AT_RANDOM and len(member.seeds) < n_seeds:
                more = [seed for seed in range(n_seeds) if seed not in member.seeds]
                seeds = (*member.seeds, *more)[:n_seeds]
                more_of_it = replace(member, seeds=seeds)
                self.planned[name] = self.levels.graph.fits(
                    more_of_it, single=fits.single
                )

    def _complete(
        self, workspace: Workspace, pool: Any, metric: Metric, until: float
    ) -> None:
        while True:
            seconds = until - time.monotonic()
            planned = self._planned_and_well()
            worth = members_by_worth(planned, self.levels, metric)
            admitted = admit(worth, planned, seconds, pool.size)
            if not admitted or self.progress.is_interrupted():
                return
            order = {name: at for at, name in enumerate(admitted)}
            keys = [key for name in admitted for key in self.planned[name].keys]
            self._work(
                workspace,
                pool,
                keys,
                lambda node, order=order: (order[node.member], node.fold),
                lambda: time.monotonic() >= until,
                until,
            )
            if time.monotonic() >= until:
                return

    def _planned_and_well(self) -> dict[str, MemberFits]:
        gone = self.levels.failures
        return {name: f for name, f in self.planned.items() if name not in gone}

    def fit_upper(self, workspace: Workspace, pool: Any) -> None:
        """Fit the levels above on the members that are complete."""
        until = self.clock.start + self.clock.limit - 0.25 * self.clock.reserve
        for level in self.pipeline.levels[1:]:
            if len(self.levels.fits) < 2 or self.progress.is_interrupted():
                return
            planned = plan_level(self.pipeline.at_level(level), self.levels)
            keys = [key for fits in planned.values() for key in fits.keys]
            self._work(
                workspace,
                pool,
                keys,
                lambda node: node.fold,
                lambda until=until: time.monotonic() >= until,
                until,
            )
            self.levels.take_complete(planned)

    def fall_back(self, workspace: Workspace) -> None:
        """Fit what takes no time, where the time was too short for all else."""
        if self._has_any() or self.progress.is_interrupted():
            return
        prior = plan_level([PRIOR], self.levels)
        self.planned |= prior
        keys = [key for fits in prior.values() for key in fits.keys]
        pool = InProcess(workspace, self.levels.store)
        self._work(workspace, pool, keys, lambda node: node.fold)

    def _has_any(self) -> bool:
        """Return whether the first fold of any candidate is there."""
        first = (fits.grid[0] for fits in self.planned.values())
        return any(all(key in self.levels.store for key in keys) for keys in first)

    @property
    def _end_of_level_1(self) -> float:
        return self.clock.start + self.clock.limit - self.clock.reserve

    def finish(self) -> Run:
        """Return the run of what is complete; members that are not are named."""
        run = self._so_far(compare=self.pipeline.submit.member == AUTO)
        late = dict.fromkeys(self.planned.keys() - run.matrix.members, "no time for it")
        failures = {**dict(sorted(late.items())), **run.failures}
        return replace(run, failures=failures, pipeline=recorded(run, self.levels))

    def _work(
        self,
        workspace: Workspace,
        pool: Any,
        keys: Sequence[str],
        priority: Callable[[Node], Any],
        should_stop: Callable[[], bool] = lambda: False,
        deadline: float | None = None,
    ) -> None:
        """Start work until it should stop, kill it at a time, tell of what is new."""
        schedule = Schedule(
            self.levels.graph,
            keys,
            self.levels.store,
            workspace,
            priority,
            self.levels.limits,
        )
        self.progress.on_plan(list(schedule.missing.values()))
        schedule.run(
            pool,
            self._on_event,
            should_stop,
            deadline,
            self.progress.is_interrupted,
        )
        for name, reason in schedule.failures.items():
            if name not in self.levels.fits:  # else it stays, with fewer seeds
                self.levels.failures[name] = reason
            self.planned.pop(name, None)

    def _on_event(self, event: str, node: Node, facts: dict[str, Any]) -> None:
        self.progress.on_event(event, node, facts)
        if event == "done" and node.kind == "fit":
            self.levels.fitted.add(node.key)
            self.levels.take_complete(self.planned)
            self._tell()

    def _tell(self) -> None:
        """Tell of the run so far when it has grown, but not too often."""
        wait = max(5.0, 0.05 * self.clock.limit)
        now = time.monotonic()
        if not self.best_at or (self.levels.fits and now - self.best_at > wait):
            self.best_at = now
            self.on_better(self._so_far())

    def _so_far(self, compare: bool = False) -> Run:
        """Return the run of complete members, or of those with one fold."""
        return finish_run(
            self.competition,
            self.pipeline,
            self.levels,
            self.clock.start,
            compare,
            GUARDED_ROWS,
        )
