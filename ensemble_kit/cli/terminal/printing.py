"""The one door to the terminal: what strangers wrote is shown, never obeyed.

Names of columns, classes, ids and members come from files: they go through `shown`.
`open_streams` sees to it that a stream can take whatever is printed.
"""

import contextlib
import io
import os
import sys
from types import TracebackType
from typing import Any, TextIO

from ensemble_kit.visible_text import shown


def shown_lines(text: str) -> str:
    """Return a message of several lines, each one as `shown` gives it."""
    return "\n".join(shown(line, 2000) for line in text.split("\n"))


def open_streams() -> None:
    """Make standard output and error take everything, whoever reads them.

    A closed one swallows what it gets, a reader who leaves ends nothing, and letters
    that the encoding lacks are replaced.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            # The lowest free number is this one: no other file may come to lie there.
            os.open(os.devnull, os.O_RDWR)
    sys.stdout = _open(sys.stdout)
    sys.stderr = _open(sys.stderr)


def _open(stream: TextIO | None) -> Any:
    if stream is None:
        return open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="replace")
    return _Door(stream)


class _Door:
    """A stream whose reader may have gone: the work goes on without a word."""

    def __init__(self, stream: TextIO):
        self._stream = stream

    def write(self, text: str) -> int:
        """Write, or pass over what nobody reads."""
        with contextlib.suppress(BrokenPipeError):
            return self._stream.write(text)
        self._close()
        return len(text)

    def flush(self) -> None:
        """Flush, or pass over what nobody reads."""
        with contextlib.suppress(BrokenPipeError):
            return self._stream.flush()
        return self._close()

    def _close(self) -> None:
        """Send the rest, and what the interpreter flushes at its end, nowhere."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self._stream.fileno())
        os.close(nowhere)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)

    def __enter__(self) -> "_Door":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.flush()
