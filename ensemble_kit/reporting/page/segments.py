"""Scores of parts of the rows: levels of categories, ranges of numbers, texts."""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.features.texts.language import NAMES, guess_language
from ensemble_kit.metrics.jackknife import Estimate
from ensemble_kit.reporting.page.columns import binned
from ensemble_kit.reporting.page.parts import Paragraph, Table
from ensemble_kit.reporting.page.scored_rows import (
    ScoredRows,
    written,
)
from ensemble_kit.store.frames import is_text

MOST_COLUMNS = 6
FEWEST_ROWS = 20
MOST_READ = 3000  # rows whose language is looked at
FIRST_READ, LONGEST_READ = 200, 400  # texts to begin with, characters of each
UNSURE = "unsure"
# What parts the rows, each row's part, and the parts' names.
Parts: TypeAlias = tuple[str, NDArray[np.int64], list[str]]


@dataclass(frozen=True)
class Segment:
    """Some of the rows, and the submitted member's score on them."""

    column: str
    label: str
    n_rows: int
    estimate: Estimate
    differs: float


def segments_part(scores: ScoredRows) -> tuple[Table | Paragraph, list[Segment]]:
    """Return the scores of parts of the rows, of the columns that part them most."""
    segments = [
        segment
        for what, codes, labels in [*_parted(scores), *_by_language(scores)]
        for segment in _segments(what, codes, labels, scores)
    ]
    if not segments:
        return Paragraph("No part of the rows is large enough to be scored."), []
    rows = [
        (
            s.column,
            s.label,
            s.n_rows,
            s.estimate.value,
            *(s.estimate.interval or (None, None)),
        )
        for s in segments
    ]
    metric = scores.competition.metric.name
    header = ("column", "part", "rows", metric, "95 % from", "to")
    return Table("Score by part of the rows", header, rows), segments


def weakest_segment(segments: list[Segment]) -> str:
    """Return in words where the score is worse than that of all rows."""
    surely = [s for s in segments if s.differs > 0]
    if not surely:
        return "no part of the rows is surely worse than the rest"
    worst = max(surely, key=lambda s: s.differs)
    return (
        f"worst where {worst.column} is {worst.label} ({worst.n_rows:,} rows, "
        f"{written(worst.estimate.value)})"
    )


def _telling(scores: ScoredRows) -> list[str]:
    """Return the columns along which the loss varies most."""
    loss, rows = scores.losses, scores.rows
    spreads = {}
    for name in scores.competition.X:
        codes = _codes(str(name), scores)[0][rows]
        frame = pd.Series(loss[rows]).groupby(codes)
        sizes, means = frame.size(), frame.mean()
        means, sizes = means[sizes >= FEWEST_ROWS], sizes[sizes >= FEWEST_ROWS]
        if len(means) < 2:
            continue
        # What parts share by chance alone is taken off.
        between = np.average((means - means.mean()) ** 2, weights=sizes)
        noise = loss[rows].var() * len(means) / len(rows)
        spreads[str(name)] = float(between - noise)
    ranked = sorted(spreads, key=lambda name: -spreads[name])
    return ranked[:MOST_COLUMNS]


def _parted(scores: ScoredRows) -> list[Parts]:
    """Return the parts that the most telling columns make."""
    parted = []
    for name in _telling(scores):
        is_length = is_text(scores.competition.X[name].dtype)
        what = f"length of {name}" if is_length else name
        parted.append((what, *_codes(name, scores)))
    return parted


def _by_language(scores: ScoredRows) -> list[Parts]:
    """Return the rows by the language of each text column that has several."""
    parted = []
    for name, column in scores.competition.X.items():
        if not is_text(column.dtype):
            continue
        few = _languages(column, _spread(scores.rows, FIRST_READ))
        if len({label for label in few if not label.startswith(UNSURE)}) < 2:
            continue  # most columns are in one language, and reading takes its time
        rows = _spread(scores.rows, MOST_READ)
        languages = _languages(column, rows)
        counts = languages.value_counts()
        large = sorted(counts.index[counts >= FEWEST_ROWS])
        if len({label for label in large if not label.startswith(UNSURE)}) > 1:
            codes = np.full(len(column), -1, dtype=np.int64)
            codes[rows] = [
                large.index(one) if one in large else -1 for one in languages
            ]
            parted.append((f"language of {name}", codes, large))
    return parted


def _spread(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return rows at equal distances, about so many at most."""
    return rows[:: -(-len(rows) // most) or 1]


def _languages(column: pd.Series, rows: NDArray[np.int64]) -> pd.Series:
    """Return the language of each of some rows' texts, by their beginning."""
    texts = column.iloc[rows].fillna("").astype(str).str.slice(0, LONGEST_READ)
    return pd.Series(list(map(language_of, texts)), index=rows)


def language_of(text: str) -> str:
    """Return a text's language by name, or the script it is in."""
    guess = guess_language([text])
    if guess.code:
        return NAMES[guess.code].title()
    if guess.script in ("latin", ""):
        return f"{UNSURE}, {guess.script or 'no'} letters"
    return f"{guess.script.title()} letters"


def _segments(
    what: str, codes: NDArray[np.int64], labels: list[str], scores: ScoredRows
) -> list[Segment]:
    whole = scores.estimate(scores.run.chosen)
    sign = 1.0 if scores.metric.greater_is_better else -1.0
    segments = []
    for code, label in enumerate(labels):
        rows = scores.rows[codes[scores.rows] == code]
        if len(rows) < FEWEST_ROWS:
            continue
        estimate = scores.estimate(scores.run.chosen, rows)
        error = estimate.standard_error
        gap = sign * (whole.value - estimate.value)
        differs = gap - 3 * error if error is not None else 0.0
        segments.append(Segment(what, label, len(rows), estimate, differs))
    return segments


def _codes(name: str, scores: ScoredRows) -> tuple[NDArray[np.int64], list[str]]:
    column = scores.competition.X[name]
    codes, _, labels = binned(column, column[:0])
    return codes, [label.name for label in labels]
