"""Made competitions whose test rows were drawn in seven ways, with their answers.

Every maker returns train and test as tables; test has its target too, which a folder
does not show.
"""

from pathlib import Path

import numpy as np
import pandas as pd

Table = pd.DataFrame
HOURS = 24


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


def _drift(n_steps: int, memory: float, size: float, rng: np.random.Generator):
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
