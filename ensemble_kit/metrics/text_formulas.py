"""Formulas of the metrics of texts: ``formula(y, texts, weight)``.

BLEU and chrF are those of the library sacrebleu, over all rows together; what they
count in a row is counted as often as the row weighs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ensemble_kit.exceptions import require
from ensemble_kit.metrics.formulas import Array, average

EXTRA = "sequences"


def exact_match(y: Array, texts: Array, weight: Array | None) -> float:
    """Share of texts that are right to the letter."""
    return average(exact_matches(y, texts), weight)


def edit_distance(y: Array, texts: Array, weight: Array | None) -> float:
    """Mean number of characters to insert, take out or change (Levenshtein 1966)."""
    return average(edit_distances(y, texts), weight)


def bleu(y: Array, texts: Array, weight: Array | None) -> float:
    """BLEU of all texts together (Papineni et al. 2002), from 0 to 100."""
    metric = _sacrebleu().BLEU(force=True)
    return _corpus_score(metric, y, texts, weight)


def chrf(y: Array, texts: Array, weight: Array | None) -> float:
    """chrF of all texts together (Popović 2015), from 0 to 100."""
    return _corpus_score(_sacrebleu().CHRF(), y, texts, weight)


def exact_matches(y: Array, texts: Array) -> Array:
    """Return 1.0 for each text that is right to the letter, else 0.0."""
    pairs = zip(y, texts, strict=True)
    return np.array([float(a == b) for a, b in pairs], dtype=np.float64)


def edit_distances(y: Array, texts: Array) -> Array:
    """Return the Levenshtein distance of each text to the true one."""
    distance = require("rapidfuzz.distance", extra=EXTRA).Levenshtein.distance
    pairs = zip(y, texts, strict=True)
    return np.array([distance(a, b) for a, b in pairs], dtype=np.float64)


def row_scores(name: str, y: Array, texts: Array) -> Array:
    """Return a score of each row by itself that a metric of texts stands for.

    Parameters
    ----------
    name : {"exact_match", "edit_distance", "bleu", "chrf"}
        The higher the better for all: the distance is taken below 0.
    """
    if name == "edit_distance":
        return -edit_distances(y, texts)
    if name in {"bleu", "chrf"}:
        own = _sacrebleu()
        metric = own.BLEU(effective_order=True) if name == "bleu" else own.CHRF()
        pairs = zip(y, texts, strict=True)
        scores = [metric.sentence_score(b, [a]).score for a, b in pairs]
        return np.array(scores, dtype=np.float64)
    return exact_matches(y, texts)


def _corpus_score(
    metric: Any, y: Sequence[str] | Array, texts: Array, weight: Array | None
) -> float:
    """Return a score of all rows together, each as often as its whole weight.

    Raises
    ------
    ValueError
        When a weight is no whole number.
    """
    if weight is not None:
        times = np.asarray(weight)
        if not (times == np.round(times)).all():
            raise ValueError(
                "BLEU and chrF count rows: weights have to be whole numbers; use "
                "exact_match or edit_distance where they are not"
            )
        y = np.repeat(np.asarray(y, dtype=object), times.astype(int))
        texts = np.repeat(np.asarray(texts, dtype=object), times.astype(int))
    return float(metric.corpus_score(list(texts), [list(y)]).score)


def _sacrebleu() -> Any:
    return require("sacrebleu.metrics", extra=EXTRA, distribution="sacrebleu")
