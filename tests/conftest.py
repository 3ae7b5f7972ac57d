"""Small competitions and sources that several tests stand on."""

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold, StratifiedKFold

from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.workspace import Source

WORDS = ("red", "green", "blue", "round", "square", "heavy", "light", "old", "new")


def make_table(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Return numbers with gaps, a category and a text."""
    rng = np.random.default_rng(seed)
    number = rng.normal(size=n_rows)
    texts = [" ".join(rng.choice(WORDS, 4)) for _ in range(n_rows)]
    return pd.DataFrame(
        {
            "number": number,
            "gappy": np.where(rng.random(n_rows) < 0.2, np.nan, rng.random(n_rows)),
            "colour": pd.Categorical(rng.choice(list("abc"), n_rows)),
            "note": pd.Series(texts, dtype="str"),
        }
    )


def make_target(table: pd.DataFrame, kind: str, seed: int = 0) -> np.ndarray:
    """Return a target that the table explains in part."""
    rng = np.random.default_rng(seed)
    signal = table["number"] + (table["colour"] == "a") + table["note"].str.count("red")
    noisy = signal.to_numpy(dtype=float) + rng.normal(scale=0.5, size=len(table))
    if kind == "regression":
        return noisy
    n_classes = 2 if kind == "binary" else 3
    cuts = np.quantile(noisy, np.arange(1, n_classes) / n_classes)
    return np.searchsorted(cuts, noisy)


def make_source(
    kind: str = "binary", n_rows: int = 150, seed: int = 0, n_splits: int = 3
) -> Source:
    """Return a source with a third as many test rows."""
    table = make_table(n_rows + n_rows // 3, seed)
    X, X_test = table[:n_rows], table[n_rows:].reset_index(drop=True)
    y = make_target(X, kind, seed)
    splitter = KFold if kind == "regression" else StratifiedKFold
    folds = Folds.from_splitter(splitter(n_splits, shuffle=True, random_state=0), X, y)
    n_outputs = {"binary": 2, "multiclass": 3, "regression": 1}[kind]
    fingerprint = f"{kind}-{n_rows}-{seed}"
    return Source(X, X_test, y, folds, kind, n_outputs, fingerprint)


@pytest.fixture
def source() -> Source:
    """Return a small binary source."""
    return make_source()


@pytest.fixture
def competition_folder(tmp_path):
    """Return a function that writes a small competition and returns its folder."""

    def write(kind: str = "binary", n_rows: int = 120, name: str = "small", seed=0):
        folder = tmp_path / name
        folder.mkdir()
        table = make_table(n_rows + 40, seed)
        table.insert(0, "id", [f"{number:05d}" for number in range(len(table))])
        target = make_target(table, kind, seed)
        train = table[:n_rows].assign(target=target[:n_rows])
        train.to_csv(folder / "train.csv", index=False)
        table[n_rows:].to_csv(folder / "test.csv", index=False)
        sample = table[["id"]][n_rows:].assign(target=0.5)
        sample.to_csv(folder / "sample_submission.csv", index=False)
        return folder

    return write
