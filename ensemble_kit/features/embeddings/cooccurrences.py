"""How often words stand near each other."""

import numpy as np
from scipy import sparse

from ensemble_kit.features.texts.tokenized_texts import TokenizedTexts

# Pairs gathered before they are summed: 300 MB.
MOST_PAIRS = 8_000_000


def cooccurrences(
    tokens: TokenizedTexts, window: int, harmonic: bool = False
) -> sparse.csr_matrix:
    """Return symmetric counts of words within a window, shape (n_words, n_words).

    Parameters
    ----------
    tokens : TokenizedTexts
    window : int
        Farthest distance, in words, within one text.
    harmonic : bool
        Whether a pair at distance k counts 1 / k rather than 1.
    """
    n_words = len(tokens.words)
    total = sparse.csr_matrix((n_words, n_words), dtype=np.float64)
    rows = tokens.rows
    for distance in range(1, window + 1):
        weight = 1 / distance if harmonic else 1.0
        for start in range(0, max(len(rows) - distance, 0), MOST_PAIRS):
            stop = min(start + MOST_PAIRS, len(rows) - distance)
            total = total + weight * _pairs(tokens, rows, start, stop, distance)
    return (total + total.T).tocsr()


def ppmi(counts: sparse.csr_matrix, smoothing: float = 0.75) -> sparse.csr_matrix:
    """Return positive pointwise mutual information.

    The contexts' shares are raised to the power ``smoothing``, which lowers the
    scores of rare contexts (Levy, Goldberg and Dagan, 2015).

    Examples
    --------
    >>> ppmi(sparse.csr_matrix([[0.0, 1.0], [1.0, 0.0]]), 1.0).toarray().round(3)
    array([[0.   , 0.693],
           [0.693, 0.   ]])
    """
    scores = sparse.coo_matrix(counts, dtype=np.float64)
    words = np.asarray(counts.sum(axis=1)).ravel()
    contexts = np.asarray(counts.sum(axis=0)).ravel() ** smoothing
    expected = words[scores.row] * contexts[scores.col] / max(contexts.sum(), 1e-300)
    information = np.log(scores.data / expected)
    positive = information > 0
    entries = (scores.row[positive], scores.col[positive])
    return sparse.csr_matrix((information[positive], entries), counts.shape)


def _pairs(
    tokens: TokenizedTexts, rows: np.ndarray, start: int, stop: int, distance: int
) -> sparse.csr_matrix:
    """Return counts of pairs at one distance, the earlier word as row."""
    first = slice(start, stop)
    second = slice(start + distance, stop + distance)
    same_text = rows[first] == rows[second]
    entries = (tokens.ids[first][same_text], tokens.ids[second][same_text])
    ones = np.ones(same_text.sum())
    n_words = len(tokens.words)
    return sparse.csr_matrix((ones, entries), (n_words, n_words))
