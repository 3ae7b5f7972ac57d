"""What a schedule hands work to, and how work ends."""

from dataclasses import dataclass, field
from typing import Any, Protocol

from ensemble_kit.work.node import Node


@dataclass(frozen=True)
class Outcome:
    """How a piece of work ended.

    Parameters
    ----------
    node : Node
    cost : dict
        Seconds and megabytes; empty when it failed.
    failure : str
        Empty when it succeeded.
    is_death : bool
        Whether the worker died with it, rather than raising.
    is_late : bool
        Whether it was stopped at its deadline.
    is_memory : bool
        Whether its worker was ended because all together took too much memory.
    is_disk : bool
        Whether the disk or the store failed, so that no other work could end well.
    """

    node: Node
    cost: dict[str, Any] = field(default_factory=dict)
    failure: str = ""
    is_death: bool = False
    is_late: bool = False
    is_memory: bool = False
    is_disk: bool = False


class Pool(Protocol):
    """Whatever does pieces of work: here, in processes, on a cluster, or in thought."""

    @property
    def size(self) -> int:
        """Return how many pieces of work are done at once."""

    @property
    def n_idle(self) -> int:
        """Return how many more pieces can be taken on."""

    @property
    def peak_megabytes(self) -> float:
        """Return the most that was seen to be held at once."""

    def submit(self, node: Node, deadline: float | None = None) -> None:
        """Take a piece of work on, to be done by a time on the monotonic clock."""

    def wait(self, timeout: float | None = None) -> list[Outcome]:
        """Return what has ended, waiting for the first at most ``timeout`` seconds."""

    def close(self) -> None:
        """Give up what goes on."""
