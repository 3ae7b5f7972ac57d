"""What a run is going to do when, by the costs that are predicted."""

from collections.abc import Sequence
from dataclasses import dataclass

from ensemble_kit.competition.competition import Competition
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import Levels, plan_level
from ensemble_kit.running.metric_objectives import steer
from ensemble_kit.running.run_pipeline import working_metric
from ensemble_kit.running.schemes import arrange
from ensemble_kit.running.sources import make_source
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.limited_run import FIRST_FOLDS_SHARE, PROBE_SHARE
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
    competition: Competition,
    pipeline: Pipeline,
    store: Store,
    jobs: int,
    seconds: float | None = None,
    megabytes: float | None = None,
) -> list[MemberForecast]:
    """Return what a run would do when.

    The real schedule runs over imagined workers. A run under a time limit orders its
    members by what they turn out to be worth; here they come in the pipeline's order.

    Parameters
    ----------
    competition, pipeline, store
    jobs : int
    seconds : float, optional
        A time limit.
    megabytes : float, optional
        A memory limit.
    """
    source = make_source(competition, pipeline.folds)
    pipeline = steer(pipeline, working_metric(competition), source.kind)
    probe_seconds = seconds and PROBE_SHARE * seconds
    graph = arrange(competition, pipeline, source, probe_seconds).main
    costs = CostModel(graph, store)
    pool = SimulatedPool(jobs, costs.seconds)
    imagined = SimulatedStore(store, pool)
    limits = Limits(costs, megabytes=megabytes, is_timed=seconds is not None)
    levels = Levels(graph, imagined, limits)
    until = float("inf") if seconds is None else Clock(0, seconds).end_of_level_1
    for level in pipeline.levels:
        planned = plan_level(pipeline.at_level(level), levels)
        if level == pipeline.levels[0] and seconds is not None:
            first = [fits.grid[0][0] for fits in planned.values()]
            _work(levels, first, list(planned), pool, FIRST_FOLDS_SHARE * seconds)
        keys = [key for fits in planned.values() for key in fits.keys]
        last = until if level == pipeline.levels[0] else seconds or until
        _work(levels, keys, list(planned), pool, last)
        levels.take_complete(planned)
    lines = [_line(fits, levels, pool, store) for fits in levels.planned.values()]
    left_out = levels.failures.items()
    return lines + [MemberForecast(name, reason=reason) for name, reason in left_out]


def _work(
    levels: Levels,
    keys: Sequence[str],
    order: list[str],
    pool: SimulatedPool,
    until: float,
) -> None:
    """Let a pool do what is neither stored nor done already."""
    ranks = {name: rank for rank, name in enumerate(order)}
    is_limited = until < float("inf")
    schedule = Schedule(
        levels.graph,
        keys,
        levels.store,
        NoWorkspace(),
        (lambda node: (ranks[node.member], node.fold)) if is_limited else None,
        levels.limits,
        pool.size,
    )
    schedule.run(pool, should_stop=lambda: pool.now >= until)


def _line(
    fits: MemberFits, levels: Levels, pool: SimulatedPool, store: Store
) -> MemberForecast:
    node, costs = levels.graph.nodes[fits.keys[0]], levels.limits.costs
    keys = {key for key in fits.keys if key not in store}
    return MemberForecast(
        fits.member.name,
        len(keys),
        sum(map(pool.has_done, keys)),
        costs.seconds(node),
        costs.megabytes(node),
        tuple(sorted((d.begin, d.end) for d in pool.done if d.node.key in keys)),
    )
