"""Texts counted: words and characters to n-grams, once over all rows."""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import problems
from ensemble_kit.features.counting.character_counts import count_characters
from ensemble_kit.features.counting.counted_texts import CountedTexts, Terms
from ensemble_kit.features.texts.count_chunks import Block, merge_blocks, side_by_side
from ensemble_kit.features.texts.text_preparation import (
    PreparationLike,
    make_preparation,
)
from ensemble_kit.features.texts.texts import chunks
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.features.texts.word_counts import WordReader
from ensemble_kit.hashing import canonical_json


class TextCounter(TextsMixin, BaseEstimator):
    """Count the word and character n-grams of texts.

    It has no state: vocabulary and document frequencies are for those who take its
    counts to learn, from their own training rows. The counts are exactly those of
    scikit-learn's CountVectorizer, with every term kept.

    Parameters
    ----------
    words : (int, int) or None
        Shortest and longest word n-gram.
    characters : (int, int) or None
        Shortest and longest character n-gram, in code points.
    within_words : bool
        Character n-grams within words padded by spaces (scikit-learn's
        ``char_wb``), or across whole texts (``char``).
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words; a string is a name of
        ``PREPARATIONS``.

    Examples
    --------
    >>> TextCounter(words=(1, 2)).count(["so it goes", ""]).counts.shape
    (2, 5)
    """

    def __init__(
        self,
        *,
        words: Sequence[int] | None = (1, 1),
        characters: Sequence[int] | None = None,
        within_words: bool = True,
        preparation: PreparationLike = None,
    ):
        self.words = words
        self.characters = characters
        self.within_words = within_words
        self.preparation = preparation

    def fit(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> "TextCounter":
        """Check the parameters; nothing is learned."""
        self.check()
        return self

    def transform(self, X: TextsLike | CountedTexts) -> CountedTexts:
        """Return the counts of one text column."""
        return self.count(X)

    def __sklearn_is_fitted__(self) -> bool:
        """Return True: there is nothing to fit."""
        return True

    @property
    def key(self) -> str:
        """Return the parameters that decide the counts, as canonical JSON."""
        words, characters = _plain(self.words), _plain(self.characters)
        if self.preparation is None or isinstance(self.preparation, str):
            return _known_key(words, characters, self.within_words, self.preparation)
        return _key(words, characters, self.within_words, self.preparation)

    def count(self, X: TextsLike | CountedTexts) -> CountedTexts:
        """Return the counts of one text column, or X itself if it is counted.

        Raises
        ------
        ValueError
            When parameters are wrong, or X was counted with others.
        """
        key = self.key
        if isinstance(X, CountedTexts) and X.key == key:
            return X
        self.check()
        if isinstance(X, CountedTexts):
            return _same_key(X, key)
        blocks = merge_blocks(list(self._chunks(X)))
        return CountedTexts(*_side_by_side(blocks), key)

    def check(self) -> None:
        """Raise ValueError with every mistake in the parameters."""
        mistakes = [
            f"{name}: expected two whole numbers, 1 <= first <= second, found {span!r}"
            for name, span in (("words", self.words), ("characters", self.characters))
            if span is not None and not _is_range(span)
        ]
        if self.words is None and self.characters is None:
            mistakes.append("words and characters: expected at least one of them")
        if mistakes:
            raise ValueError(problems("TextCounter", mistakes))
        make_preparation(self.preparation).check()

    def _chunks(self, X: TextsLike) -> Iterator[list[Block]]:
        """Yield the blocks of some texts at a time, so that memory is bounded."""
        preparation = make_preparation(self.preparation)
        reader = WordReader(preparation)
        for texts in chunks(preparation.transform(X)):
            blocks = []
            if self.words is not None:
                blocks.append(reader.count(texts, *self.words))
            if self.characters is not None:
                first, last = self.characters
                blocks.append(count_characters(texts, first, last, self.within_words))
            yield blocks


def _is_range(span: object) -> bool:
    whole = (int, np.integer)
    return (
        isinstance(span, Sequence | np.ndarray)
        and len(span) == 2
        and all(isinstance(edge, whole) for edge in span)
        and 1 <= span[0] <= span[1]
    )


def _same_key(counted: CountedTexts, key: str) -> CountedTexts:
    if counted.key and counted.key != key:
        raise ValueError(
            f"these texts were counted with other parameters: {counted.key}; "
            f"expected {key}; count them with this featurizer's counter()"
        )
    return counted


def _side_by_side(blocks: list[Block]) -> tuple[sp.csr_matrix, Terms]:
    """Return one matrix and one list of terms from one or two blocks."""
    if len(blocks) == 1:
        block = blocks[0]
        size = (block.name, block.counts.shape[1])
        return block.counts, Terms.from_segments(block.points, block.offsets, (size,))
    counts = side_by_side(*(block.counts for block in blocks))
    points = np.concatenate([block.points for block in blocks])
    first, second = blocks
    offsets = np.concatenate([first.offsets, second.offsets[1:] + first.offsets[-1]])
    sizes = tuple((block.name, block.counts.shape[1]) for block in blocks)
    return counts, Terms.from_segments(points, offsets, sizes)


def _plain(bounds: object) -> Any:
    return tuple(bounds) if isinstance(bounds, list) else bounds


def _key(
    words: tuple[int, int] | None,
    characters: tuple[int, int] | None,
    within_words: bool,
    preparation: PreparationLike,
) -> str:
    """Return what decides counts as canonical JSON."""
    params = make_preparation(preparation).get_params()
    if isinstance(params["stop_words"], frozenset | set | tuple):
        params["stop_words"] = sorted(params["stop_words"])
    return canonical_json(
        {
            "words": words,
            "characters": characters,
            "within_words": bool(characters and within_words),
            "preparation": params,
        }
    )


# Every fold's transformer is asked for its key, for every row that comes later.
_known_key = lru_cache(maxsize=256)(_key)
