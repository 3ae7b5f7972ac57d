"""Terms hashed into a fixed number of columns: nothing is learnt."""

from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.text_counts import TextCounter
from ensemble_kit.features.texts.text_preparation import (
    PREPARED,
    PreparationLike,
)
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.parameter_limits import Limits, whole

# Keeps a word and the same run of characters in different columns.
_SALTS = {"words": np.uint64(0), "characters": np.uint64(0x5851F42D4C957F2D)}


class HashedText(TextsMixin, BaseEstimator):
    """Hash the terms of a text into a fixed number of columns.

    No vocabulary and no training rows: the width is known in advance, and new words
    have a column. Terms that share a column add up.

    Parameters
    ----------
    words, characters, within_words, preparation
        As in TfidfText.
    n_features : int
        Columns; a multiple of two spreads terms best.
    signed : bool
        Half of the terms count negatively, so that collisions cancel in the mean.
        False keeps all values positive, as naive Bayes needs.
    sublinear : bool
        1 + ln n_t in place of n_t.
    norm : bool
        Scale every row to Euclidean length 1.

    Examples
    --------
    >>> HashedText(n_features=16).transform(["so it goes"]).shape
    (1, 16)
    """

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
        "n_features": [whole(1, 2**31 - 1)],
    }

    def __init__(
        self,
        *,
        words: Sequence[int] | None = (1, 1),
        characters: Sequence[int] | None = None,
        within_words: bool = True,
        preparation: PreparationLike = None,
        n_features: int = 2**18,
        signed: bool = False,
        sublinear: bool = False,
        norm: bool = True,
    ):
        self.words = words
        self.characters = characters
        self.within_words = within_words
        self.preparation = preparation
        self.n_features = n_features
        self.signed = signed
        self.sublinear = sublinear
        self.norm = norm

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        return TextCounter(
            words=self.words,
            characters=self.characters,
            within_words=self.within_words,
            preparation=self.preparation,
        )

    def fit(
        self, X: TextsLike | CountedTexts, y: ArrayLike | None = None
    ) -> "HashedText":
        """Check the parameters; nothing is learned."""
        self._check()
        self.counter().check()
        return self

    def transform(self, X: TextsLike | CountedTexts) -> sp.csr_matrix:
        """Return the features, CSR of float32 of shape (n_texts, n_features)."""
        self._check()
        counted = self.counter().count(X)
        columns, signs = self._columns(counted)
        counts = counted.counts
        data = 1 + np.log(counts.data) if self.sublinear else counts.data
        data = data * signs[counts.indices] if self.signed else data
        hashed = sp.csr_matrix(
            (data.astype(np.float32), columns[counts.indices], counts.indptr.copy()),
            shape=(len(counted), self.n_features),
        )
        hashed.sum_duplicates()
        return _unit_rows(hashed) if self.norm else hashed

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return hash_0, hash_1, ..."""
        names = [f"hash_{column}" for column in range(self.n_features)]
        return np.array(names, dtype=object)

    def __sklearn_is_fitted__(self) -> bool:
        """Return True: there is nothing to fit."""
        return True

    def _check(self) -> None:
        n_features = self.n_features
        if not isinstance(n_features, int | np.integer) or not 1 <= n_features < 2**31:
            raise ValueError(
                "HashedText: n_features is a whole number from 1 to 2**31 - 1; "
                f"found {n_features!r}"
            )

    def _columns(
        self, counted: CountedTexts
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return each term's column and sign."""
        hashes = counted.terms.hashes.copy()
        for name, part in counted.terms.block_slices().items():
            hashes[part] ^= _SALTS[name]
        columns = (hashes >> np.uint64(20)) % np.uint64(self.n_features)
        signs = 1 - 2 * (hashes >> np.uint64(63)).astype(np.float32)
        return columns.astype(np.int32), signs


def _unit_rows(matrix: sp.csr_matrix) -> sp.csr_matrix:
    """Scale rows to Euclidean length 1, in place; empty rows stay."""
    rows = np.repeat(np.arange(matrix.shape[0]), np.diff(matrix.indptr))
    squares = matrix.data.astype(np.float64) ** 2
    lengths = np.sqrt(np.bincount(rows, weights=squares, minlength=matrix.shape[0]))
    matrix.data = (matrix.data / np.where(lengths > 0, lengths, 1)[rows]).astype(
        np.float32
    )
    return matrix
