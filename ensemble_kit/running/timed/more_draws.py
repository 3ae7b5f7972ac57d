"""Which members are fitted on another draw of the folds, when all else is done.

Predictions of a member vary with the rows that it was fitted on. The mean over F folds
of r draws varies F r times less than one fit does, so that another draw of the folds
takes a known part away. Of a blend with weights w, whose members vary by s (a standard
deviation over draws, of one row), the squared error can fall by no more than

    (sum of w s / sqrt(r)) ** 2 / F

whatever the members have in common; members are drawn again in the order of what that
bound loses per second, until it is below a thousandth of the blend's squared error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.greedy_blend import GreedyBlend
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix, mean_over_seeds
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.timed.worth import Cost, Worth, that_fit
from ensemble_kit.work.execute import read_member
from ensemble_kit.work.member_fits import MemberFits

LEAST_GAIN = 0.001  # of the blend's squared error, for all further draws together
UNKNOWN = 0.1  # of it, for how much a member varies of which there is but one draw
MOST_ROWS = 5000  # that the blend's weights are fitted on
BATCH = 0.1  # of the seconds that are left: then members are weighed anew


@dataclass(frozen=True)
class Outlook:
    """What further draws are worth.

    Parameters
    ----------
    weights, spreads : mapping of str to float
        Of members of the blend, and how much each varies from draw to draw.
    error : float
        The blend's mean squared error.
    """

    weights: Mapping[str, float]
    spreads: Mapping[str, float]
    error: float

    def bound(self, draws: Mapping[str, int], n_folds: int) -> float:
        """Return by what share of its squared error the blend can become better.

        Parameters
        ----------
        draws : mapping of str to int
            How often the folds have been drawn for each member.
        n_folds : int
            Of one draw.

        Examples
        --------
        >>> look = Outlook({"a": 1.0}, {"a": 0.1}, 0.2)
        >>> round(look.bound({"a": 1}, 5), 4), round(look.bound({"a": 4}, 5), 4)
        (0.01, 0.0025)
        """
        root = sum(
            weight * self.spreads[name] / draws[name] ** 0.5
            for name, weight in self.weights.items()
        )
        return float(root**2 / n_folds / max(self.error, np.finfo(float).tiny))


class MoreDraws:
    """The members that further draws of the folds are worth their seconds for.

    Parameters
    ----------
    levels : FittedLevels
        With the complete members of level 1.
    worth : Worth
        What a fit of each has cost.
    metric : Metric
    """

    def __init__(self, levels: FittedLevels, worth: Worth, metric: Metric):
        self.levels = levels
        self.worth = worth
        self.metric = metric
        source = levels.graph.source
        self.n_folds = len(source.folds)
        self._spreads: dict[tuple[str, int], float] = {}

    def next(self, seconds: float, n_workers: int) -> dict[str, MemberFits]:
        """Return the fits of members with one more draw, best worth first.

        None where there is no other draw, no time, or nothing to gain.

        Parameters
        ----------
        seconds : float
            That are left.
        n_workers : int
        """
        if not self.levels.graph.further or len(self.levels.fits) < 1:
            return {}
        outlook = self.outlook()
        draws = {name: self._draws(self.levels.fits[name]) for name in outlook.weights}
        now = outlook.bound(draws, self.n_folds)
        if now < LEAST_GAIN:
            return {}
        planned = {
            name: fits
            for name in outlook.weights
            if (fits := self._with_another(name)) is not None
        }
        costs = self.worth.costs(planned)
        gains = {
            name: now - outlook.bound({**draws, name: draws[name] + 1}, self.n_folds)
            for name in costs
        }
        rates = {
            name: gains[name] / max(cost.beside(), 0.01) for name, cost in costs.items()
        }
        order = sorted(costs, key=lambda name: (-rates[name], name))
        chosen = _batch(order, costs, seconds, n_workers)
        return {name: planned[name] for name in chosen}

    def outlook(self) -> Outlook:
        """Return the blend of the members at hand, and how much they vary."""
        levels, source = self.levels, self.levels.graph.source
        fits = {name: f for name, f in levels.fits.items() if f.member.level == 1}
        matrix = OOFMatrix.join(
            list(fits),
            [
                read_member(levels.store, f.grid, source.numbered(f.splits))
                for f in fits.values()
            ],
        )
        seen = np.flatnonzero(matrix.is_validated)
        rows = np.random.default_rng(0).permutation(seen)[:MOST_ROWS]
        oof, y = matrix.oof[rows], source.y[rows]
        of_rows = None if source.weights is None else source.weights[rows]
        weights = GreedyBlend(metric=self.metric).fit(oof, y, of_rows).weights_
        truth = y[:, None] if source.n_outputs == 1 else np.eye(source.n_outputs)[y]
        blend = np.tensordot(oof, weights, axes=(1, 0))
        error = float(np.mean((blend - truth) ** 2))
        weight_of = {n: float(w) for n, w in zip(fits, weights, strict=True) if w > 0}
        guess = UNKNOWN * error
        spreads = {name: self._spread(fits[name], guess) ** 0.5 for name in weight_of}
        return Outlook(weight_of, spreads, error)

    def _draws(self, fits: MemberFits) -> int:
        return max(1, len(fits.grid) // self.n_folds)

    def _with_another(self, name: str) -> MemberFits | None:
        """Return a member's fits with one more draw, None where there is no other."""
        fits, graph = self.levels.fits[name], self.levels.graph
        wanted = len(fits.grid) + self.n_folds
        if wanted > self.n_folds + graph.further:
            return None
        member = replace(fits.member, folds=wanted)
        return graph.fits(member, single=fits.single)

    def _spread(self, fits: MemberFits, unknown: float) -> float:
        """Return how much a row's prediction varies from one draw to another."""
        key = (fits.member.name, len(fits.grid))
        if self._draws(fits) < 2:
            return unknown
        if key not in self._spreads:
            self._spreads[key] = _variance(self.levels, fits, self.n_folds)
        return self._spreads[key]


def _variance(levels: FittedLevels, fits: MemberFits, n_folds: int) -> float:
    """Return the mean variance of out-of-fold predictions over draws of the folds."""
    source, grid = levels.graph.source, fits.grid
    parts: list[NDArray[Any]] = []
    for at in range(0, len(grid), n_folds):
        entries = [
            [levels.store.read(key) for key in keys] for keys in grid[at : at + n_folds]
        ]
        valid = [
            mean_over_seeds([e.arrays["valid"] for e in row if e is not None])
            for row in entries
        ]
        folds = source.numbered(fits.splits[at : at + n_folds])
        parts.append(folds.collect(valid))
    return float(np.nanmean(np.var(parts, axis=0, ddof=1)))


def _batch(
    order: list[str], costs: Mapping[str, Cost], seconds: float, n_workers: int
) -> list[str]:
    """Return the first members, as many as a share of the time that is left takes."""
    room, batch = BATCH * seconds * n_workers, []
    for name in that_fit(order, costs, seconds, n_workers):
        batch.append(name)
        room -= costs[name].beside()
        if room <= 0:
            break
    return batch
