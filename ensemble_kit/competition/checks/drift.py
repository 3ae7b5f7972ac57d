"""How far test differs from train: by one small model, and column by column."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.competition import Competition
from ensemble_kit.splitting.adversarial import auc_error, tell_apart

MIN_ROWS = 100
MIN_AUC = 0.6
N_NAMED = 3


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
        """Return the 95 % interval of the AUC."""
        reach = 1.96 * auc_error(self.auc, self.n_train, self.n_test)
        return max(0.0, self.auc - reach), min(1.0, self.auc + reach)


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
    if min(len(competition.X), len(competition.X_test)) < MIN_ROWS:
        return None
    apart = tell_apart(*rows_as_numbers(competition))
    names = [competition.X.columns[k] for k in np.argsort(-apart.gains)[:N_NAMED]]
    return Drift(apart.auc, names, apart.n_train, apart.n_other)


def rows_as_numbers(
    competition: Competition,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return training and test rows as numbers: codes of levels, lengths of texts."""
    return _numbers(competition.X), _numbers(competition.X_test)


def _numbers(frame: pd.DataFrame) -> NDArray[np.float64]:
    if not len(frame.columns):
        return np.empty((len(frame), 0))
    # Column by column: turned round, a million rows take a second.
    return np.stack([_column(frame[name]) for name in frame]).T


def _column(column: pd.Series) -> NDArray[np.float64]:
    if isinstance(column.dtype, pd.CategoricalDtype):
        return column.cat.codes.to_numpy(float)
    if pd.api.types.is_string_dtype(column.dtype):
        return column.fillna("").str.len().to_numpy(float)
    return column.to_numpy(dtype="float64", na_value=np.nan)
