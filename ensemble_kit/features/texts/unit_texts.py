"""Texts as runs of units, characters or words, some texts at a time."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.features.texts.term_hashes import (
    Int64,
    SegmentHashes,
    code_points,
    hash_strings,
)
from ensemble_kit.features.texts.text_preparation import TextPreparation
from ensemble_kit.features.texts.texts import chunks
from ensemble_kit.features.texts.word_counts import WordReader

Units = NDArray[np.unsignedinteger]

_SPACES = re.compile(r"\s\s+")


@dataclass(frozen=True, eq=False)
class UnitTexts:
    """Texts end to end as numbers of their units.

    Parameters
    ----------
    units : ndarray of unsigned int
        Code points, or hashes of words.
    offsets : ndarray of int64 of shape (n_texts + 1,)
    """

    units: Units
    offsets: Int64

    def __len__(self) -> int:
        return len(self.offsets) - 1

    @cached_property
    def hashes(self) -> SegmentHashes:
        """The hash of any run of units."""
        return SegmentHashes(self.units)

    @property
    def sizes(self) -> Int64:
        """Units in each text."""
        return np.diff(self.offsets)

    def windows(self, longest: int) -> tuple[Int64, Int64, Int64]:
        """Return starts, sizes and texts of all runs of ``longest`` units.

        A text with fewer units is one run.
        """
        left = np.repeat(self.offsets[1:], self.sizes) - np.arange(len(self.units))
        whole = np.zeros(len(left), dtype=bool)
        whole[self.offsets[:-1][self.sizes > 0]] = True
        starts = np.flatnonzero((left >= longest) | whole)
        texts = np.repeat(np.arange(len(self)), self.sizes)[starts]
        return starts, np.minimum(left[starts], longest), texts

    def openings(self, n_units: int) -> tuple[Int64, Int64]:
        """Return starts and texts of the runs of ``n_units`` that open a text."""
        texts = np.flatnonzero(self.sizes >= n_units)
        return self.offsets[:-1][texts], texts


def read_units(
    texts: list[str], unit: str, preparation: TextPreparation
) -> Iterator[UnitTexts]:
    """Yield the texts, about two million characters at a time."""
    reader = WordReader(preparation)
    for some in chunks(texts):
        prepared = preparation.transform(some)
        if unit == "words":
            words, ids, offsets = reader.read(prepared)
            yield UnitTexts(hash_strings(words)[ids], offsets)
        else:
            yield UnitTexts(*code_points([_SPACES.sub(" ", t) for t in prepared]))
