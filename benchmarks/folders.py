"""Competition folders as the benchmarks take them."""

import json
from pathlib import Path

import numpy as np

from ensemble_kit.competition import Competition, load_competition

ALIASES = {"logloss": "log_loss"}


def read_folder(folder: Path, n_rows: int | None = None) -> Competition:
    """Return a folder's competition, with at most that many training rows."""
    return cut(load_competition(folder, metric=metric_of(folder)), n_rows)


def metric_of(folder: Path) -> str | None:
    """Return the metric that meta.json names, if there is one."""
    path = folder / "meta.json"
    if not path.is_file():
        return None
    name = json.loads(path.read_text(encoding="utf-8"))["metric"]
    return ALIASES.get(name, name)


def cut(competition: Competition, n_rows: int | None) -> Competition:
    """Return a competition with fewer training rows, drawn with a fixed seed."""
    if n_rows is None or n_rows >= len(competition.X):
        return competition
    rng = np.random.default_rng(0)
    return competition.take(
        np.sort(rng.choice(len(competition.X), n_rows, replace=False))
    )
