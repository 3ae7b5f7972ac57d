"""What a run does with the time it has.

One fold of every candidate is fitted first, until a share of the time is gone, or until
a few long ones take all of it to be completed. What each adds to a blend of that fold's
predictions, per second of what is left to do, decides the order in which they are
completed on the other folds. Time that is left goes to candidates not yet begun,
then to further seeds of the members that draw at random. Level 2 and writing have
their time kept aside; a valid submission is on disk from the first fit on.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from ensemble_kit.competition.checks.near_duplicates import MOST_CHARACTERS
from ensemble_kit.competition.competition import Competition
from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import AUTO, Pipeline
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.recording import recorded
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import finish_run
from ensemble_kit.running.texts.text_filter import filter_texts
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.encoding import (
    TRYING_SHARE,
    first_texts,
    learn_from_silence,
    too_slow,
)
from ensemble_kit.running.timed.worth import Worth
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import words_per_row
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import Node
from ensemble_kit.work.pool import Pool
from ensemble_kit.work.rates import Size, fit_seconds
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workers import InProcess
from ensemble_kit.work.workspace import Workspace

FIRST_FOLDS_SHARE = 0.4
WEIGHING_SHARE = 0.1
# Of the limit: where fits take more, this many members are completed rather than begun.
LONG_FIT_SHARE, N_LONG = 0.05, 2
PRIOR = Member("prior", "prior", features="raw")
MEAN = Member("mean", "mean", level=2)
ROUNDS_OF_SEEDS = (2, 4, 8, 16)  # few, for each fits the features anew
GUARDED_ROWS = 2000
SECONDS_PER_CELL = 1.2e-6  # of oof.csv and test_predictions.csv
# Of report.html: to begin with, for each column, for each row, and for each member's.
PAGE_SECONDS, PAGE_SECONDS_PER_COLUMN = 3.0, 0.013
PAGE_SECONDS_PER_ROW, PAGE_SECONDS_PER_SCORE = 6e-6, 1e-6
TWIN_SECONDS_PER_CHARACTER, CHARACTERS_PER_WORD = 5e-7, 7  # of near-duplicate texts
LEAST_TO_CHOOSE = 1.5  # between level 2 and the end
LEAST_WAIT, WAIT_SHARE = 5.0, 0.05  # between two submissions on the way


def _by_place(order: Mapping[str, int]) -> Callable[[Node], tuple[int, int]]:
    """Return what ranks work by its member's place, then by its fold."""
    return lambda node: (order[node.member], node.fold)


@dataclass
class LimitedRun:
    """The state of a time-limited run."""

    competition: Competition
    pipeline: Pipeline
    levels: FittedLevels
    clock: Clock
    store: Store
    workspace: Workspace
    pool: Pool
    progress: Progress
    on_better: Callable[[Run], None]
    planned: dict[str, MemberFits] = field(default_factory=dict)
    told_at: float = 0.0
    seconds_per_score: float = 0.0
    seconds_to_tell: float = 0.0
    going: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        self.worth = Worth(self.levels)

    def leave_out_slow_encoders(self) -> None:
        """Let encoders read a few texts, and leave out those that take too long."""
        keys, limit = first_texts(self.pipeline, self.levels), self.clock.limit
        if keys:
            begin, end = time.monotonic(), self.clock.after(TRYING_SHARE)
            self._work(keys, lambda node: 0, end)
            learn_from_silence(keys, self.levels, time.monotonic() - begin)
        slow = too_slow(self.pipeline, self.levels, limit, self.pool.size)
        self.levels.failures |= slow
        members = [m for m in self.pipeline.members if m.name not in slow]
        self.pipeline = replace(self.pipeline, members=tuple(members))

    def filter_texts(self) -> None:
        """Leave out texts that lift nothing, as far as they are weighed in time."""
        self.pipeline = filter_texts(
            self.pipeline,
            self.levels,
            self.workspace,
            self.pool,
            self.progress,
            self.clock.after(WEIGHING_SHARE),
        )

    def fit_level_1(self, metric: Metric) -> None:
        """Fit first folds, complete what is worth its time, add seeds."""
        self.planned = plan_level(self.pipeline.at_level(1), self.levels)
        self._begin_members(metric)
        self._complete_members(metric)
        while self._begin_members(metric):
            self._complete_members(metric)
        for n_seeds in ROUNDS_OF_SEEDS:
            self._plan_seeds(n_seeds)
            self._complete_members(metric)

    def fit_upper(self) -> None:
        """Fit the levels above on the members that are complete."""
        for level in self.pipeline.levels[1:]:
            if len(self.levels.fits) < 2 or self.progress.is_interrupted():
                return
            planned = plan_level(self.pipeline.at_level(level), self.levels)
            keys = [key for fits in planned.values() for key in fits.keys]
            self.planned |= planned
            choosing = max(LEAST_TO_CHOOSE, 0.25 * self._reserve)
            end = self.clock.end - choosing - self._scoring(len(planned))
            self._work(keys, lambda node: node.fold, end)
            self.levels.take_complete(planned)
            if level == 2 and not self._blends():
                self._fit_at_once(MEAN)  # takes no time, whatever else is going on

    def fall_back(self) -> None:
        """Fit what takes no time, where the time was too short for all else."""
        if not self._begun() and not self.progress.is_interrupted():
            self._fit_at_once(PRIOR)

    def _fit_at_once(self, member: Member) -> None:
        """Fit a member that takes no time here, without a deadline."""
        planned = plan_level([member], self.levels)
        self.planned |= planned
        self.pool = InProcess(self.workspace, self.store)
        keys = [key for fits in planned.values() for key in fits.keys]
        self._work(keys, lambda node: node.fold)
        self.levels.take_complete(planned)

    def _blends(self) -> list[str]:
        """Return the members above level 1 that are complete."""
        return [name for name, f in self.levels.fits.items() if f.member.level > 1]

    def finish(self) -> Run:
        """Return the run of what is complete; members that are not are named."""
        is_stopped = self.progress.is_interrupted()
        compare = self.pipeline.submit.member == AUTO and not is_stopped
        run = self._so_far(compare)
        late = dict.fromkeys(self.planned.keys() - run.matrix.members, "no time for it")
        failures = {**dict(sorted(late.items())), **run.failures}
        return replace(
            run,
            failures=failures,
            pipeline=recorded(run, self.levels),
            stopped=self._stopped() if is_stopped else "",
        )

    def _stopped(self) -> str:
        """Return how far an interrupted run has come."""
        seconds = time.monotonic() - self.clock.start
        return (
            f"stopped after {format_seconds(seconds)} of "
            f"{format_seconds(self.clock.limit)}"
        )

    @property
    def _end_of_level_1(self) -> float:
        """Return when level 1 has to be over, all scores thought of."""
        upper = [member for member in self.pipeline.members if member.level > 1]
        return self.clock.end - self._reserve - self._scoring(1 + len(upper))

    @property
    def _reserve(self) -> float:
        """Return the seconds kept for level 2 and what follows."""
        upper = [member for member in self.pipeline.members if member.level > 1]
        return self.clock.reserve(seconds_above(upper, self.levels, self.pool.size))

    def _scoring(self, n_members: int) -> float:
        """Return the seconds that scoring and writing take, as far as is known."""
        source = self.levels.graph.source
        n_rows = len(source.X) + len(source.X_test)
        n_all = len(self.levels.fits) + n_members
        cells = n_rows * source.n_outputs * n_all
        seconds = cells * SECONDS_PER_CELL + self.seconds_to_tell
        seconds += PAGE_SECONDS + source.X.shape[1] * PAGE_SECONDS_PER_COLUMN
        per_row = PAGE_SECONDS_PER_ROW + n_all * PAGE_SECONDS_PER_SCORE
        seconds += len(source.y) * per_row + self._twin_seconds
        return n_members * self.seconds_per_score + seconds

    @cached_property
    def _twin_seconds(self) -> float:
        """Return the seconds that looking for near-duplicate texts takes."""
        source = self.levels.graph.source
        n_rows = len(source.y) + source.X_test.shape[0]
        n_characters = n_rows * words_per_row(source) * CHARACTERS_PER_WORD
        return min(n_characters, MOST_CHARACTERS) * TWIN_SECONDS_PER_CHARACTER

    def _begin_members(self, metric: Metric) -> bool:
        """Fit first folds in the members' order; return whether any is new.

        Where the share of the time ends with nothing at hand, go on to the first fit.
        """
        begun, end = self._begun(), self._end_of_level_1
        if begun == self.planned.keys() or time.monotonic() >= end:
            return False
        order = {name: at for at, name in enumerate(self.planned)}
        keys = [fits.grid[0][0] for fits in self.planned.values()]
        until = min(self.clock.after(FIRST_FOLDS_SHARE), end)
        deadline = min(self.clock.after(FIRST_FOLDS_SHARE + 0.1), end)
        self._work(
            keys,
            lambda node: order[node.member],
            deadline,
            until,
            is_enough=lambda: self._is_enough(metric),
        )
        if not self._begun():
            self._work(keys, lambda node: order[node.member], end, until_any=True)
        return self._begun() > begun

    def _complete_members(self, metric: Metric) -> None:
        """Complete members in the order of what they are worth, while time lasts."""
        end = self._end_of_level_1
        self.levels.take_complete(self.planned)  # an earlier run may have fitted them
        while time.monotonic() < end and not self.progress.is_interrupted():
            failed = self.levels.failures
            well = {name: f for name, f in self.planned.items() if name not in failed}
            admitted = self.worth.admit(well, metric, end, self.pool.size)
            if not admitted:
                return
            order = {name: at for at, name in enumerate(admitted)}
            keys = [key for name in admitted for key in self.planned[name].keys]
            self._work(keys, _by_place(order), end)

    def _plan_seeds(self, n_seeds: int) -> None:
        """Plan complete members that draw at random with that many seeds."""
        self.planned |= with_seeds(self.levels, n_seeds)

    def _begun(self) -> set[str]:
        """Return the members whose first fold is there."""
        return {
            name
            for name, fits in self.planned.items()
            if all(key in self.levels.store for key in fits.grid[0])
        }

    def _work(
        self,
        keys: Sequence[str],
        priority: Callable[[Node], Any],
        deadline: float | None = None,
        until: float | None = None,
        until_any: bool = False,
        is_enough: Callable[[], bool] | None = None,
    ) -> None:
        """Start work until a time, kill it at another, and tell of what is new.

        Where it is asked whether there is enough, it also stops then, and what is going
        on is not waited for: it ends while other work goes on.
        """
        levels = self.levels
        schedule = Schedule(
            levels.graph,
            keys,
            levels.store,
            self.workspace,
            priority,
            levels.limits,
            keeps_counts=True,
            going=self.going,
        )
        until = deadline if until is None else until

        def should_stop() -> bool:
            late = until is not None and time.monotonic() >= until
            enough = is_enough is not None and is_enough()
            return late or enough or (until_any and bool(self._begun()))

        def should_return() -> bool:
            leaves = is_enough is not None and should_stop()
            return leaves or self.progress.is_interrupted()

        self.progress.on_plan(list(schedule.missing.values()))
        schedule.run(self.pool, self._on_event, should_stop, deadline, should_return)
        self.going = frozenset(schedule.running)
        for name, reason in schedule.failures.items():
            if name not in levels.fits:  # else it stays, with fewer seeds
                levels.failures[name] = reason
            self.planned.pop(name, None)

    def _on_event(self, event: str, node: Node, facts: dict[str, Any]) -> None:
        self.progress.on_event(event, node, facts)
        if event != "done":
            return
        self.worth.learn(node, facts)
        if node.kind == "fit":
            self.levels.fitted.add(node.key)
            self.levels.take_complete(self.planned)
            self._tell()

    def _is_enough(self, metric: Metric) -> bool:
        """Return whether the best members begun take all the time to be completed.

        Only asked where fits are long: short ones leave time to look at all members.
        """
        left = self._end_of_level_1 - time.monotonic()
        costs = self.worth.costs(self.planned)
        long = LONG_FIT_SHARE * self.clock.limit
        if all(cost.longest < long for cost in costs.values()):
            return False
        best = self.worth.best(self.planned, metric)[:N_LONG]
        return len(best) == N_LONG and not self.worth.have_room(
            {name: costs[name] for name in best}, left, self.pool.size
        )

    def _tell(self) -> None:
        """Tell of the run so far when it has grown, but not too often."""
        wait = max(LEAST_WAIT, WAIT_SHARE * self.clock.limit)
        now = time.monotonic()
        if not self.told_at or (self.levels.fits and now - self.told_at > wait):
            self.told_at = now
            run, begin = self._so_far(), time.monotonic()
            if self.progress.on_score is not None:
                self.progress.on_score(run.chosen, run.result(run.chosen).score)
            self.on_better(run)
            self.seconds_to_tell = time.monotonic() - begin

    def _so_far(self, compare: bool = False) -> Run:
        """Return the run of complete members, or of those with one fold."""
        begin, n_known = time.monotonic(), len(self.levels.scored)
        run = finish_run(
            self.competition,
            self.pipeline,
            self.levels,
            self.clock.start,
            compare,
            GUARDED_ROWS,
        )
        n_new = len(self.levels.scored) - n_known
        if n_new:
            seconds = (time.monotonic() - begin) / n_new
            self.seconds_per_score = min(self.seconds_per_score or seconds, seconds)
        return run


def seconds_above(
    members: Sequence[Member], levels: FittedLevels, n_workers: int
) -> float:
    """Return what members above level 1 may take, going by the members at hand.

    Twice what their rates say, as much slower as level 1 has turned out.
    """
    source = levels.graph.source
    cells = max(2, len(levels.fits)) * source.n_outputs
    size = Size(len(source.y), cells, source.n_outputs)
    one = sum(fit_seconds(member.model, size) for member in members)
    n_fits = len(source.folds) + 1
    return 2.0 * levels.costs.slowness() * one * n_fits / max(1, n_workers)


def with_seeds(levels: FittedLevels, n_seeds: int) -> dict[str, MemberFits]:
    """Return fits with that many seeds for the members that draw at random.

    Those that are complete with fewer, that is.
    """
    planned = {}
    for name, fits in levels.fits.items():
        member = fits.member
        if member.spec.draws_at_random and len(member.seeds) < n_seeds:
            more = [seed for seed in range(n_seeds) if seed not in member.seeds]
            seeds = (*member.seeds, *more)[:n_seeds]
            with_more = replace(member, seeds=seeds)
            planned[name] = levels.graph.fits(
                with_more, single=fits.single, labellers=fits.labellers
            )
    return planned
