"""Dates as numbers."""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.features.columns_mixin import WordsMixin

# Length of each part's cycle and its first value.
CYCLES = {
    "month": (12, 1),
    "day": (31, 1),
    "weekday": (7, 0),
    "day_of_year": (366, 1),
    "hour": (24, 0),
    "minute": (60, 0),
}


class DateParts(WordsMixin, BaseEstimator):
    """Split dates into days since 1970, year, month, day, weekday, hour, minute.

    Parts that do not vary over the training rows are left out, except the days.
    A missing date is NaN throughout.

    Parameters
    ----------
    cyclic : bool, default False
        Whether each cyclic part is also given as sine and cosine, for linear models
        and nets: December is then next to January.
    differences : bool, default True
        Whether days between every two date columns are added.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"d": pd.to_datetime(["1970-01-02", "1971-01-02"])})
    >>> DateParts().fit(X).get_feature_names_out()[:2]
    array(['d_days', 'd_year'], dtype=object)
    """

    def __init__(self, cyclic: bool = False, differences: bool = True):
        self.cyclic = cyclic
        self.differences = differences

    def fit(self, X: MatrixLike, y: ArrayLike | None = None) -> "DateParts":
        """Find the parts that vary."""
        parts = self._parts(self._learn_columns(X))
        self.names_ = [
            name
            for name, values in parts.items()
            if name.endswith("_days") or len(np.unique(values[~np.isnan(values)])) > 1
        ]
        return self

    def transform(self, X: MatrixLike) -> np.ndarray:
        """Return the parts as float64, shape (n_rows, n_parts)."""
        frame = self._same_columns(X)
        parts = self._parts(frame)
        empty = np.empty((len(frame), 0))
        return np.hstack([empty, *(parts[name][:, None] for name in self.names_)])

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> np.ndarray:
        """Return ``column_part``."""
        check_is_fitted(self)
        return np.array(self.names_, dtype=object)

    def _parts(self, frame: pd.DataFrame) -> dict[str, np.ndarray]:
        parts = {}
        for j, name in enumerate(self.feature_names_in_):
            for part, values in self._column_parts(frame.iloc[:, j]).items():
                parts[f"{name}_{part}"] = values
        if self.differences:
            for first, second in combinations(self.feature_names_in_, 2):
                days = parts[f"{second}_days"] - parts[f"{first}_days"]
                parts[f"{second}-{first}"] = days
        return parts

    def _column_parts(self, column: pd.Series) -> dict[str, np.ndarray]:
        dates = _as_dates(column).dt
        seconds = (dates.as_unit("s").to_numpy() - np.datetime64(0, "s")).astype(
            "m8[s]"
        )
        days = seconds / np.timedelta64(1, "D")
        parts = {"days": days, "year": dates.year, "month": dates.month}
        parts |= {"day": dates.day, "weekday": dates.day_of_week}
        parts |= {"day_of_year": dates.day_of_year, "hour": dates.hour}
        parts |= {"minute": dates.minute}
        parts = {name: np.asarray(part, np.float64) for name, part in parts.items()}
        return parts | _cycles(parts) if self.cyclic else parts


def _as_dates(column: pd.Series) -> pd.Series:
    """Return dates without a time zone: a zone's dates are taken as UTC."""
    dates = pd.to_datetime(column)
    return dates.dt.tz_convert(None) if dates.dt.tz is not None else dates


def _cycles(parts: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return sine and cosine of the parts that come round again."""
    cycles = {}
    for name, (length, first) in CYCLES.items():
        angle = 2 * np.pi * (parts[name] - first) / length
        cycles[f"{name}_sin"], cycles[f"{name}_cos"] = np.sin(angle), np.cos(angle)
    return cycles
