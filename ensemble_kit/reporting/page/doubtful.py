"""Rows whose label the out-of-fold predictions contradict."""

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.reporting.page.scored_rows import ScoredRows


def doubtful_rows(scores: ScoredRows) -> NDArray[np.intp]:
    """Return the rows with the most doubtful labels, the most doubtful first.

    Confident learning (Northcutt, Jiang and Chuang 2021): a row counts when another
    class than its own has at least the mean probability that rows of that class get.
    They are ordered by how far that class is ahead of their own.
    """
    rows = scores.rows
    oof, y = scores.oof(scores.run.chosen)[rows], scores.y[rows]
    n_classes = oof.shape[1]
    usual = np.array(
        [
            oof[y == label, label].mean() if (y == label).any() else np.inf
            for label in range(n_classes)
        ]
    )
    at = np.arange(len(rows))
    own = oof[at, y]
    others = np.where(oof >= usual, oof, -np.inf)
    others[at, y] = -np.inf
    ahead = others.max(axis=1) - own
    order = np.argsort(-ahead, kind="stable")
    return rows[order[ahead[order] > 0]]
