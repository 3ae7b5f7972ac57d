"""Out-of-fold predictions of all members: the hub between the levels."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.splitting.folds import Folds

Array = NDArray[np.float64]
CLIP = 1e-6
LEAST_SHARE = 0.3


@dataclass(frozen=True)
class OOFMatrix:
    """Predictions of members for the training rows and the test rows.

    Parameters
    ----------
    members : tuple of str
    oof : ndarray of shape (n_rows, n_members, n_outputs)
        Each row predicted by models that were not fitted on it; NaN where no fold
        validates a row.
    test : ndarray of shape (n_test_rows, n_members, n_outputs)

    Examples
    --------
    >>> matrix = OOFMatrix(("a",), np.full((2, 1, 2), .5), np.full((1, 1, 2), .5))
    >>> matrix.to_frame().columns.tolist()
    ['a_1']
    """

    members: tuple[str, ...]
    oof: Array
    test: Array

    @classmethod
    def join(
        cls, members: Sequence[str], parts: Sequence[tuple[Array, Array]]
    ) -> "OOFMatrix":
        """Return the matrix of (oof, test) pairs, one pair per member."""
        return cls(
            tuple(members),
            np.stack([oof for oof, _ in parts], axis=1),
            np.stack([test for _, test in parts], axis=1),
        )

    @property
    def is_validated(self) -> NDArray[np.bool_]:
        """Return for each row whether every member has predicted it."""
        return np.asarray(np.isfinite(self.oof).all(axis=(1, 2)))

    def member(self, name: str) -> tuple[Array, Array]:
        """Return one member's out-of-fold and test predictions."""
        at = self.members.index(name)
        return self.oof[:, at], self.test[:, at]

    def select(self, members: Sequence[str]) -> "OOFMatrix":
        """Return the matrix of some members, in the order asked for."""
        at = [self.members.index(name) for name in members]
        return OOFMatrix(tuple(members), self.oof[:, at], self.test[:, at])

    def to_frame(self, part: str = "oof", logits: bool = False) -> pd.DataFrame:
        """Return one column per member and output, without the redundant one."""
        values = stack_columns(getattr(self, part), logits)
        per_member = values.shape[1] // len(self.members)
        first = self.oof.shape[2] - per_member
        names = [
            f"{name}_{output}"
            for name in self.members
            for output in range(first, first + per_member)
        ]
        return pd.DataFrame(values, columns=names)

    def _repr_html_(self) -> str:
        """Return the members and how much of them there is, for a notebook."""
        n_rows, _, n_outputs = self.oof.shape
        validated = np.isfinite(self.oof).all(axis=2).sum(axis=0)
        table = pd.DataFrame(
            {"rows validated": validated, "of": n_rows},
            index=pd.Index(self.members, name="member"),
        )
        return (
            f"<p>Out-of-fold predictions: {n_rows:,} rows, {len(self.members)} "
            f"members, {n_outputs} outputs; {len(self.test):,} test rows.</p>"
            f"{table.to_html(escape=True)}"
        )


@dataclass(frozen=True)
class Beside:
    """The out-of-fold tensor and columns of the same rows, for gates."""

    tensor: NDArray[np.float64]
    columns: pd.DataFrame

    def __len__(self) -> int:
        return len(self.tensor)

    @property
    def shape(self) -> tuple[int, ...]:
        """Return the shape of the tensor."""
        return self.tensor.shape


Matrix: TypeAlias = MatrixLike | Beside


def stack_columns(tensor: Array, logits: bool = False) -> NDArray[Any]:
    """Return a tensor as the columns a level-2 model takes.

    Probabilities sum to one, so the first class's column says nothing that the
    others do not: it is dropped. Logits are centred logs of the probabilities.

    Parameters
    ----------
    tensor : ndarray of shape (n_rows, n_members, n_outputs)
    logits : bool

    Returns
    -------
    ndarray of shape (n_rows, n_members * max(1, n_outputs - 1))
    """
    n_rows, n_members, n_outputs = tensor.shape
    if n_outputs == 1:
        return np.ascontiguousarray(tensor[:, :, 0])
    if logits:
        logs = np.log(np.clip(tensor, CLIP, 1.0))
        tensor = logs - logs[:, :, :1]
    columns = np.ascontiguousarray(tensor[:, :, 1:])
    return columns.reshape(n_rows, n_members * (n_outputs - 1))


def collect_member(
    valid_parts: Sequence[Sequence[Array]],
    test_parts: Sequence[Sequence[Array]],
    folds: Folds,
) -> tuple[Array, Array]:
    """Return a member's out-of-fold and test predictions.

    Parameters
    ----------
    valid_parts : sequence over folds of sequences over seeds
        Arrays of shape (n_valid, n_outputs).
    test_parts : sequence over folds of sequences over seeds
        Arrays of shape (n_test_rows, n_outputs), in the order of their folds and
        seeds: sums of floats depend on it.
    folds : Folds
    """
    oof = folds.collect([mean_over_seeds(parts) for parts in valid_parts])
    return oof, mean_over_folds([mean_over_seeds(parts) for parts in test_parts])


def mean_over_seeds(parts: Sequence[Array]) -> Array:
    """Return the mean of predictions that differ by their seed alone."""
    if len(parts) == 1:
        return np.asarray(parts[0], dtype=np.float64)
    return np.asarray(np.mean(parts, axis=0, dtype=np.float64))


def mean_over_folds(parts: Sequence[Array]) -> Array:
    """Return the mean of all folds' predictions of the same rows.

    Probabilities are averaged as logarithms. The arithmetic mean of models that
    differ is less sure than each of them, and level 2, fitted to predictions of one
    model a row, would pass that on; the geometric mean keeps more of it (Genest and
    Zidek 1986 compare the two). What a fold says counts as three
    tenths of the arithmetic mean at least: a class may be absent from its rows, and
    some models are too sure.

    Parameters
    ----------
    parts : sequence over folds of ndarray of shape (n_rows, n_outputs)
        One output is a value, more are probabilities.
    """
    mean = np.asarray(np.mean(parts, axis=0, dtype=np.float64))
    if len(parts) == 1 or mean.shape[1] == 1:
        return mean
    least = np.maximum(LEAST_SHARE * mean, np.finfo(np.float64).tiny)
    logs = [np.log(np.maximum(part, least)) for part in parts]
    product = np.exp(np.mean(logs, axis=0))
    return product / product.sum(axis=1, keepdims=True)
