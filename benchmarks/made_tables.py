"""Tables made up for timing."""

import numpy as np
import pandas as pd
from sklearn.model_selection import StratifiedKFold

from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.workspace import Source

WORDS = [f"word{number}" for number in range(3000)]


def make_source(n_rows: int) -> Source:
    """Return a made binary competition."""
    rng = np.random.default_rng(0)
    n = n_rows + n_rows // 4
    frame = pd.DataFrame(
        {f"number{k}": rng.normal(size=n) for k in range(20)}
        | {f"level{k}": pd.Categorical(rng.integers(0, 50, n)) for k in range(5)}
        | {"text": [" ".join(rng.choice(WORDS, 12)) for _ in range(n)]}
    )
    signal = frame["number0"] * frame["number1"] + (frame["level0"].cat.codes < 9)
    y = (signal + rng.normal(size=n) > 0.3).astype(int).to_numpy()[:n_rows]
    X, X_test = frame[:n_rows], frame[n_rows:].reset_index(drop=True)
    splitter = StratifiedKFold(5, shuffle=True, random_state=0)
    folds = Folds.from_splitter(splitter, X, y)
    return Source(X, X_test, y, folds, "binary", 2, f"made-{n_rows}")


def make_numbers(n_rows: int) -> Source:
    """Return rows of 50 numbers with a binary target."""
    rng = np.random.default_rng(0)
    values = rng.normal(size=(n_rows + n_rows // 10, 50))
    frame = pd.DataFrame(values, columns=[f"number{k}" for k in range(50)])
    y = (values[:n_rows, 0] + rng.normal(size=n_rows) > 0).astype(int)
    X, X_test = frame[:n_rows], frame[n_rows:].reset_index(drop=True)
    splitter = StratifiedKFold(3, shuffle=True, random_state=0)
    folds = Folds.from_splitter(splitter, np.zeros(n_rows), y)
    return Source(X, X_test, y, folds, "binary", 2, f"numbers-{n_rows}")
