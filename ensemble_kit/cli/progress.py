"""Progress of a run: bars on a terminal, plain lines otherwise."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from ensemble_kit.work.node import Node

PLAIN_SECONDS = 5.0


class RunProgress:
    """Shows what is fitted, what is done, and the time left.

    Parameters
    ----------
    console : Console, optional
        Standard error by default, so that standard output stays a result.
    """

    def __init__(self, console: Console | None = None):
        self.console = console or Console(stderr=True)
        self.is_live = self.console.is_terminal
        self.n_done = self.n_total = 0
        self.said_at = 0.0
        self.bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            console=self.console,
            transient=True,
        )
        self.task = self.bar.add_task("reading", total=None)

    def __enter__(self) -> "RunProgress":
        if self.is_live:
            self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_live:
            self.bar.stop()

    def on_plan(self, nodes: Sequence[Node]) -> None:
        """Take up more work."""
        self.n_total += len(nodes)
        self.bar.update(self.task, total=self.n_total)

    def on_event(self, event: str, node: Node, facts: dict[str, Any]) -> None:
        """Show one event of the schedule."""
        if event in ("failed", "retried"):
            self.say(f"{describe(node)} {event}: {facts['failure']}")
        if event in ("done", "failed"):
            self.n_done += 1
            self.bar.update(self.task, completed=self.n_done)
        if event == "started":
            self.bar.update(self.task, description=describe(node)[:32].ljust(32))
        elif not self.is_live and event == "done":
            self._say_sometimes(node)

    def say(self, line: str) -> None:
        """Print a line above the bars."""
        self.console.print(line, markup=False, highlight=False)

    def _say_sometimes(self, node: Node) -> None:
        """Print a plain line every few seconds, and the last one."""
        now = time.monotonic()
        if now - self.said_at >= PLAIN_SECONDS or self.n_done == self.n_total:
            self.said_at = now
            self.say(f"{self.n_done}/{self.n_total} {describe(node)}")


def describe(node: Node) -> str:
    """Return what a piece of work is, for a person."""
    if node.kind == "count":
        return f"counting {node.facts['column']}"
    if node.kind == "features":
        return f"features, fold {node.fold + 1}"
    if node.kind == "meta":
        return "joining predictions"
    if node.kind == "gate":
        return f"weighing texts by {node.facts['judge']['name']}"
    fold = "all rows" if node.fold < 0 else f"fold {node.fold + 1}"
    return f"{node.member}, {'probe' if node.kind == 'probe' else fold}"
