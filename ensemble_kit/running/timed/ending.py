"""When the levels of a limited run are over, so that all that follows finds its time.

Rules of thumb say it to begin with. On the way the end is rehearsed: level 2 is fitted
on the members at hand and the run's files are written, and what that took is what it
is going to take, longer by as much as there are more members.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from ensemble_kit.competition.checks.near_duplicates import MOST_CHARACTERS
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.many_rows import MANY_ROWS
from ensemble_kit.work.costs import words_per_row
from ensemble_kit.work.rates import Size, fit_seconds

SECONDS_PER_CELL = 1.2e-6  # of oof.csv and test_predictions.csv
# Of report.html: to begin with, for each column, for each row, and for each member's.
PAGE_SECONDS, PAGE_SECONDS_PER_COLUMN = 3.0, 0.013
PAGE_SECONDS_PER_ROW, PAGE_SECONDS_PER_SCORE = 6e-6, 1e-6
TWIN_SECONDS_PER_CHARACTER, CHARACTERS_PER_WORD = 5e-7, 7  # of near-duplicate texts
TWIN_SECONDS_PER_CELL = 1e-7  # of near-duplicate rows
# Of each member's score in a row beyond `MANY_ROWS`, for surprises: such a run has no
# time for a rehearsal. All else of a million rows and seven members took 40 to 50
# seconds of a processor, as much as is counted here without this.
MANY_SECONDS_PER_SCORE = 2e-6
DECIDING_SHARE = 0.3  # of scoring a member by labels: one fit of five, and it is told
LEAST_TO_CHOOSE = 1.5  # between level 2 and the end
REHEARSED_AT = 0.7  # of the time to the end of level 1
# What is rehearsed: up to so many seconds of writing, or to this share of the limit.
MOST_REHEARSED, REHEARSED_SHARE = 4.5, 0.05
LEAST_LIMIT = 45.0  # seconds; a shorter run has none for a rehearsal
SLACK, EXIT_SECONDS = 1.4, 2.0  # around what was measured; for a process to end
CAUTION = 2.0  # by which rates of level 2 are multiplied


@dataclass(frozen=True)
class Rehearsed:
    """What the end took when it was tried.

    Parameters
    ----------
    n_members : int
        Of level 1, that it was tried with.
    level_2 : float
        Seconds of all pieces of the levels above, one after the other.
    writing : float
        Seconds of choosing and of the run's files.
    thumb : float
        What the rule of thumb said of writing.
    """

    n_members: int
    level_2: float
    writing: float
    thumb: float


class Ending:
    """The end of a limited run, as far as it can be foreseen.

    Parameters
    ----------
    levels : FittedLevels
    clock : Clock
    n_workers : int
    decides_labels : bool
        Whether labels are scored, which are decided anew for what is written.

    Attributes
    ----------
    seconds_per_score, seconds_to_tell : float
        What scoring one member, and a submission on the way, have taken.
    rehearsed : Rehearsed or None
    has_begun : bool
        Whether level 1 is over.
    """

    def __init__(
        self,
        levels: FittedLevels,
        clock: Clock,
        n_workers: int,
        decides_labels: bool = False,
    ):
        self.levels = levels
        self.clock = clock
        self.n_workers = n_workers
        self.decides_labels = decides_labels
        self.seconds_per_score = 0.0
        self.seconds_to_tell = 0.0
        self.rehearsed: Rehearsed | None = None
        self.has_begun = False

    def of_level_1(self, upper: Sequence[Member]) -> float:
        """Return when level 1 is over, on the monotonic clock.

        Parameters
        ----------
        upper : sequence of Member
            The members above it.
        """
        n_more = 1 + len(upper)
        if self.rehearsed is None:
            reserved = self.reserve(upper) + self.scoring(n_more)
        else:
            reserved = SLACK * (self.level_2() + self._writing(n_more)) + EXIT_SECONDS
        return self.clock.end - reserved

    def latest_of_level_1(self, upper: Sequence[Member]) -> float:
        """Return the same time with nothing kept for surprises."""
        n_more = 1 + len(upper)
        if self.rehearsed is None:
            above = seconds_above(upper, self.levels, self.n_workers) / CAUTION
            return self.clock.end - above - self.scoring(n_more)
        reserved = self.level_2() + self._writing(n_more) + EXIT_SECONDS
        return self.clock.end - reserved

    def of_level_2(self, upper: Sequence[Member], n_members: int) -> float:
        """Return when a level above is over, on the monotonic clock.

        Parameters
        ----------
        upper : sequence of Member
            All members above level 1.
        n_members : int
            Of that level.
        """
        if self.rehearsed is None:
            choosing = max(LEAST_TO_CHOOSE, 0.25 * self.reserve(upper))
            return self.clock.end - choosing - self.scoring(n_members)
        reserved = SLACK * self._writing(n_members) + EXIT_SECONDS
        return self.clock.end - reserved

    def reserve(self, upper: Sequence[Member]) -> float:
        """Return the seconds kept for level 2 and what follows, by rule of thumb."""
        return self.clock.reserve(seconds_above(upper, self.levels, self.n_workers))

    def scoring(self, n_members: int) -> float:
        """Return the seconds that scoring and writing take, by rule of thumb.

        Parameters
        ----------
        n_members : int
            That are still to be scored.
        """
        return n_members * self.seconds_per_score + self.thumb(n_members)

    def thumb(self, n_members: int = 0) -> float:
        """Return the seconds that writing takes, by rule of thumb.

        Parameters
        ----------
        n_members : int
            That come to those at hand.
        """
        source = self.levels.graph.source
        n_rows = len(source.X) + len(source.X_test)
        n_all = len(self.levels.fits) + n_members
        cells = n_rows * source.n_outputs * n_all
        seconds = cells * SECONDS_PER_CELL + self.seconds_to_tell
        seconds += PAGE_SECONDS + source.X.shape[1] * PAGE_SECONDS_PER_COLUMN
        per_row = PAGE_SECONDS_PER_ROW + n_all * PAGE_SECONDS_PER_SCORE
        seconds += len(source.y) * per_row + self._twin_seconds
        n_many = max(0, len(source.y) - MANY_ROWS)
        seconds += n_many * n_all * MANY_SECONDS_PER_SCORE
        seconds += self._deciding_seconds(n_all)
        return seconds * (self.clock.slowness if n_many else 1.0)

    def is_due(self, upper: Sequence[Member]) -> bool:
        """Return whether the end is to be rehearsed now.

        With two members or more, late, where that takes little of the limit.
        """
        if self.has_begun or self.rehearsed or len(self.levels.fits) < 2:
            return False
        if self.clock.limit < LEAST_LIMIT:
            return False
        end, wanted = self.of_level_1(upper), self.thumb(len(upper))
        most = max(MOST_REHEARSED, REHEARSED_SHARE * self.clock.limit)
        late = self.clock.start + REHEARSED_AT * (end - self.clock.start)
        now = time.monotonic()
        return late <= now < end - 2 * wanted and wanted <= most

    def note(self, level_2: float, writing: float, thumb: float) -> None:
        """Take what the end took when it was tried, on the members at hand."""
        self.rehearsed = Rehearsed(len(self.levels.fits), level_2, writing, thumb)

    def in_turn(self) -> float:
        """Return the seconds of level 2, one piece after the other; 0 where unknown."""
        if self.rehearsed is None:
            return 0.0
        share = len(self.levels.fits) / self.rehearsed.n_members
        return self.rehearsed.level_2 * max(1.0, share)

    def level_2(self) -> float:
        """Return the seconds of level 2, workers that have to start anew thought of."""
        in_turn = self.in_turn()
        return min(in_turn, in_turn / max(1, self.n_workers) + self.clock.reading)

    def _writing(self, n_more: int) -> float:
        """Return the seconds of scoring and writing, as measured."""
        if self.rehearsed is None:
            return self.scoring(n_more)
        longer = self.thumb(n_more) / self.rehearsed.thumb
        seconds = self.rehearsed.writing * max(1.0, longer)
        return seconds + n_more * self.seconds_per_score

    @cached_property
    def _twin_seconds(self) -> float:
        """Return the seconds that looking for near-duplicates takes."""
        source = self.levels.graph.source
        n_rows = len(source.y) + source.X_test.shape[0]
        n_characters = n_rows * words_per_row(source.X) * CHARACTERS_PER_WORD
        of_texts = min(n_characters, MOST_CHARACTERS) * TWIN_SECONDS_PER_CHARACTER
        return of_texts + n_rows * source.X.shape[1] * TWIN_SECONDS_PER_CELL

    def _deciding_seconds(self, n_members: int) -> float:
        """Return the seconds in which labels are decided of all rows, to be written."""
        if not self.decides_labels:
            return 0.0
        return n_members * DECIDING_SHARE * self.seconds_per_score


def seconds_above(
    members: Sequence[Member], levels: FittedLevels, n_workers: int
) -> float:
    """Return what members above level 1 may take, going by the members at hand.

    `CAUTION` times what their rates say, as much slower as level 1 has turned out.
    """
    source = levels.graph.source
    cells = max(2, len(levels.fits)) * source.n_outputs
    size = Size(len(source.y), cells, source.n_outputs)
    one = sum(fit_seconds(member.model, size) for member in members)
    n_fits = len(source.folds) + 1
    return CAUTION * levels.costs.slowness() * one * n_fits / max(1, n_workers)
