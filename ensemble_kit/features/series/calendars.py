"""Times as whole steps: hours, days, months, or the usual difference of numbers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.features.columns import as_numbers

DAY = 86_400.0
HOUR = 3_600.0
MINUTE = 60.0
LOST = -(10**12)  # the place of a row without a time: before all others
LONGEST_SEASON = 400
CLEAR_SEASON = 0.3

Places = NDArray[np.int64]
Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Calendar:
    """How the times of rows become whole numbers, one for each step.

    Parameters
    ----------
    is_date : bool
        Times are dates; otherwise numbers.
    in_months : bool
        Steps are of whole months, which differ in days.
    first, step : float
        The place 0, and the usual difference: in months, seconds, or the column's
        own unit.

    Examples
    --------
    >>> months = pd.Series(pd.to_datetime(["2020-01-31", "2020-02-29", "2020-04-30"]))
    >>> Calendar.of(months).places(months).tolist()
    [0, 1, 3]
    """

    is_date: bool
    in_months: bool
    first: float
    step: float

    @classmethod
    def of(cls, times: pd.Series) -> "Calendar":
        """Return the calendar of some times; of a single one, steps are 1."""
        is_date = pd.api.types.is_datetime64_any_dtype(times.dtype)
        distinct = np.unique(_numbers(times, False))
        distinct = distinct[np.isfinite(distinct)]
        if not len(distinct):
            return cls(is_date, False, 0.0, 1.0)
        steps = np.diff(distinct)
        usual = _usual(steps)
        if is_date and usual >= 27 * DAY:
            months = np.unique(_numbers(times.dropna(), True))
            step = _usual(np.diff(months))
            return cls(True, True, float(months[0]), step)
        return cls(is_date, False, float(distinct[0]), usual)

    def places(self, times: pd.Series) -> Places:
        """Return the step of each row; rows without a time come before all others."""
        numbers = (_numbers(times, self.in_months) - self.first) / self.step
        there = np.isfinite(numbers)
        return np.where(there, np.round(np.where(there, numbers, 0)), LOST).astype(
            np.int64
        )

    def usual_seasons(self) -> tuple[int, ...]:
        """Return after how many steps a day, a week or a year comes round again."""
        if not self.is_date:
            return ()
        if self.in_months:
            return (round(12 / self.step),) if self.step in (1, 3) else ()
        step = self.step
        seasons = [
            span / step
            for span in (HOUR, DAY, 7 * DAY, 364 * DAY)
            if 2 <= span / step <= 370 and abs(span / step - round(span / step)) < 1e-6
        ]
        return tuple(round(season) for season in seasons[:2])


def _usual(steps: Numbers) -> float:
    """Return the median difference, the lower one of two; 1 where there is none."""
    return float(np.percentile(steps, 50, method="lower")) if len(steps) else 1.0


def _numbers(times: pd.Series, in_months: bool) -> Numbers:
    """Return times as numbers: months, seconds, or what they are."""
    if not pd.api.types.is_datetime64_any_dtype(times.dtype):
        return as_numbers(times.to_frame())[:, 0]
    if in_months:
        months = times.dt.year * 12.0 + times.dt.month
        return months.to_numpy(dtype=np.float64, na_value=np.nan)
    values = times.to_numpy().astype("datetime64[us]")
    return np.where(np.isnat(values), np.nan, values.astype(np.float64) / 1e6)


def clear_season(values: Numbers) -> int:
    """Return after how many steps a series repeats itself most, 0 where it does not.

    The highest peak of the autocorrelation of what is left of a straight line, where
    it is above 0.3 and above what the series is at half of it.

    Parameters
    ----------
    values : ndarray of shape (n_steps,)
        Without gaps.

    Examples
    --------
    >>> steps = np.arange(60)
    >>> clear_season(np.sin(steps * 2 * np.pi / 12) + 0.1 * steps)
    12
    """
    n_steps = len(values)
    longest = min(LONGEST_SEASON, n_steps // 3)
    if longest < 3 or np.ptp(values) == 0:
        return 0
    line = np.polyval(np.polyfit(np.arange(n_steps), values, 1), np.arange(n_steps))
    rest = values - line
    power = np.abs(np.fft.rfft(rest, 2 * n_steps)) ** 2
    sums = np.fft.irfft(power)[: longest + 2]
    if sums[0] <= 0:
        return 0
    correlation = sums / sums[0] * n_steps / (n_steps - np.arange(len(sums)))
    inner = np.arange(2, longest + 1)
    peaks = inner[
        (correlation[inner] > correlation[inner - 1])
        & (correlation[inner] >= correlation[inner + 1])
        & (correlation[inner] > CLEAR_SEASON)
        & (correlation[inner] > correlation[inner // 2] + CLEAR_SEASON / 2)
    ]
    if not len(peaks):
        return 0
    best = correlation[peaks].max()
    return int(peaks[correlation[peaks] > 0.9 * best][0])
