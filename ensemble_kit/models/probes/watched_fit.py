"""The one method by which a probe looks into a fit while it goes on.

``fit_watched(X, y, sample_weight, valid, look)`` fits as ``fit`` does, but calls
``look`` after each round, epoch or cycle with their number so far and the loss of
the valid rows, and ends as soon as that returns True. ``valid`` are the rows, their
target and their weights or None. What was fitted by then is kept.
"""

from collections.abc import Callable
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.utils import check_consistent_length

from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.models.probes.valid_losses import valid_loss

Look = Callable[[int, float], bool]
Valid = tuple[Any, ArrayLike, ArrayLike | None]


class WatchedFitMixin:
    """Trains in passes that leave a model behind, each of them."""

    def _read(self, X: Any, reset: bool = False) -> Any:
        """Return X as training takes it."""
        raise NotImplementedError

    def _targets(self, y: ArrayLike) -> NDArray[Any]:
        """Return the target as training takes it."""
        raise NotImplementedError

    def _train(
        self,
        X: Any,
        y: NDArray[Any],
        weights: NDArray[Any] | None,
        after_pass: Callable[[int], bool] | None = None,
    ) -> None:
        """Train on what `_read` and `_targets` returned.

        ``after_pass`` is told the passes done and says whether to stop.
        """
        raise NotImplementedError

    def fit(self, X: Any, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Fit to rows and their labels or values."""
        check_consistent_length(X, y)
        X, y = self._read(X, reset=True), self._targets(y)
        self._train(X, y, check_weights(sample_weight, len(y)))
        return self

    def fit_watched(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        valid: Valid,
        look: Look,
    ) -> Self:
        """Fit, and look at valid rows after every pass."""
        X_valid, y_valid, weight = valid

        def after_pass(number: int) -> bool:
            return look(number, valid_loss(self, X_valid, np.asarray(y_valid), weight))

        X, y = self._read(X, reset=True), self._targets(y)
        self._train(X, y, check_weights(sample_weight, len(y)), after_pass)
        return self
