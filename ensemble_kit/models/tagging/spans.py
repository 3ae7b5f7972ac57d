"""Spans of tags that begin (B-), go on (I-) or are outside (O): found and scored."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

OUTSIDE = "O"
Flags = NDArray[np.bool_]


@dataclass(frozen=True, order=True)
class Span:
    """An unbroken run of tokens of one kind; ``end`` is the first token after it."""

    begin: int
    end: int
    kind: str


@dataclass(frozen=True)
class SpanScores:
    """Shares of told spans that are right, of true ones that are told, and their F1."""

    precision: float
    recall: float
    f1: float


def are_spans(tags: Iterable[Any]) -> bool:
    """Return whether tags are O, B- and I- of something, and nothing else.

    Examples
    --------
    >>> are_spans(["B-PER", "I-PER", "O"]), are_spans(["NOUN", "O"])
    (True, False)
    """
    names = [str(tag) for tag in tags]
    known = all(name == OUTSIDE or name[:2] in ("B-", "I-") for name in names)
    return known and any(name.startswith("I-") for name in names)


def spans_of(tags: Sequence[Any]) -> list[Span]:
    """Return the spans of a sequence; an I- after no tag of its kind begins one.

    Examples
    --------
    >>> spans_of(["B-PER", "I-PER", "B-PER", "O", "I-LOC"])
    [Span(begin=0, end=2, kind='PER'), Span(begin=2, end=3, kind='PER'), \
Span(begin=4, end=5, kind='LOC')]
    """
    spans: list[Span] = []
    begin, kind = 0, ""
    for place, tag in enumerate([*map(str, tags), OUTSIDE]):
        own = "" if tag == OUTSIDE else tag[2:]
        goes_on = tag.startswith("I-") and own == kind
        if kind and not goes_on:
            spans.append(Span(begin, place, kind))
        if not goes_on:
            begin, kind = place, own
    return spans


def span_scores(
    true: Sequence[Sequence[Any]], predicted: Sequence[Sequence[Any]]
) -> SpanScores:
    """Return how well spans are told: right only where both ends and the kind are.

    The micro averages of the CoNLL shared tasks (Tjong Kim Sang and Buchholz 2000).

    Raises
    ------
    ValueError
        When sequences differ in number.

    Examples
    --------
    >>> span_scores([["B-A", "I-A", "O"]], [["B-A", "O", "B-A"]]).f1
    0.0
    >>> span_scores([["B-A", "O", "B-B"]], [["B-A", "O", "O"]])
    SpanScores(precision=1.0, recall=0.5, f1=0.6666666666666666)
    """
    pairs = [
        (set(spans_of(a)), set(spans_of(b)))
        for a, b in zip(true, predicted, strict=True)
    ]
    right = sum(len(a & b) for a, b in pairs)
    n_true, n_told = sum(len(a) for a, _ in pairs), sum(len(b) for _, b in pairs)
    precision, recall = right / max(1, n_told), right / max(1, n_true)
    both = precision + recall
    return SpanScores(precision, recall, 2 * precision * recall / both if both else 0.0)


def allowed_steps(tags: Iterable[Any]) -> tuple[Flags, Flags]:
    """Return which tags may come first, and which may follow which.

    An I- follows the B- or the I- of its own kind alone.

    Returns
    -------
    first : ndarray of bool of shape (n_tags,)
    after : ndarray of bool of shape (n_tags, n_tags)
        From the row's tag to the column's.
    """
    names = [str(tag) for tag in tags]
    first = np.array([not name.startswith("I-") for name in names])
    after = np.array(
        [
            [not b.startswith("I-") or (a != OUTSIDE and a[2:] == b[2:]) for b in names]
            for a in names
        ]
    )
    return first, after


def best_path(
    logs: NDArray[np.float64], first: Flags, after: Flags
) -> NDArray[np.int64]:
    """Return the likeliest tags of one sequence of which each may follow the last.

    By Viterbi's algorithm.

    Parameters
    ----------
    logs : ndarray of shape (n_tokens, n_tags)
        Logarithms of probabilities.
    first, after
        From `allowed_steps`.
    """
    if not len(logs):
        return np.zeros(0, dtype=np.int64)
    barred = np.where(after, 0.0, -np.inf)
    best = np.where(first, logs[0], -np.inf)
    back = np.zeros(logs.shape, dtype=np.int64)
    for place in range(1, len(logs)):
        ways = best[:, None] + barred
        back[place] = ways.argmax(axis=0)
        best = ways.max(axis=0) + logs[place]
    path = [int(best.argmax())]
    for place in range(len(logs) - 1, 0, -1):
        path.append(int(back[place, path[-1]]))
    return np.array(path[::-1], dtype=np.int64)
