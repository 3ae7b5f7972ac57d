"""What the boosting libraries' estimators share: tables in, labels encoded."""

from typing import Any, Self

from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length

from ensemble_kit.models.class_labels import ProbabilityClassifierMixin, encode_labels


class BoostedMixin:
    """Takes numbers with gaps, dense or sparse, and categories in a frame."""

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()  # type: ignore[misc]
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        return tags

    def _fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None) -> None:
        """Train the library's model."""
        raise NotImplementedError

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
