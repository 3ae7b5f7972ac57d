"""What a network that writes texts has to beat: the source, and the nearest target."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.models.sequences.sequence_estimator import (
    Candidates,
    read_source_texts,
    read_targets,
    read_text_pairs,
)

CHUNK = 1000  # sources that are compared with all others at once


class TextWriter(BaseEstimator):
    """Predicts the likeliest of its candidates."""

    def predict_candidates(self, X: TextsLike) -> Candidates:
        """Return texts for each row with their chances, the best first."""
        raise NotImplementedError

    def predict(self, X: TextsLike) -> NDArray[np.object_]:
        """Return the likeliest text of each row."""
        best = [candidates[0][0] for candidates in self.predict_candidates(X)]
        texts = np.empty(len(best), dtype=object)
        texts[:] = best
        return texts

    def score(self, X: TextsLike, y: TextsLike) -> float:
        """Return the share of rows whose text is right to the letter."""
        pairs = zip(self.predict(X), read_targets(y), strict=True)
        return float(np.mean([a == b for a, b in pairs]))


class CopiedText(TextWriter):
    """Write the source as it is.

    Attributes
    ----------
    chance_ : float
        The share of training rows for which that is right.

    Examples
    --------
    >>> CopiedText().fit(["a", "b"], ["a", "c"]).predict(["d"]).tolist()
    ['d']
    """

    def fit(
        self, X: TextsLike, y: TextsLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn how often a target is its source."""
        pairs = zip(*read_text_pairs(X, y), strict=True)
        right = np.array([float(a == b) for a, b in pairs])
        weights = check_weights(sample_weight, len(right))
        self.chance_ = float(np.average(right, weights=weights))
        return self

    def predict_candidates(self, X: TextsLike) -> Candidates:
        """Return each source, with the chance that it is right."""
        check_is_fitted(self, "chance_")
        return [[(text, self.chance_)] for text in read_source_texts(X)]


class NearestText(TextWriter):
    """Write the targets of the training sources that are most alike.

    Alike are texts by the cosine of their TF-IDF of characters; a text's chance is
    that, split over the neighbours.

    Parameters
    ----------
    n_neighbors : int, default=3
    ngram_range : tuple of int, default=(2, 4)

    Examples
    --------
    >>> nearest = NearestText(n_neighbors=1).fit(["one", "three"], ["1", "3"])
    >>> nearest.predict(["tree"]).tolist()
    ['3']
    """

    def __init__(self, n_neighbors: int = 3, ngram_range: tuple[int, int] = (2, 4)):
        self.n_neighbors = n_neighbors
        self.ngram_range = ngram_range

    def fit(
        self, X: TextsLike, y: TextsLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Keep the training texts; weights have no effect but that of 0."""
        sources, targets = read_text_pairs(X, y)
        weights = check_weights(sample_weight, len(sources))
        used = np.flatnonzero(np.ones(len(sources)) if weights is None else weights)
        self.vectorizer_ = TfidfVectorizer(
            analyzer="char_wb", ngram_range=self.ngram_range, dtype=np.float32
        )
        # A mark at both ends, so that even empty texts have something in common.
        self.sources_ = self.vectorizer_.fit_transform(
            [f"\N{BULLET}{sources[row]}\N{BULLET}" for row in used]
        )
        self.targets_ = [targets[row] for row in used]
        return self

    def predict_candidates(self, X: TextsLike) -> Candidates:
        """Return the targets of the nearest sources, with their chances."""
        check_is_fitted(self, "sources_")
        texts = [f"\N{BULLET}{text}\N{BULLET}" for text in read_source_texts(X)]
        candidates: Candidates = []
        for start in range(0, len(texts), CHUNK):
            queries = self.vectorizer_.transform(texts[start : start + CHUNK])
            for likeness in (queries @ self.sources_.T).toarray():
                candidates.append(self._neighbors(likeness))
        return candidates

    def _neighbors(self, likeness: NDArray[np.float32]) -> list[tuple[str, float]]:
        """Return the targets of one text's neighbours."""
        rows = np.argsort(-likeness, kind="stable")[: self.n_neighbors]
        near = np.maximum(likeness[rows].astype(np.float64), 1e-6)
        chances: dict[str, float] = {}
        for row, share in zip(rows, near * near / near.sum(), strict=True):
            text = self.targets_[row]
            chances[text] = chances.get(text, 0.0) + float(share)
        return sorted(chances.items(), key=lambda pair: -pair[1])
