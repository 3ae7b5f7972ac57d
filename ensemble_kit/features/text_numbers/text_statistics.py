"""Numbers about how a text is written: lengths, shares, marks, readability."""

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.texts.character_kinds import kinds_of
from ensemble_kit.features.texts.count_chunks import count_pairs
from ensemble_kit.features.texts.term_hashes import SegmentHashes, code_points
from ensemble_kit.features.texts.texts import as_texts, chunks
from ensemble_kit.features.texts.texts_mixin import TextsMixin

MARKS = "!?.,;:'\"-()@#%&*$/<>…"
_LETTER_SHARES = ("capital", "latin", "cyrillic")
_SHARES = ("letter", "digit", "punctuation", "symbol", "space", "non_ascii")
FEW = 20
_READABILITY_BOUND = 200.0


class TextStatistics(TextsMixin, BaseEstimator):
    """Describe how each text is written, whatever it says.

    Counts are ln(1 + n), shares are 0 to 1. Nothing is learned. The columns:

    - characters, words, sentences, lines, mean and longest word, share of distinct
      words, of words in capitals, of words that open with a capital;
    - shares of letters, digits, punctuation, symbols, spaces and characters beyond
      ASCII; among letters, of capitals, Latin and Cyrillic ones;
    - counts of single marks, of emoji, of characters in runs of three or more, of
      links;
    - readability: Flesch's reading ease (English weights, vowel groups for
      syllables) and the automated readability index, each cut at 200.

    Examples
    --------
    >>> statistics = TextStatistics()
    >>> row = statistics.fit_transform(["Stop!!! NOW"])[0]
    >>> columns = dict(zip(statistics.get_feature_names_out(), row.tolist()))
    >>> columns["capitals_words"], columns["capital_share"], columns["mark_!"]
    (0.5, 0.5714285969734192, 1.3862943649291992)
    """

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> "TextStatistics":
        """Return self; nothing is learned."""
        return self

    def transform(self, X: TextsLike) -> NDArray[np.float32]:
        """Return the statistics, (n_texts, n_statistics)."""
        texts = as_texts(X)
        if 0 < len(texts) <= FEW:
            return _few(tuple(texts)).copy()
        parts = [_table(chunk) for chunk in chunks(texts)]
        return np.vstack([part.to_numpy(dtype=np.float32) for part in parts])

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return the names of the statistics."""
        return np.array(_names(), dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        """Return True: there is nothing to fit."""
        return True


@lru_cache(maxsize=8)
def _few(texts: tuple[str, ...]) -> NDArray[np.float32]:
    """Return the statistics of a few texts, which every fold asks for in turn."""
    return _table(texts).to_numpy(dtype=np.float32)


@cache
def _names() -> tuple[str, ...]:
    """Return the names of the statistics."""
    return tuple(_table([""]).columns)


def _table(texts: Sequence[str]) -> pd.DataFrame:
    """Return one row of statistics per text; every text ends in a line break."""
    points, offsets = code_points([text + "\n" for text in texts])
    kinds = kinds_of(points)
    starts, lengths = offsets[:-1], np.diff(offsets) - 1
    words = _word_columns(points, kinds, starts)
    letters = _sums(kinds["letter"], starts)
    sentences = np.maximum(_run_starts(kinds["sentence_end"], starts), 1)
    spaces = kinds["space"].copy()
    spaces[offsets[1:] - 1] = False
    columns = {
        "characters": np.log1p(lengths),
        "words": np.log1p(words["words"]),
        "sentences": np.log1p(sentences),
        "lines": np.log1p(_sums(points == ord("\n"), starts)),
        "mean_word": _share(words["characters"], words["words"]),
        "longest_word": np.log1p(words["longest"]),
        "distinct_words": _share(words["distinct"], words["words"]),
        "capitals_words": _share(words["capitals"], words["words"]),
        "titled_words": _share(words["titled"], words["words"]),
        **{
            f"{name}_share": _share(
                _sums(spaces if name == "space" else kinds[name], starts), lengths
            )
            for name in _SHARES
        },
        **{
            f"{name}_share": _share(_sums(kinds[name], starts), letters)
            for name in _LETTER_SHARES
        },
        **_mark_columns(points, starts),
        "emoji": np.log1p(_sums(kinds["emoji"], starts)),
        "repeats": np.log1p(_sums(_repeats(points, kinds["space"]), starts)),
        "links": np.log1p(_links(texts)),
        **_readability(kinds, starts, words, sentences),
    }
    return pd.DataFrame(columns)


def _mark_columns(
    points: NDArray[np.uint32], starts: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """Return ln(1 + n) for every mark, found in one pass."""
    numbers = np.full(int(points.max(initial=0)) + 1, -1, dtype=np.int8)
    for number, mark in enumerate(MARKS):
        if ord(mark) < len(numbers):
            numbers[ord(mark)] = number
    marks = numbers[points]
    places = np.flatnonzero(marks >= 0)
    rows = np.searchsorted(starts, places, side="right") - 1
    cells = rows * len(MARKS) + marks[places]
    counts = np.bincount(cells, minlength=len(starts) * len(MARKS))
    logs = np.log1p(counts.reshape(len(starts), len(MARKS)))
    return {f"mark_{mark}": logs[:, j] for j, mark in enumerate(MARKS)}


def _word_columns(
    points: NDArray[np.uint32],
    kinds: dict[str, NDArray[np.bool_]],
    starts: NDArray[np.int64],
) -> dict[str, NDArray[Any]]:
    """Return counts over the words of each text."""
    begins, ends = _runs(kinds["word"])
    rows = np.searchsorted(starts, begins, side="right") - 1
    sizes = ends - begins
    capitals = np.concatenate(([0], np.cumsum(kinds["capital"])))
    shouted = (capitals[ends] - capitals[begins] == sizes) & (sizes > 1)
    longest = np.zeros(len(starts), dtype=np.int64)
    np.maximum.at(longest, rows, sizes)
    hashes = pd.factorize(SegmentHashes(points)(begins, ends))[0]
    occurrences = count_pairs(rows, hashes, len(starts), len(begins))
    count = {"minlength": len(starts)}
    return {
        "words": np.bincount(rows, **count),
        "characters": np.bincount(rows, weights=sizes, **count),
        "longest": longest,
        "distinct": np.diff(occurrences.indptr),
        "capitals": np.bincount(rows[shouted], **count),
        "titled": np.bincount(rows[kinds["capital"][begins]], **count),
    }


def _readability(
    kinds: dict[str, NDArray[np.bool_]],
    starts: NDArray[np.int64],
    words: dict[str, NDArray[Any]],
    sentences: NDArray[np.int64],
) -> dict[str, NDArray[np.float64]]:
    """Return Flesch (1948) and Smith and Senter (1967); 0 without words."""
    n_words = words["words"]
    syllables = _share(_run_starts(kinds["vowel"], starts), n_words)
    pace = n_words / sentences
    scores = {
        "flesch": 206.835 - 1.015 * pace - 84.6 * syllables,
        "automated": 4.71 * _share(words["characters"], n_words) + 0.5 * pace - 21.43,
    }
    bound = _READABILITY_BOUND
    return {
        name: np.where(n_words > 0, np.clip(score, -bound, bound), 0.0)
        for name, score in scores.items()
    }


def _sums(mask: NDArray[np.bool_], starts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many characters of each text are in the mask."""
    if not len(starts):
        return np.zeros(0, dtype=np.int64)
    return np.add.reduceat(mask, starts, dtype=np.int64)


def _runs(mask: NDArray[np.bool_]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return where runs of True begin and end; the line breaks keep texts apart."""
    edges = np.diff(mask.astype(np.int8), prepend=0, append=0)
    return np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)


def _run_starts(
    mask: NDArray[np.bool_], starts: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Return how many runs of True each text has."""
    return _sums(np.diff(mask.astype(np.int8), prepend=0) == 1, starts)


def _repeats(
    points: NDArray[np.uint32], spaces: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Return where a character, no space, equals the two before it."""
    same = np.zeros(len(points), dtype=bool)
    same[2:] = (points[2:] == points[1:-1]) & (points[2:] == points[:-2])
    return same & ~spaces


def _links(texts: Sequence[str]) -> NDArray[np.int64]:
    counts = (text.count("://") for text in texts)
    return np.fromiter(counts, dtype=np.int64, count=len(texts))


def _share(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[np.float64]:
    """Return part / whole, 0 where there is nothing."""
    return part / np.maximum(whole, 1)
