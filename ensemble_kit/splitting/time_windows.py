"""Folds in time: windows of a period, fitted on what lies a gap before them."""

import re
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError, did_you_mean
from ensemble_kit.splitting.folds import Folds

UNITS = ("seconds", "minutes", "hours", "days", "weeks", "months", "years")
SPAN = re.compile(r"(\d+)\s+([a-z]+)")
KEYS = ("period", "gap")

Span: TypeAlias = float | pd.DateOffset | None


@dataclass(frozen=True)
class TimeWindows:
    """Windows of equal length, counted back from the last time.

    Parameters
    ----------
    n_splits : int
    period : str or float
        How long a window is: ``"1 month"`` or ``"7 days"`` where times are dates, a
        number where they are numbers.
    gap : str or float, default=0
        How long before a window rows are left out of its fit, in the same words.
    """

    n_splits: int
    period: Any
    gap: Any = 0

    def split(self, times: NDArray[Any]) -> Folds:
        """Return the folds, the earliest window first.

        Parameters
        ----------
        times : ndarray of datetime64 or of float of shape (n_rows,)
            Rows without a time are in every training part.

        Raises
        ------
        PipelineError
            When a span cannot be read, or windows have no rows or nothing before them.
        """
        dated = np.issubdtype(times.dtype, np.datetime64)
        period, gap = (_span(key, getattr(self, key), dated) for key in KEYS)
        found = pd.Series(times)
        if not found.notna().any():
            raise PipelineError(
                "folds: no row has a time that windows could be made of"
            )
        pairs = []
        for number in range(self.n_splits, 0, -1):
            begin, end = (_back(found.max(), period, n) for n in (number, number - 1))
            valid = ((found > begin) & (found <= end)).to_numpy()
            before = (found <= _back(begin, gap, 1)).to_numpy()
            self._check(number, (begin, end), before, valid)
            train = before | found.isna().to_numpy()
            pairs.append((np.flatnonzero(train), np.flatnonzero(valid)))
        return Folds(tuple(pairs), len(times))

    def _check(
        self,
        number: int,
        window: tuple[Any, Any],
        before: NDArray[np.bool_],
        valid: NDArray[np.bool_],
    ) -> None:
        """Raise for a window that has no rows, or none before it."""
        if valid.any() and before.any():
            return
        what = "rows before it" if valid.any() else "rows"
        begin, end = window
        raise PipelineError(
            f"folds: window {number} of {self.n_splits}, counted from the last time "
            f"back, reaches from {begin} to {end} and has no {what}; make n_splits "
            f"smaller than {self.n_splits}, or choose another period than "
            f"{self.period!r} or gap than {self.gap!r}"
        )


def windows_of(n_splits: int, params: dict[str, Any]) -> TimeWindows:
    """Return the windows that a pipeline's ``[folds]`` asks for.

    Raises
    ------
    PipelineError
        When a parameter is unknown, or the period is missing.
    """
    unknown = [name for name in params if name not in KEYS]
    if unknown:
        raise PipelineError(
            f"folds.params: unknown {unknown[0]!r}{did_you_mean(unknown[0], KEYS)}; "
            "windows in time take period and gap"
        )
    if "period" not in params:
        raise PipelineError(
            'folds: windows in time need their length, as in params = { period = "1 '
            'month", gap = "2 days" }; where times are numbers, a number'
        )
    return TimeWindows(n_splits, **params)


def _span(key: str, value: Any, dated: bool) -> Span:
    """Return a stretch of time as what can be taken from a time; None for no gap."""
    if key == "gap" and value == 0:
        return None
    if dated:
        return _offset(key, value)
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not 0 < value < np.inf:
        raise PipelineError(
            f"folds.params.{key}: times are numbers here; a number above 0 is "
            f"expected, found {value!r}"
        )
    return float(value)


def _offset(key: str, value: Any) -> pd.DateOffset:
    """Return a number of units of the calendar."""
    found = SPAN.fullmatch(str(value).strip().lower())
    units = {unit: unit for unit in UNITS} | {unit[:-1]: unit for unit in UNITS}
    if found is None or found[2] not in units or int(found[1]) == 0:
        unit = found[2] if found else ""
        hint = did_you_mean(unit, units) if unit and unit not in units else ""
        raise PipelineError(
            f"folds.params.{key}: a number and one of {', '.join(UNITS)}, as in "
            f"'7 days'; found {value!r}{hint}"
        )
    return pd.DateOffset(**{units[found[2]]: int(found[1])})


def _back(time: Any, span: Span, times: int) -> Any:
    """Return the moment that lies a span so many times before another."""
    return time if span is None or not times else time - times * span
