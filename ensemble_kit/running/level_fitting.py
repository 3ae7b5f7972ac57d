"""Fitting the members of one level, and collecting what they predict."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.work.execute import read_member
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import Node
from ensemble_kit.work.pool import Pool
from ensemble_kit.work.schedule import Listener, Schedule
from ensemble_kit.work.workspace import Workspace

logger = logging.getLogger(__name__)


@dataclass
class Progress:
    """What a run tells while it goes on.

    Parameters
    ----------
    on_plan : callable
        Called with the list of nodes about to be worked on.
    on_event : callable
        See `Schedule.run`.
    is_interrupted : callable
        Asked all the time; when true, the run ends with what it has.
    on_score : callable, optional
        Called with a member's name and score as soon as it is complete.
    on_note : callable
        Called with a line about what a person may wonder at; logged by default.
    """

    on_plan: Callable[[list[Node]], None] = lambda nodes: None
    on_event: Listener = lambda *_: None
    is_interrupted: Callable[[], bool] = lambda: False
    on_score: Callable[[str, float], None] | None = None
    on_note: Callable[[str], None] = logger.warning


def fit_level(
    members: Sequence[Member],
    levels: FittedLevels,
    workspace: Workspace,
    pool: Pool,
    progress: Progress,
    on_complete: Callable[[MemberFits], None] | None = None,
) -> None:
    """Fit one level; members that fail are named and left out.

    ``on_complete`` is called with each member whose fits are all there.
    """
    planned = plan_level(members, levels)
    keys = [key for fits in planned.values() for key in fits.keys]
    schedule = Schedule(
        levels.graph,
        keys,
        levels.store,
        workspace,
        limits=levels.limits,
        n_workers=pool.size,
    )
    missing = {k for k, node in schedule.missing.items() if node.kind == "fit"}
    progress.on_plan(list(schedule.missing.values()))
    waiting = {name: set(fits.keys) & missing for name, fits in planned.items()}

    def on_event(event: str, node: Node, facts: dict[str, Any]) -> None:
        progress.on_event(event, node, facts)
        if event == "done" and node.key in waiting.get(node.member, ()):
            waiting[node.member].discard(node.key)
            if on_complete is not None and not waiting[node.member]:
                on_complete(planned[node.member])

    schedule.run(pool, on_event, is_interrupted=progress.is_interrupted)
    levels.failures.update(schedule.failures)
    levels.take_complete(planned)
    levels.fitted |= missing - set(schedule.missing)


def collect(levels: FittedLevels) -> OOFMatrix:
    """Return the out-of-fold matrix of everything fitted so far."""
    parts = [
        read_member(levels.store, fits.grid, levels.graph.source.numbered(fits.splits))
        for fits in levels.fits.values()
    ]
    return OOFMatrix.join(list(levels.fits), parts)
