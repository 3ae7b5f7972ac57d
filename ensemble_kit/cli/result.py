"""What came of a run, in words: what was submitted and why."""

from typing import TYPE_CHECKING

from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.running.run import Run


def result_lines(run: "Run") -> list[str]:
    """Return the result in words: member, reason, score, the best single member."""
    from ensemble_kit.reporting.facts import GOES_ON, leaderboard

    metric, chosen = run.competition.metric.name, run.result(run.chosen)
    verb = "best so far" if run.stopped else "submitted"
    partial = ", partial" if run.stopped else ""
    lines = [
        f"{verb}: {run.chosen}, {run.reason}",
        f"{metric} {chosen.score:.5f} on out-of-fold rows{partial} (folds vary by "
        f"{chosen.spread:.5f})",
    ]
    singles = [result for result in leaderboard(run) if result.level == 1]
    if chosen.level > 1 and singles:
        best = singles[0]
        lines[-1] += f"; the best single member, {best.name}, has {best.score:.5f}"
    if run.stopped:
        lines.insert(0, f"{run.stopped}; {GOES_ON}")
    return [shown(line, 1000) for line in lines]
