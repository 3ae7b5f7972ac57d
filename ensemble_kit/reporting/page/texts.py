"""report.html of a run of texts: the vote, its members, and texts that are wrong."""

import shlex
from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.text_competition import TextCompetition
from ensemble_kit.competition.text_facts import describe_texts
from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.jackknife import Estimate, estimate, row_parts
from ensemble_kit.metrics.text_formulas import row_scores
from ensemble_kit.quantities import format_seconds
from ensemble_kit.reporting.page.glossary import GLOSSARY, TEXT_METRICS
from ensemble_kit.reporting.page.marks import Entry, bars, dots
from ensemble_kit.reporting.page.page import render
from ensemble_kit.reporting.page.parts import (
    Block,
    Bullets,
    Cell,
    Commands,
    Facts,
    Figure,
    Part,
    Table,
)
from ensemble_kit.reporting.page.scored_rows import between, written
from ensemble_kit.running.texts.text_folds import VOTE, TextBlend

N_ROWS = 20
LONGEST_CELL = 300
WORDS = ("out of fold", "holdout", "member", "level 1", "level 2", "95 % interval")
HEADER = (
    "member",
    "level",
    "score",
    "95 % from",
    "to",
    "behind the vote",
    "from",
    "to",
    "weight",
    "seconds",
)


class ScoredTexts:
    """The out-of-fold texts of a run, scored with intervals.

    These are from the delete-a-group jackknife (Kott 2001) over 20 parts of the rows;
    rows of one group are never parted.

    Parameters
    ----------
    competition : TextCompetition
    blend : TextBlend
    """

    def __init__(self, competition: TextCompetition, blend: TextBlend):
        self.blend = blend
        self.metric = METRICS[competition.metric.name]
        self.X, self.y = competition.X[blend.rows], competition.y[blend.rows]
        groups, n_rows = competition.groups, len(blend.rows)
        units = np.arange(n_rows)
        if groups is not None:
            units = pd.factorize(pd.Series(groups[blend.rows]))[0]
        self.parts = row_parts(units)

    @cached_property
    def ranked(self) -> list[str]:
        """Return the members and the vote, best first."""
        sign = -1 if self.metric.greater_is_better else 1
        return sorted(self.blend.scores, key=lambda n: (sign * self.blend.scores[n], n))

    def texts(self, name: str) -> NDArray[np.object_]:
        """Return what a member, or the vote, has written for every row."""
        return self.blend.voted if name == VOTE else self.blend.oof.best(name)

    def estimate(self, name: str) -> Estimate:
        """Return a member's score with its interval."""
        return estimate(self.blend.scores[name], self._without(name), self.metric)

    def gain(self, name: str, other: str) -> Estimate:
        """Return how much better one is than another on the same rows."""
        sign = 1.0 if self.metric.greater_is_better else -1.0
        value = self.blend.scores[name] - self.blend.scores[other]
        return estimate(
            sign * value, sign * (self._without(name) - self._without(other))
        )

    def worst(self) -> NDArray[np.intp]:
        """Return the rows whose voted text is wrong, the worst first."""
        worth = row_scores(self.metric.name, self.y, self.blend.voted)
        wrong = np.flatnonzero(self.y != self.blend.voted)
        return wrong[np.argsort(worth[wrong], kind="stable")]

    def _without(self, name: str) -> NDArray[np.float64]:
        if name not in self._known:
            y, texts = self.y, self.texts(name)
            scores = [self.metric(y[part], texts[part]) for part in self.parts]
            self._known[name] = np.array(scores)
        return self._known[name]

    @cached_property
    def _known(self) -> dict[str, NDArray[np.float64]]:
        return {}


def text_page(
    competition: TextCompetition,
    blend: TextBlend,
    report: Mapping[str, Any],
    folder: Path,
) -> str:
    """Return the page of a run of texts; it does not depend on when it is made.

    Parameters
    ----------
    competition : TextCompetition
    blend : TextBlend
    report : mapping
        What report.json holds.
    folder : Path
        The run's, for the commands on the page.
    """
    scores = ScoredTexts(competition, blend)
    blocks = [
        _result(competition, scores, report, folder),
        _data(competition),
        _leaderboard(scores, report),
        _errors(scores),
        _run(competition, report),
    ]
    return render(f"{competition.name}: {report['pipeline']}", blocks)


def _data(competition: TextCompetition) -> Block:
    first, *lines = describe_texts(competition)
    return Block("data", "The data", f"{first}.", [Bullets("", lines)])


def _result(
    competition: TextCompetition,
    scores: ScoredTexts,
    report: Mapping[str, Any],
    folder: Path,
) -> Block:
    metric, own = scores.metric, scores.estimate(VOTE)
    parts: list[Part] = [Facts(_score_rows(scores, report.get("holdout")))]
    if report["failures"]:
        lines = [f"{name}: {why}" for name, why in report["failures"].items()]
        parts.append(Bullets("Left out", lines))
    if report["notes"]:
        parts.append(Bullets("Notes", report["notes"]))
    if report.get("stopped"):
        sentence = f"{report['stopped']}: everything here is partial."
        return Block("result", "The result", sentence, parts)
    parts.append(_next_commands(competition.folder, report, folder))
    sentence = (
        f"The vote of {len(_singles(scores))} members was submitted with {metric.name} "
        f"{written(own.value)}, learnt on the other folds."
    )
    return Block("result", "The result", sentence, parts)


def _singles(scores: ScoredTexts) -> list[str]:
    """Return the members, the best first, without the vote."""
    return [name for name in scores.ranked if name != VOTE]


def _score_rows(
    scores: ScoredTexts, hidden: Mapping[str, Any] | None
) -> list[tuple[str, str]]:
    """Return what the vote scores, on hidden rows too, and what the best member."""
    metric, own, best = scores.metric, scores.estimate(VOTE), _singles(scores)[0]
    gain = scores.gain(VOTE, best)
    rows = [
        (f"{metric.name} on out-of-fold rows", f"{written(own.value)}, {between(own)}"),
        ("best single member", f"{best}, {written(scores.blend.scores[best])}"),
        ("gain over it", f"{gain.value:+.5f}, {between(gain)}"),
        ("metric", f"{metric.name}, {metric.sign}"),
    ]
    if hidden:
        low, high = map(written, hidden["interval"])
        on_hidden = f"{written(hidden['score'])}, 95 % interval {low} to {high}"
        rows.insert(1, (f"on {hidden['n_rows']:,} hidden rows", on_hidden))
    return rows


def _next_commands(data: Path, report: Mapping[str, Any], folder: Path) -> Commands:
    """Return the commands that lead on from a run of a competition's data."""
    source, place = (shlex.quote(str(p)) for p in (data, folder))
    pipeline = shlex.quote(str(report["pipeline"]).removeprefix("holdout-"))
    lines = [f"ensemble-kit holdout {source} --pipeline {pipeline}"]
    if report.get("keeps_models"):
        lines.append(f"ensemble-kit predict {place} NEW.csv -o OUT.csv")
        lines.append(f"ensemble-kit explain {place} --row ID")
    return Commands(lines)


def _leaderboard(scores: ScoredTexts, report: Mapping[str, Any]) -> Block:
    weights = report["weights"][VOTE]
    table = Table(
        "Members",
        HEADER,
        [_member(name, scores, weights, report) for name in scores.ranked],
        marked=scores.ranked.index(VOTE),
    )
    weighty = [Entry(name, weight) for name, weight in weights.items()]
    drawn = bars("Weights of the vote", "They sum to 1.", weighty, "weight")
    return Block(
        "leaderboard",
        "Leaderboard",
        "A member's vote is split over its texts by their chances, and weighted.",
        [_score_figure(scores), table, drawn],
    )


def _score_figure(scores: ScoredTexts) -> Figure:
    """Return the scores of members and vote, drawn with their intervals."""
    entries = [
        Entry(
            name,
            scores.blend.scores[name],
            scores.estimate(name).interval,
            is_marked=name == VOTE,
        )
        for name in scores.ranked
    ]
    better = "right" if scores.metric.greater_is_better else "left"
    return dots(
        "Scores of the members",
        f"{scores.metric.name} of all out-of-fold rows with its 95 % interval. Better "
        f"is to the {better}.",
        entries,
        scores.metric.name,
    )


def _member(
    name: str,
    scores: ScoredTexts,
    weights: Mapping[str, float],
    report: Mapping[str, Any],
) -> tuple[Cell, ...]:
    low, high = scores.estimate(name).interval or (None, None)
    gaps: tuple[Cell, ...] = (None, None, None)
    if name != VOTE:
        behind = scores.gain(VOTE, name)
        gaps = (behind.value, *(behind.interval or (None, None)))
    seconds = report["member_seconds"].get(name)
    return (
        name,
        2 if name == VOTE else 1,
        scores.blend.scores[name],
        low,
        high,
        *gaps,
        weights.get(name),
        None if seconds is None else round(seconds, 1),
    )


def _errors(scores: ScoredTexts) -> Block:
    worst, n_rows = scores.worst(), len(scores.y)
    y, blend = scores.y, scores.blend
    names = blend.oof.members
    best = {name: blend.oof.best(name) for name in names}
    known = np.zeros(n_rows, dtype=bool)
    for texts in best.values():
        known |= texts == y
    n_known = int(known[worst].sum())
    rows = [
        tuple(
            short_text(text)
            for text in (
                scores.X[row],
                y[row],
                blend.voted[row],
                ", ".join(name for name in names if best[name][row] == y[row]),
            )
        )
        for row in worst[:N_ROWS]
    ]
    sentence = (
        f"{len(worst):,} of {n_rows:,} texts differ from the true ones; for "
        f"{n_known:,} of these a member has the true one."
    )
    header = ("source", "true", "vote", "right are")
    parts: list[Part] = [Table("Worst rows", header, rows)] if rows else []
    return Block("errors", "Errors", sentence, parts)


def _run(competition: TextCompetition, report: Mapping[str, Any]) -> Block:
    rows = [
        ("pipeline", str(report["pipeline"])),
        ("folds", str(report["folds"])),
        ("seed", str(report["seed"])),
        ("fingerprint of the data", competition.fingerprint),
    ]
    members = list(report["members"].items())
    words = [(word, GLOSSARY[word]) for word in WORDS]
    words += TEXT_METRICS.items()
    parts: list[Part] = [
        Facts(rows),
        Table("Members as they are declared", ("member", "is"), members),
        Table(
            "Versions",
            ("library", "version"),
            list(report["environment"].items()),
            is_folded=True,
        ),
        Table("Glossary", ("word", "meaning"), words, is_folded=True),
    ]
    seconds = sum(report["member_seconds"].values())
    limit = report.get("time_limit")
    of_limit = "" if limit is None else f" of a limit of {format_seconds(limit)}"
    sentence = (
        f"The members' fits took {format_seconds(seconds)} together, stored ones too; "
        f"the run {format_seconds(report['seconds'])}{of_limit}."
    )
    return Block("run", "The run", sentence, parts)


def short_text(text: str) -> str:
    """Return as much of a text as a report shows."""
    return text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…"


def declared(members: Mapping[str, Any], names: Sequence[str]) -> dict[str, str]:
    """Return members as one would write them, by name."""
    return {
        name: " ".join(members[name].__repr__(N_CHAR_MAX=2000).split())
        for name in names
    }
