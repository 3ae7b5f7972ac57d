"""A stack as a step of a pipeline: its members' predictions are the features."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from sklearn.base import TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.oof.matrix import OOFMatrix

RAW = "raw"


class PredictionsMixin(TransformerMixin):
    """``transform`` and what belongs to it.

    Of rows that come later it gives the members' predictions; of the training rows
    ``fit_transform`` gives those by models that have not seen them, which is what a
    later step may learn from.
    """

    members: Any
    original: Any
    oof_: Any
    n_features_in_: int

    def fit(self, X: Any, y: ArrayLike, **params: Any) -> Any:
        """Fit the stack."""
        raise NotImplementedError

    def _member_predictions(self, X: Any) -> NDArray[np.float64]:
        """Return predictions of shape (n_rows, n_members, n_outputs)."""
        raise NotImplementedError

    def transform(self, X: Any) -> Any:
        """Return the members' predictions of rows that come later.

        Parameters
        ----------
        X : DataFrame, array or sparse matrix of shape (n_rows, n_columns)

        Returns
        -------
        ndarray of shape (n_rows, n_columns_out)
            Of each member the values, the probability of the second of two classes,
            or those of all classes; then the columns of X with ``original="raw"``,
            sparse where they are.
        """
        check_is_fitted(self)
        parts = [stack._member_predictions(X) for stack in self._stacks()]
        return self._with_columns(side_by_side(parts), X)

    def fit_transform(self, X: Any, y: ArrayLike | None = None, **params: Any) -> Any:
        """Fit, and return the members' predictions of rows they were not fitted on.

        NaN where no fold validates a row.
        """
        if y is None:
            raise ValueError(
                f"{type(self).__name__} requires y to be passed, but the target y is "
                "None"
            )
        self.fit(X, y, **params)
        parts = [stack._step_oof().oof for stack in self._stacks()]
        return self._with_columns(side_by_side(parts), X)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return a name for every column of `transform`.

        Parameters
        ----------
        input_features : array-like of str, optional
            Names of X's columns, needed only where they are passed on.
        """
        check_is_fitted(self)
        own, stacks = type(self).__name__.lower(), self._stacks()
        n_columns = sum(n_columns_of(stack._step_oof()) for stack in stacks)
        names = [
            f"{own}_{member}" + (f"{at}" if n_columns > 1 else "")
            for member in stacks[0]._step_oof().members
            for at in range(n_columns)
        ]
        columns = self._input_names(input_features)
        more = columns if self._passes_on() else []
        return np.array([*names, *more], dtype=object)

    def _stacks(self) -> list[Any]:
        """Return the stacks of all targets: itself where there is one."""
        return getattr(self, "targets_", [self])

    def _passes_on(self) -> bool:
        return isinstance(self.original, str) and self.original == RAW

    def _input_names(self, given: ArrayLike | None) -> list[str]:
        """Return the names of X's columns, checked against those that were given."""
        known = getattr(self, "feature_names_in_", None)
        if given is None:
            if known is not None:
                return list(known)
            return [f"x{at}" for at in range(self.n_features_in_)]
        names = list(np.asarray(given, dtype=object))
        if known is not None and names != list(known):
            raise ValueError("input_features is not equal to feature_names_in_")
        if len(names) != self.n_features_in_:
            raise ValueError(
                "input_features should have length equal to number of features "
                f"({self.n_features_in_}), got {len(names)}"
            )
        return names

    def _with_columns(self, predictions: NDArray[np.float64], X: Any) -> Any:
        """Return predictions with the columns of X where they are passed on."""
        if not self._passes_on():
            return predictions
        if sparse.issparse(X):
            return sparse.hstack([predictions, X], format=X.format)
        if isinstance(X, pd.DataFrame):
            X = X.to_numpy()
        return np.hstack([predictions, np.asarray(X)])


def n_columns_of(matrix: OOFMatrix) -> int:
    """Return how many columns each member has: one for two classes."""
    n_outputs = matrix.oof.shape[2]
    return 1 if n_outputs == 2 else n_outputs


def side_by_side(tensors: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """Return predictions as columns, member by member, and of each all targets.

    Of two classes the second one tells all.
    """
    blocks = [each[:, :, 1:] if each.shape[2] == 2 else each for each in tensors]
    return np.concatenate(blocks, axis=2).reshape(len(blocks[0]), -1)
