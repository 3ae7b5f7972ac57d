"""Out-of-fold scores beside test scores where the test was drawn in seven ways.

``python benchmarks/splits.py`` makes competitions of each kind and fits one small model
by the kit's folds, by random ones, and by GroupKFold and TimeSeriesSplit chosen by
hand. The first table tells how often the 95 % interval of the out-of-fold score covers
the score of the test rows, how far the two are apart on average, how wide the interval
is beside the score, and how often the kit says that validation does not look like the
test. The second is of rentals by the hour,
and of whole runs; the third of a target that grows, which trees do not follow.
"""

import argparse
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor
from made_splits import KINDS, growing, hourly_rentals, write_folder
from sklearn.model_selection import GroupKFold, TimeSeriesSplit

from ensemble_kit.competition import Competition, load_competition
from ensemble_kit.features.dates.date_parts import DateParts
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.sources import make_folds
from ensemble_kit.running.scores.likeness import likeness_of
from ensemble_kit.splitting.fold_noise import in_pieces, score_to_expect
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.likeness import alarms

TINY = """
[level1.lightgbm]
model = "lightgbm"

[level1.ridge]
model = "ridge"

[level1.extra_trees]
model  = "extra_trees"
params = { n_estimators = 40 }

[level2.convex]
model = "convex_blend"
"""
Judged = tuple[bool, float, float, bool]
GROWING = """
[level1.lightgbm]
model = "lightgbm"

[level1.lightgbm_detrended]
model = "lightgbm_detrended"

[level1.ridge]
model = "ridge"

[level2.convex]
model = "convex_blend"

[submit]
member = "convex"
"""
WAYS = ("the kit's", "random", "GroupKFold", "TimeSeriesSplit")
Array = np.ndarray


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--each", type=int, default=28, help="Competitions of a kind.")
    parser.add_argument("--rentals", type=int, default=3, help="Made years of rentals.")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        show_kinds(Path(scratch), arguments.each)
        show_rentals(Path(scratch), arguments.rentals)
        show_growth(Path(scratch))


def tell(line: str) -> None:
    """Write a line as soon as it is known."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def show_kinds(scratch: Path, n_each: int) -> None:
    """Print coverage, mean difference and alarms of each way, kind by kind."""
    tell("test drawn     folds            n  covered  oof/test  width  alarm")
    everything: dict[str, list[Judged]] = {way: [] for way in WAYS}
    for kind, make in KINDS.items():
        found = [one for seed in range(n_each) for one in judge(scratch, make, seed)]
        for way in WAYS:
            rows = [row for name, row in found if name == way]
            everything[way] += rows
            _show(kind, way, rows)
    for way, rows in everything.items():
        quiet = [row for row in rows if not row[-1]]
        _show("all", way, rows)
        _show("no alarm", way, quiet)


def _show(kind: str, way: str, rows: list[Judged]) -> None:
    if not rows:
        return
    covered, ratio, width, alarm = np.mean(rows, axis=0)
    counted = f"{len(rows):4d} {covered:8.0%} {ratio:9.2f} {width:6.0%} {alarm:6.0%}"
    tell(f"{kind:14s} {way:15s}{counted}")


def judge(scratch: Path, make: Callable, seed: int) -> Iterator[tuple[str, Judged]]:
    """Yield each way with: covered, ratio of errors, width of the interval, alarm."""
    train, test = make(seed)
    folder = write_folder(scratch / "one", train, test, "y", 'metric = "rmse"\n')
    competition = load_competition(folder)
    (X, X_test), y_test = numbers_of(competition), test["y"].to_numpy(float)
    error = rmse(fitted(X, competition.y).predict(X_test) - y_test)
    for way in WAYS:
        folds = folds_of(way, competition, train)
        parts = [
            fitted(X[a], competition.y[a]).predict(X[b]) - competition.y[b]
            for a, b in folds
        ]
        missed = folds.collect([part[:, None] for part in parts])[:, 0]
        order = getattr(competition.drawing, "order", None)
        pieces = in_pieces(folds, order)
        score, scores = rmse(missed), [rmse(missed[rows]) for _, rows in pieces]
        low, high = score_to_expect(score, scores, pieces, len(y_test)) or (0.0, 0.0)
        is_alarm = bool(alarms(likeness_of(competition, folds)))
        found = low <= error <= high, score / error, (high - low) / score, is_alarm
        yield way, found


def rmse(errors: Array) -> float:
    """Return the root of the mean square."""
    return float(np.sqrt(np.nanmean(errors**2)))


def folds_of(way: str, competition: Competition, train: pd.DataFrame) -> Folds:
    """Return folds in one of the ways; by hand, those of the columns user and when."""
    rows = np.zeros((len(train), 1))
    if way == "GroupKFold":
        return Folds.from_splitter(GroupKFold(5), rows, groups=train["user"])
    if way == "TimeSeriesSplit":
        order = np.argsort(train["when"].to_numpy(), kind="stable")
        pairs = TimeSeriesSplit(5).split(rows)
        return Folds(tuple((order[a], order[b]) for a, b in pairs), len(train))
    return make_folds(competition, FoldSpec("auto" if way == WAYS[0] else "random"))


def fitted(X: Array, y: Array) -> LGBMRegressor:
    """Return a small model of some rows."""
    model = LGBMRegressor(
        n_estimators=60, num_leaves=8, min_child_samples=10, n_jobs=1, verbose=-1
    )
    return model.fit(X, y)


def numbers_of(competition: Competition) -> tuple[Array, Array]:
    """Return the features of training and test rows as numbers."""
    both = pd.concat([competition.X, competition.X_test], ignore_index=True)
    parts = []
    for name, column in both.items():
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            parts.append(DateParts().fit_transform(both[[name]]))
        elif column.dtype == "category":
            parts.append(column.cat.codes.to_numpy(float)[:, None])
        else:
            parts.append(pd.to_numeric(column, errors="coerce").to_numpy()[:, None])
    table = np.hstack(parts)
    return table[: len(competition.X)], table[len(competition.X) :]


def show_rentals(scratch: Path, n_made: int) -> None:
    """Print the errors of whole runs on rentals by the hour."""
    from ensemble_kit.metrics import METRICS
    from ensemble_kit.reporting.submitting import run

    tell("\nrentals by the hour, rmsle  folds   out of fold   test   apart")
    apart: dict[str, list[tuple[float, float]]] = {"auto": [], "random": []}
    for seed in range(n_made):
        train, test = hourly_rentals(seed=seed)
        settings = 'metric = "rmsle"\nid = "datetime"\n'
        folder = write_folder(
            scratch / f"rentals{seed}", train, test, "count", settings
        )
        for folds, rows in apart.items():
            finished = run(
                folder,
                parse_pipeline(tomllib.loads(TINY), "tiny"),
                folds=folds,
                jobs=1,
                keep_models=False,
            )
            told = pd.read_csv(finished.folder / "submission.csv")["count"]
            error = METRICS["rmsle"](test["count"].to_numpy(float), told.to_numpy())
            score = finished.leaderboard.loc[finished.chosen, "score"]
            rows.append((float(score), float(error)))
            _show_rental(f"seed {seed}", folds, *rows[-1])
    for folds, rows in apart.items():
        if rows:
            _show_rental("mean", folds, *np.mean(rows, axis=0))


def _show_rental(what: str, folds: str, score: float, error: float) -> None:
    off = abs(score / error - 1)
    tell(f"{what:27s} {folds:8s} {score:9.3f} {error:8.3f} {off:7.0%}")


def show_growth(scratch: Path) -> None:
    """Print errors of runs whose test comes later than train, and is larger."""
    from ensemble_kit.reporting.submitting import run

    tell("\ngrowth a day, rmse  test rows by  member               out of fold   test")
    for per_day in (0.0, 0.01, 0.03):
        train, test = growing(per_day)
        folder = write_folder(
            scratch / f"growing{per_day}", train, test, "y", 'metric = "rmse"\n'
        )
        for way in ("mean", "auto"):
            tables = tomllib.loads(GROWING)
            tables["submit"]["test"] = way
            finished = run(
                folder, parse_pipeline(tables, "growing"), jobs=1, keep_models=False
            )
            told = pd.read_csv(finished.folder / "test_predictions.csv")
            for name, row in finished.leaderboard.iterrows():
                error = rmse(told[name].to_numpy() - test["y"].to_numpy())
                what = f"{per_day:<20g}{'folds' if way == 'mean' else 'one fit':14s}"
                tell(f"{what}{name:20s} {row['score']:11.3f} {error:6.3f}")


if __name__ == "__main__":
    main()
