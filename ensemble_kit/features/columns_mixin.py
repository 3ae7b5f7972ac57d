"""What featurizers of columns share: what they take, and that it stays the same."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns import as_frame, names_of


class ColumnsMixin(TransformerMixin):
    """Reads tables of pandas, polars and pyarrow, arrays and lists of rows.

    Attributes
    ----------
    feature_names_in_ : ndarray of str
        The numbers of the columns where they have no names.
    n_features_in_ : int
    """

    feature_names_in_: np.ndarray[Any, np.dtype[np.object_]]
    n_features_in_: int

    def __sklearn_tags__(self) -> Tags:
        """Return tags that allow gaps and promise no dtype."""
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.transformer_tags.preserves_dtype = []
        return tags

    def _learn_columns(self, X: MatrixLike) -> pd.DataFrame:
        """Return the training rows as a frame; remember its columns."""
        frame = as_frame(X)
        self.feature_names_in_ = names_of(frame)
        self.n_features_in_ = frame.shape[1]
        return frame

    def _same_columns(self, X: MatrixLike) -> pd.DataFrame:
        """Return other rows as a frame.

        Raises
        ------
        ValueError
            When its columns are not those of the training rows.
        """
        check_is_fitted(self)
        frame, own = as_frame(X), type(self).__name__
        if frame.shape[1] != self.n_features_in_:
            raise ValueError(
                f"X has {frame.shape[1]} features, but {own} is expecting "
                f"{self.n_features_in_} features as input"
            )
        strange = self._strange(frame)
        if strange:
            raise ValueError(
                f"The feature names should match those that were passed during fit: "
                f"{own} was fitted on {strange[0][0]!r} where {strange[0][1]!r} is now"
            )
        return frame

    def _strange(self, frame: pd.DataFrame) -> list[tuple[str, str]]:
        """Return names of training and of now where they differ; numbers are none."""
        names = frame.columns.tolist()
        if not all(isinstance(name, str) for name in names):
            return []
        pairs = zip(self.feature_names_in_.tolist(), names, strict=True)
        return [pair for pair in pairs if pair[0] != pair[1] and not pair[0].isdigit()]


class WordsMixin(ColumnsMixin):
    """The same for featurizers of categories and dates, which may be strings."""

    def __sklearn_tags__(self) -> Tags:
        """Return tags that allow strings and categories, too."""
        tags = super().__sklearn_tags__()
        tags.input_tags.string = True
        tags.input_tags.categorical = True
        return tags
