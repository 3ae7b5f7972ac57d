"""What a run is going to do when, by the costs that are predicted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.preparing.prepare import PreparedRun
from ensemble_kit.running.texts.text_filter import Weighing, apply_stored
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.encoding import too_slow
from ensemble_kit.running.timed.ending import seconds_above
from ensemble_kit.running.timed.limited_run import (
    FIRST_FOLDS_SHARE,
    ROUNDS_OF_SEEDS,
    WEIGHING_SHARE,
    with_seeds,
)
from ensemble_kit.running.timed.many_rows import (
    first_to_begin,
    has_many_rows,
    with_means_of_large_categories,
    with_one_seed,
)
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import CostModel
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.simulating import NoWorkspace, SimulatedPool, SimulatedStore


@dataclass(frozen=True)
class MemberForecast:
    """When a member is predicted to be fitted.

    Parameters
    ----------
    member : str
    n_fits, n_done : int
        Fits that are missing, and those that find time.
    seconds, megabytes : float
        Of one fit.
    spans : tuple of (float, float)
        When its fits begin and end, in seconds from the start.
    reason : str
        Why it is left out, if it is.
    """

    member: str
    n_fits: int = 0
    n_done: int = 0
    seconds: float = 0.0
    megabytes: float = 0.0
    spans: tuple[tuple[float, float], ...] = ()
    reason: str = ""


def forecast(
    prepared: PreparedRun,
    store: Store,
    jobs: int,
    megabytes: float | None = None,
) -> list[MemberForecast]:
    """Return what a run would do when.

    The real schedule runs over imagined workers. A run under a time limit orders its
    members by what they turn out to be worth; here they come in the pipeline's order,
    and texts that are still to be weighed are all kept. Whether other draws of the
    folds are worth the time that is left is seen only then.

    Parameters
    ----------
    prepared : PreparedRun
    store : Store
    jobs : int
    megabytes : float, optional
        A memory limit.
    """
    costs = CostModel(prepared.graph, store)
    pool = SimulatedPool(jobs, costs.seconds)
    imagined = SimulatedStore(store, pool)
    limits = Limits(costs, megabytes=megabytes, is_timed=prepared.limit is not None)
    weighed = FittedLevels(prepared.graph, store)
    pipeline, weighings = apply_stored(prepared.pipeline, weighed)
    levels = FittedLevels(prepared.graph, imagined, limits, failures=weighed.failures)
    if prepared.limit is None:
        _work(levels, [weighing.key for weighing in weighings], pool)
        for level in pipeline.levels:
            _fit(plan_level(pipeline.at_level(level), levels), levels, pool)
    else:
        _work_within(prepared.limit, pipeline, weighings, levels, pool)
    lines = [_line(fits, levels, pool, store) for fits in levels.planned.values()]
    left_out = levels.failures.items()
    return lines + [MemberForecast(name, reason=reason) for name, reason in left_out]


def _work_within(
    limit: float,
    pipeline: Pipeline,
    weighings: Sequence[Weighing],
    levels: FittedLevels,
    pool: SimulatedPool,
) -> None:
    """Let a pool do what a run with a time limit does, in its order."""
    slow = too_slow(pipeline, levels, limit, pool.size)
    levels.failures |= slow
    members = tuple(member for member in pipeline.members if member.name not in slow)
    pipeline = replace(pipeline, members=members)
    _work(
        levels, [weighing.key for weighing in weighings], pool, WEIGHING_SHARE * limit
    )
    of_level_1 = pipeline.at_level(1)
    has_many = has_many_rows(levels.graph.source)
    if has_many:
        of_level_1 = with_means_of_large_categories(with_one_seed(of_level_1), levels)
    planned = plan_level(of_level_1, levels)
    begun = planned
    if has_many:
        begun = first_to_begin(planned, levels, limit, pool.size)
    first = [fits.grid[0][0] for fits in begun.values()]
    _work(levels, first, pool, FIRST_FOLDS_SHARE * limit, list(planned))
    upper = [member for member in pipeline.members if member.level > 1]
    end = limit - Clock(0, limit).reserve(seconds_above(upper, levels, pool.size))
    _fit(planned, levels, pool, end)
    for n_seeds in () if levels.graph.further else ROUNDS_OF_SEEDS:
        planned = with_seeds(levels, n_seeds) if pool.now < end else {}
        _fit(planned, levels, pool, end)
        levels.planned |= planned
    for level in pipeline.levels[1:]:
        _fit(plan_level(pipeline.at_level(level), levels), levels, pool, limit)


def _fit(
    planned: Mapping[str, MemberFits],
    levels: FittedLevels,
    pool: SimulatedPool,
    until: float | None = None,
) -> None:
    """Let a pool fit members, and take those that are complete."""
    keys = [key for fits in planned.values() for key in fits.keys]
    _work(levels, keys, pool, until, list(planned))
    levels.take_complete(planned)


def _work(
    levels: FittedLevels,
    keys: Sequence[str],
    pool: SimulatedPool,
    until: float | None = None,
    order: Sequence[str] = (),
) -> None:
    """Let a pool do what is neither stored nor done already.

    Where there is an end to it, members go in their order.
    """
    ranks = {name: rank for rank, name in enumerate(order)}
    is_ordered = until is not None and order
    schedule = Schedule(
        levels.graph,
        keys,
        levels.store,
        NoWorkspace(),
        (lambda node: (ranks[node.member], node.fold)) if is_ordered else None,
        levels.limits,
        pool.size,
    )
    schedule.run(pool, should_stop=lambda: until is not None and pool.now >= until)


def _line(
    fits: MemberFits, levels: FittedLevels, pool: SimulatedPool, store: Store
) -> MemberForecast:
    node, costs = levels.graph.nodes[fits.keys[0]], levels.costs
    keys = {key for key in fits.keys if key not in store}
    return MemberForecast(
        fits.member.name,
        len(keys),
        sum(map(pool.has_done, keys)),
        costs.seconds(node),
        costs.megabytes(node),
        tuple(sorted((d.begin, d.end) for d in pool.done if d.node.key in keys)),
    )
