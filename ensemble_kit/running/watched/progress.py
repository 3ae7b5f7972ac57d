"""Progress of a run: a live table on a terminal, plain lines otherwise."""

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from ensemble_kit.quantities import format_score, format_seconds
from ensemble_kit.visible_text import shown
from ensemble_kit.work.node import Node

PLAIN_SECONDS = 5.0


class RunProgress:
    """Shows the members done, the best score so far, and the time used and left.

    Parameters
    ----------
    console : Console, optional
        Standard error by default, so that standard output stays a result.
    members : sequence of str
        Of the pipeline; their number does not grow while the run goes on.
    metric : str
    greater_is_better : bool
    begin, end : float, optional
        When the run began (now, by default) and has to be over, on the monotonic
        clock.
    """

    def __init__(
        self,
        console: Console | None = None,
        members: Sequence[str] = (),
        metric: str = "score",
        greater_is_better: bool = True,
        begin: float | None = None,
        end: float | None = None,
    ):
        self.console = console or Console(stderr=True)
        self.is_live = self.console.is_terminal
        self.members = set(members)
        self.metric = metric
        self.greater_is_better = greater_is_better
        self.begin = time.monotonic() if begin is None else begin
        self.end = end
        self.said_at = 0.0
        self.doing = "reading"
        self.best: tuple[float, str] | None = None
        self.missing: dict[str, set[str]] = {}
        self.done: set[str] = set()
        self.live = Live(
            console=self.console, transient=True, get_renderable=self._table
        )

    def __enter__(self) -> "RunProgress":
        if self.is_live:
            self.live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.is_live:
            self.live.stop()

    def on_plan(self, nodes: Sequence[Node]) -> None:
        """Take up more work."""
        for node in nodes:
            if node.member:
                self.missing.setdefault(node.member, set()).add(node.key)

    def on_event(self, event: str, node: Node, facts: dict[str, Any]) -> None:
        """Show one event of the schedule."""
        if event in ("failed", "retried"):
            self.say(f"{describe(node)} {event}: {facts['failure']}")
        if event in ("done", "failed") and node.member in self.missing:
            self.missing[node.member].discard(node.key)
            if event == "done" and not self.missing[node.member]:
                self.done.add(node.member)
        if event == "started":
            self.doing = describe(node)
        elif not self.is_live and event == "done":
            self._say_sometimes()

    def on_score(self, member: str, score: float) -> None:
        """Take the score of a member that is complete."""
        sign = 1 if self.greater_is_better else -1
        if self.best is None or sign * score > sign * self.best[0]:
            self.best = score, member

    def say(self, line: str) -> None:
        """Print a line above the table."""
        self.console.print(
            shown(line, 1000), markup=False, highlight=False, soft_wrap=True
        )

    def state(self) -> list[tuple[str, str]]:
        """Return what is known now, as pairs of a name and a value."""
        now = time.monotonic()
        used = format_seconds(now - self.begin)
        n_done = len(self.done & self.members)
        rows = [("members", f"{n_done} of {len(self.members)} done")]
        if self.best is not None:
            score, name = self.best
            best = f"{self.metric} {format_score(score)} ({name})"
            rows.append(("best so far", best))
        left = "" if self.end is None else _left(self.end - now)
        rows += [("time", f"{used} used{left}"), ("at work on", self.doing)]
        return [(name, shown(value, 60)) for name, value in rows]

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="bold", no_wrap=True)
        table.add_column(no_wrap=True)
        for name, value in self.state():
            table.add_row(name, Text(value))
        return table

    def _say_sometimes(self) -> None:
        """Print a plain line every few seconds."""
        now = time.monotonic()
        if now - self.said_at >= PLAIN_SECONDS:
            self.said_at = now
            self.say("; ".join(f"{name}: {value}" for name, value in self.state()))


def _left(seconds: float) -> str:
    return f", {format_seconds(max(0.0, seconds))} left"


def describe(node: Node) -> str:
    """Return what a piece of work is, for a person."""
    from ensemble_kit.work.node import (
        CountFacts,
        EncodeFacts,
        ScoresFacts,
        TextFilterFacts,
    )

    facts = node.facts
    if isinstance(facts, CountFacts):
        return f"counting {facts.column}"
    if isinstance(facts, EncodeFacts):
        return f"encoding {facts.column}"
    if isinstance(facts, ScoresFacts):
        return f"scores of {facts.column}, fold {node.fold + 1}"
    if node.kind == "features":
        return f"features, fold {node.fold + 1}"
    if node.kind == "trial":
        return "trying an encoder"
    if node.kind == "meta":
        return "joining predictions"
    if isinstance(facts, TextFilterFacts):
        return f"weighing texts by {facts.judge['name']}"
    fold = "all rows" if node.fold < 0 else f"fold {node.fold + 1}"
    return f"{node.member}, {'probe' if node.kind == 'probe' else fold}"
