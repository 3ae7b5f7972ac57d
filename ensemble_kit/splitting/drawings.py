"""How test rows were drawn from all rows, and folds that draw validation rows alike.

Each drawing knows the places of training rows, and of test rows as far as they matter.
It makes folds, names the rows that a holdout hides, and says what an inner split keeps
together, so that all of them stand to their training rows as the test stands to train.
"""

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.splitting.folds import Folds, Rows

Numbers = NDArray[np.float64]
Codes = NDArray[np.intp]
Flags = NDArray[np.bool_]

FEWEST_VALID = 0.04  # of the training time: shorter windows would score a few rows
FEWEST_FITTED = 0.1
INSIDE = 0.8  # of a stretch that is shorter than a block of the test
DEEPEST = 3


class Drawing(Protocol):
    """What competitions, folds and inner splits ask of a drawing."""

    kind: ClassVar[str]

    def take(self, rows: Rows, hidden: Rows) -> "Drawing":
        """Return the drawing of some training rows, where others became test rows."""

    def folds(self, n_splits: int, seed: int) -> Folds | None:
        """Return folds made alike, None where there cannot be two."""

    def hide(self, fraction: float, seed: int) -> tuple[Flags, Flags]:
        """Return which training rows a holdout hides, and which it leaves out."""

    @property
    def units(self) -> Codes | None:
        """Return what an inner split keeps together, where that is it."""

    @property
    def times(self) -> Numbers | None:
        """Return what an inner split takes the largest of, where that is it."""

    @property
    def is_alike(self) -> bool:
        """Return whether training rows have room for folds quite like the test."""


@dataclass(frozen=True, eq=False)
class Blocks:
    """Test rows are blocks along an order, with training rows before and after.

    Parameters
    ----------
    order, test_order : ndarray
        Places of training and of test rows; NaN where a row has none.
    length : float
        Of a test block, as a difference of places.
    gaps : (float, float)
        Without any row, before and after a test block.
    groups : ndarray of int, optional
        Of training rows, where the test has none of train's: no group is both fitted
        and validated.
    """

    order: Numbers
    test_order: Numbers
    length: float
    gaps: tuple[float, float] = (0.0, 0.0)
    groups: Codes | None = None
    kind: ClassVar[str] = "blocks"

    @classmethod
    def of(
        cls, order: Numbers, test_order: Numbers, groups: Codes | None = None
    ) -> "Blocks":
        """Return the drawing with the lengths and gaps of the test's own blocks."""
        stretches = Stretches.of(order, test_order)
        spans = stretches.spans[stretches.are_test]
        weights = stretches.sizes[stretches.are_test]
        length = _weighted_median(spans, weights)
        return cls(order, test_order, length, stretches.gaps(), groups)

    def take(self, rows: Rows, hidden: Rows) -> "Blocks":
        """Return the drawing of some training rows, where others became test rows."""
        return replace(
            self,
            order=self.order[rows],
            test_order=np.concatenate([self.test_order, self.order[hidden]]),
            groups=None if self.groups is None else self.groups[rows],
        )

    def folds(self, n_splits: int, seed: int) -> Folds | None:
        """Return folds that validate blocks as long as the test's.

        They lie inside the stretches of training rows, and neighbouring blocks are in
        different folds. A stretch that has room for one block gives its end: as much
        as can be comes before it, and models that know the month look back from it,
        as they do from the test's.
        """
        blocks = self.blocks()
        n_splits = min(n_splits, len(blocks))
        if n_splits < 2:
            return None
        dealt = _deal(len(blocks), n_splits, seed)
        pairs = [
            self._pair(
                [
                    block
                    for block, fold in zip(blocks, dealt, strict=True)
                    if fold == number
                ]
            )
            for number in range(n_splits)
        ]
        return Folds(tuple(p for p in pairs if len(p[0]) and len(p[1])), self.n_rows)

    def hide(self, fraction: float, seed: int) -> tuple[Flags, Flags]:
        """Hide whole blocks, in random order, as long as they fit into the fraction."""
        blocks = self.blocks()
        order = np.random.default_rng(seed).permutation(len(blocks))
        sizes = np.array([self._inside(*blocks[k]).sum() for k in order], dtype=float)
        fitting = np.cumsum(sizes) - sizes / 2 <= fraction * self.n_rows
        fitting[:1] = True
        train, valid = self._pair([blocks[k] for k in order[fitting]])
        return _flags_of(train, valid, self.n_rows)

    @property
    def n_rows(self) -> int:
        """Return how many training rows there are."""
        return len(self.order)

    @property
    def units(self) -> Codes:
        """Return the piece of each row: blocks, and what lies between them."""
        bounds = np.unique(np.ravel(self.blocks()))
        pieces = np.searchsorted(bounds, self.order, side="right")
        lost = np.isnan(self.order)
        pieces[lost] = len(bounds) + 1 + np.arange(lost.sum())
        return pieces

    @property
    def times(self) -> None:
        """Return None: blocks lie anywhere."""
        return None

    @property
    def is_alike(self) -> bool:
        """Return whether stretches of training rows have room for the test's blocks."""
        lengths = [end - begin for begin, end in self.blocks()]
        return bool(lengths) and float(np.median(lengths)) > 0.9 * self.length

    def blocks(self) -> list[tuple[float, float]]:
        """Return where blocks begin and end (that place excluded), in order."""
        stretches, blocks = Stretches.of(self.order, self.test_order), []
        for begin, span in stretches.of_train:
            before, after = (min(gap, span / 4) for gap in self.gaps)
            room = span - before - after
            margin = min(self.length / 2, max(0.0, room - self.length) / 2)
            usable = room - 2 * margin
            number = max(1, int(usable / self.length + 1e-9))
            length = min(self.length, INSIDE * room)
            if room >= self.length:
                length = max(length, min(usable / number, 1.25 * self.length))
            slack = room - number * length
            first = begin + before + (slack / 2 if number > 1 else slack)
            blocks += [
                (first + k * length, first + (k + 1) * length) for k in range(number)
            ]
        return [block for block in blocks if self._inside(*block).any()]

    def _inside(self, begin: float, end: float) -> Flags:
        return (self.order >= begin) & (self.order < end)

    def _pair(self, blocks: list[tuple[float, float]]) -> tuple[Rows, Rows]:
        """Return the rows to fit and those of some blocks; rows in gaps are neither."""
        valid, near = np.zeros((2, self.n_rows), dtype=bool)
        before, after = self.gaps
        for begin, end in blocks:
            valid |= self._inside(begin, end)
            near |= self._inside(begin - before, end + after)
        return _fit_and_check(valid, near & ~valid, self.groups)


@dataclass(frozen=True, eq=False)
class Later:
    """Test rows come after all training rows.

    Parameters
    ----------
    order : ndarray of shape (n_rows,)
        Places of training rows; NaN where a row has none.
    length : float
        How far the test rows reach, as a difference of places.
    gap : float
        Between the last training and the first test row, beyond the usual step.
    groups : ndarray of int, optional
        See `Blocks`.
    """

    order: Numbers
    length: float
    gap: float = 0.0
    groups: Codes | None = None
    kind: ClassVar[str] = "later"

    @classmethod
    def of(
        cls, order: Numbers, test_order: Numbers, groups: Codes | None = None
    ) -> "Later":
        """Return the drawing that reaches as far as the test rows do."""
        step = _usual_step(order, test_order)
        first, last = np.nanmin(test_order), np.nanmax(test_order)
        gap = max(0.0, float(first - np.nanmax(order)) - step)
        return cls(order, float(last - first) + step, gap, groups)

    def take(self, rows: Rows, hidden: Rows) -> "Later":
        """Return the drawing of some training rows."""
        groups = None if self.groups is None else self.groups[rows]
        return replace(self, order=self.order[rows], groups=groups)

    def folds(self, n_splits: int, seed: int) -> Folds | None:
        """Return windows as long as the test, each fitted on what comes before it.

        They are counted back from the end of training. Where that has no room for two,
        they are shorter; where a window would be a few rows, longer. Where the test is
        of new groups, so is what is validated: those that begin in the window.
        """
        pairs = []
        end, length = self._end, self._window
        n_windows = int(np.clip(self._span / length - 1 + 1e-9, 2, max(2, n_splits)))
        for number in range(n_windows, 0, -1):
            begin = end - number * length
            valid = (self.order >= begin) & (self.order < begin + length)
            valid &= self._new_in(valid, begin)
            unused = (self.order >= begin - self._held_gap) & ~valid
            train, checked = _fit_and_check(valid, unused, self.groups)
            if len(checked) and len(train) >= max(1, FEWEST_FITTED * len(self.order)):
                pairs.append((train, checked))
        return Folds(tuple(pairs), len(self.order)) if len(pairs) > 1 else None

    def hide(self, fraction: float, seed: int) -> tuple[Flags, Flags]:
        """Hide the latest rows; rows of one moment stay together."""
        places = np.sort(self.order[~np.isnan(self.order)])
        cut = len(places) - max(1, round(fraction * len(self.order)))
        begin = places[max(0, cut)]
        valid = self.order >= begin
        valid &= self._new_in(valid, begin)
        unused = (self.order >= begin - self._held_gap) & ~valid
        train, checked = _fit_and_check(valid, unused, self.groups)
        return _flags_of(train, checked, len(self.order))

    def _new_in(self, valid: Flags, begin: float) -> Flags:
        """Return rows of groups that begin in a window; all, where they are too few."""
        if self.groups is None:
            return np.ones_like(valid)
        new = ~np.isin(self.groups, self.groups[self.order < begin])
        enough = (valid & new).sum() >= FEWEST_VALID * len(self.order)
        return new if enough else np.ones_like(valid)

    @property
    def units(self) -> None:
        """Return None: an inner split takes the latest rows."""
        return None

    @property
    def times(self) -> Numbers:
        """Return the places, rows without one first."""
        first = np.nanmin(self.order) - 1
        return np.where(np.isnan(self.order), first, self.order)

    @property
    def is_alike(self) -> bool:
        """Return whether training is long enough for windows as long as the test."""
        return 2 * self.length + self.gap <= self._span

    @property
    def _held_gap(self) -> float:
        return min(self.gap, self._span / 3)

    @property
    def _window(self) -> float:
        longest = self._span / 3
        return float(min(max(self.length, FEWEST_VALID * self._span), longest))

    @property
    def _span(self) -> float:
        return self._end - float(np.nanmin(self.order))

    @property
    def _end(self) -> float:
        return float(np.nanmax(self.order)) + _usual_step(self.order, self.order)


@dataclass(frozen=True, eq=False)
class LastRows:
    """Test rows are the last ones of every group.

    Parameters
    ----------
    groups : ndarray of int of shape (n_rows,)
    order : ndarray of shape (n_rows,)
        Places of training rows within their group.
    n_test : ndarray of int of shape (n_groups,)
        Test rows of each group.
    """

    groups: Codes
    order: Numbers
    n_test: NDArray[np.int64]
    kind: ClassVar[str] = "last"

    def take(self, rows: Rows, hidden: Rows) -> "LastRows":
        """Return the drawing of some training rows."""
        return replace(self, groups=self.groups[rows], order=self.order[rows])

    def folds(self, n_splits: int, seed: int) -> Folds | None:
        """Return folds of whole groups that validate their last rows alone.

        As many of each group as the test has. A group is validated up to three times,
        in different folds and further back each time, where it has the rows for that;
        what comes after is then left out.
        """
        depth, dealt = self._depth, self._dealt(n_splits, seed)
        n_splits = int(dealt.max()) + 1
        if n_splits < 2:
            return None
        back, step = self.back, np.maximum(1, self.n_test)[self.groups]
        pairs = []
        for number in range(n_splits):
            turn = (number - dealt[self.groups]) % n_splits
            asked = turn < min(depth, n_splits)
            valid = asked & (back >= turn * step) & (back < (turn + 1) * step)
            unused = asked & (back < turn * step)
            pairs.append(_fit_and_check(valid, unused, None))
        full = tuple(pair for pair in pairs if len(pair[0]) and len(pair[1]))
        return Folds(full, len(self.order)) if len(full) > 1 else None

    def hide(self, fraction: float, seed: int) -> tuple[Flags, Flags]:
        """Hide the last rows of groups in random order, then those before them."""
        generator = np.random.default_rng(seed)
        rank = generator.permutation(len(self.n_test))[self.groups]
        step = np.maximum(1, self.n_test)[self.groups]
        turn = self.back // step
        order = np.lexsort((self.back, rank, turn))
        hidden = np.zeros(len(self.order), dtype=bool)
        n_hidden = max(1, round(fraction * len(hidden)))
        hidden[order[:n_hidden]] = True
        return hidden, np.zeros_like(hidden)

    @property
    def back(self) -> NDArray[np.int64]:
        """Return how many rows of its group come after each row."""
        order = np.lexsort((self.order, self.groups))
        sizes = np.bincount(self.groups, minlength=len(self.n_test))
        ends = np.cumsum(sizes)[self.groups[order]]
        back = np.empty(len(order), dtype=np.int64)
        back[order] = ends - 1 - np.arange(len(order))
        return back

    @property
    def units(self) -> None:
        """Return None: an inner split takes the last rows of groups."""
        return None

    @property
    def times(self) -> Numbers:
        """Return places counted back from the end of each group."""
        return -self.back.astype(np.float64)

    @property
    def is_alike(self) -> bool:
        """Return True: any group has last rows."""
        return True

    @property
    def _depth(self) -> int:
        sizes = np.bincount(self.groups, minlength=len(self.n_test))
        there = (sizes > 0) & (self.n_test > 0)
        often = np.median(sizes[there] / self.n_test[there]) if there.any() else 1.0
        return int(np.clip(often / 2, 1, DEEPEST))

    def _dealt(self, n_splits: int, seed: int) -> Codes:
        """Return the fold of each group."""
        n_groups = len(self.n_test)
        dealt = np.arange(n_groups) % min(n_splits, n_groups)
        return np.random.default_rng(seed).permutation(dealt)


@dataclass(frozen=True, eq=False)
class NewGroups:
    """A share of the test rows is in groups that train has not.

    Parameters
    ----------
    groups : ndarray of int of shape (n_rows,)
    share : float
        Of test rows in new groups.
    """

    groups: Codes
    share: float
    kind: ClassVar[str] = "new groups"

    def take(self, rows: Rows, hidden: Rows) -> "NewGroups":
        """Return the drawing of some training rows."""
        return replace(self, groups=self.groups[rows])

    def folds(self, n_splits: int, seed: int) -> Folds | None:
        """Return folds in which so many rows are of groups that are not fitted on."""
        units = self._units(seed)
        _, units = np.unique(units, return_inverse=True)
        n_splits = min(n_splits, int(units.max()) + 1)
        if n_splits < 2:
            return None
        dealt = _deal_units(units, n_splits, seed)[units]
        return Folds.from_column(dealt)

    def hide(self, fraction: float, seed: int) -> tuple[Flags, Flags]:
        """Hide whole groups and single rows, in the test's proportion."""
        _, units = np.unique(self._units(seed), return_inverse=True)
        sizes = np.bincount(units)
        order = np.random.default_rng(seed).permutation(len(sizes))
        reached = np.cumsum(sizes[order]) - sizes[order] / 2
        chosen = order[reached <= fraction * len(units)]
        hidden = np.isin(units, chosen)
        return hidden, np.zeros_like(hidden)

    @property
    def units(self) -> Codes:
        """Return the group of rows in groups that are kept whole, others alone."""
        return np.unique(self._units(0), return_inverse=True)[1]

    @property
    def times(self) -> None:
        """Return None: there is no order."""
        return None

    @property
    def is_alike(self) -> bool:
        """Return True: there are groups of training rows."""
        return True

    def _units(self, seed: int) -> NDArray[np.int64]:
        """Return numbers of what is dealt: whole groups, up to the share of rows."""
        names, codes, sizes = np.unique(
            self.groups, return_inverse=True, return_counts=True
        )
        order = np.random.default_rng(seed).permutation(len(names))
        reached = np.cumsum(sizes[order]) - sizes[order] / 2
        whole = np.isin(codes, order[reached <= self.share * len(codes)])
        alone = len(names) + np.arange(len(codes))
        return np.where(whole, codes, alone)


@dataclass(frozen=True)
class Stretches:
    """Unbroken stretches of training or of test places along an order.

    Parameters
    ----------
    begins, spans : ndarray of shape (n_stretches,)
        A stretch ends a usual step after its last place.
    sizes : ndarray of int of shape (n_stretches,)
        Rows in each.
    are_test : ndarray of bool of shape (n_stretches,)
    step : float
        Usual difference of neighbouring places.
    """

    begins: Numbers
    spans: Numbers
    sizes: NDArray[np.int64]
    are_test: Flags
    step: float

    @classmethod
    def of(cls, order: Numbers, test_order: Numbers) -> "Stretches":
        """Return the stretches of training and test rows that have a place."""
        places = np.concatenate([order, test_order])
        sides = np.repeat([-1, 1], [len(order), len(test_order)])
        there = ~np.isnan(places)
        values, codes = np.unique(places[there], return_inverse=True)
        are_test = np.bincount(codes, weights=sides[there]) > 0
        begins = np.flatnonzero(np.append(True, are_test[1:] != are_test[:-1]))
        ends = np.append(begins[1:], len(values)) - 1
        step = _usual_step(order, test_order)
        sizes = np.add.reduceat(np.bincount(codes), begins)
        spans = values[ends] - values[begins] + step
        return cls(values[begins], spans, sizes, are_test[begins], step)

    @property
    def of_train(self) -> list[tuple[float, float]]:
        """Return begin and span of every stretch of training rows."""
        chosen = ~self.are_test
        return list(zip(self.begins[chosen], self.spans[chosen], strict=True))

    def gaps(self) -> tuple[float, float]:
        """Return the usual empty length before and after a stretch of test rows."""
        empty = self.begins[1:] - (self.begins + self.spans)[:-1]
        empty = np.where(empty > self.step, empty, 0.0)
        before, after = empty[self.are_test[1:]], empty[self.are_test[:-1]]
        return (
            float(np.median(before)) if len(before) else 0.0,
            float(np.median(after)) if len(after) else 0.0,
        )


def _fit_and_check(
    valid: Flags, unused: Flags, groups: Codes | None
) -> tuple[Rows, Rows]:
    """Return rows to fit and to check; no group is in both where there are groups."""
    fitted = ~valid & ~unused
    if groups is not None:
        fitted &= ~np.isin(groups, groups[valid])
    return np.flatnonzero(fitted), np.flatnonzero(valid)


def _flags_of(train: Rows, valid: Rows, n_rows: int) -> tuple[Flags, Flags]:
    """Return which rows are hidden, and which are neither hidden nor fitted on."""
    hidden, unused = np.zeros(n_rows, dtype=bool), np.ones(n_rows, dtype=bool)
    hidden[valid] = True
    unused[valid] = unused[train] = False
    return hidden, unused


def _deal(number: int, n_splits: int, seed: int) -> list[int]:
    """Return a fold for each of a row of blocks, never the same for neighbours."""
    generator = np.random.default_rng(seed)
    dealt: list[int] = []
    while len(dealt) < number:
        turn = generator.permutation(n_splits).tolist()
        if dealt and turn[0] == dealt[-1]:
            turn.reverse()
        dealt += turn
    return dealt[:number]


def _deal_units(units: Codes, n_splits: int, seed: int) -> Codes:
    """Return a fold for each unit, the large ones first, to the smallest fold."""
    sizes = np.bincount(units)
    order = np.random.default_rng(seed).permutation(len(sizes))
    order = order[np.argsort(-sizes[order], kind="stable")]
    many = sizes[order] > 1
    dealt, filled = np.zeros(len(sizes), dtype=np.intp), np.zeros(n_splits)
    for unit in order[many]:
        dealt[unit] = filled.argmin()
        filled[dealt[unit]] += sizes[unit]
    alone = order[~many]
    wanted = np.maximum(0, filled.max() - filled).astype(int)
    first = np.repeat(np.arange(n_splits), wanted)[: len(alone)]
    rest = np.arange(len(alone) - len(first)) % n_splits
    dealt[alone] = np.concatenate([first, rest]).astype(np.intp)
    return dealt


def _usual_step(order: Numbers, test_order: Numbers) -> float:
    """Return the median difference of neighbouring places; 1 where all are one."""
    places = np.unique(np.concatenate([order, test_order]))
    steps = np.diff(places[~np.isnan(places)])
    return float(np.median(steps)) if len(steps) else 1.0


def _weighted_median(values: Numbers, weights: NDArray[Any]) -> float:
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
