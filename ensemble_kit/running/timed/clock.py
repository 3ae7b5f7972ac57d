"""The time a run has."""

import time
from dataclasses import dataclass

LEAST_RESERVE = 4.0  # seconds
LEAST_TO_LEAVE, LEAVING_SHARE = 1.0, 0.3  # seconds, and of those of reading
MOST_SLOWNESS = 1.5  # reading is slowed down by workers that start, too
EXPLAIN_SHARE, MOST_TO_EXPLAIN = 0.1, 120.0  # of a limit, and in seconds


def seconds_to_explain(limit: float) -> float:
    """Return the seconds of a limit that are kept to tell what mattered."""
    return min(EXPLAIN_SHARE * limit, MOST_TO_EXPLAIN)


def slowness_of(reading: float, busy: float) -> float:
    """Return how many times as long as a processor was at it reading has taken.

    Parameters
    ----------
    reading, busy : float
        Seconds of the clock, and of this process's processor time.

    Examples
    --------
    >>> slowness_of(5.0, 4.0), slowness_of(6.0, 9.0), slowness_of(60.0, 1.0)
    (1.25, 1.0, 1.5)
    """
    return min(MOST_SLOWNESS, max(1.0, reading / max(busy, 1e-3)))


@dataclass(frozen=True)
class Clock:
    """When a run has to be over, and its process at its exit.

    Parameters
    ----------
    start, limit : float
        Start on the monotonic clock, and seconds from it to the exit.
    reading : float
        Seconds that it took to read the data; to write what comes of it takes a part
        of them.
    slowness : float
        How many times as long as a processor was at it reading took: other work on the
        machine makes all that follows as slow.
    to_explain : float
        Seconds before the exit in which the run is over: see `seconds_to_explain`.
    """

    start: float
    limit: float
    reading: float = 0.0
    to_explain: float = 0.0
    slowness: float = 1.0

    @property
    def exit(self) -> float:
        """Return the time, on the monotonic clock, of the exit."""
        return self.start + self.limit

    @property
    def end(self) -> float:
        """Return the time, on the monotonic clock, when the run is over."""
        return self.exit - self.to_explain

    @property
    def leaving(self) -> float:
        """Return the time, on the monotonic clock, for the last page and for leaving.

        Both take the longer the slower the machine is.
        """
        return self.exit - max(LEAST_TO_LEAVE, LEAVING_SHARE * self.reading)

    @property
    def floor(self) -> float:
        """Return the seconds below which no limit can be kept, as measured so far.

        A worker takes as long to start as this process has, and writing a part of it.
        """
        return 2.5 * self.reading

    def after(self, share: float) -> float:
        """Return the time, on the monotonic clock, when a share of the rest is gone."""
        now = time.monotonic()
        return now + share * (self.end - now)

    def reserve(self, level_2: float) -> float:
        """Return the seconds that are kept for level 2, choosing and writing.

        Parameters
        ----------
        level_2 : float
            What level 2 is predicted to take.
        """
        least = LEAST_RESERVE + 0.25 * self.reading + level_2
        most = max(4.0, 0.08 * self.limit, 0.5 * self.reading)
        return min(0.25 * self.limit, most, least)
