"""How far test differs from train: by one small model, and column by column."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.competition import Competition

MAX_ROWS = 5000
MIN_ROWS = 100
MIN_AUC = 0.6
N_NAMED = 3
PARAMETERS: dict[str, Any] = {
    "n_estimators": 50,
    "num_leaves": 15,
    "learning_rate": 0.1,
    "min_child_samples": 20,
    "n_jobs": 1,
    "verbose": -1,
    "random_state": 0,
    "deterministic": True,
    "force_row_wise": True,
}


@dataclass(frozen=True)
class Drift:
    """How well a small model tells test rows from training rows.

    Parameters
    ----------
    auc : float
        Out of fold; 0.5 is not at all.
    names : sequence of str
        The columns that tell most.
    n_train, n_test : int
        Rows it was measured on.
    """

    auc: float
    names: Sequence[str]
    n_train: int
    n_test: int

    @property
    def interval(self) -> tuple[float, float]:
        """Return the 95 % interval of the AUC (Hanley and McNeil 1982)."""
        auc, n_train, n_test = self.auc, self.n_train, self.n_test
        squared = (
            auc * (1 - auc)
            + (n_train - 1) * (auc / (2 - auc) - auc**2)
            + (n_test - 1) * (2 * auc**2 / (1 + auc) - auc**2)
        )
        reach = 1.96 * float(np.sqrt(max(squared, 0.0) / (n_train * n_test)))
        return max(0.0, auc - reach), min(1.0, auc + reach)


def find_drift(drift: Drift | None) -> list[Finding]:
    """Return a warning when a small model tells test rows from training rows."""
    if drift is None or drift.auc < MIN_AUC:
        return []
    message = (
        f"a small model tells test from train with AUC {drift.auc:.2f}, mostly by "
        f"{', '.join(drift.names)}; scores on train may not hold there"
    )
    return [Finding("warning", "train and test", message)]


def measure_drift(competition: Competition) -> Drift | None:
    """Return how well test is told from train; None where rows are too few.

    Two-fold out-of-fold AUC of a small LightGBM on at most 5,000 rows of each; texts
    count by their length alone.
    """
    from lightgbm import LGBMClassifier
    from sklearn.metrics import roc_auc_score

    if min(len(competition.X), len(competition.X_test)) < MIN_ROWS:
        return None
    X, is_test = _joined(competition)
    rng = np.random.default_rng(0)
    fold = rng.permutation(len(X)) % 2
    oof, gains = np.zeros(len(X)), np.zeros(X.shape[1])
    for number in (0, 1):
        model = LGBMClassifier(importance_type="gain", **PARAMETERS)
        model.fit(X[fold != number], is_test[fold != number])
        oof[fold == number] = np.asarray(model.predict_proba(X[fold == number]))[:, 1]
        gains += model.feature_importances_
    names = [competition.X.columns[k] for k in np.argsort(-gains)[:N_NAMED]]
    auc, n_test = float(roc_auc_score(is_test, oof)), int(is_test.sum())
    return Drift(auc, names, len(X) - n_test, n_test)


def _joined(competition: Competition) -> tuple[NDArray[np.float64], NDArray[Any]]:
    """Return rows of train and test as numbers, and which are test's."""
    rng = np.random.default_rng(1)
    parts = []
    for frame in (competition.X, competition.X_test):
        rows = np.sort(rng.permutation(len(frame))[:MAX_ROWS])
        columns = [_as_numbers(frame[name].iloc[rows]) for name in frame]
        parts.append(np.column_stack(columns))
    is_test = np.repeat([0, 1], [len(part) for part in parts])
    return np.vstack(parts), is_test


def _as_numbers(column: pd.Series) -> NDArray[np.float64]:
    """Return a column as numbers: codes of categories, lengths of texts."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(float)
    if pd.api.types.is_string_dtype(column.dtype):
        return column.fillna("").str.len().to_numpy(float)
    return column.to_numpy(dtype="float64", na_value=np.nan)
