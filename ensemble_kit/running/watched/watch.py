"""A fit in a notebook or a script that may be watched, and stopped."""

import threading
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from ensemble_kit.metrics import Metric
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.watched.interrupts import Interrupts


@dataclass
class Watch:
    """How a fit is watched.

    Parameters
    ----------
    shows : bool
        Whether a live table is shown, plain lines where there is no terminal.
    stops : bool
        Whether the first Ctrl-C keeps what is done; the second one stops at once.
    begin, end : float, optional
        When it began and has to be over, on the monotonic clock.
    """

    shows: bool = False
    stops: bool = False
    begin: float | None = None
    end: float | None = None
    interrupts: Interrupts | None = field(default=None, repr=False)
    stopped: bool = False

    @contextmanager
    def over(self, members: Sequence[str], metric: Metric) -> Iterator[Progress]:
        """Yield what a fit of some members tells what goes on."""
        progress = Progress()
        with ExitStack() as stack:
            if self.shows:
                progress = stack.enter_context(self._shown(members, metric))
            # A signal has one handler, which the main thread alone may set.
            if self.stops and threading.current_thread() is threading.main_thread():
                self.interrupts = stack.enter_context(Interrupts(progress.on_note))
            progress.is_interrupted = self._is_stopped
            yield progress

    def go_on(self) -> None:
        """Take a stop as done: what comes next is short."""
        self.stopped = True
        warnings.warn(
            "stopped: only what was done by then is fitted", UserWarning, stacklevel=2
        )

    def _is_stopped(self) -> bool:
        asked = self.interrupts is not None and self.interrupts.happened()
        return asked and not self.stopped

    @contextmanager
    def _shown(self, members: Sequence[str], metric: Metric) -> Iterator[Progress]:
        from ensemble_kit.running.watched.progress import RunProgress

        table = RunProgress(
            members=members,
            metric=metric.name,
            greater_is_better=metric.greater_is_better,
            begin=self.begin,
            end=self.end,
        )
        with table:
            yield Progress(
                on_plan=table.on_plan,
                on_event=table.on_event,
                on_score=table.on_score,
                on_note=table.say,
            )
