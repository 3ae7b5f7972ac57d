"""The time a run has."""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Clock:
    """When a run has to be over.

    Parameters
    ----------
    start, limit : float
        Start on the monotonic clock, and seconds from it to the exit.
    """

    start: float
    limit: float

    @property
    def end(self) -> float:
        """Return the time, on the monotonic clock, of the exit."""
        return self.start + self.limit

    @property
    def end_of_level_1(self) -> float:
        """Return when level 2, choosing and writing have to begin."""
        return self.end - self._reserve

    @property
    def end_of_fits(self) -> float:
        """Return when nothing but choosing and writing is left."""
        return self.end - 0.25 * self._reserve

    def after(self, share: float) -> float:
        """Return the time, on the monotonic clock, when a share of the rest is gone."""
        now = time.monotonic()
        return now + share * (self.end - now)

    @property
    def _reserve(self) -> float:
        return min(0.25 * self.limit, max(4.0, 0.08 * self.limit))
