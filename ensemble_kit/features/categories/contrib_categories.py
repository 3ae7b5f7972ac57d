"""Target encoders of the category_encoders package, cross-fitted."""

import warnings
from collections.abc import Sequence
from typing import ClassVar

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from ensemble_kit.exceptions import require
from ensemble_kit.features.categories.target_tables import TargetTablesMixin
from ensemble_kit.parameter_limits import SEVERAL, Limits, one_of

ENCODERS = {
    "catboost": "CatBoostEncoder",
    "james_stein": "JamesSteinEncoder",
    "leave_one_out": "LeaveOneOutEncoder",
    "m_estimate": "MEstimateEncoder",
}


class ContribCategories(TargetTablesMixin, BaseEstimator):
    """Encode categories with one of category_encoders' target encoders.

    The encoder is fitted once for each class (two classes: once; a float target:
    once) and read out into tables, so nothing of the package is kept.
    ``fit_transform`` is cross-fitted, whatever the encoder does by itself.

    Parameters
    ----------
    encoder : {"catboost", "james_stein", "leave_one_out", "m_estimate"}
    n_splits : int, default 5
        Folds of the cross-fitting.
    random_state : int, optional
        Seed of those folds.

    Raises
    ------
    MissingDependencyError
        From ``fit``, without the extra ``contrib``.
    """

    _parameter_constraints: ClassVar[Limits] = {
        "encoder": [one_of(ENCODERS)],
        "n_splits": [SEVERAL],
    }

    uses_weights = False

    def __init__(
        self,
        encoder: str = "james_stein",
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.encoder = encoder
        self.n_splits = n_splits
        self.random_state = random_state

    def _check(self) -> None:
        if self.encoder not in ENCODERS:
            raise ValueError(f"encoder: one of {sorted(ENCODERS)}, not {self.encoder}")

    def _said(self) -> str:
        return self.encoder

    def _tables(
        self,
        codes: np.ndarray,
        sizes: Sequence[int],
        targets: np.ndarray,
        weights: np.ndarray,
    ) -> list[np.ndarray]:
        """Return what the encoder says about each level, missing and unseen."""
        prior = targets.mean(axis=0) if len(targets) else np.zeros(targets.shape[1])
        tables = [np.tile(prior, (size + 2, 1)) for size in sizes]
        # The package divides by the target's variance: a constant has none.
        learnable = np.flatnonzero((targets != prior).any(axis=0))
        for j, k in ((j, k) for j in range(len(sizes)) for k in learnable):
            tables[j][:, k] = self._read_out(codes[:, j], sizes[j], targets[:, k])
        return tables

    def _read_out(
        self, codes: np.ndarray, n_levels: int, target: np.ndarray
    ) -> np.ndarray:
        package = require("category_encoders", "contrib")
        encoder = getattr(package, ENCODERS[self.encoder])(cols=["codes"])
        levels = pd.DataFrame({"codes": [*range(n_levels + 1), -1]})
        with warnings.catch_warnings():
            # The package still sets an option that pandas 3 has retired.
            warnings.filterwarnings("ignore", message=".*no_silent_downcasting")
            encoder.fit(pd.DataFrame({"codes": codes}), pd.Series(target))
            return encoder.transform(levels)["codes"].to_numpy(np.float64)
