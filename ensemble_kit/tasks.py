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

    Examples
    --------
    >>> task = Task("binary", classes=("no", "yes"))
    >>> task.encode(["yes", "no"]).tolist()
    [1, 0]
    """

    kind: Literal["binary", "multiclass", "regression"]
    classes: tuple[Any, ...] = ()
    transform: str = "identity"

    @property
    def is_classification(self) -> bool:
        """Return whether the target is a class."""
        return self.kind != "regression"

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
        return TRANSFORMS[self.transform][0](values)

    def decode(self, codes: ArrayLike) -> NDArray[Any]:
        """Return the labels of class numbers, as an object array."""
        labels = np.empty(len(self.classes), dtype=object)
        labels[:] = self.classes
        return labels[np.asarray(codes, dtype=np.intp)]

    def restore(self, values: ArrayLike) -> NDArray[np.float64]:
        """Return fitted values in the target's own units."""
        return TRANSFORMS[self.transform][1](np.asarray(values, dtype=np.float64))

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
