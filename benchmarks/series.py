"""Series of ten made shapes: the kit beside AutoARIMA alone.

Each shape is a competition whose test is the next steps of every series. The errors
are of the hidden test rows (RMSE). AutoARIMA is Nixtla's, series by series; it needs
statsforecast, in an environment of its own where it does not go with the kit's:

    python benchmarks/series.py --autoarima OTHER/bin/python

``--seeds 1 2 3`` makes every shape so often and tells mean errors: one draw is up to a
hundred and seventy test rows of a single series. Beside the kit stands what it would
choose if its convex weights took all windows alike (`windows = false`), so that the
blend with the best score is taken.

``--more`` fits `sarima` and `recursive` beside the others, which no shipped pipeline
does; the first takes long.

A column of times and the fewest columns that part the series are all a folder has
beside the target, but for "known promotions". The season is given to AutoARIMA; the
kit finds it.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

# Runs in the other environment: forecasts of every series of a table.
ALONE = """
import sys
import numpy as np, pandas as pd
from statsforecast.models import AutoARIMA
folder, season, horizon = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
table = pd.read_csv(folder + "/alone.csv")
found = []
for _, part in table.groupby("series", sort=False):
    model = AutoARIMA(season_length=season).fit(part["y"].to_numpy())
    found.append(np.asarray(model.predict(h=horizon)["mean"]))
pd.DataFrame({"forecast": np.concatenate(found)}).to_csv(folder + "/found.csv")
"""
PIPELINE = """
[level1.lightgbm]
model = "lightgbm"

[level1.ridge]
model = "ridge"
"""
SERIES = """
[level1.lightgbm_lags]
model = "lightgbm_differenced"

[level1.ridge_lags]
model    = "ridge"
features = "linear_lags"
offset   = "seasonal_naive"

[level1.seasonal_naive]
model = "seasonal_naive"

[level1.ets]
model = "ets"

[level1.lightgbm_after_ets]
model    = "lightgbm"
features = "lags"
offset   = "ets"

[level1.arima]
model = "arima"
"""
MORE = """
[level1.sarima]
model = "sarima"

[level1.recursive]
model = "recursive"
"""
BLEND = """
[level2.greedy]
model = "greedy_blend"

[level2.linear_blend]
model = "linear_blend"

[level2.convex]
model = "convex_blend"
"""
ALIKE = BLEND + "params = { windows = false }\n"
SUBMIT = """
[submit]
member = "best"
"""
Maker = Callable[[np.random.Generator], np.ndarray]


def steps(n: int) -> np.ndarray:
    return np.arange(n, dtype=float)


def autoregressive(random: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    noise = random.normal(size=(shape[0], shape[1] + 50))
    values = np.zeros_like(noise)
    for at in range(1, noise.shape[1]):
        values[:, at] = 0.77 * values[:, at - 1] + noise[:, at]
    return values[:, 50:]


def trend(random: np.random.Generator) -> np.ndarray:
    return (0.3 * steps(200) + 2 * random.normal(size=200))[None]


def week(random: np.random.Generator) -> np.ndarray:
    cycle = np.resize(random.normal(scale=4, size=7), 280)
    return (30 + cycle + random.normal(size=280))[None]


def two_seasons(random: np.random.Generator) -> np.ndarray:
    at = steps(24 * 42)
    day = 5 * np.sin(2 * np.pi * at / 24) + 2 * np.cos(4 * np.pi * at / 24)
    weekend = 4.0 * (at // 24 % 7 >= 5)
    return (20 + day + weekend + random.normal(size=len(at)))[None]


def airline(random: np.random.Generator) -> np.ndarray:
    at = steps(144)
    months = 1 + 0.2 * np.sin(2 * np.pi * at / 12)
    return (100 * 1.008**at * months * np.exp(0.03 * random.normal(size=144)))[None]


def walk(random: np.random.Generator) -> np.ndarray:
    return np.cumsum(random.normal(size=(1, 300)), axis=1)


def breaks(random: np.random.Generator) -> np.ndarray:
    levels = np.repeat(random.normal(scale=8, size=6), 50)
    return (levels + random.normal(size=300))[None]


def autoregressive_panel(random: np.random.Generator) -> np.ndarray:
    return autoregressive(random, (200, 20))


def short_groups(random: np.random.Generator) -> np.ndarray:
    at = steps(40)
    season = 3 * np.sin(2 * np.pi * at / 12)
    level = random.normal(scale=10, size=(60, 1))
    slope = random.normal(scale=0.1, size=(60, 1))
    return level + slope * at + season + random.normal(size=(60, 40))


def promotions(random: np.random.Generator) -> np.ndarray:
    cycle = np.resize(random.normal(scale=2, size=7), 140)
    level = random.normal(scale=6, size=(20, 1))
    return level + cycle + random.normal(size=(20, 140))


def counts(random: np.random.Generator) -> np.ndarray:
    rate = random.gamma(1.5, size=(30, 1)) * np.resize([1, 1, 1, 1, 2, 3, 2], 126)
    return random.poisson(0.5 * rate).astype(float)


# Shape: how it is made, the usual difference of times, steps of the test, the season.
SHAPES: dict[str, tuple[Maker, str, int, int]] = {
    "trend": (trend, "D", 20, 1),
    "week": (week, "D", 28, 7),
    "day and week": (two_seasons, "h", 168, 24),
    "growing months": (airline, "MS", 12, 12),
    "random walk": (walk, "D", 10, 1),
    "breaks": (breaks, "D", 15, 1),
    "AR(1), next step": (autoregressive_panel, "D", 1, 1),
    "many short groups": (short_groups, "MS", 3, 12),
    "known promotions": (promotions, "D", 14, 7),
    "rare counts": (counts, "D", 14, 7),
}


def make(name: str, seed: int = 0) -> tuple[pd.DataFrame, int, int]:
    """Return the rows of a shape by series and time, its horizon and its season."""
    maker, frequency, horizon, season = SHAPES[name]
    random = np.random.default_rng(seed)
    values = maker(random)
    n_series, n_steps = values.shape
    table = pd.DataFrame(
        {
            "series": np.repeat([f"n{k}" for k in range(n_series)], n_steps),
            "date": np.tile(
                pd.date_range("2020-01-01", periods=n_steps, freq=frequency), n_series
            ),
            "y": values.ravel(),
        }
    )
    if name == "known promotions":
        table["promotion"] = (random.random(len(table)) < 0.2).astype(int)
        table["y"] += 5 * table["promotion"]
    if n_series == 1:
        table = table.drop(columns="series")
    table.insert(0, "row", [f"r{k}" for k in range(len(table))])
    table["is_test"] = np.tile(np.arange(n_steps) >= n_steps - horizon, n_series)
    return table, horizon, season


def write(folder: Path, table: pd.DataFrame) -> None:
    """Write a competition."""
    is_test, rest = table["is_test"], table.drop(columns="is_test")
    rest[~is_test].to_csv(folder / "train.csv", index=False)
    rest[is_test].drop(columns="y").to_csv(folder / "test.csv", index=False)
    sample = rest.loc[is_test, ["row"]].assign(y=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    (folder / "competition.toml").write_text('metric = "rmse"\n')


def alone(
    folder: Path, table: pd.DataFrame, horizon: int, season: int, python: str
) -> np.ndarray:
    """Return AutoARIMA's forecasts of the test rows, in their order."""
    rows = table if "series" in table else table.assign(series="n0")
    rows[~rows["is_test"]][["series", "y"]].to_csv(folder / "alone.csv", index=False)
    command = [python, "-c", ALONE, str(folder), str(season), str(horizon)]
    subprocess.run(command, check=True)
    return pd.read_csv(folder / "found.csv")["forecast"].to_numpy()


def kit(folder: Path, members: str, blend: str = BLEND) -> dict[str, np.ndarray]:
    """Return the test predictions of a run's members, the chosen one as "kit"."""
    from ensemble_kit.competition.loading import load_competition
    from ensemble_kit.pipeline.loading import load_pipeline
    from ensemble_kit.running.run_pipeline import Resources, run_pipeline
    from ensemble_kit.store.store import Store

    path = folder / "pipeline.toml"
    path.write_text(PIPELINE + members + blend + SUBMIT)
    competition = load_competition(folder)
    store = Store(folder / f"store{len(members)}")
    resources = Resources(0, folder / "work")
    run = run_pipeline(competition, load_pipeline(path), store, resources)
    found = {
        name: competition.task.restore(run.matrix.member(name)[1][:, 0])
        for name in run.matrix.members
    }
    return {**found, "kit": found[run.chosen]}


def score(name: str, seeds: list[int], asked: argparse.Namespace) -> dict[str, object]:
    """Return one line of the table, its errors means over draws."""
    lines = [score_one(name, seed, asked) for seed in seeds]
    first = {key: lines[0][key] for key in ("shape", "rows", "steps ahead")}
    errors = pd.DataFrame(lines).drop(columns=[*first])
    known = errors.columns[errors.notna().all()]
    return {**first, **dict.fromkeys(errors, ""), **errors[known].mean().round(3)}


def score_one(name: str, seed: int, asked: argparse.Namespace) -> dict[str, object]:
    """Return the errors on one draw of a shape, and what it is."""
    members, python = SERIES + MORE * asked.more, asked.autoarima
    table, horizon, season = make(name, seed)
    y = table.loc[table["is_test"], "y"].to_numpy()

    def error(found: np.ndarray) -> float:
        return round(float(np.sqrt(np.mean((found - y) ** 2))), 3)

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        write(folder, table)
        without = kit(folder, "")["kit"]
        begin = time.monotonic()
        found = kit(folder, members)
        seconds = time.monotonic() - begin
        alike = kit(folder, members, ALIKE)
        line: dict[str, object] = {
            "shape": name,
            "rows": len(table),
            "steps ahead": horizon,
            "seasonal naive": error(found["seasonal_naive"]),
            "AutoARIMA alone": None,
            "kit without series": error(without),
            "windows alike": error(alike["kit"]),
            "kit": error(found["kit"]),
            "seconds": round(seconds),
        }
        if python is not None:
            forecast = alone(folder, table, horizon, season, python)
            line["AutoARIMA alone"] = error(forecast)
        errors = {key: error(value) for key, value in found.items()}
        print(name, seed, errors, file=sys.stderr, flush=True)  # noqa: T201
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--autoarima", help="a Python that has statsforecast")
    parser.add_argument("--shape", action="append", choices=SHAPES)
    parser.add_argument("--more", action="store_true", help="sarima and recursive, too")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--table", type=Path, help="where the table is written")
    asked = parser.parse_args()
    found = []
    for name in asked.shape or SHAPES:
        found.append(score(name, asked.seeds, asked))
        print(*found[-1].values(), sep=" | ", flush=True)  # noqa: T201
    if asked.table is not None:
        pd.DataFrame(found).to_csv(asked.table, sep="\t", index=False)


if __name__ == "__main__":
    main()
