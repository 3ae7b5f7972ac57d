"""Ctrl-C and its relatives, asked for politely."""

import signal
from collections.abc import Callable
from types import FrameType, TracebackType

SIGNALS = [
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP")
    if hasattr(signal, name)
]

GO_ON = "the fits that were finished are kept: the same command goes on from there"
AT_ONCE = f"stopped at once; {GO_ON}"
EARLY = f"stopped before anything could be submitted; {GO_ON}"


class Interrupts:
    """Remembers the first signal to stop; the second one stops at once.

    Parameters
    ----------
    tell : callable
        Called with one line at the first signal.
    """

    def __init__(self, tell: Callable[[str], None] = lambda line: None):
        self.tell = tell

    def __enter__(self) -> "Interrupts":
        self._happened = False
        self._before = {number: signal.getsignal(number) for number in SIGNALS}
        for number in SIGNALS:
            signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def happened(self) -> bool:
        """Return whether a stop has been asked for."""
        return self._happened

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self._happened:
            raise KeyboardInterrupt(AT_ONCE)
        self._happened = True
        self.tell("stopping: what is done is kept; once more stops at once")
