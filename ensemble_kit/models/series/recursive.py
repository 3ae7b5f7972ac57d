"""All series by one model of the next step, which goes on from its own forecasts."""

from collections.abc import Sequence
from copy import copy
from typing import Any, ClassVar, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.features.columns import as_frame
from ensemble_kit.features.series.calendars import LOST, Numbers, Places
from ensemble_kit.features.series.histories import Codes, Histories
from ensemble_kit.features.series.lagged_targets import LaggedTargets
from ensemble_kit.models.linear.cautious_ridge import CautiousRidge
from ensemble_kit.models.series.forecaster import FEWEST
from ensemble_kit.models.target_scale import number_target
from ensemble_kit.parameter_limits import Limits, one_of

MOST_STEPS = 1000  # from the last known value; farther rows get what comes there
LEARNERS = ("ridge", "boosting")
UNIT_ROOT = -3.43  # Dickey and Fuller's statistic of one walk in a hundred
LEVELS = ("last_1", "mean_all", "apart")  # columns that tell how far it has wandered


class Recursive(RegressorMixin, BaseEstimator):
    """Forecast step by step: a step's forecast is what the next step looks back on.

    One model for all series is learnt of the step that follows what is known: of the
    change since the last known target, from lags, means and seasons of the target, each
    by how far it is from that last one, and from changes of the table's numbers
    (`LaggedTargets`): a series that has since wandered off is forecast at its new
    level. Rows farther ahead are reached over all steps between, forecasts taken for
    what was. The other way, one model that is told the distance, is direct: any model
    on the featurizer ``lags``. Of fewer than eight steps nothing is learnt: what was
    last is forecast.

    Forecasts leave what a series has been no faster than it grew, and by half.

    Parameters
    ----------
    time : str
        The column of times.
    groups : sequence of str
        Columns that tell series apart.
    learner : {"ridge", "boosting"}, default "ridge"
        Ridge regression on scaled lags (`CautiousRidge`: where nothing tells of the
        next step, the mean change is left), or scikit-learn's histogram boosting.
    shifts, windows, seasons, columns
        Those of `LaggedTargets`.
    random_state : int, RandomState or None
        Of boosting.

    Examples
    --------
    >>> X = pd.DataFrame({"day": np.arange(40.0)})
    >>> model = Recursive("day", shifts=2, windows=()).fit(X[:30], np.arange(30.0))
    >>> model.predict(X[30:33]).round(3)
    array([30., 31., 32.])
    """

    _parameter_constraints: ClassVar[Limits] = {
        "learner": [one_of(LEARNERS)],
    }

    extrapolates = True  # as far as `bounded` lets a forecast go

    def __init__(
        self,
        time: str = "",
        groups: Sequence[str] = (),
        learner: str = "ridge",
        shifts: int = 5,
        windows: Sequence[int] = (3, 7, 28),
        seasons: Sequence[int] | None = None,
        columns: int = 8,
        random_state: int | np.random.RandomState | None = None,
    ):
        self.time = time
        self.groups = groups
        self.learner = learner
        self.shifts = shifts
        self.windows = windows
        self.seasons = seasons
        self.columns = columns
        self.random_state = random_state

    def fit(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Learn the step after what is known.

        Raises
        ------
        PipelineError
            When the column of times, or one of the groups, is not there.
        ValueError
            When there is no such learner.
        """
        if self.learner not in LEARNERS:
            raise ValueError(
                f"learner: one of {', '.join(LEARNERS)}; found {self.learner!r}"
            )
        frame, targets = as_frame(X), number_target(y)
        self.n_features_in_ = frame.shape[1]
        self.mean_ = float(targets.mean())
        self.lags_ = LaggedTargets(
            self.time,
            self.groups,
            shifts=self.shifts,
            windows=self.windows,
            seasons=self.seasons,
            columns=self.columns,
            scaled=self.learner == "ridge",
            relative=True,
        )
        made = self.lags_.fit_transform(frame, targets)
        read = self.lags_.read_
        last = _last(self.lags_.history_, read.codes(frame), read.places(frame))
        there = np.isfinite(last)
        self.model_ = None
        if there.sum() >= FEWEST:
            made, change = made[there], (targets - last)[there]
            # Nothing is learnt of zeros; boosting has no bins for gaps alone.
            made[:, np.isnan(made).all(axis=0)] = 0.0
            if not _comes_back(last[there], change):
                names = self.lags_.get_feature_names_out()
                made[:, np.isin(names, LEVELS)] = 0.0
            self.model_ = _learner(self.learner, self.random_state).fit(made, change)
        return self

    def know(self, X: pd.DataFrame, y: ArrayLike) -> Self:
        """Forecast from the ends of these rows' series, with what was fitted."""
        check_is_fitted(self, "lags_")
        self.lags_.know(X, number_target(y))
        return self

    def as_fitted(self) -> Self:
        """Return a forecaster that knows the rows it was fitted on alone."""
        forecaster = copy(self)
        forecaster.lags_ = self.lags_.as_fitted()
        return forecaster

    def predict(self, X: pd.DataFrame) -> Numbers:
        """Return one forecast per row."""
        check_is_fitted(self, "lags_")
        frame, lags = as_frame(X), self.lags_
        codes, places = lags.read_.codes(frame), lags.read_.places(frame)
        row, number = lags.history_.latest(codes, places - 1)
        rows = np.flatnonzero((number > 0) & (places != LOST))
        forecasts = np.full(len(frame), self.mean_)
        if not len(rows):
            return forecasts
        codes, origins = codes[rows], lags.history_.places[row[rows]]
        places = np.minimum(places[rows], origins + MOST_STEPS)
        numbers = Histories.of(codes, places, lags.numbers_of(frame)[rows])
        steps = self._forecasts(*_steps(codes, origins, places), numbers)
        forecasts[rows] = steps.at(codes, places)[:, 0]
        return forecasts

    def _forecasts(self, codes: Codes, places: Places, numbers: Histories) -> Histories:
        """Return the forecast of every step, each made from those before."""
        lags, done = self.lags_, Histories.of(codes[:0], places[:0], np.zeros((0, 1)))
        low, high = _bounds(lags.history_, codes, places)
        for place in np.unique(places):
            some = np.flatnonzero(places == place)
            own, when = codes[some], places[some]
            given = numbers.at(own, when)
            last = _last(lags.history_, own, when)
            change = np.zeros(len(some))
            if self.model_ is not None:
                change = self.model_.predict(lags.at(own, when, given))
            forecast = np.clip(last + change, low[some], high[some])[:, None]
            done = done.joined(own, when, forecast)
            unknown = np.isnan(lags.history_.at(own, when)[:, 0])
            lags = lags.knowing(
                own[unknown], when[unknown], forecast[unknown], given[unknown]
            )
        return done


def _last(history: Histories, codes: Codes, places: Places) -> Numbers:
    """Return the last known target before places, NaN where there is none."""
    before = np.where(places == LOST, LOST, places - 1)
    return history.back(*history.latest(codes, before), 0)[:, 0]


def _steps(codes: Codes, origins: Places, places: Places) -> tuple[Codes, Places]:
    """Return every step between known values and the rows that are asked for, once."""
    ends = pd.DataFrame({"code": codes, "origin": origins, "place": places})
    far = ends.groupby(["code", "origin"], as_index=False)["place"].max()
    reach = (far["place"] - far["origin"]).to_numpy()
    begins = np.repeat(np.cumsum(reach) - reach, reach)
    step = np.arange(reach.sum()) - begins + 1
    return (
        np.repeat(far["code"].to_numpy(), reach),
        np.repeat(far["origin"].to_numpy(), reach) + step,
    )


def _bounds(
    history: Histories, codes: Codes, places: Places
) -> tuple[Numbers, Numbers]:
    """Return between what forecasts stay, as `forecaster.bounded` has it."""
    known, begins = np.unique(history.codes, return_index=True)
    low = np.minimum.reduceat(history.values[:, 0], begins)
    high = np.maximum.reduceat(history.values[:, 0], begins)
    ends = np.append(begins[1:], len(history.codes)) - 1
    first, last = history.places[begins], history.places[ends]
    own = np.searchsorted(known, codes)
    ahead = np.maximum(places - last[own], 1) / (last - first + 1)[own]
    room = (high - low)[own] * np.maximum(0.5, 1.5 * ahead)
    return low[own] - room, high[own] + room


def _comes_back(last: Numbers, change: Numbers) -> bool:
    """Return whether values far from the mean of all are followed by steps back.

    By the test of Dickey and Fuller (1979): of a random walk's values the farthest
    seem to be followed by steps back, too, as its mean lies between them.
    """
    level = last - last.mean()
    square, freedom = float(level @ level), len(level) - 2
    if square == 0:
        return False
    slope = float(level @ change) / square
    rest = change - change.mean() - slope * level
    error = np.sqrt(float(rest @ rest) / freedom / square)
    return slope < UNIT_ROOT * error


def _learner(name: str, random_state: int | np.random.RandomState | None) -> Any:
    """Return what is learnt with."""
    if name == "ridge":
        return CautiousRidge()
    from sklearn.ensemble import HistGradientBoostingRegressor

    return HistGradientBoostingRegressor(
        learning_rate=0.05,
        max_iter=200,
        max_leaf_nodes=15,
        early_stopping=False,
        random_state=random_state,
    )
