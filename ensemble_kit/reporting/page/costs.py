"""The eighth block: what the run took, and how to make it again."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ensemble_kit.quantities import format_seconds
from ensemble_kit.reporting.page.glossary import GLOSSARY
from ensemble_kit.reporting.page.marks import Entry, Series, bars, lines
from ensemble_kit.reporting.page.parts import (
    Block,
    Commands,
    Facts,
    Figure,
    Part,
    Table,
)
from ensemble_kit.reporting.page.time_line import time_line
from ensemble_kit.running.run import Run

MOST_MEMBERS = 30
MOST_FACTS = 6


def run_block(run: Run, report: Mapping[str, Any], folder: Path) -> Block:
    """Return costs, versions, and the commands that make the run again."""
    probed = [
        (r.name, ", ".join(f"{k} = {_short(v)}" for k, v in _some(r.probed)))
        for r in run.results
        if r.probed
    ]
    parts: list[Part] = [Facts(_facts(run, report))]
    if line := time_line(run):
        parts.append(line)
    parts += [*_curve(run), _figure(run), *_costs(run)]
    if probed:
        parts.append(Table("Found by inner splits", ("member", "found"), probed))
    versions = list(report["environment"].items())
    parts += [
        Table("Versions", ("library", "version"), versions, is_folded=True),
        Commands([f"ensemble-kit replay {shlex.quote(str(folder))}"]),
        Table("Glossary", ("word", "meaning"), list(GLOSSARY.items()), is_folded=True),
    ]
    return Block("run", "The run", _sentence(run), parts)


def _sentence(run: Run) -> str:
    done = f"{run.n_fitted} fits were done in {format_seconds(run.seconds)}"
    stored = f" and {run.n_stored} taken from the store" if run.n_stored else ""
    again = "replay makes it again and compares every byte of the submission"
    return f"{done}{stored}; {again}."


def _facts(run: Run, report: Mapping[str, Any]) -> list[tuple[str, str]]:
    limit = "" if run.megabytes is None else f" of {run.megabytes:,.0f} MB allowed"
    n_folds = len(run.folds)
    return [
        ("pipeline", run.pipeline.name),
        ("folds", str(n_folds) if n_folds > 1 else "one: scores are of its rows alone"),
        ("seed", str(run.pipeline.seed)),
        ("memory", f"{run.peak_megabytes:,.0f} MB at most{limit}"),
        ("fingerprint of the data", report["competition"]["fingerprint"]),
    ]


def _figure(run: Run) -> Figure:
    ranked = sorted(run.results, key=lambda r: (-r.seconds, r.name))[:MOST_MEMBERS]
    entries = [Entry(r.name, r.seconds, is_marked=r.name == run.chosen) for r in ranked]
    description = "Fitting and predicting over all folds and seeds, stored work too."
    return bars("Seconds of the members", description, entries, "seconds")


def _curve(run: Run) -> list[Figure]:
    """Return how the score of a run with a time limit grew, where it did."""
    if len(run.curve) < 2:
        return []
    points = [(round(seconds, 1), score) for seconds, score, _ in run.curve]
    metric = run.competition.metric.name
    description = (
        f"{metric} on out-of-fold rows of what would have been submitted at each time; "
        "to begin with, of one fold."
    )
    series = [Series("score", points)]
    return [lines("Score by seconds", description, series, ("seconds", metric))]


def _costs(run: Run) -> list[Table]:
    """Return what the members' fits were going to take, and took."""
    rows = [
        (r.name, round(run.predicted_seconds[r.name], 2), round(r.seconds, 2))
        for r in run.results
        if r.name in run.predicted_seconds
    ]
    header = ("member", "seconds predicted", "taken")
    return [Table("Costs, predicted and taken", header, rows, is_folded=True)] * (
        len(rows) > 0
    )


def _some(facts: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return list(facts.items())[:MOST_FACTS]


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
