"""What labelled texts that are near, by a pretrained encoder, tell of a text."""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.features.class_codes import class_codes, is_regression, one_hot
from ensemble_kit.features.cross_fitting import contrasts
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.splitting.inner_rows import inner_splits

ROWS_AT_ONCE = 512
SHARPNESS = 20.0  # of weights, exp(SHARPNESS * cosine), as CLIP's logits have it


class SentenceScores(TextsMixin, BaseEstimator):
    """The classes' centres and the nearest labelled texts, seen from a text.

    Columns are the cosines to the mean vector of each class, and the mean target of
    the nearest training texts, the nearer ones weighing more. A regression's classes
    are four parts of its target. Training rows are compared with other inner folds
    alone (``fit_transform`` is cross-fitted), new rows with all training rows.

    Parameters
    ----------
    encoder, max_length, pooling, prefix, memory
        As in `SentenceEncoder`.
    n_neighbors : int, default 15
        More make the second kind of column smoother.
    n_splits : int, default 5
        Inner folds; fewer when a class or the table is smaller.
    random_state : int, optional
        Seed of the inner folds.

    Attributes
    ----------
    encoder_ : SentenceEncoder
    vectors_ : ndarray of float16 of shape (n_texts, n_dimensions)
        Of the training texts, of length 1.
    codes_ : ndarray of int64 of shape (n_texts,)
    targets_ : ndarray of float64 of shape (n_texts, n_classes)
        Of a regression one column, the target.
    columns_ : list of str

    Raises
    ------
    PipelineError
        From ``fit`` and ``transform``, as `SentenceEncoder`.
    """

    def __init__(
        self,
        encoder: str | Path = "minilm",
        *,
        max_length: int | None = None,
        pooling: str | None = None,
        prefix: str = "",
        memory: str | Path | None = None,
        n_neighbors: int = 15,
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.encoder = encoder
        self.max_length = max_length
        self.pooling = pooling
        self.prefix = prefix
        self.memory = memory
        self.n_neighbors = n_neighbors
        self.n_splits = n_splits
        self.random_state = random_state

    def encoding(self) -> dict[str, Any]:
        """Return the parameters that decide a text's vector."""
        return self._unfitted().encoding()

    def fit(self, X: TextsLike, y: ArrayLike) -> "SentenceScores":
        """Keep the vectors and the targets of the training texts."""
        if not isinstance(self.n_neighbors, int) or self.n_neighbors < 1:
            raise ValueError(
                f"n_neighbors: a whole number from 1; found {self.n_neighbors!r}"
            )
        y = np.asarray(y)
        self.codes_, classes = class_codes(y)
        self.targets_ = _targets(y, self.codes_, len(classes))
        self.columns_ = _column_names(classes, is_regression(y))
        self.encoder_ = self._unfitted().fit(X)
        self.vectors_ = self._vectors(X).astype(np.float16)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike) -> NDArray[np.float32]:
        """Return the scores of each training text by rows of other inner folds.

        Returns
        -------
        ndarray of float32 of shape (n_texts, n_columns)
        """
        self.fit(X, y)
        every = np.arange(len(self.codes_))
        is_class = not is_regression(y)
        splits = inner_splits(self.codes_, self.n_splits, is_class, self.random_state)
        scores = np.zeros((len(every), len(self.columns_)), dtype=np.float32)
        vectors = self.vectors_.astype(np.float32)
        for train, valid in splits:
            scores[valid] = self._scores(vectors[valid], every[train])
        return scores

    def transform(self, X: TextsLike) -> NDArray[np.float32]:
        """Return the scores of texts by all training rows."""
        check_is_fitted(self)
        return self._scores(self._vectors(X), np.arange(len(self.codes_)))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return ``center`` and ``near``, with the class where there are several."""
        check_is_fitted(self)
        return np.array(self.columns_, dtype=object)

    def _unfitted(self) -> SentenceEncoder:
        names = ("max_length", "pooling", "prefix", "memory")
        return SentenceEncoder(
            self.encoder, **{name: getattr(self, name) for name in names}
        )

    def _vectors(self, X: TextsLike) -> NDArray[np.float32]:
        """Return vectors of length 1."""
        return _unit(np.asarray(self.encoder_.transform(X), dtype=np.float32))

    def _scores(
        self, vectors: NDArray[np.float32], rows: NDArray[np.intp]
    ) -> NDArray[np.float32]:
        """Return what some training rows tell of texts."""
        known = self.vectors_[rows].astype(np.float32)
        codes, targets = self.codes_[rows], self.targets_[rows]
        n_classes = int(self.codes_.max()) + 1
        centers = _unit(one_hot(codes, n_classes).T.astype(np.float32) @ known)
        parts = range(0, len(vectors), ROWS_AT_ONCE)
        near = [
            _near(vectors[at : at + ROWS_AT_ONCE] @ known.T, targets, self.n_neighbors)
            for at in parts
        ]
        columns = (vectors @ centers.T, np.concatenate([targets[:0], *near]))
        return np.hstack([contrasts(part) for part in columns]).astype(np.float32)


def _near(
    cosines: NDArray[np.float32], targets: NDArray[np.float64], n_neighbors: int
) -> NDArray[np.float64]:
    """Return the mean target of the nearest rows."""
    n = min(n_neighbors, len(targets))
    nearest = np.argpartition(-cosines, n - 1, axis=1)[:, :n]
    weights = np.exp(SHARPNESS * np.take_along_axis(cosines, nearest, axis=1))
    sums = (weights[:, :, None] * targets[nearest]).sum(axis=1)
    return sums / weights.sum(axis=1, keepdims=True)


def _targets(
    y: NDArray[Any], codes: NDArray[np.int64], n_classes: int
) -> NDArray[np.float64]:
    if not is_regression(y):
        return one_hot(codes, n_classes)
    return y[:, None]


def _column_names(classes: NDArray[Any], regression: bool) -> list[str]:
    """Return the names of what `contrasts` leaves of the classes."""
    by_class = [f"_{name}" for name in classes] if len(classes) > 2 else [""]
    near = [""] if regression else by_class
    return [f"center{name}" for name in by_class] + [f"near{name}" for name in near]


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return (vectors / np.where(lengths > 0, lengths, 1)).astype(np.float32)
