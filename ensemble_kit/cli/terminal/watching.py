"""A run with its terminal: what is told before, meanwhile and afterwards."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.reporting.submitting import Request, Written
    from ensemble_kit.running.level_fitting import Progress
    from ensemble_kit.running.run import Run
    from ensemble_kit.running.timed.clock import Clock


def make_clock(
    seconds: float | None, is_first: bool = True, explain: bool = False
) -> "Clock | None":
    """Return the clock of a run with a limit; the first began with the process.

    Where it is to be explained as well, a share of the limit is kept for that.
    """
    from ensemble_kit import cli
    from ensemble_kit.running.timed.clock import Clock, seconds_to_explain, slowness_of

    if seconds is None:
        return None
    now = time.monotonic()
    start = cli.STARTED if is_first and cli.STARTED is not None else now
    to_explain = seconds_to_explain(seconds) if explain else 0.0
    slowness = slowness_of(now - start, time.process_time()) if start < now else 1.0
    return Clock(start, seconds, now - start, to_explain, slowness)


def run_watched(request: "Request") -> tuple["Written", bool]:
    """Return what a run has written, and whether it was asked to stop."""
    from ensemble_kit.cli.terminal.opening import opening_lines
    from ensemble_kit.running.level_fitting import Progress
    from ensemble_kit.running.watched.interrupts import Interrupts
    from ensemble_kit.running.watched.progress import RunProgress

    competition, clock = request.competition, request.clock
    progress = RunProgress(
        members=[member.name for member in request.pipeline.members],
        metric=competition.metric.name,
        greater_is_better=competition.metric.greater_is_better,
        begin=None if clock is None else clock.start,
        end=None if clock is None else clock.end,
    )
    limit = None if clock is None else clock.limit
    for line in opening_lines(competition, request.pipeline, limit):
        progress.say(line)
    if clock is not None and clock.limit < clock.floor:
        progress.say(floor_line(clock))
    with progress, Interrupts(progress.say) as interrupts:
        listener = Progress(
            progress.on_plan,
            progress.on_event,
            interrupts.happened,
            _silent if competition.unmeasured else progress.on_score,
            progress.say,
        )
        written = submit_or_tell(request, listener)
        for line in written.notes:
            progress.say(line)
    return written, interrupts.happened()


def _silent(member: str, score: float) -> None:
    """Show no score, where none can be measured."""


def floor_line(clock: "Clock") -> str:
    """Return the warning of a limit that starting and writing alone exceed."""
    from ensemble_kit.quantities import format_seconds

    return (
        f"warning: starting and reading took {format_seconds(clock.reading)} here; a "
        f"limit below {format_seconds(clock.floor)} may be exceeded"
    )


def submit_or_tell(request: "Request", listener: "Progress") -> "Written":
    """Return what a run has written; one stopped too early for that says so."""
    from ensemble_kit.exceptions import RunError
    from ensemble_kit.reporting.submitting import submit_run
    from ensemble_kit.running.watched.interrupts import EARLY

    try:
        return submit_run(request, listener)
    except RunError as error:
        if listener.is_interrupted():
            raise KeyboardInterrupt(EARLY) from error
        raise


def word_map_section(run: "Run", folder: Path) -> dict[str, Any]:
    """Draw the words of the texts that a run used, unless it was interrupted."""
    from ensemble_kit.reporting.word_map import draw_word_maps

    return {} if run.stopped else {"word_maps": draw_word_maps(run, folder)}


def show_run(written: "Written") -> None:
    """Print the leaderboard, the result in words, and where the files are."""
    from rich.console import Console

    from ensemble_kit.cli.terminal.leaderboard import leaderboard_table, left_out
    from ensemble_kit.cli.terminal.result import result_lines
    from ensemble_kit.reporting.next_commands import next_commands
    from ensemble_kit.running.scores.likeness import APART

    console, run = Console(), written.run
    console.print(leaderboard_table(run))
    if run.failures:
        console.print(left_out(run))
    paths = (written.submission, written.folder / "report.html")
    apart = [n for n in written.report.get("notes", []) if n.startswith(APART)]
    lines = ["", *result_lines(run), *apart, "", *map(str, paths)]
    if not run.stopped:
        commands = next_commands(run, written.folder)
        lines += ["", "next:", *(f"  {line}" for line in commands)]
    for line in lines:
        console.print(shown(line, 4000), markup=False, highlight=False, soft_wrap=True)
