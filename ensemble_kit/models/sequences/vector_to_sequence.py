"""From a row of numbers or an image to a text."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.arrays import TextsLike
from ensemble_kit.models.sequences.attention_map import AttentionMap
from ensemble_kit.models.sequences.sequence_estimator import SequenceEstimator

AXES = (2, 3)
FAR = 10.0  # deviations beyond which a number is taken for so many


@dataclass(kw_only=True, eq=False, repr=False)
class VectorToSequence(SequenceEstimator):
    """Learn to write a text for a row of numbers, or for an image.

    The decoder is that of ``SequenceToSequence``. It looks at the numbers of a row, or
    at the cells of an image, which filters of 3 x 3 have read; of images, the network
    learns where a cell is.

    Parameters
    ----------
    unit : {"char", "subword", "word"}, default="char"
        What a token of a target is.
    layers : int, default=1
        Of filters, after the first one; of numbers there is always one.
    cell, hidden, attention, embedding_dim, max_tokens, min_count, max_target, dropout
        As in ``SequenceToSequence``, and so are all other parameters.

    Attributes
    ----------
    weights_, history_ : dict
    epochs_, limit_ : int

    Examples
    --------
    >>> X = np.tile([[0.0, 1.0], [1.0, 0.0]], (20, 1))
    >>> model = VectorToSequence(hidden=16, epochs=60, random_state=0)
    >>> model.fit(X, ["right", "left"] * 20).predict(X[:2]).tolist()
    ['right', 'left']
    """

    def fit(
        self, X: ArrayLike, y: TextsLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Learn from numbers and the texts that belong to them.

        Parameters
        ----------
        X : array of shape (n_rows, n_numbers) or (n_rows, height, width)
            A missing number is read as the mean of its column.
        y : list, Series or 1-D array of str
        sample_weight : array-like of shape (n_rows,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When X has another shape or infinite values, a target is missing, or a
            setting is out of range.
        """
        return self._fit(_numbers(X), y, sample_weight)

    def _learn_source(self, X: Any) -> dict[str, Any]:
        is_image = X.ndim == 3
        # All cells of an image have one scale, so that dark cells stay dark.
        axes = None if is_image else 0
        known = ~np.isnan(X)
        count = np.maximum(known.sum(axis=axes), 1)
        center = np.where(known, X, 0.0).sum(axis=axes) / count
        far = np.where(known, X - center, 0.0)
        scale = np.sqrt((far**2).sum(axis=axes) / count)
        return {
            "kind": "image" if is_image else "row",
            "shape": list(X.shape[1:]),
            "center": np.asarray(center, dtype=np.float64),
            "scale": np.where(scale > 0, scale, 1.0),
        }

    def _read_source(self, X: Any) -> "VectorRows":
        numbers, state = _numbers(X), self.source_
        if list(numbers.shape[1:]) != list(state["shape"]):
            raise ValueError(
                f"X has rows of the shape {numbers.shape[1:]}, but "
                f"{type(self).__name__} was fitted with {tuple(state['shape'])}"
            )
        scaled = np.clip((numbers - state["center"]) / state["scale"], -FAR, FAR)
        return VectorRows(np.nan_to_num(scaled, nan=0.0).astype(np.float32))

    def _one_row(self, x: Any) -> NDArray[np.float64]:
        return np.asarray(x, dtype=np.float64)[None]

    def _map(
        self, weights: NDArray[np.float64], written: list[str], tokens: list[str]
    ) -> AttentionMap:
        shape = tuple(self.source_["shape"])
        places = [str(place) for place in range(weights.shape[1])]
        is_image = self.source_["kind"] == "image"
        return AttentionMap(weights, written, places, shape if is_image else None)


@dataclass(frozen=True)
class VectorRows:
    """Rows of scaled numbers, or images."""

    numbers: NDArray[np.float32]

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return the number of places of each row: the same for all."""
        n_places = int(np.prod(self.numbers.shape[1:]))
        return np.full(len(self.numbers), n_places, dtype=np.int64)

    @property
    def tokens(self) -> list[list[str]]:
        """Return that nothing can be copied."""
        return [[]] * len(self.numbers)

    def unknown(self) -> list[dict[str, int]]:
        """Return that nothing is known by its place."""
        return [{} for _ in range(len(self.numbers))]

    def batch(self, rows: NDArray[np.int64], device: Any) -> Any:
        """Return some rows as a tensor."""
        import torch

        return torch.from_numpy(self.numbers[rows]).to(device)


def _numbers(X: ArrayLike) -> NDArray[np.float64]:
    """Return X as floats.

    Raises
    ------
    ValueError
        When it is neither rows of numbers nor images, or has infinite values.
    """
    numbers = np.asarray(X, dtype=np.float64)
    if numbers.ndim not in AXES or not all(numbers.shape[1:]):
        raise ValueError(
            "X has the shape (n_rows, n_numbers) or (n_rows, height, width); found "
            f"{numbers.shape}"
        )
    if np.isinf(numbers).any():
        raise ValueError("X has infinite values")
    return numbers
