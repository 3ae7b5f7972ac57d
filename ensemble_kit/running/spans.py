"""When each piece of a run's work was going on."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from ensemble_kit.work.node import Node
from ensemble_kit.work.schedule import Listener


@dataclass(frozen=True)
class Span:
    """A piece of work, and when it was going on.

    Parameters
    ----------
    member : str
        Empty for what several members need: features, counted texts.
    kind : str
        Of the node: "fit", "features", "count" and others.
    begin, end : float
        Seconds since the run began.
    """

    member: str
    kind: str
    begin: float
    end: float


@dataclass
class SpanRecorder:
    """Notes when work begins and ends, between a schedule and who listens to it.

    Parameters
    ----------
    listener : callable
        Told everything, see `Schedule.run`.
    """

    listener: Listener
    began: float = field(default_factory=time.monotonic)
    going: dict[str, float] = field(default_factory=dict)
    spans: list[Span] = field(default_factory=list)

    def hear(self, event: str, node: Node, facts: dict[str, Any]) -> None:
        """Take an event of a schedule, and pass it on."""
        now = time.monotonic() - self.began
        if event == "started":
            self.going[node.key] = now
        elif node.key in self.going:
            begin = self.going.pop(node.key)
            member = node.member if node.kind == "fit" else ""
            self.spans.append(Span(member, node.kind, begin, now))
        self.listener(event, node, facts)


def lanes(spans: Sequence[Span]) -> list[list[Span]]:
    """Return spans dealt to as few lanes as they need, none beside another in one.

    One lane for each worker that was ever busy beside others; which process did what
    is not known, and does not matter.
    """
    lanes_so_far: list[list[Span]] = []
    for span in sorted(spans, key=lambda one: (one.begin, one.end)):
        free = [lane for lane in lanes_so_far if lane[-1].end <= span.begin]
        if free:
            # The one that waited least, so that a worker's pieces stay together.
            max(free, key=lambda lane: lane[-1].end).append(span)
        else:
            lanes_so_far.append([span])
    return lanes_so_far
