"""The forecast to beat: what was there a season ago, or last."""

from collections.abc import Sequence

import numpy as np

from ensemble_kit.features.series.calendars import Numbers
from ensemble_kit.models.series.forecaster import Forecaster, Timed


class SeasonalNaive(Forecaster):
    """Forecast the value of the same hour, weekday or month before.

    Parameters
    ----------
    time : str
        The column of times.
    groups : sequence of str
        Columns that tell series apart.
    season : int, optional
        Steps; by default the longest of `find_seasons`. 0 forecasts the last value.
    turns : int, default 1
        Of so many seasons the mean is taken.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"day": range(14)})
    >>> y = [0.0, 5.0, 1.0, 2.0, 2.0, 1.0, 3.0] * 2
    >>> model = SeasonalNaive("day", season=7).fit(X, y)
    >>> model.predict(pd.DataFrame({"day": [14, 15, 22]})).tolist()
    [0.0, 5.0, 5.0]
    """

    def __init__(
        self,
        time: str = "",
        groups: Sequence[str] = (),
        season: int | None = None,
        turns: int = 1,
    ):
        self.time = time
        self.groups = groups
        self.season = season
        self.turns = turns

    def _fit_series(self, series: Timed, number: int | None = None) -> int:
        values, season = series.values, self.season
        if season is None:
            season = max((s for s in self.seasons_ if len(values) >= s), default=0)
        return season if len(values) >= max(season, 1) else 0

    def _forecast(self, fitted: object, series: Timed, reach: int) -> Numbers:
        values, season = series.values, int(str(fitted))
        if not season or len(values) < season:
            return np.full(reach, values[-1])
        turns = min(self.turns, len(values) // season)
        cycle = values[-turns * season :].reshape(turns, season).mean(axis=0)
        return np.resize(cycle, reach)
