"""What was understood of a competition of texts, in lines for a terminal."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np

from ensemble_kit.competition.text_competition import TextCompetition, Texts

SHOWN = 20  # characters that are named


def describe_texts(competition: TextCompetition) -> list[str]:
    """Return rows, columns, lengths and what may surprise, one fact a line."""
    c = competition
    lines = [
        f"{c.name}: {len(c.X)} rows to learn from, {len(c.X_test)} to write",
        f"target: {c.target}, a text; metric: {c.metric.name}",
        f"sources: {', '.join(c.columns)}",
        f"characters of sources: {_lengths(c.X)}; of targets: {_lengths(c.y)}",
        f"{np.mean(c.y == c.X):.1%} of the targets are their sources",
    ]
    return [*lines, *_surprises(c), *(f"note: {note}" for note in c.notes)]


def _lengths(texts: Texts) -> str:
    """Return the middle and the greatest length."""
    lengths = [len(text) for text in texts]
    return f"{np.median(lengths):.0f} in the middle, {max(lengths)} at most"


def _surprises(competition: TextCompetition) -> list[str]:
    """Return what training rows cannot teach: contradictions and new characters."""
    targets_of: dict[str, set[str]] = defaultdict(set)
    for source, target in zip(competition.X, competition.y, strict=True):
        targets_of[source].add(target)
    n_torn = sum(len(targets) > 1 for targets in targets_of.values())
    lines = []
    if n_torn:
        lines.append(f"{n_torn} sources have more than one target: one is always wrong")
    known = _characters(competition.X)
    new = sorted(_characters(competition.X_test) - known)
    if new:
        lines.append(
            f"{len(new)} characters of test sources are not in train: "
            f"{' '.join(new[:SHOWN])}"
        )
    foreign = sorted(_characters(competition.y) - known)
    if foreign:
        lines.append(
            f"{len(foreign)} characters stand in targets alone: "
            f"{' '.join(foreign[:SHOWN])}"
        )
    return lines


def _characters(texts: Sequence[str] | Texts) -> set[str]:
    return {character for text in texts for character in text}
