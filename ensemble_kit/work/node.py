"""A piece of work."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Node:
    """One piece of work.

    Parameters
    ----------
    key : str
        SHA-256 of the facts: equal facts, equal result.
    kind : {"count", "features", "gate", "probe", "meta", "fit"}
    facts : dict
        Plain data that decides the result; ``inputs`` holds the keys it reads.
    needs : tuple of str
        Keys of the work it stands on.
    member : str
        The member it belongs to; empty for work that several share.
    """

    key: str
    kind: str
    facts: dict[str, Any]
    needs: tuple[str, ...] = ()
    member: str = ""

    @property
    def is_stored(self) -> bool:
        """Return whether the result outlives the run."""
        return self.kind in ("fit", "probe", "gate")

    @property
    def fold(self) -> int:
        """Return the fold, 0 where there is none."""
        return self.facts.get("fold", 0)
