"""A blend of its own for every value of a column."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone

from ensemble_kit.blending.blend_mixins import RoutedBlendMixin
from ensemble_kit.blending.convex_blend import ConvexBlend
from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    check_columns,
    outputs_of,
)

Array = NDArray[Any]


class SegmentBlend(RoutedBlendMixin, BaseEstimator):
    """Fit one blend per value of a column, each leaning on all other rows.

    Parameters
    ----------
    column : str
        The column whose values are the segments; missing is a segment, too.
    blend : blend, optional
        Fitted for each segment with row weights; by default a ConvexBlend.
    min_rows : int
        Smaller segments, and values never seen, get the blend of all rows.
    borrowed : float
        The rows outside a segment count, all together, as this many rows of it:
        what keeps a small segment close to the whole.

    Attributes
    ----------
    blends_ : dict
        The fitted blend of every segment that has one.
    whole_ : fitted blend
        Of all rows.
    classes_ : ndarray
        The labels behind the columns, for classification.
    """

    def __init__(
        self,
        column: str = "",
        blend: BaseEstimator | None = None,
        min_rows: int = 200,
        borrowed: float = 200.0,
    ):
        self.column = column
        self.blend = blend
        self.min_rows = min_rows
        self.borrowed = borrowed

    def fit(
        self,
        X: Predictions,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        columns: pd.DataFrame,
    ) -> "SegmentBlend":
        """Fit the blends.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
        columns : DataFrame of n_rows rows
        """
        rows = self._fitting_rows(X, y, sample_weight)
        check_columns(columns, len(rows.y))
        segments = self._segments(columns)
        blend = ConvexBlend() if self.blend is None else self.blend
        self.whole_ = clone(blend).fit(rows.tensor, rows.y, rows.weight)
        names, counts = np.unique(segments, return_counts=True)
        self.blends_ = {
            str(name): self._segment(blend, rows, segments == name)
            for name, count in zip(names, counts, strict=True)
            if self.min_rows <= count < len(segments)
        }
        return self

    def _segments(self, columns: pd.DataFrame) -> Array:
        """Return the segment of every row, as text."""
        if self.column not in columns.columns:
            hint = did_you_mean(self.column, columns.columns)
            raise PipelineError(f"SegmentBlend: no column {self.column!r}{hint}")
        series = columns[self.column]
        # "=" keeps a value spelt like the missing one apart from it
        texts = ["=" + str(value) for value in series]
        return np.where(series.isna(), "missing", texts)

    def _segment(
        self, blend: BaseEstimator, rows: Rows, inside: Array
    ) -> BaseEstimator:
        """Return the blend of one segment, the other rows weighed down."""
        outside = ~inside
        share = self.borrowed / max(self.borrowed, outside.sum())
        weight = np.where(inside, 1.0, share) * rows.weight
        return clone(blend).fit(rows.tensor, rows.y, weight)

    def _combine(self, tensor: Array, columns: pd.DataFrame) -> NDArray[np.float64]:
        segments = self._segments(columns)
        blended = np.empty((len(tensor), self.n_outputs_))
        for name in np.unique(segments):
            inside = segments == name
            blend = self.blends_.get(str(name), self.whole_)
            blended[inside] = outputs_of(blend, tensor[inside])
        return blended
