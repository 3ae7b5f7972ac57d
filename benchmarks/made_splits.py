"""Made competitions whose test rows were drawn in seven ways, with their answers.

Every maker returns train and test as tables; test has its target too, which a folder
does not show.
"""

from pathlib import Path

import numpy as np
import pandas as pd

Table = pd.DataFrame
HOURS = 24
N_ROWS = 900
N_GROWING = 1200
PER_USER = 15


def hourly_rentals(n_days: int = 730, seed: int = 0) -> tuple[Table, Table]:
    """Return rentals by the hour; the last days of each month are to be predicted.

    A season, a week, a day with rush hours, weather that lasts for days, growth, and
    demand that drifts from day to day as no column tells. The id is the hour.
    """
    rng = np.random.default_rng(seed)
    hours = pd.date_range("2021-01-01", periods=n_days * HOURS, freq="h")
    day = np.arange(len(hours)) // HOURS
    hour, weekday = hours.hour.to_numpy(), hours.dayofweek.to_numpy()
    year = np.sin(2 * np.pi * (hours.dayofyear.to_numpy() - 100) / 365)
    weather = _drift(n_days, 0.7, 1.0, rng)[day]
    hidden = _drift(n_days, 0.6, 0.3, rng)[day]
    rush = np.exp(-((hour - 8) ** 2) / 4) + 1.3 * np.exp(-((hour - 18) ** 2) / 6)
    leisure = 1.2 * np.exp(-((hour - 14) ** 2) / 18)
    daily = np.where(weekday < 5, rush, leisure) + 0.25 * (hour > 6)
    log = 2.0 + 2.0 * daily + 0.5 * year + 0.25 * weather + hidden
    log = log + 0.0008 * day + rng.normal(0, 0.15, len(hours))
    table = pd.DataFrame(
        {
            "datetime": hours.strftime("%Y-%m-%d %H:%M:%S"),
            "season": (hours.month.to_numpy() % 12) // 3 + 1,
            "workingday": (weekday < 5).astype(int),
            "weather": np.clip(np.round(2 - weather), 1, 4).astype(int),
            "temp": np.round(15 + 10 * year + 3 * weather + rng.normal(0, 1, len(log))),
            "humidity": np.round(60 - 8 * weather + rng.normal(0, 6, len(log))),
            "count": np.round(np.expm1(np.maximum(log, 0))).astype(int),
        }
    )
    is_test = hours.day.to_numpy() > 19
    return table[~is_test], table[is_test]


def growing(per_day: float, seed: int = 0) -> tuple[Table, Table]:
    """Return visits over 600 days whose target grows; the last 120 are to be predicted.

    Parameters
    ----------
    per_day : float
        Beside a deviation of about 1.3 of all else, a third of which is noise.
    seed : int
    """
    rng = np.random.default_rng(seed)
    day = np.sort(rng.integers(0, 600, N_GROWING))
    a, b = rng.normal(size=(2, N_GROWING))
    y = per_day * day + a * b + np.sin(2 * a) + rng.normal(0, 0.4, N_GROWING)
    when = pd.Timestamp("2022-01-01") + pd.to_timedelta(day, unit="D")
    table = pd.DataFrame(
        {
            "id": rng.permutation(N_GROWING) * 7,
            "when": when.strftime("%Y-%m-%d"),
            "a": a.round(3),
            "b": b.round(3),
            "y": y.round(3),
        }
    )
    return table[day <= 480], table[day > 480]


def _visits(seed: int) -> Table:
    """Return visits of users over half a year: what users, days and columns explain."""
    rng = np.random.default_rng(seed)
    n_users = N_ROWS // PER_USER
    begins = np.sort(rng.integers(0, 150, n_users))
    user = np.repeat(np.arange(n_users), PER_USER)
    day = begins[user] + rng.integers(0, 40, N_ROWS)
    shocks, habits = _drift(200, 0.8, 1.0, rng), rng.normal(0, 1, n_users)
    size, kind = rng.normal(size=N_ROWS), rng.integers(0, 5, N_ROWS)
    y = size + np.sin(2 * size) + 0.4 * kind + shocks[day] + habits[user]
    minutes = day * 1440 + rng.integers(0, 1440, N_ROWS)
    when = pd.Timestamp("2023-01-01") + pd.to_timedelta(minutes, unit="min")
    table = pd.DataFrame(
        {
            "id": rng.permutation(N_ROWS) * 13 % 99_991,
            "user": [f"u{number:03d}" for number in rng.permutation(n_users)[user]],
            "when": when.strftime("%Y-%m-%d %H:%M"),
            "age": (30 + 8 * habits[user] + rng.normal(0, 4, N_ROWS)).round(),
            "size": size.round(3),
            "kind": [f"k{number}" for number in kind],
            "y": (y + rng.normal(0, 0.5, N_ROWS)).round(3),
        }
    )
    return table.sample(frac=1, random_state=seed).reset_index(drop=True)


def _parted(table: Table, is_test: np.ndarray) -> tuple[Table, Table]:
    is_test = np.asarray(is_test)
    return table[~is_test].reset_index(drop=True), table[is_test].reset_index(drop=True)


def random(seed: int) -> tuple[Table, Table]:
    """Return visits whose test rows are drawn at random."""
    table = _visits(seed)
    return _parted(table, np.random.default_rng(seed + 1).random(N_ROWS) < 0.3)


def later(seed: int) -> tuple[Table, Table]:
    """Return visits whose last fifth, in time, is to be predicted."""
    table = _visits(seed)
    return _parted(table, table["when"] > table["when"].sort_values().iloc[-180])


def blocks(seed: int) -> tuple[Table, Table]:
    """Return visits; the last five of every fifteen days are to be predicted."""
    table = _visits(seed)
    days = (pd.to_datetime(table["when"]) - pd.Timestamp("2023-01-01")).dt.days
    return _parted(table, days % 15 >= 10)


def groups(seed: int) -> tuple[Table, Table]:
    """Return visits of users, some of whom are to be predicted whole."""
    table = _visits(seed)
    names = np.random.default_rng(seed + 1).permutation(table["user"].unique())
    return _parted(table, table["user"].isin(names[:18]))


def new_groups_later(seed: int) -> tuple[Table, Table]:
    """Return visits of users; those who come late are to be predicted, all new."""
    table = _visits(seed)
    first = table.groupby("user")["when"].transform("min")
    border = first.sort_values().iloc[-270]
    table = table[(first >= border) | (table["when"] < border)].reset_index(drop=True)
    first = table.groupby("user")["when"].transform("min")
    return _parted(table, first >= border)


def last_per_group(seed: int) -> tuple[Table, Table]:
    """Return visits of users; the last three of each are to be predicted."""
    table = _visits(seed)
    return _parted(table, table.groupby("user")["when"].rank() > PER_USER - 3)


def random_with_duplicates(seed: int) -> tuple[Table, Table]:
    """Return visits drawn at random, a third of which stand twice."""
    table = _visits(seed)
    again = table.sample(N_ROWS // 3, random_state=seed).assign(
        id=np.arange(N_ROWS // 3) * 7 % 99_991 + 100_000
    )
    table = pd.concat([table, again], ignore_index=True)
    return _parted(table, np.random.default_rng(seed + 1).random(len(table)) < 0.3)


KINDS = {
    "random": random,
    "later": later,
    "blocks": blocks,
    "groups": groups,
    "new later": new_groups_later,
    "last of each": last_per_group,
    "duplicates": random_with_duplicates,
}


def _drift(
    n_steps: int, memory: float, size: float, rng: np.random.Generator
) -> np.ndarray:
    """Return a series that forgets a share of its last value at each step."""
    values, fresh = np.zeros(n_steps), rng.normal(0, size, n_steps)
    for step in range(1, n_steps):
        values[step] = memory * values[step - 1] + fresh[step]
    return values * np.sqrt(1 - memory**2)


def write_folder(
    folder: Path, train: Table, test: Table, target: str, settings: str = ""
) -> Path:
    """Write a competition's folder, the answers beside it, and return its path."""
    folder.mkdir(parents=True, exist_ok=True)
    train.to_csv(folder / "train.csv", index=False)
    test.drop(columns=target).to_csv(folder / "test.csv", index=False)
    test[[test.columns[0], target]].to_csv(folder / "solution.csv", index=False)
    if settings:
        (folder / "competition.toml").write_text(settings, encoding="utf-8")
    return folder
