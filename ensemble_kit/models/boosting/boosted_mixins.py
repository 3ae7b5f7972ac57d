"""What the boosting libraries' estimators share: tables in, labels encoded."""

from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.models.boosting.margins import begun
from ensemble_kit.models.boosting.own_objectives import OwnObjective, start_of
from ensemble_kit.models.class_labels import (
    ProbabilityClassifierMixin,
    check_weights,
    encode_labels,
)


class BoostedMixin:
    """Takes numbers with gaps, dense or sparse, and categories in a frame."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _fit(
        self, X: MatrixLike, y: ArrayLike, sample_weight: ArrayLike | None
    ) -> None:
        """Train the library's model."""
        raise NotImplementedError

    def _read(self, X: Any, reset: bool = False) -> Any:
        """Return X as the library takes it."""
        raise NotImplementedError

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        """Return the target as the library takes it."""
        raise NotImplementedError

    def _begun(self, X: Any) -> tuple[Any, NDArray[np.float64] | None]:
        """Return the matrix, and the scores of classes that it begins from."""
        return begun(X, getattr(self, "classes_", np.zeros(0)))

    @property
    def _kind_of_task(self) -> str:
        """Return "binary", "multiclass" or "regression"."""
        n_classes = len(getattr(self, "classes_", ()))
        return {0: "regression", 2: "binary"}.get(n_classes, "multiclass")

    def _started(
        self, own: OwnObjective | None, y: NDArray[Any], weight: Any, margin: Any
    ) -> Any:
        """Return what rows begin from; own objectives begin from the mean."""
        if own is None:
            vars(self).pop("start_", None)
            return margin
        if self._kind_of_task == "multiclass":
            raise ValueError(
                f"the objective {own.name!r} is for values and for two classes; found "
                f"{len(getattr(self, 'classes_', ()))}"
            )
        self.start_ = start_of(y, weight, self._kind_of_task)
        return np.full(len(y), self.start_) if margin is None else margin

    def _margin(self, margin: Any, n_rows: int) -> Any:
        """Return what rows to predict begin from, where they begin from anything."""
        start = getattr(self, "start_", None)
        if margin is not None or start is None:
            return margin
        return np.full(n_rows, start)

    def _valid(
        self, X: Any, y: ArrayLike, weight: ArrayLike | None
    ) -> tuple[
        Any, NDArray[Any], NDArray[np.float64] | None, NDArray[np.float64] | None
    ]:
        """Return valid rows as the library takes them, without unknown classes.

        With their weights, and the scores that they begin from.
        """
        X, margin = self._begun(X)
        y = np.asarray(y)
        weight = check_weights(weight, len(y))
        classes = getattr(self, "classes_", None)
        if classes is not None:
            known = np.isin(y, classes)
            X = X.iloc[known] if hasattr(X, "iloc") else X[known]
            y = np.searchsorted(classes, y[known])
            weight = None if weight is None else weight[known]
            margin = None if margin is None else margin[known]
        y = y - getattr(self, "shift_", 0)
        return self._read(X), y, weight, self._margin(margin, len(y))

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to a table and its labels, or its values.

        Raises
        ------
        ValueError
            When a classifier's y has one class only.
        """
        check_consistent_length(X, y)
        self._fit(X, y, sample_weight)
        return self


class BoostedClassifierMixin(ProbabilityClassifierMixin):
    """Trains on class numbers."""

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        self.classes_, codes = encode_labels(y)
        return codes
