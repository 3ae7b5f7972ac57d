"""Rounds from probes beside early stopping on the rows that are scored.

    python benchmarks/probing.py FOLDER [FOLDER ...] [--rows 1000] [--draws 8]

LightGBM on five folds of --rows training rows, drawn again --draws times. Once all
folds take the number of rounds that one probe, or five, find inside the first fold's
training part; once every fold stops where the loss on its own validation rows is
lowest, and is scored on those rows. ``optimism`` is how much the loss of the very same
models on rows no one has seen exceeds their out-of-fold loss, in per cent of it, with
its standard error. Seconds are those of finding the rounds and of the fits.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from folders import read_folder

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition import Competition
from ensemble_kit.models.probes.probing import lightgbm_rounds
from ensemble_kit.models.probes.valid_losses import valid_loss
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.spec import FoldSpec
from ensemble_kit.running.preparing.sources import make_folds
from ensemble_kit.splitting.inner_rows import inner_split
from ensemble_kit.store.frames import take_rows
from ensemble_kit.work.execute import middle


def main(arguments: Sequence[str] | None = None) -> None:
    """Print three lines per folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=1000)
    parser.add_argument("--draws", type=int, default=8)
    chosen = parser.parse_args(arguments)
    say(f"{'folder':24}{'rounds':18}{'out of fold':>12}{'unseen':>9}  optimism")
    for folder in chosen.folders:
        competition = read_folder(folder)
        draws = [measure(competition, chosen.rows, n) for n in range(chosen.draws)]
        for way in draws[0]:
            say(line(folder.name, way, [draw[way] for draw in draws]))


def measure(competition: Competition, n_rows: int, seed: int) -> dict[str, Any]:
    """Return (out-of-fold loss, unseen loss, seconds) by way."""
    share = 1 - min(n_rows, len(competition.X) // 2) / len(competition.X)
    rows, y_unseen = competition.hide(share, seed)
    folds = make_folds(rows, FoldSpec(seed=seed))
    parts = [prepare(rows, fold) for fold in folds]
    probes = [one_probe(rows, parts[0], seed + 1000 * n) for n in range(5)]
    rounds = {
        "one probe": agreed(probes[:1]),
        "five probes": agreed(probes),
        "early stopping": None,
    }
    return {way: score(parts, y_unseen, number) for way, number in rounds.items()}


def prepare(competition: Competition, fold: Any) -> tuple[Any, ...]:
    """Return a fold's features and targets, and the features of unseen rows."""
    train, valid = fold
    features = standard_recipes()["native"].build(0)
    y = competition.y
    X_train = features.fit_transform(take_rows(competition.X, train), y[train])
    X_valid = features.transform(take_rows(competition.X, valid))
    return X_train, y[train], X_valid, y[valid], features.transform(competition.X_test)


def one_probe(competition: Competition, part: Any, seed: int) -> tuple[int, float]:
    """Return the rounds of the engine's probe, and its seconds."""
    begin, (X, y, *_) = time.perf_counter(), part
    inner = inner_split(y, competition.task.is_classification, seed=seed)
    split = [value for rows in inner for value in (take_rows(X, rows), y[rows])]
    found = lightgbm_rounds(model(competition.task.kind), *split)
    return found["n_estimators"], time.perf_counter() - begin


def agreed(probes: Sequence[tuple[int, float]]) -> tuple[int, float]:
    """Return the rounds that the engine takes after these probes, and all seconds."""
    rounds = middle([{"rounds": number} for number, _ in probes])["rounds"]
    return rounds, sum(seconds for _, seconds in probes)


def model(kind: str, **params: Any) -> Any:
    """Return the catalog's LightGBM."""
    return MODELS["lightgbm"].build(kind, params, seed=0)


def score(parts: Any, y_unseen: Any, probe: tuple[int, float] | None) -> Any:
    """Return (out-of-fold loss, unseen loss, seconds) over all folds."""
    kind = "regression" if np.asarray(y_unseen).dtype.kind == "f" else "binary"
    seconds = probe[1] if probe else 0.0
    scored, unseen = [], []
    for X, y, X_valid, y_valid, X_unseen in parts:
        begin = time.perf_counter()
        rounds = probe[0] if probe else stopped(kind, X, y, X_valid, y_valid)
        fitted = model(kind, n_estimators=rounds).fit(X, y)
        seconds += time.perf_counter() - begin
        scored.append(valid_loss(fitted, X_valid, y_valid))
        unseen.append(valid_loss(fitted, X_unseen, np.asarray(y_unseen)))
    return np.mean(scored), np.mean(unseen), seconds


def stopped(kind: str, X: Any, y: Any, X_valid: Any, y_valid: Any) -> int:
    """Return the rounds with the lowest loss on the rows that will be scored."""
    found = lightgbm_rounds(model(kind), X, y, X_valid, y_valid)["n_estimators"]
    # The probe allows for the rows it held out; early stopping does not.
    return max(1, round(found * len(y) / (len(y) + len(y_valid))))


def line(name: str, way: str, draws: Sequence[Any]) -> str:
    """Return one line of means over draws."""
    scored, unseen, seconds = np.mean(draws, axis=0)
    optimism = [100 * (later / now - 1) for now, later, _ in draws]
    error = np.std(optimism, ddof=1) / len(draws) ** 0.5 if len(draws) > 1 else 0.0
    return (
        f"{name[:23]:24}{way:18}{scored:12.5g}{unseen:9.5g}  "
        f"{np.mean(optimism):+.1f} ± {error:.1f} %  {seconds:.1f} s"
    )


def say(text: str) -> None:
    """Print a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
