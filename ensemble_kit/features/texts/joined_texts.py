"""All text columns of a row as one text."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import RandomState, TextsLike
from ensemble_kit.features.columns import as_frame, names_of
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.features.texts.texts_mixin import SeveralTextsMixin
from ensemble_kit.parameter_values import Constructor
from ensemble_kit.registry import load_object

TFIDF = "ensemble_kit.features.counting.tfidf_text:TfidfText"


class JoinedTexts(SeveralTextsMixin, BaseEstimator):
    """Join the text columns, and give the result to a text featurizer.

    A word then is one feature wherever it stands: fewer features than one set per
    column, and better known ones where columns say the same kind of thing.

    Parameters
    ----------
    transformer : str
        ``"module:Class"`` of a text featurizer.
    params : dict, optional
        Its parameters.
    random_state : int, RandomState or None
        Passed to it, when it takes one and has none.

    Attributes
    ----------
    transformer_ : estimator

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"title": ["tea"], "body": ["hot tea"]})
    >>> JoinedTexts().fit(X).get_feature_names_out().tolist()
    ['hot', 'tea']
    """

    def __init__(
        self,
        transformer: str = TFIDF,
        params: dict[str, Any] | None = None,
        random_state: RandomState = None,
    ):
        self.transformer = transformer
        self.params = params
        self.random_state = random_state

    @classmethod
    def inner_constructors(cls, params: Mapping[str, Any]) -> dict[str, Constructor]:
        """Return whose parameters a mapping is; see `ensemble_kit.parameter_values`."""
        path = params.get("transformer", TFIDF)
        return {"params": load_object(path)} if isinstance(path, str) else {}

    def fit(self, X: TextsLike, y: ArrayLike | None = None) -> "JoinedTexts":
        """Fit the text featurizer on the joined texts."""
        self._begin(X).fit(_joined(X), y)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike | None = None) -> Any:
        """Fit, and return the featurizer's features of the training rows."""
        return self._begin(X).fit_transform(_joined(X), y)

    def transform(self, X: TextsLike) -> Any:
        """Return the featurizer's features of the joined texts."""
        check_is_fitted(self)
        return self.transformer_.transform(_joined(X))

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return the featurizer's names."""
        check_is_fitted(self)
        return self.transformer_.get_feature_names_out()

    def _begin(self, X: TextsLike) -> Any:
        """Set the unfitted featurizer and return it."""
        self.feature_names_in_ = names_of(X)
        self.n_features_in_ = len(self.feature_names_in_)
        self.transformer_ = load_object(self.transformer)(**(self.params or {}))
        own = self.transformer_.get_params(deep=False)
        if "random_state" in own and own["random_state"] is None:
            self.transformer_.set_params(random_state=self.random_state)
        return self.transformer_


def _joined(X: TextsLike) -> pd.Series:
    """Return one text per row, a line for each column."""
    frame = as_frame(X)
    columns = [as_texts(frame.iloc[:, j]) for j in range(frame.shape[1])]
    rows = zip(*columns, strict=True) if columns else [()] * len(frame)
    return pd.Series(["\n".join(row) for row in rows], dtype=object)
