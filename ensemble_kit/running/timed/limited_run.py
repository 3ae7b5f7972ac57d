"""What a run does with the time it has.

One fold of every candidate is fitted first, until a share of the time is gone, or until
a few long ones take all of it to be completed. What each adds to a blend of that fold's
predictions, per second of what is left to do, decides the order in which they are
completed on the other folds. Time that is left goes to candidates not yet begun,
then to other draws of the folds for the members of the blend, or, where folds cannot be
drawn anew, to further seeds of those that draw at random. Level 2 and writing have
their time kept aside; a valid submission is on disk from the first fit on.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ensemble_kit.competition.competition import Competition
from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import AUTO, Pipeline
from ensemble_kit.quantities import format_seconds
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.recording import recorded
from ensemble_kit.running.run import Point, Run
from ensemble_kit.running.run_pipeline import finish_run
from ensemble_kit.running.texts.text_filter import filter_texts
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.encoder_trials import (
    WaitingMembers,
    gain_of_first_fold,
    learn_speed,
    plan_measuring,
    plan_trial,
    said,
    that_wait,
    too_late,
)
from ensemble_kit.running.timed.encoding import (
    ENCODING_SHARE,
    HOPE,
    too_slow,
)
from ensemble_kit.running.timed.ending import Ending
from ensemble_kit.running.timed.many_rows import (
    N_MEMBERS,
    first_to_begin,
    has_many_rows,
    predicted_seconds,
    with_means_of_large_categories,
    with_one_seed,
)
from ensemble_kit.running.timed.more_draws import MoreDraws
from ensemble_kit.running.timed.worth import Worth, cheapest
from ensemble_kit.store.store import Store
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import Node
from ensemble_kit.work.pool import Pool
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
REHEARSAL_SHARE = 0.1  # of the time that is left, for level 2 to be tried
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
    rehearse: Callable[[Run], None] = lambda run: None
    planned: dict[str, MemberFits] = field(default_factory=dict)
    told_at: float = 0.0
    going: frozenset[str] = frozenset()
    end_of_going: float = 0.0
    waiting: list[WaitingMembers] = field(default_factory=list)
    failed: set[str] = field(default_factory=set)
    n_ended: int = 0
    curve: list[Point] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.worth = Worth(self.levels)
        decides_labels = self.competition.metric.consumes == "label"
        self.ending = Ending(self.levels, self.clock, self.pool.size, decides_labels)

    def leave_out_slow_encoders(self) -> None:
        """Leave out encoders that take far too long."""
        limit, n_workers = self.clock.limit, self.pool.size
        slow = too_slow(self.pipeline, self.levels, limit, n_workers, HOPE)
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
        """Fit first folds, complete what is worth its time, draw folds or seeds."""
        members = self.pipeline.at_level(1)
        if self._has_many_rows:
            members = with_means_of_large_categories(
                with_one_seed(members), self.levels
            )
        self.planned = plan_level(members, self.levels)
        limit, n_workers = self.clock.limit, self.pool.size
        self.waiting = that_wait(self.planned, self.levels, limit, n_workers)
        self._begin_members(metric)
        self._try_encoders(metric)
        self._complete_members(metric)
        while self._begin_members(metric):
            self._complete_members(metric)
        if self.levels.graph.further:
            self._draw_folds(metric)
            return
        for n_seeds in ROUNDS_OF_SEEDS:
            self._plan_seeds(n_seeds)
            self._complete_members(metric)

    def fit_upper(self) -> None:
        """Fit the levels above on the members that are complete."""
        self.ending.has_begun = True
        for level in self.pipeline.levels[1:]:
            if len(self.levels.fits) < 2 or self.progress.is_interrupted():
                return
            planned = plan_level(self.pipeline.at_level(level), self.levels)
            keys = [key for fits in planned.values() for key in fits.keys]
            self.planned |= planned
            end = self.ending.of_level_2(self._upper, len(planned))
            if self._is_quicker_here():
                self.pool = InProcess(self.workspace, self.store)
            self._work(keys, lambda node: node.fold, end)
            self.levels.take_complete(planned)
            if level == 2 and not self._blends():
                self._fit_at_once(MEAN)  # takes no time, whatever else is going on

    def _is_quicker_here(self) -> bool:
        """Return whether level 2 is sooner done here than by workers that start anew.

        They do so where the end of level 1 has ended their work.
        """
        in_turn = self.ending.in_turn()
        anew = in_turn / max(1, self.pool.size) + self.clock.reading
        return 0 < in_turn < anew and self.n_ended >= self.pool.size

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
        self._note_score(run)
        late = dict.fromkeys(self.planned.keys() - run.matrix.members, "no time for it")
        failures = {**dict(sorted(late.items())), **run.failures}
        return replace(
            run,
            failures=failures,
            pipeline=recorded(run, self.levels),
            stopped=self._stopped() if is_stopped else "",
            curve=tuple(self.curve),
            notes=(*run.notes, *drawn_notes(self.levels)),
        )

    def _stopped(self) -> str:
        """Return how far an interrupted run has come."""
        seconds = time.monotonic() - self.clock.start
        return (
            f"stopped after {format_seconds(seconds)} of "
            f"{format_seconds(self.clock.limit)}"
        )

    @property
    def _upper(self) -> list[Member]:
        """Return the members above level 1."""
        return [member for member in self.pipeline.members if member.level > 1]

    @property
    def _end_of_level_1(self) -> float:
        """Return when level 1 has to be over, all that follows thought of."""
        return self.ending.of_level_1(self._upper)

    @property
    def _has_many_rows(self) -> bool:
        """Return whether fits on all rows take so long that few find time."""
        return has_many_rows(self.levels.graph.source)

    def _begin_members(self, metric: Metric) -> bool:
        """Fit first folds in the members' order; return whether any is new.

        Where the share of the time ends with nothing at hand, go on to the first fit.
        """
        begun, end = self._begun(), self._end_of_level_1
        apart = begun.union(self.levels.failures, *(each.fits for each in self.waiting))
        waiting = {
            name: fits
            for name, fits in self.planned.items()
            if name not in apart and (not begun or self._finds_time(fits, end))
        }
        if not waiting or time.monotonic() >= end:
            return False
        if self._has_many_rows and not begun:
            left = end - time.monotonic()
            waiting = first_to_begin(waiting, self.levels, left, self.pool.size)
        order = {name: at for at, name in enumerate(self.planned)}
        keys = [fits.grid[0][0] for fits in waiting.values()]
        until = min(self.clock.after(FIRST_FOLDS_SHARE), end)
        deadline = min(self.clock.after(FIRST_FOLDS_SHARE + 0.1), end)
        self._work(
            keys,
            lambda node: order[node.member],
            deadline,
            until,
            is_enough=lambda: self._is_enough(metric),
        )
        self.end_of_going = deadline
        if not self._begun():
            self._work(keys, lambda node: order[node.member], end, until_any=True)
        return self._begun() > begun

    def _try_encoders(self, metric: Metric) -> None:
        """Leave out encoders that are not worth their time, and those on them."""
        self.levels.take_complete(self.planned)  # an earlier run may have fitted them
        while self.waiting and not self.progress.is_interrupted():
            reason = self._reason_against(self.waiting[0], metric)
            names = list(self.waiting.pop(0).fits)
            if reason:
                self.levels.failures |= dict.fromkeys(names, reason)

    def _reason_against(self, waiting: WaitingMembers, metric: Metric) -> str:
        """Return why members on encoders are left out, or an empty string."""
        levels, n_workers, end = self.levels, self.pool.size, self._end_of_level_1
        seconds, most = waiting.seconds(levels, n_workers), self._most_for_encoding(end)
        if seconds > HOPE * most:
            return too_late(waiting, seconds, most)
        key = plan_measuring(waiting, levels)
        self._work_first(key, metric, end)
        learn_speed(key, levels)
        seconds, most = waiting.seconds(levels, n_workers), self._most_for_encoding(end)
        if seconds > most:
            return too_late(waiting, seconds, most)
        instead = self._that_find_time(metric, end)
        beside = self._that_find_time(metric, end - seconds)
        if not instead:
            return ""
        if not beside:
            return too_late(waiting, seconds, 0.0)
        key = plan_trial(waiting, levels, instead, beside, self.clock.limit)
        self._work_first(key, metric, end)
        entry = levels.store.read(key)
        found = None if entry is None else entry.facts["found"]
        gain = (found["gain"], found["error"]) if found else None
        if reason := self._said_against(waiting, gain, "tried"):
            return reason
        soonest = waiting.soonest(levels)
        self._work_first(soonest.keys[0], metric, end)
        gain = gain_of_first_fold(soonest, self._that_find_time(metric, end), levels)
        return self._said_against(waiting, gain, soonest.member.name)

    def _most_for_encoding(self, end: float) -> float:
        """Return the seconds that may be spent on encoding all texts."""
        return min(ENCODING_SHARE * self.clock.limit, end - time.monotonic())

    def _said_against(
        self, waiting: WaitingMembers, gain: tuple[float, float] | None, how: str
    ) -> str:
        """Return what is said against encoders that gain too little; note the rest."""
        if gain is None:
            return f"encoder {waiting.name} left out: {how} took too long or has failed"
        if gain[0] <= gain[1]:
            return said(waiting, "left out", *gain)
        self.levels.notes.append(said(waiting, f"kept ({how})", *gain))
        return ""

    def _that_find_time(self, metric: Metric, end: float) -> list[MemberFits]:
        """Return the members with a first fold that are complete, or are to be."""
        apart = set[str]().union(*(each.fits for each in self.waiting))
        apart |= self.levels.failures.keys()
        well = {name: f for name, f in self.planned.items() if name not in apart}
        busy = self._busy()
        admitted = self.worth.admit(well, metric, end, self.pool.size, busy)
        names = {*admitted, *(self.levels.fits.keys() & well.keys())}
        return [fits for name, fits in well.items() if name in names]

    def _work_first(self, key: str, metric: Metric, end: float) -> None:
        """Do a piece of work, and complete members while workers are left for it."""
        others = self._that_find_time(metric, end)
        order = {fits.member.name: at for at, fits in enumerate(others)}
        needed = self._needed(key)

        def rank(node: Node) -> tuple[int, int]:
            is_first = node.key in needed
            return (-1, 0) if is_first else (order[node.member], node.fold)

        self._work(
            [key, *(each for fits in others for each in fits.keys)],
            rank,
            end,
            is_enough=lambda: key in self.levels.store or bool(needed & self.failed),
        )

    def _needed(self, key: str) -> set[str]:
        """Return the keys of a piece of work and of all that it stands on."""
        needed, more = set[str](), [key]
        while more:
            each = more.pop()
            needed.add(each)
            more.extend(self.levels.graph.nodes[each].needs)
        return needed

    def _finds_time(self, fits: MemberFits, end: float) -> bool:
        """Return whether a member that is not begun yet can be completed by a time."""
        costs, nodes = self.levels.costs, self.levels.graph.nodes
        if self._has_many_rows:
            seconds = predicted_seconds(fits, self.levels)
        else:
            seconds = sum(costs.seconds(nodes[key]) for key in fits.keys)
        return seconds <= (end - time.monotonic()) * self.pool.size

    def _complete_members(self, metric: Metric) -> None:
        """Complete members in the order of what they are worth, while time lasts."""
        end = self._end_of_level_1
        self.levels.take_complete(self.planned)  # an earlier run may have fitted them
        while time.monotonic() < end and not self.progress.is_interrupted():
            failed = self.levels.failures
            well = {name: f for name, f in self.planned.items() if name not in failed}
            busy = self._busy()
            admitted = self.worth.admit(well, metric, end, self.pool.size, busy)
            if not admitted:
                break
            order = {name: at for at, name in enumerate(admitted)}
            keys = [key for name in admitted for key in self.planned[name].keys]
            self._work(keys, _by_place(order), end)
        self._complete_second()

    def _busy(self) -> float:
        """Return the seconds that workers still need for what they have begun."""
        nodes, left = self.levels.graph.nodes, self.end_of_going - time.monotonic()
        needed = (self.worth.seconds(nodes[key]) for key in self.going)
        return sum(min(seconds, max(0.0, left)) for seconds in needed)

    def _complete_second(self) -> None:
        """Complete the cheapest member begun beside a single one, for a blend's sake.

        Where it fits into what the end is kept without what is kept for surprises.
        """
        if len(self.levels.fits) != 1 or self.progress.is_interrupted():
            return
        apart = {*self.levels.fits, *self.levels.failures}
        begun = {name: f for name, f in self.planned.items() if name not in apart}
        end, costs = self.ending.latest_of_level_1(self._upper), self.worth.costs(begun)
        name = cheapest(costs, end - time.monotonic(), self.pool.size)
        if name is not None:
            self._work(self.planned[name].keys, _by_place({name: 0}), end)
            self.levels.take_complete(self.planned)

    def _draw_folds(self, metric: Metric) -> None:
        """Fit members on other draws of the folds, while that is worth its time."""
        draws = MoreDraws(self.levels, self.worth, metric)
        while not self.progress.is_interrupted():
            left = self._end_of_level_1 - time.monotonic()
            planned = draws.next(left, self.pool.size) if left > 0 else {}
            if not planned:
                return
            self.planned |= planned
            order = {name: at for at, name in enumerate(planned)}
            keys = [key for fits in planned.values() for key in fits.keys]
            self._work(keys, _by_place(order), self._end_of_level_1)
            self.levels.take_complete(self.planned)

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
        until = deadline if until is None else until
        self.n_ended = 0

        def should_stop() -> bool:
            late = until is not None and time.monotonic() >= until
            enough = is_enough is not None and is_enough()
            return late or enough or (until_any and bool(self._begun()))

        def should_return() -> bool:
            leaves = is_enough is not None and should_stop()
            return leaves or self._is_due() or self.progress.is_interrupted()

        while True:
            self._work_on(keys, priority, deadline, should_stop, should_return)
            if not self._is_due() or self.progress.is_interrupted():
                return
            self._rehearse_end()

    def _work_on(
        self,
        keys: Sequence[str],
        priority: Callable[[Node], Any],
        deadline: float | None,
        should_stop: Callable[[], bool],
        should_return: Callable[[], bool],
    ) -> None:
        """Do work, and leave out the members of which some has failed."""
        levels = self.levels
        schedule = self._schedule(keys, priority)
        self.progress.on_plan(list(schedule.missing.values()))
        schedule.run(self.pool, self._on_event, should_stop, deadline, should_return)
        self.going = frozenset(schedule.running)
        for name, reason in schedule.failures.items():
            if name not in levels.fits:  # else it stays, with fewer seeds or folds
                levels.failures[name] = reason
            self.planned.pop(name, None)

    def _schedule(
        self, keys: Sequence[str], priority: Callable[[Node], Any]
    ) -> Schedule:
        """Return the schedule of some work beside what is going on."""
        return Schedule(
            self.levels.graph,
            keys,
            self.levels.store,
            self.workspace,
            priority,
            self.levels.limits,
            keeps_texts=True,
            going=self.going,
        )

    def _is_due(self) -> bool:
        """Return whether the end of the run is to be rehearsed now."""
        return self.ending.is_due(self._upper)

    def _rehearse_end(self) -> None:
        """Write a run and fit level 2 on the members at hand, to see what it takes.

        The run is written first, while workers still do what they have begun.
        """
        upper, compare = self._upper, self.pipeline.submit.member == AUTO
        thumb, begin = self.ending.thumb(len(upper)), time.monotonic()
        self.rehearse(self._so_far(compare))
        writing = time.monotonic() - begin
        levels = replace(
            self.levels,
            fits=dict(self.levels.fits),
            planned=dict(self.levels.planned),
            failures=dict(self.levels.failures),
        )
        level_2 = 0.0
        for level in self.pipeline.levels[1:]:
            planned = plan_level(self.pipeline.at_level(level), levels)
            level_2 += self._try(planned)
            levels.take_complete(planned)
        self.ending.note(level_2, writing, thumb)
        self._tell_of(self._finished(levels, compare=False))

    def _try(self, planned: Mapping[str, MemberFits]) -> float:
        """Fit members above level 1 and return the seconds that all pieces take."""
        keys = [key for fits in planned.values() for key in fits.keys]
        schedule = self._schedule(keys, lambda node: node.fold)
        n_all, until = len(schedule.missing), self.clock.after(REHEARSAL_SHARE)
        spent: list[float] = []

        def hear(event: str, node: Node, facts: dict[str, Any]) -> None:
            if node.key not in schedule.own:
                self._on_event(event, node, facts)
                return
            self.progress.on_event(event, node, facts)
            if event == "done":
                spent.append(facts["seconds"])

        self.progress.on_plan(list(schedule.missing.values()))
        schedule.run(
            self.pool,
            hear,
            lambda: time.monotonic() >= until,
            is_interrupted=self.progress.is_interrupted,
        )
        self.going = frozenset(schedule.running)
        return sum(spent) * n_all / max(1, len(spent))

    def _on_event(self, event: str, node: Node, facts: dict[str, Any]) -> None:
        self.progress.on_event(event, node, facts)
        self.n_ended += event == "stopped"
        if event == "failed":
            self.failed.add(node.key)
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
        # A worker may have stored another first fold since costs were looked up.
        begun = {name: self.planned[name] for name in costs}
        n_long = N_MEMBERS if self._has_many_rows else N_LONG
        best = self.worth.best(begun, metric)[:n_long]
        return len(best) == n_long and not self.worth.have_room(
            {name: costs[name] for name in best}, left, self.pool.size
        )

    def _tell(self) -> None:
        """Tell of the run so far when it has grown, but not too often."""
        wait = max(LEAST_WAIT, WAIT_SHARE * self.clock.limit)
        now = time.monotonic()
        if not self.told_at or (self.levels.fits and now - self.told_at > wait):
            self._tell_of(self._so_far())

    def _tell_of(self, run: Run) -> None:
        """Tell of a run on its way, and leave its submission."""
        self.told_at = begin = time.monotonic()
        self._note_score(run)
        if self.progress.on_score is not None:
            self.progress.on_score(run.chosen, run.result(run.chosen).score)
        self.on_better(run)
        self.ending.seconds_to_tell = time.monotonic() - begin

    def _note_score(self, run: Run) -> None:
        """Note how good the run is by now."""
        seconds = time.monotonic() - self.clock.start
        self.curve.append((seconds, run.result(run.chosen).score, run.chosen))

    def _so_far(self, compare: bool = False) -> Run:
        """Return the run of complete members, or of those with one fold."""
        return self._finished(self.levels, compare)

    def _finished(self, levels: FittedLevels, compare: bool) -> Run:
        """Return the run of what is complete, and note what scoring takes."""
        begin, n_known = time.monotonic(), len(levels.scored)
        run = finish_run(
            self.competition,
            self.pipeline,
            levels,
            self.clock.start,
            compare,
            GUARDED_ROWS,
        )
        n_new = len(levels.scored) - n_known
        if n_new:
            seconds = (time.monotonic() - begin) / n_new
            known = self.ending.seconds_per_score
            self.ending.seconds_per_score = min(known or seconds, seconds)
        return run


def drawn_notes(levels: FittedLevels) -> list[str]:
    """Return which members were fitted on more than one draw of the folds."""
    n_folds = len(levels.graph.source.folds)
    draws = {
        name: fits.member.folds // n_folds
        for name, fits in levels.fits.items()
        if fits.member.folds is not None and fits.member.folds > n_folds
    }
    if not draws:
        return []
    members = ", ".join(f"{name} {n} times" for name, n in draws.items())
    return [f"folds were drawn anew for what is averaged: {members}"]


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
