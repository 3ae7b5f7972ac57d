"""Term frequencies times inverse document frequencies."""

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.exceptions import problems
from ensemble_kit.features.counting.counted_texts import CountedTexts, Terms
from ensemble_kit.features.counting.term_weights_mixin import TermWeightsMixin
from ensemble_kit.features.counting.text_vocabulary import (
    TERMS,
    document_frequencies,
    entry_groups,
    group_sums,
    known_terms,
    learn_terms,
)
from ensemble_kit.features.texts.count_chunks import row_runs
from ensemble_kit.features.texts.text_preparation import (
    PreparationLike,
)
from ensemble_kit.parameter_limits import Limits, one_of

FORMULAS = ("smooth", "lectures")
NORMS = ("auto", "l1", "l2", None)


class TfidfText(TermWeightsMixin, BaseEstimator):
    """Weigh the terms of a text by how rare they are among the training texts.

    Parameters
    ----------
    words, characters : (int, int) or None
        Shortest and longest n-gram; None leaves the kind out. Words and characters
        together are two blocks, each with its own limits and norm.
    within_words : bool
        Character n-grams within words, or across the whole text.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words.
    formula : {"smooth", "lectures"}
        "smooth" is scikit-learn's: n_t * (ln((1 + N) / (1 + D)) + 1). "lectures" is
        the plain one: n_t / sum n_k * ln(N / D). n_t counts the term in the text, N
        the training texts and D those with the term.
    sublinear : bool
        1 + ln n_t in place of n_t.
    binary : bool
        1 in place of n_t.
    norm : {"auto", "l1", "l2", None}
        "auto" is l2 for "smooth" and None for "lectures".
    min_df, max_df : int or float
        Fewest and most texts that a term may occur in; a float is a share of them.
    max_features : int, optional
        Most terms, the most frequent ones, of words and of characters.

    Attributes
    ----------
    idf_ : ndarray of float64 of shape (n_terms,)
    term_points_, term_offsets_, term_blocks_ : ndarray, ndarray, list
        The vocabulary; ``get_feature_names_out`` gives it as strings.

    Examples
    --------
    >>> tfidf = TfidfText(formula="lectures")
    >>> print(tfidf.fit_transform(["so it goes", "so so"]).max().round(3))
    0.231
    >>> sorted(tfidf.get_feature_names_out())
    ['goes', 'it', 'so']
    """

    _parameter_constraints: ClassVar[Limits] = {
        **TERMS,
        "formula": [one_of(FORMULAS)],
        "norm": [one_of(NORMS), None],
    }

    def __init__(
        self,
        *,
        words: Sequence[int] | None = (1, 1),
        characters: Sequence[int] | None = None,
        within_words: bool = True,
        preparation: PreparationLike = None,
        formula: str = "smooth",
        sublinear: bool = False,
        binary: bool = False,
        norm: str | None = "auto",
        min_df: int | float = 1,
        max_df: int | float = 1.0,
        max_features: int | None = None,
    ):
        self.words = words
        self.characters = characters
        self.within_words = within_words
        self.preparation = preparation
        self.formula = formula
        self.sublinear = sublinear
        self.binary = binary
        self.norm = norm
        self.min_df = min_df
        self.max_df = max_df
        self.max_features = max_features

    def _learn(self, counted: CountedTexts) -> sp.csr_matrix:
        """Keep terms and idf; return the terms' counts."""
        self._check()
        counts = learn_terms(self, counted)
        n_texts, frequencies = len(counted), document_frequencies(counts)
        if self.formula == "smooth":
            self.idf_ = np.log((1 + n_texts) / (1 + frequencies)) + 1
        else:
            self.idf_ = np.log(np.maximum(n_texts, 1) / np.maximum(frequencies, 1))
        return counts

    def _check(self) -> None:
        mistakes = [
            f"{name}: expected one of {allowed}, found {getattr(self, name)!r}"
            for name, allowed in (("formula", FORMULAS), ("norm", NORMS))
            if getattr(self, name) not in allowed
        ]
        if mistakes:
            raise ValueError(problems("TfidfText", mistakes))

    def _weighed(self, counts: sp.csr_matrix, counted: CountedTexts) -> sp.csr_matrix:
        """Turn counts into weights, in place."""
        terms, runs = known_terms(self), row_runs(counts)
        if len(runs) == 1:
            counts.data[:] = self._weights(counts, terms, counted)
            return counts
        for rows in runs:
            entries = slice(*counts.indptr[[rows.start, rows.stop]])
            counts.data[entries] = self._weights(counts[rows], terms, counted[rows])
        return counts

    def _weights(
        self, counts: sp.csr_matrix, terms: Terms, counted: CountedTexts
    ) -> NDArray[np.float64]:
        """Return the weights of some texts' terms, block by block."""
        groups, n_groups = entry_groups(counts, terms)
        values = self._term_frequencies(counts.data)
        if self.formula == "lectures":
            values = values / group_sums(counted.counts, counted.terms).ravel()[groups]
        values = values * self.idf_[counts.indices]
        return self._normed(values, groups, n_groups)

    def _term_frequencies(self, data: NDArray[Any]) -> NDArray[Any]:
        if self.binary:
            return np.ones_like(data)
        return 1 + np.log(data) if self.sublinear else data

    def _normed(
        self, values: NDArray[np.float64], groups: NDArray[np.int64], n_groups: int
    ) -> NDArray[np.float64]:
        """Divide by the norm of the text's block; weights are never negative."""
        norm = self.norm
        if norm == "auto":
            norm = "l2" if self.formula == "smooth" else None
        if norm is None:
            return values
        powers = values if norm == "l1" else values**2
        sizes = np.bincount(groups, weights=powers, minlength=n_groups)
        sizes = sizes if norm == "l1" else np.sqrt(sizes)
        return values / np.where(sizes > 0, sizes, 1)[groups]
