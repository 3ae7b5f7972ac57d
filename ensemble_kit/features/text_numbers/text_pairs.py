"""How much two text columns say the same."""

from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.exceptions import require
from ensemble_kit.features.columns import as_frame
from ensemble_kit.features.counting.bm25_text import BM25Text
from ensemble_kit.features.counting.counted_texts import CountedTexts
from ensemble_kit.features.counting.tfidf_text import TfidfText
from ensemble_kit.features.texts.text_preparation import PREPARED, TextPreparation
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.features.texts.texts_mixin import SeveralTextsMixin
from ensemble_kit.parameter_limits import Limits

NAMES = (
    "common_words",
    "jaccard",
    "first_in_second",
    "second_in_first",
    "words_cosine",
    "characters_cosine",
    "bm25_of_first",
    "bm25_of_second",
    "edit_similarity",
    "sorted_words_similarity",
    "word_set_similarity",
    "length_ratio",
)
# Edit distance costs the product of both lengths.
_LONGEST = 1000


class TextPairs(SeveralTextsMixin, BaseEstimator):
    """Compare two text columns row by row, as search relevance and duplicates need.

    The columns: ln(1 + number of words both have), that number as a share of all
    distinct words (Jaccard), of the first's and of the second's; cosine of word and
    of character (2-4, within words) TF-IDF; BM25 of the first as a query against
    the second and the reverse; three edit similarities of the first 1,000
    characters, 0 to 1; the shorter length over the longer. Texts without words have
    nothing in common.

    Parameters
    ----------
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.

    Attributes
    ----------
    words_, characters_ : TfidfText
    bm25_ : BM25Text
        All three fitted on the training texts of both columns.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"a": ["red shoes", "tea"], "b": ["shoes, red", "coffee"]})
    >>> TextPairs().fit_transform(X)[:, 1].tolist()
    [1.0, 0.0]
    """

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
    }

    def __init__(
        self, *, preparation: str | dict[str, Any] | TextPreparation | None = None
    ):
        self.preparation = preparation

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "TextPairs":
        """Learn the document frequencies from both columns."""
        self._learn(*self._counts(_two_columns(X)))
        return self

    def fit_transform(
        self, X: MatrixLike, y: ArrayLike | None = None
    ) -> NDArray[np.float32]:
        """Learn, and return the features of the training rows."""
        texts = _two_columns(X)
        counts = self._counts(texts)
        self._learn(*counts)
        return self._compared(texts, *counts)

    def transform(self, X: MatrixLike) -> NDArray[np.float32]:
        """Return the features, (n_rows, n_features)."""
        check_is_fitted(self)
        texts = _two_columns(X)
        return self._compared(texts, *self._counts(texts))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return the names of the features."""
        return np.array(NAMES, dtype=object)

    def _makers(self) -> tuple[TfidfText, TfidfText, BM25Text]:
        how = self.preparation
        characters = TfidfText(words=None, characters=(2, 4), preparation=how)
        return TfidfText(preparation=how), characters, BM25Text(preparation=how)

    def _counts(self, texts: tuple[list[str], list[str]]) -> list[CountedTexts]:
        """Count words and characters of both columns, the second below the first."""
        words, characters, _ = self._makers()
        both = [*texts[0], *texts[1]]
        return [words.counter().count(both), characters.counter().count(both)]

    def _learn(self, words: CountedTexts, characters: CountedTexts) -> None:
        self.words_, self.characters_, self.bm25_ = self._makers()
        self.words_.fit(words)
        self.bm25_.fit(words)
        self.characters_.fit(characters)

    def _compared(
        self,
        texts: tuple[list[str], list[str]],
        words: CountedTexts,
        characters: CountedTexts,
    ) -> NDArray[np.float32]:
        sizes = np.array([list(map(len, column)) for column in texts], dtype=np.float64)
        ratio = sizes.min(axis=0) / np.maximum(sizes.max(axis=0), 1)
        columns = [
            *_overlaps(words),
            _row_products(*_halves(self.words_.transform(words))),
            _row_products(*_halves(self.characters_.transform(characters))),
            *self._bm25(words),
            *_edit_similarities(*texts),
            ratio,
        ]
        return np.stack(columns, axis=1).astype(np.float32)

    def _bm25(self, words: CountedTexts) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return each column's words found in the other, by their BM25 weight there."""
        first, second = _halves(self.bm25_.transform(words))
        return (
            _row_products(_binary(first), second),
            _row_products(first, _binary(second)),
        )


def _two_columns(X: MatrixLike) -> tuple[list[str], list[str]]:
    frame = as_frame(X)
    if frame.shape[1] != 2:
        raise ValueError(
            f"TextPairs takes two text columns; found {frame.shape[1]}: "
            f"{list(frame.columns)}"
        )
    return as_texts(frame.iloc[:, 0]), as_texts(frame.iloc[:, 1])


def _halves(matrix: sp.csr_matrix) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    half = matrix.shape[0] // 2
    return matrix[:half], matrix[half:]


def _binary(matrix: sp.csr_matrix) -> sp.csr_matrix:
    binary = matrix.copy()
    binary.data = np.ones_like(binary.data)
    return binary


def _row_products(first: sp.csr_matrix, second: sp.csr_matrix) -> NDArray[Any]:
    """Return the scalar product of each pair of rows."""
    return np.asarray(first.multiply(second).sum(axis=1)).ravel()


def _overlaps(words: CountedTexts) -> list[NDArray[Any]]:
    first, second = _halves(_binary(words.counts))
    common = _row_products(first, second)
    n_first, n_second = np.diff(first.indptr), np.diff(second.indptr)
    wholes = (n_first + n_second - common, n_first, n_second)
    return [np.log1p(common), *(common / np.maximum(whole, 1) for whole in wholes)]


def _edit_similarities(first: list[str], second: list[str]) -> list[NDArray[Any]]:
    fuzz = require("rapidfuzz.fuzz", extra="text")
    pairs = [
        (a[:_LONGEST].lower(), b[:_LONGEST].lower())
        for a, b in zip(first, second, strict=True)
    ]
    measures = (fuzz.ratio, fuzz.token_sort_ratio, fuzz.token_set_ratio)
    return [
        np.array([measure(a, b) / 100 if a and b else 0.0 for a, b in pairs])
        for measure in measures
    ]
