"""Whether rows are series, and which columns tell one series from another."""

from itertools import combinations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.competition import LOUD
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.drawn_rows import DrawnRows
from ensemble_kit.tasks import Task

PLACE = {"later": 0, "blocks": 0, "last": 1}  # of the order among a drawing's columns
MOST_GROUPS = 2
MOST_CANDIDATES = 12
LEAST_KNOWN = 0.8  # of the test rows: series that train has
FEWEST_POINTS = 3.0
MOST_ROWS = 200_000

Tables = tuple[pd.DataFrame, pd.DataFrame]


def settle_series(
    settings: CompetitionSettings,
    frames: Tables,
    drawn: DrawnRows | None,
    task: Task,
) -> tuple[CompetitionSettings, list[str]]:
    """Return settings with the columns of a series, and notes.

    Rows are guessed to be series where the test comes later along a column of times,
    and every series has one row of a time: all rows together, those of one value of
    a column, or of a pair of them. Where nothing speaks for it the key stays open.
    """
    if settings.series is not None:
        return settings, _declared_notes(settings, frames)
    if drawn is None or task.kind == "multiclass":
        return settings, []
    time = _time(drawn, frames[0])
    groups = None if time is None else _groups(time, frames)
    if time is None or groups is None:
        return settings, []
    each = f"each {' and '.join(map(repr, groups))} has" if groups else "there is"
    reason = f"{each} one row of a {time!r} at most, and the test comes later"
    return settings.settle("series", [time, *groups], reason), []


def _declared_notes(settings: CompetitionSettings, frames: Tables) -> list[str]:
    """Return notes about rows that share a place in a declared series."""
    names = list(settings.series_columns)
    if not names:
        return []
    train = frames[0][names]
    n_shared = int(train.duplicated().sum())
    n_lost = int(train[names[0]].isna().sum())
    notes = []
    if n_shared:
        notes.append(
            f"series: {n_shared} training rows share {' and '.join(names)} with "
            "another; the mean of their targets is what lags and forecasts go by"
        )
    if n_lost:
        notes.append(
            f"{LOUD}series: {n_lost} training rows have no {names[0]!r}; lags and "
            "forecasts do without them"
        )
    return notes


def _time(drawn: DrawnRows, X: pd.DataFrame) -> str | None:
    """Return the column that the test comes later along, where it is a feature."""
    place = PLACE.get(drawn.drawing.kind)
    name = None if place is None else drawn.columns[place]
    if name not in X.columns:
        return None
    dtype = X[name].dtype
    is_date = pd.api.types.is_datetime64_any_dtype(dtype)
    return name if is_date or pd.api.types.is_numeric_dtype(dtype) else None


def _groups(time: str, frames: Tables) -> tuple[str, ...] | None:
    """Return the fewest columns of which each value has one row of a time at most."""
    train, test = (frame[-MOST_ROWS:] for frame in frames)
    names = _candidates(time, train)
    tried = [c for n in range(MOST_GROUPS + 1) for c in combinations(names, n)]
    return next((c for c in tried if _tells_apart(time, c, train, test)), None)


def _candidates(time: str, X: pd.DataFrame) -> list[str]:
    """Return categories, and numbers that may name things: whole and repeated."""
    candidates = []
    for name, dtype in X.dtypes.items():
        is_level = isinstance(dtype, pd.CategoricalDtype)
        if name == time or not (is_level or pd.api.types.is_numeric_dtype(dtype)):
            continue
        column = X[name]
        n_values = column.nunique()
        if not is_level and (column.isna().any() or (column % 1 != 0).any()):
            continue
        if 1 < n_values <= len(X) / FEWEST_POINTS:
            candidates.append((n_values, str(name)))
    # Names of many values come first: a store before its region.
    return [name for _, name in sorted(candidates, reverse=True)[:MOST_CANDIDATES]]


def _tells_apart(
    time: str, groups: tuple[str, ...], train: pd.DataFrame, test: pd.DataFrame
) -> bool:
    places = [time, *groups]
    if test.duplicated(places).any() or train.duplicated(places).any():
        return False
    if not groups:
        return len(train) >= FEWEST_POINTS
    known = _keys(train, groups)
    asked = _keys(test, groups)
    n_series = len(np.unique(known))
    is_known = np.isin(asked, known).mean() >= LEAST_KNOWN
    return bool(is_known and len(train) >= FEWEST_POINTS * n_series)


def _keys(X: pd.DataFrame, groups: tuple[str, ...]) -> NDArray[np.uint64]:
    return pd.util.hash_pandas_object(X[[*groups]].astype(str), index=False).to_numpy()
