"""Word n-grams counted: each distinct word is looked at once."""

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.features.texts.count_chunks import (
    Block,
    block_of,
    distinct,
    first_occurrences,
)
from ensemble_kit.features.texts.term_hashes import (
    Int64,
    code_points,
    gather,
    offsets_of,
)
from ensemble_kit.features.texts.text_preparation import TextPreparation
from ensemble_kit.features.texts.tokens import stop_word_set, tokenizer, word_forms


class WordReader:
    """Cleaned texts to lists of words; forms of words are looked up once per word."""

    def __init__(self, preparation: TextPreparation):
        self._split = tokenizer(preparation.tokens)
        self._stop_words = stop_word_set(preparation.stop_words)
        self._word_form = preparation.word_form
        self._language = preparation.language
        self._forms: dict[str, str] = {}

    def read(self, texts: Sequence[str]) -> tuple[list[str], Int64, Int64]:
        """Return distinct words, every word's number, and where each text begins."""
        words, ids, offsets = distinct([self._split(text) for text in texts])
        if self._stop_words:
            ids, offsets = self._without_stop_words(words, ids, offsets)
        if self._word_form is None:
            return words, ids, offsets
        forms, form_ids, _ = distinct([self._look_up(words)])
        return forms, form_ids[ids], offsets

    def count(self, texts: Sequence[str], shortest: int, longest: int) -> Block:
        """Return the counts of n-grams of ``shortest`` to ``longest`` words."""
        words, ids, offsets = self.read(texts)
        return _count_ngrams(words, ids, offsets, shortest, longest)

    def _without_stop_words(
        self, words: list[str], ids: Int64, offsets: Int64
    ) -> tuple[Int64, Int64]:
        wanted = np.array([word not in self._stop_words for word in words], dtype=bool)
        stays = wanted[ids]
        return ids[stays], offsets_of(stays)[offsets]

    def _look_up(self, words: list[str]) -> list[str]:
        new = [word for word in words if word not in self._forms]
        forms = word_forms(new, self._word_form, self._language)
        self._forms.update(zip(new, forms, strict=True))
        return [self._forms[word] for word in words]


def _count_ngrams(
    words: list[str], ids: Int64, offsets: Int64, shortest: int, longest: int
) -> Block:
    """Return the n-grams' counts, their terms being words joined by spaces."""
    rows = np.repeat(np.arange(len(offsets) - 1), np.diff(offsets))
    spaced = code_points([f"{word} " for word in words])
    parts, n_terms = [], 0
    for n, (starts, codes) in enumerate(_ngrams(ids, offsets, longest), start=1):
        if n >= shortest:
            points, ends = _terms(spaced, ids, starts[first_occurrences(codes)], n)
            parts.append((rows[starts], codes + n_terms, points, np.diff(ends)))
            n_terms += len(ends) - 1
    gram_rows, codes, points, lengths = map(np.concatenate, zip(*parts, strict=True))
    n_texts = len(offsets) - 1
    return block_of("words", gram_rows, codes, n_texts, points, offsets_of(lengths))


def _ngrams(ids: Int64, offsets: Int64, longest: int) -> Iterator[tuple[Int64, Int64]]:
    """Yield the starts and the numbers of the 1-grams, the 2-grams, ...

    An n-gram is numbered as a pair: its first n - 1 words' number and its last word.
    """
    left = np.repeat(offsets[1:], np.diff(offsets)) - np.arange(len(ids))
    n_words = int(ids.max()) + 1 if len(ids) else 1
    grams = np.zeros(len(ids), dtype=np.int64)
    for n in range(1, longest + 1):
        starts = np.flatnonzero(left >= n)
        keys = grams[starts] * n_words + ids[starts + n - 1]
        grams[starts] = pd.factorize(keys)[0]
        yield starts, grams[starts]


def _terms(
    spaced: tuple[NDArray[np.uint32], Int64], ids: Int64, starts: Int64, n: int
) -> tuple[NDArray[np.unsignedinteger], Int64]:
    """Return the n-grams that open at these places: words with a space after each,
    the last one's left out."""
    points, offsets = spaced
    members = ids[starts[:, None] + np.arange(n)]
    lengths = np.diff(offsets)[members]
    lengths[:, -1] -= 1
    joined, ends = gather(points, offsets[:-1][members].ravel(), lengths.ravel())
    return joined, ends[::n]
