"""Texts as sequences of word numbers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.texts.text_preparation import (
    PreparationLike,
    make_preparation,
)
from ensemble_kit.features.texts.word_counts import WordReader


@dataclass(frozen=True, eq=False)
class TokenizedTexts:
    """Words in their order, as numbers.

    Parameters
    ----------
    words : list of str
        The distinct words.
    ids : ndarray of int64
        The texts' words end to end, as places in ``words``.
    offsets : ndarray of int64 of shape (n_texts + 1,)
        Where each text begins in ``ids``.
    """

    words: list[str]
    ids: np.ndarray
    offsets: np.ndarray

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @property
    def rows(self) -> np.ndarray:
        """Return the text that each word stands in."""
        return np.repeat(np.arange(len(self)), np.diff(self.offsets))

    def counts(self, words: Sequence[str]) -> sparse.csr_matrix:
        """Return float32 counts of these words, shape (n_texts, n_words)."""
        places = pd.Index(words, dtype=object).get_indexer(
            pd.Index(self.words, dtype=object)
        )
        columns = places[self.ids]
        known = columns >= 0
        shape = (len(self), len(words))
        entries = (self.rows[known], columns[known])
        ones = np.ones(known.sum(), dtype=np.float32)
        return sparse.csr_matrix((ones, entries), shape)

    def frequent(self, min_count: int, max_words: int | None = None) -> list[str]:
        """Return the words found so often, the most frequent first."""
        counts = np.bincount(self.ids, minlength=len(self.words))
        order = sorted(
            range(len(self.words)), key=lambda i: (-counts[i], self.words[i])
        )
        frequent = [self.words[i] for i in order if counts[i] >= min_count]
        return frequent[:max_words]

    def keep(self, words: Sequence[str]) -> "TokenizedTexts":
        """Return the texts without all other words, numbered as in ``words``."""
        places = pd.Index(words, dtype=object).get_indexer(
            pd.Index(self.words, dtype=object)
        )
        ids = places[self.ids]
        is_known = ids >= 0
        offsets = np.concatenate([[0], np.cumsum(is_known)])[self.offsets]
        return TokenizedTexts(list(words), ids[is_known], offsets)

    def sentences(self, longest: int) -> list[list[str]]:
        """Return lists of words; texts are cut into pieces of ``longest`` words."""
        words = np.array(self.words, dtype=object)
        pieces = []
        for start, stop in zip(self.offsets[:-1], self.offsets[1:], strict=True):
            for begin in range(start, stop, longest):
                pieces.append(words[self.ids[begin : min(begin + longest, stop)]])
        return [piece.tolist() for piece in pieces]


def tokenize(X: TextsLike, preparation: PreparationLike = None) -> TokenizedTexts:
    """Return one text column as sequences of words.

    Parameters
    ----------
    X : list, Series, 1-D array, or frame of one column
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    """
    preparation = make_preparation(preparation)
    preparation.check()
    words, ids, offsets = WordReader(preparation).read(preparation.transform(X))
    return TokenizedTexts(list(words), np.asarray(ids), np.asarray(offsets))
