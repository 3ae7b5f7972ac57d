"""Members of a finished run, each fitted once more on all training rows.

Rounds, epochs and penalties are those that the run has found, so that nothing is
searched again; folds are not fitted at all.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.finished.fitted_ensemble import plan_members
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.preparing.prepare import PreparedRun
from ensemble_kit.running.run_pipeline import Resources, open_pool
from ensemble_kit.store.store import Store
from ensemble_kit.work.schedule import Schedule
from ensemble_kit.work.workspace import ALL_ROWS


@dataclass(frozen=True)
class Refitted:
    """Members of level 1 after their fits on all rows.

    Parameters
    ----------
    plan : tuple of dict
        See `plan_members`.
    n_fitted, n_stored : int
        Fits done now, and fits that were there.
    """

    plan: tuple[dict[str, Any], ...]
    n_fitted: int
    n_stored: int


def settled(member: Member, probed: Mapping[str, Any]) -> Member:
    """Return a member that searches nothing and is fitted once.

    Parameters
    ----------
    member : Member
    probed : mapping
        What the run's probe has found for it.
    """
    params = {**probed, **member.params}
    seeds = member.seeds[:1]
    return replace(member, params=params, probe=False, seeds=seeds, folds=None)


def refit(
    prepared: PreparedRun,
    names: Sequence[str],
    store: Store,
    resources: Resources,
    progress: Progress,
) -> Refitted:
    """Fit members of level 1 on all rows, unless the store has these very fits.

    Parameters
    ----------
    prepared : PreparedRun
        Of a pipeline whose members are `settled`, with all that they begin from.
    names : sequence of str
        The members that are wanted.
    store : Store
        What is fitted is kept in it.
    resources, progress

    Raises
    ------
    RunError
        With the members that cannot be fitted, and why.
    KeyboardInterrupt
        When it was asked to stop.
    """
    graph = replace(prepared.graph, refit=True, latest=False, nodes={})
    levels = FittedLevels(graph, store)
    planned = plan_level(prepared.pipeline.at_level(1), levels)
    _refuse(names, levels.missing)
    keys = [
        key
        for name in names
        for (fold, _), key in planned[name].fits.items()
        if fold == ALL_ROWS
    ]
    with open_pool(prepared.source, store, resources) as (workspace, pool):
        work = Schedule(graph, keys, store, workspace, n_workers=pool.size)
        n_missing = sum(key in work.missing for key in keys)
        progress.on_plan(list(work.missing.values()))
        work.run(pool, progress.on_event, is_interrupted=progress.is_interrupted)
    if progress.is_interrupted():
        raise KeyboardInterrupt("stopped; the same command goes on")
    _refuse(names, work.failures)
    plan = tuple(plan_members(graph.nodes, planned, names))
    return Refitted(plan, n_missing, len(keys) - n_missing)


def _refuse(names: Sequence[str], reasons: Mapping[str, str]) -> None:
    """Raise for wanted members that cannot be fitted."""
    told = [f"{name}: {reasons[name]}" for name in names if name in reasons]
    if told:
        raise RunError(f"members cannot be fitted on all rows: {'; '.join(told)}")
