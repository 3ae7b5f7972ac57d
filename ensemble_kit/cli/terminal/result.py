"""What came of a run, in words: what was submitted and why."""

from typing import TYPE_CHECKING

from ensemble_kit.visible_text import shown

if TYPE_CHECKING:
    from ensemble_kit.running.run import Run


def result_lines(run: "Run") -> list[str]:
    """Return the result in words: member, reason, score, the best single member."""
    from ensemble_kit.quantities import format_score
    from ensemble_kit.reporting.facts import GOES_ON, leaderboard

    metric, chosen = run.competition.metric.name, run.result(run.chosen)
    verb = "best so far" if run.stopped else "submitted"
    partial = ", partial" if run.stopped else ""
    lines = [
        f"{verb}: {run.chosen}, {run.reason}",
        f"{metric} {format_score(chosen.score)} on out-of-fold rows{partial} "
        f"(folds vary by {format_score(chosen.spread, chosen.score)})",
    ]
    if run.competition.unmeasured:
        lines[-1] = run.competition.unmeasured
        return [shown(line, 1000) for line in lines]
    singles = [result for result in leaderboard(run) if result.level == 1]
    if chosen.level > 1 and singles:
        best = singles[0]
        score = format_score(best.score)
        lines[-1] += f"; the best single member, {best.name}, has {score}"
    if run.stopped:
        lines.insert(0, f"{run.stopped}; {GOES_ON}")
    return [shown(line, 1000) for line in lines]
