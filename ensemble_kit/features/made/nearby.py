"""What the nearest training rows say of a row: their targets, and how far they are.

Distances are Euclidean, of numbers around their median in deviations, far ones brought
nearer by a logarithm; a gap lies in the middle. A search tree gives each row what it
would get alone, whichever rows are asked for with it.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
N_NEAREST = 15
N_OF_CLASS = 3
MOST_CELLS = 400_000  # of the rows that are searched
LEAF = 200


@dataclass(frozen=True)
class Nearby:
    """Training rows as they are searched.

    Parameters
    ----------
    center, scale : ndarray of shape (n_numbers,)
    rows : ndarray of shape (n_rows, n_numbers)
        A sample where there are many.
    targets : ndarray of shape (n_rows, n_outputs)
        Values, shares of a class, or one column for each class.
    weights : ndarray of shape (n_rows,)
    """

    center: Floats
    scale: Floats
    rows: Floats
    targets: Floats
    weights: Floats

    @classmethod
    def of(cls, numbers: Floats, targets: Floats, weights: Floats) -> "Nearby":
        """Return rows to search, drawn without regard to their targets."""
        with np.errstate(all="ignore"):
            present = np.where(np.isfinite(numbers), numbers, np.nan)
            seen = np.isfinite(present).any(axis=0)
            center, scale = np.zeros(numbers.shape[1]), np.ones(numbers.shape[1])
            center[seen] = np.nanmedian(present[:, seen], axis=0)
            scale[seen] = np.nanstd(present[:, seen], axis=0)
        scale = np.where(scale > 0, scale, 1.0)
        most = max(500, MOST_CELLS // max(1, numbers.shape[1]))
        of_weight = np.flatnonzero(weights > 0)
        if len(of_weight) > most:
            of_weight = np.sort(
                np.random.default_rng(0).choice(of_weight, most, replace=False)
            )
        rows = _placed(numbers[of_weight], center, scale)
        return cls(center, scale, rows, targets[of_weight], weights[of_weight])

    def means(self, numbers: Floats) -> Floats:
        """Return the targets' means over the nearest rows, the near ones first."""
        places, distances = self._nearest(numbers, self.rows, N_NEAREST)
        weight = self.weights[places] / (0.1 + distances)
        total = (self.targets[places] * weight[:, :, None]).sum(axis=1)
        return np.asarray(total / weight.sum(axis=1, keepdims=True))

    def distances(self, numbers: Floats) -> Floats:
        """Return how far the nearest rows are; of several classes, those of each."""
        if self.targets.shape[1] == 1:
            nearest = self._nearest(numbers, self.rows, N_OF_CLASS)[1]
            return nearest.mean(axis=1, keepdims=True)
        columns = []
        for of_class in self.targets.T > 0.5:
            own = self.rows[of_class]
            if not len(own):
                columns.append(np.full(len(numbers), np.nan))
                continue
            columns.append(self._nearest(numbers, own, N_OF_CLASS)[1].mean(axis=1))
        return np.stack(columns, axis=1)

    def _nearest(
        self, numbers: Floats, rows: Floats, n: int
    ) -> tuple[NDArray[np.intp], Floats]:
        """Return places of the nearest rows and their distances."""
        from sklearn.neighbors import KDTree

        asked = _placed(numbers, self.center, self.scale)
        if not len(asked):
            return np.empty((0, 1), dtype=np.intp), np.empty((0, 1))
        tree = KDTree(rows, leaf_size=LEAF)
        distances, places = tree.query(asked, k=min(n, len(rows)))
        return places, distances


def _placed(numbers: Floats, center: Floats, scale: Floats) -> Floats:
    """Return numbers in the space of the search."""
    with np.errstate(all="ignore"):
        away = (numbers - center) / scale
        near = np.sign(away) * np.log1p(np.abs(away))
    return np.where(np.isfinite(near), near, 0.0)
