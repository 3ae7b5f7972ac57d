"""How long a piece of work may take, and how much may go on beside it."""

from collections.abc import Iterable
from dataclasses import dataclass

from ensemble_kit.work.costs import CostModel
from ensemble_kit.work.node import Node

LEAST_PATIENCE = 3600.0
PATIENCE = 20.0
PARENT_MEGABYTES = 200.0


@dataclass(frozen=True)
class Limits:
    """What a run allows its work.

    Parameters
    ----------
    costs : CostModel
    fit_seconds : float, optional
        What one piece of work may take. Without it, twenty times its predicted time
        but at least an hour: a fit that hangs in C is ended some day.
    megabytes : float, optional
        What the run may take.
    held : float
        What of it the parent process holds already.
    is_shared : bool
        Whether all work that goes on shares these megabytes, being on one machine.
    is_timed : bool
        Whether the run has a time limit.
    """

    costs: CostModel
    fit_seconds: float | None = None
    megabytes: float | None = None
    held: float = 0.0
    is_shared: bool = True
    is_timed: bool = False

    def patience(self, node: Node) -> float:
        """Return the seconds after which a piece of work is given up."""
        if self.fit_seconds is not None:
            return self.fit_seconds
        return max(LEAST_PATIENCE, PATIENCE * self.costs.seconds(node))

    def has_room(self, node: Node, running: Iterable[Node]) -> bool:
        """Return whether a piece of work may begin beside those that go on."""
        going = list(running)
        if self.megabytes is None or not self.is_shared or not going:
            return True
        wanted = sum(map(self.costs.megabytes, [node, *going]))
        return self.held + wanted <= self.megabytes

    def reason_to_skip(self, fit: Node) -> str:
        """Return why a fit cannot even begin alone, or an empty string."""
        most, n_rows = self.costs.max_rows(fit), self.costs.size(fit).n_rows
        if self.is_timed and most is not None and n_rows > most:
            return (
                f"{n_rows:,} training rows are too many for it under a time limit "
                f"(at most {most:,})"
            )
        if self.megabytes is None:
            return ""
        wanted = PARENT_MEGABYTES + self.costs.least_megabytes(fit)
        if wanted <= self.megabytes:
            return ""
        return (
            f"predicted to take {wanted:,.0f} MB, the limit is "
            f"{self.megabytes:,.0f} MB (--memory-limit)"
        )
