"""The vocabulary of count-based featurizers: learnt from training rows alone.

A fitted featurizer keeps its terms as plain arrays (``term_points_``,
``term_offsets_`` and ``term_blocks_``).
"""

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.exceptions import problems
from ensemble_kit.features.counting.counted_texts import (
    CountedTexts,
    Terms,
    entry_runs,
    take_columns,
)
from ensemble_kit.features.texts.term_hashes import Int64
from ensemble_kit.features.texts.text_preparation import PREPARED
from ensemble_kit.parameter_limits import COUNT, WRITTEN_SHARE, Limits

NO_TERM = "no_term"
_LIMIT = [COUNT, WRITTEN_SHARE]
TERMS: Limits = {
    **PREPARED,
    "min_df": _LIMIT,
    "max_df": _LIMIT,
    "max_features": [COUNT, None],
}


def learn_terms(featurizer: BaseEstimator, counted: CountedTexts) -> sp.csr_matrix:
    """Choose the terms by the featurizer's limits, keep them, return their counts.

    ``min_df`` and ``max_df`` (texts, or a share of them when float) and
    ``max_features`` (the most frequent terms) hold for words and for characters
    apart. Without any term there is one column of zeros, because no learner takes
    a table without columns.
    """
    _check_limits(featurizer)
    counts = keep_terms(featurizer, counted, _chosen(counted, featurizer)).counts
    return counts if counts.shape[1] else sp.csr_matrix((len(counted), 1), dtype="f4")


def keep_terms(
    featurizer: BaseEstimator, counted: CountedTexts, chosen: NDArray[np.bool_]
) -> CountedTexts:
    """Keep the chosen terms, and return the texts counted by them alone."""
    columns = np.flatnonzero(chosen)
    terms = counted.terms.select(columns)
    featurizer.term_points_ = np.array(terms.points)
    featurizer.term_offsets_ = np.array(terms.offsets)
    featurizer.term_blocks_ = [list(block) for block in terms.blocks]
    moved = np.full(len(counted.terms), -1, dtype=np.int32)
    moved[columns] = np.arange(len(columns), dtype=np.int32)
    counts = take_columns(counted.counts, moved, len(columns))
    return CountedTexts(counts, terms, counted.key)


def known_terms(featurizer: BaseEstimator) -> Terms:
    """Return the terms that ``learn_terms`` kept."""
    blocks = tuple((name, count) for name, count in featurizer.term_blocks_)
    return Terms(featurizer.term_points_, featurizer.term_offsets_, blocks)


def count_known_terms(
    featurizer: BaseEstimator, counted: CountedTexts
) -> sp.csr_matrix:
    """Return the counts of the terms that ``learn_terms`` kept."""
    terms = known_terms(featurizer)
    columns = counted.terms.columns_in(terms)
    return take_columns(counted.counts, columns, max(1, len(terms)))


def term_names(featurizer: BaseEstimator) -> NDArray[np.object_]:
    """Return the terms; characters in quotes where there are words as well."""
    terms = known_terms(featurizer)
    names = terms.strings()
    parts = terms.block_slices()
    if len(parts) > 1:
        within = parts["characters"]
        names[within] = [repr(name) for name in names[within]]
    return np.array(names or [NO_TERM], dtype=object)


def entry_groups(counts: sp.csr_matrix, terms: Terms) -> tuple[Int64, int]:
    """Return the number of every entry's (row, block), and how many there are.

    Lengths and norms are taken per block, so that words and characters weigh as
    much as if two featurizers stood side by side.
    """
    n_rows, n_blocks = counts.shape[0], max(1, len(terms.blocks))
    groups = np.repeat(np.arange(n_rows) * n_blocks, np.diff(counts.indptr))
    if n_blocks > 1:
        sizes = [count for _, count in terms.blocks]
        groups += np.repeat(np.arange(n_blocks), sizes)[counts.indices]
    return groups, n_rows * n_blocks


def group_sums(counts: sp.csr_matrix, terms: Terms) -> NDArray[np.float64]:
    """Return the sum of each row's entries in each block, (n_rows, n_blocks)."""
    groups, n_groups = entry_groups(counts, terms)
    sums = np.bincount(groups, weights=counts.data, minlength=n_groups)
    return np.asarray(sums, dtype=np.float64).reshape(counts.shape[0], -1)


def document_frequencies(counts: sp.csr_matrix) -> NDArray[np.int64]:
    """Return in how many rows each column occurs."""
    frequencies = np.zeros(counts.shape[1], dtype=np.int64)
    for entries in entry_runs(counts):
        frequencies += np.bincount(counts.indices[entries], minlength=len(frequencies))
    return frequencies


def column_sums(counts: sp.csr_matrix) -> NDArray[np.float64]:
    """Return the sum of each column."""
    sums = np.zeros(counts.shape[1])
    for entries in entry_runs(counts):
        sums += np.bincount(
            counts.indices[entries], counts.data[entries], minlength=len(sums)
        )
    return sums


def _chosen(counted: CountedTexts, featurizer: BaseEstimator) -> NDArray[np.bool_]:
    """Return which columns stay within the limits."""
    n_texts = len(counted)
    frequencies = document_frequencies(counted.counts)
    least = max(1, _as_count(featurizer.min_df, n_texts))
    most = _as_count(featurizer.max_df, n_texts)
    chosen = (frequencies >= least) & (frequencies <= most)
    if featurizer.max_features is not None:
        totals = column_sums(counted.counts)
        for part in counted.terms.block_slices().values():
            _keep_largest(chosen[part], totals[part], featurizer.max_features)
    return chosen


def _keep_largest(
    chosen: NDArray[np.bool_], totals: NDArray[np.float64], most: int
) -> None:
    """Unchoose, in place, all but the largest; the first wins a tie."""
    candidates = np.flatnonzero(chosen)
    order = np.argsort(-totals[candidates], kind="stable")
    chosen[candidates[order[most:]]] = False


def _as_count(limit: float, n_texts: int) -> float:
    """Return a limit in texts; a float is a share of them."""
    return limit if isinstance(limit, int | np.integer) else limit * n_texts


def _check_limits(featurizer: BaseEstimator) -> None:
    """Raise ValueError with every mistake in the limits."""
    mistakes = [
        f"{name}: expected a whole number from 1 or a share from 0.0 to 1.0, "
        f"found {value!r}"
        for name in ("min_df", "max_df")
        if not _is_limit(value := getattr(featurizer, name))
    ]
    most = featurizer.max_features
    if most is not None and not (isinstance(most, int | np.integer) and most >= 1):
        mistakes.append(
            f"max_features: expected None or a whole number from 1, found {most!r}"
        )
    if mistakes:
        raise ValueError(problems(type(featurizer).__name__, mistakes))


def _is_limit(value: object) -> bool:
    if isinstance(value, int | np.integer) and not isinstance(value, bool):
        return bool(value >= 1)
    return isinstance(value, float) and 0.0 <= value <= 1.0
