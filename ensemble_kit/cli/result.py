"""What came of a run, in words: what was submitted and why, and what to type next."""

import shlex
from typing import TYPE_CHECKING

from ensemble_kit.cli.printing import shown

if TYPE_CHECKING:
    from ensemble_kit.reporting.submitting import Written
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


def next_commands(written: "Written") -> list[str]:
    """Return three commands that make sense now."""
    competition, run = written.run.competition, shlex.quote(str(written.folder))
    folder = shlex.quote(str(competition.folder))
    file = shlex.quote(str(written.submission))
    slug, pipeline = shlex.quote(competition.name), shlex.quote(_pipeline(written))
    member = shlex.quote(f"{written.run.pipeline.name}: {written.run.chosen}")
    return [
        f"ensemble-kit holdout {folder} --pipeline {pipeline}",
        f"ensemble-kit predict {run} NEW.csv -o OUT.csv",
        f"kaggle competitions submit -c {slug} -f {file} -m {member}",
    ]


def _pipeline(written: "Written") -> str:
    """Return what names the run's pipeline: a shipped name, or what it recorded."""
    from ensemble_kit.pipeline.loading import shipped_pipelines

    name = written.run.pipeline.name
    return name if name in shipped_pipelines() else f"{written.folder}/pipeline.toml"
