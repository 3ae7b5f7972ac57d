"""What is predicted: the kind of target, its classes, and their encoding."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ensemble_kit.exceptions import CompetitionError

_Change = Callable[[NDArray[np.float64]], NDArray[np.float64]]
TRANSFORMS: dict[str, tuple[_Change, _Change]] = {
    "identity": (np.asarray, np.asarray),
    "log1p": (np.log1p, np.expm1),
}
MAX_OFFSET = 1e3  # standard deviations that a mean may lie from 0
MIN_SPREAD, MAX_SPREAD = 1e-4, 1e7


@dataclass(frozen=True)
class Task:
    """The kind of a target and the one place where it is encoded.

    Parameters
    ----------
    kind : {"binary", "multiclass", "regression"}
    classes : tuple
        Labels in the order of the output columns; for a binary task the second
        one is the positive class. Empty for regression.
    transform : {"identity", "log1p"}
        The scale a regression target is fitted in.
    center, spread : float
        What is fitted is the distance from ``center`` in units of ``spread``, after
        the transform; see `far_scale`.

    Examples
    --------
    >>> task = Task("binary", classes=("no", "yes"))
    >>> task.encode(["yes", "no"]).tolist()
    [1, 0]
    """

    kind: Literal["binary", "multiclass", "regression"]
    classes: tuple[Any, ...] = ()
    transform: str = "identity"
    center: float = 0.0
    spread: float = 1.0

    @property
    def is_classification(self) -> bool:
        """Return whether the target is a class."""
        return self.kind != "regression"

    @property
    def is_scaled(self) -> bool:
        """Return whether a target far from 0, or of an odd size, is made ordinary."""
        return (self.center, self.spread) != (0.0, 1.0)

    @property
    def n_outputs(self) -> int:
        """Return the number of output columns: one per class, or one value."""
        return len(self.classes) if self.is_classification else 1

    def encode(self, y: NDArray[Any] | Sequence[Any]) -> NDArray[Any]:
        """Return y as class numbers 0..K-1, or as transformed floats.

        Raises
        ------
        CompetitionError
            When a label is none of the classes, or a value leaves the domain of
            the transform.
        """
        if self.is_classification:
            return self._encode_labels(y)
        values = np.asarray(y, dtype=np.float64)
        if self.transform == "log1p" and (values <= -1).any():
            raise CompetitionError(
                "the target is fitted as log(1 + y), which needs values above -1; "
                f"the lowest here is {values.min():g}: choose another metric"
            )
        values = TRANSFORMS[self.transform][0](values)
        return (values - self.center) / self.spread if self.is_scaled else values

    def decode(self, codes: ArrayLike) -> NDArray[Any]:
        """Return the labels of class numbers, as an object array."""
        labels = np.empty(len(self.classes), dtype=object)
        labels[:] = self.classes
        return labels[np.asarray(codes, dtype=np.intp)]

    def restore(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return fitted values in the target's own units."""
        fitted = np.asarray(values, dtype=np.float64)
        if self.is_scaled:
            fitted = fitted * self.spread + self.center
        return TRANSFORMS[self.transform][1](fitted)

    def _encode_labels(self, y: NDArray[Any] | Sequence[Any]) -> NDArray[np.int64]:
        """Return each label's position in the classes."""
        number = {label: code for code, label in enumerate(self.classes)}
        # Written with their types: a number 1 is not the label "1".
        unknown = sorted({repr(label) for label in y if label not in number})
        if unknown:
            raise CompetitionError(
                f"labels {', '.join(unknown[:5])} are none of the classes "
                f"{', '.join(repr(label) for label in self.classes[:10])}"
            )
        return np.fromiter((number[label] for label in y), dtype=np.int64)


def is_far(values: NDArray[np.float64]) -> bool:
    """Return whether values lie so far from 0 that single precision confounds them."""
    return bool(abs(values.mean()) > MAX_OFFSET * values.std() > 0)


def far_scale(
    values: NDArray[np.float64], keeps_zero: bool = False
) -> tuple[float, float]:
    """Return the center and spread a target is fitted in: 0 and 1 unless it is far.

    Models count in single precision, and in tolerances of a usual size: a target of
    1e9 + z, or of the size 1e-9, is learnt as z is once it is centered and scaled.

    Parameters
    ----------
    values : ndarray
        Finite ones, after the transform.
    keeps_zero : bool
        Whether 0 means something to the metric (percentages): then only values far
        from it are centered.

    Examples
    --------
    >>> far_scale(np.array([1e9, 1e9 + 4]))
    (1000000002.0, 2.0)
    >>> far_scale(np.array([0.0, 4.0]))
    (0.0, 1.0)
    """
    spread = float(values.std())
    if is_far(values):
        return float(values.mean()), spread
    if spread == 0 or MIN_SPREAD <= spread <= MAX_SPREAD:
        return 0.0, 1.0
    return 0.0 if keeps_zero else float(values.mean()), spread
