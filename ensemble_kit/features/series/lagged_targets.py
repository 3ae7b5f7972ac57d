"""The target as it was before: lags, means and seasons of a row's own series."""

from collections.abc import Sequence
from copy import copy
from typing import ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.categories.target_tables import target_columns
from ensemble_kit.features.columns import as_frame, as_numbers
from ensemble_kit.features.series.calendars import LOST, Numbers, Places
from ensemble_kit.features.series.histories import (
    Codes,
    Histories,
    SeriesColumns,
    find_seasons,
)
from ensemble_kit.parameter_limits import COUNT, COUNT_OR_NONE, Limits

CUT = 10.0
LEVELS = ("last_", "mean_", "season_")  # are in the target's own units


class LaggedTargets(TransformerMixin, BaseEstimator):
    """Tell of each row what its series was before.

    A row that comes later looks back from the last target that is known before it.
    A training row looks back as far as the rows that are to be predicted have to:
    training time is cut into windows as long as theirs, counted from the end of each
    series, and every row of a window sees what was known before the window began,
    less the gap. So no row sees its own target or a later one, and what is learnt
    holds for every distance that will be asked for.

    Parameters
    ----------
    time : str
        The column of times.
    groups : sequence of str
        Columns that tell series apart; without one, all rows are one series.
    length : int, default 1
        Steps that the rows to be predicted reach on.
    gap : int, default 0
        Steps between the last known target and the first of these rows.
    shifts : int, default 5
        How many of the last known targets are told.
    windows : sequence of int
        Of so many known targets the mean and the deviation are told.
    seasons : sequence of int, optional
        Steps after which a series comes round again; by default a day, a week or a
        year of the column's dates, or what a series of numbers shows.
    columns : int, default 8
        Of so many columns of numbers it is told how far they are from what they were.
    scaled : bool, default False
        Fill gaps with the median and scale, for linear models.
    relative : bool, default False
        Tell lags, means and seasons by how far they are from the last known target,
        which alone is told as it is: what is learnt at one level then holds at others.
    differenced : bool, default False
        Tell first what comes nearest to the target of one number: the last known one,
        a mean or a season, by the squared errors of the training rows. All others are
        told by how far they are from it, which is what `DifferencedLightGBM` learns the
        target by.

    Attributes
    ----------
    seasons_ : tuple of int
    columns_ : list of str
    nearest_ : str
        With ``differenced``, the name of what is told first.

    Examples
    --------
    >>> X = pd.DataFrame({"day": np.arange(6.0)})
    >>> lags = LaggedTargets("day", shifts=1, windows=())
    >>> found = lags.fit_transform(X, np.arange(10.0, 16.0))
    >>> found[:, list(lags.get_feature_names_out()).index("last_1")].tolist()
    [nan, 10.0, 11.0, 12.0, 13.0, 14.0]
    """

    _parameter_constraints: ClassVar[Limits] = {
        "length": [COUNT],
        "gap": [COUNT_OR_NONE],
    }

    differenced = False  # of those that were stored before there was a choice

    def __init__(
        self,
        time: str = "",
        groups: Sequence[str] = (),
        length: int = 1,
        gap: int = 0,
        shifts: int = 5,
        windows: Sequence[int] = (3, 7, 28),
        seasons: Sequence[int] | None = None,
        columns: int = 8,
        scaled: bool = False,
        relative: bool = False,
        differenced: bool = False,
    ):
        self.time = time
        self.groups = groups
        self.length = length
        self.gap = gap
        self.shifts = shifts
        self.windows = windows
        self.seasons = seasons
        self.columns = columns
        self.scaled = scaled
        self.relative = relative
        self.differenced = differenced

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Take in the targets of the training rows, and their numbers."""
        self.fit_transform(X, y)
        return self

    def fit_transform(self, X: pd.DataFrame, y: ArrayLike) -> NDArray[np.float32]:
        """Fit, and return the columns of the training rows; see the class."""
        codes, places = self._fit(as_frame(X), y)
        numbers, origins = self.numbers_of(as_frame(X)), self._origins(codes, places)
        made = self._made(numbers, codes, places, origins)
        if self.differenced:
            self.nearest_ = self._nearest(made, target_columns(y))
        return self._finish(made, learn=True)

    def know(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Take other rows for what is known, all else as it was fitted.

        The models of earlier rows then look back from the last ones.
        """
        check_is_fitted(self)
        self.before_ = self.read_, self.history_, self.numbers_
        self._remember(as_frame(X), target_columns(y))
        return self

    def as_fitted(self) -> Self:
        """Return a transformer that knows the rows it was fitted on alone."""
        fitted = copy(self)
        if hasattr(self, "before_"):
            fitted.read_, fitted.history_, fitted.numbers_ = self.before_
        return fitted

    def transform(self, X: pd.DataFrame) -> NDArray[np.float32]:
        """Return the columns of other rows, shape (n_rows, n_made), NaN for gaps."""
        check_is_fitted(self)
        frame = as_frame(X)
        codes, places = self.read_.codes(frame), self.read_.places(frame)
        return self.at(codes, places, self.numbers_of(frame))

    def at(self, codes: Codes, places: Places, numbers: Numbers) -> NDArray[np.float32]:
        """Return the columns of rows that are given by their series and place.

        Parameters
        ----------
        codes, places : ndarray of int of shape (n_rows,)
            As ``read_`` tells them.
        numbers : ndarray of shape (n_rows, n_numbers)
            From `numbers_of`; NaN where they are not known.
        """
        lags = self._made(numbers, codes, places, places - 1)
        return self._finish(lags, learn=False)

    def numbers_of(self, X: pd.DataFrame) -> Numbers:
        """Return the numbers of rows that are compared with those before."""
        if not self.columns_:
            return np.zeros((len(X), 0))
        return as_numbers(X[self.columns_])

    def knowing(
        self, codes: Codes, places: Places, targets: Numbers, numbers: Numbers
    ) -> Self:
        """Return a transformer that knows more rows besides, such as predicted ones.

        Parameters
        ----------
        codes, places : ndarray of int of shape (n_rows,)
        targets : ndarray of shape (n_rows, n_outputs)
        numbers : ndarray of shape (n_rows, n_numbers)
        """
        more = copy(self)
        more.history_ = self.history_.joined(codes, places, targets)
        filled = np.nan_to_num(numbers)
        more.numbers_ = self.numbers_.joined(codes, places, filled)
        return more

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return names that say what is looked at."""
        check_is_fitted(self)
        kinds = self._kinds()
        outputs = range(self.n_outputs_)
        names = [
            k if self.n_outputs_ == 1 else f"{k}_{j}" for k in kinds for j in outputs
        ]
        changes = [f"{c}_{w}" for w in ("change", "apart") for c in self.columns_]
        first = ["nearest"] if self.differenced else []
        return np.array([*first, "since", *names, *changes], dtype=object)

    def _fit(self, X: pd.DataFrame, y: ArrayLike) -> tuple[Codes, Places]:
        self._check(X)
        targets = target_columns(y)
        self.n_outputs_ = targets.shape[1]
        self.columns_ = self._numbers(X)
        codes, places = self._remember(X, targets)
        self.seasons_ = (
            find_seasons(self.history_, self.read_.calendar)
            if self.seasons is None
            else tuple(self.seasons)
        )
        return codes, places

    def _remember(self, X: pd.DataFrame, targets: Numbers) -> tuple[Codes, Places]:
        self.read_ = SeriesColumns.of(X, self.time, self.groups)
        codes, places = self.read_.codes(X), self.read_.places(X)
        self.history_ = Histories.of(codes, places, targets)
        numbers = np.nan_to_num(self.numbers_of(X))
        self.numbers_ = Histories.of(codes, places, numbers)
        return codes, places

    def _check(self, X: pd.DataFrame) -> None:
        missing = [name for name in (self.time, *self.groups) if name not in X.columns]
        if missing:
            raise PipelineError(
                f"lags: the table has no column {', '.join(map(repr, missing))}; time "
                "and groups name the columns of a series"
            )
        if self.length < 1 or self.gap < 0:
            raise PipelineError(
                "lags: length is 1 or more and gap 0 or more; found length "
                f"{self.length} and gap {self.gap}"
            )

    def _numbers(self, X: pd.DataFrame) -> list[str]:
        own = {self.time, *self.groups}
        numbers = [
            str(name)
            for name, dtype in X.dtypes.items()
            if name not in own and pd.api.types.is_numeric_dtype(dtype)
        ]
        return numbers[: self.columns]

    def _origins(self, codes: Codes, places: Places) -> Places:
        """Return the last place that each training row may look at."""
        ends = np.searchsorted(self.history_.codes, codes, side="right") - 1
        end = self.history_.places[np.maximum(ends, 0)] if len(ends) else places
        window = (end - places) // self.length
        return end - (window + 1) * self.length - self.gap

    def _made(
        self, numbers: Numbers, codes: Codes, places: Places, origins: Places
    ) -> Numbers:
        known = self.history_
        origins = np.where(places == LOST, LOST, origins)
        row, number = known.latest(codes, origins)
        last = known.places[np.maximum(row, 0)] if len(known.places) else places
        mean, newest = known.mean(row, number), known.back(row, number, 0)
        base = newest if self.relative else np.zeros_like(newest)
        parts = [np.where(number > 0, places - last, np.nan)[:, None]]
        parts += [
            known.back(row, number, k) - (base if k else 0.0)
            for k in range(self.shifts)
        ]
        for window in self.windows:
            parts.append(known.mean(row, number, window) - base)
            parts.append(known.deviation(row, number, window))
        parts += [mean - base, newest - mean, self._slope(row, number)]
        for season in self.seasons_:
            phases = known.by_phase(season)
            turns = np.maximum(1, -(-(places - origins) // season))
            parts.append(known.at(codes, places - turns * season) - base)
            phase = codes * season + places % season
            parts.append(phases.mean(*phases.latest(phase, origins), 4) - base)
        if self.columns_:
            seen = self.numbers_.latest(codes, origins)
            parts.append(numbers - self.numbers_.back(*seen, 0))
            parts.append(numbers - self.numbers_.mean(*seen))
        return np.hstack(parts)

    def _kinds(self) -> list[str]:
        """Return what is told of one target, but for how long it has been known."""
        kinds = [*(f"last_{k + 1}" for k in range(self.shifts))]
        for window in self.windows:
            kinds += [f"mean_{window}", f"deviation_{window}"]
        kinds += ["mean_all", "apart", "slope"]
        for season in self.seasons_:
            kinds += [f"season_{season}", f"season_{season}_mean"]
        return kinds

    def _nearest(self, lags: Numbers, targets: Numbers) -> str:
        """Return the column that the targets of training rows are nearest to."""
        if targets.shape[1] > 1:
            raise PipelineError(
                "lags: differenced ones are of one target; found "
                f"{targets.shape[1]} columns of targets"
            )
        names, levels = self._levels()
        told = lags[:, levels]
        mean = told[:, names.index("mean_all")]
        known = np.isfinite(mean)
        filled = np.where(np.isnan(told), mean[:, None], told)[known]
        errors = np.square(filled - targets[known]).sum(axis=0)
        return names[int(errors.argmin())]

    def _differenced(self, lags: Numbers) -> Numbers:
        """Return columns by how far they are from the nearest one, which is first."""
        names, levels = self._levels()
        mean, nearest = (
            lags[:, levels[names.index(name)]] for name in ("mean_all", self.nearest_)
        )
        nearest = np.where(np.isnan(nearest), mean, nearest)[:, None]
        changed = lags.copy()
        changed[:, levels] -= nearest
        return np.hstack([nearest, changed])

    def _levels(self) -> tuple[list[str], list[int]]:
        """Return names and places of the columns that are in the target's own units."""
        kinds = self._kinds()
        levels = [at for at, kind in enumerate(kinds) if kind.startswith(LEVELS)]
        return [kinds[at] for at in levels], [at + 1 for at in levels]

    def _slope(self, row: Codes, number: Codes) -> Numbers:
        """Return the change per known target between the last ones and those before."""
        half = max(2, max((*self.seasons_, *self.windows), default=4))
        whole = self.history_.mean(row, number, 2 * half)
        late = self.history_.mean(row, number, half)
        n_whole = np.minimum(number, 2 * half)[:, None]
        n_early = n_whole - np.minimum(number, half)[:, None]
        # Of n values, the last h of them have their middle (n - h) / 2 after it.
        return np.where(
            n_early > 0, (late - whole) / np.maximum(n_early / 2, 0.5), np.nan
        )

    def _finish(self, lags: Numbers, learn: bool) -> NDArray[np.float32]:
        if self.differenced:
            lags = self._differenced(lags)
        if not self.scaled:
            return lags.astype(np.float32)
        if learn:
            self._learn_scale(lags)
        filled = np.where(np.isnan(lags), self.medians_, lags)
        scaled = (filled - self.means_) / self.scales_
        return np.clip(scaled, -CUT, CUT).astype(np.float32)

    def _learn_scale(self, lags: Numbers) -> None:
        known = ~np.isnan(lags)
        self.medians_ = np.array(
            [
                np.median(c[k]) if k.any() else 0.0
                for c, k in zip(lags.T, known.T, strict=True)
            ]
        )
        filled = np.where(known, lags, self.medians_)
        self.means_, scales = filled.mean(axis=0), filled.std(axis=0)
        self.scales_ = np.where(scales > 0, scales, 1.0)
