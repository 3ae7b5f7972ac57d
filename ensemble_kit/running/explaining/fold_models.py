"""The models of a run that have not seen a row, and what they predict of it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from ensemble_kit.arrays import Array
from ensemble_kit.exceptions import RunError
from ensemble_kit.features.feature_set import as_fitted
from ensemble_kit.running.finished.fitted_ensemble import FittedEnsemble
from ensemble_kit.running.finished.predicting import Predictor
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.workspace import ALL_ROWS

NOT_KEPT = (
    "the run holds no models of single folds, as an older version made it: its test "
    "predictions come from fits on all rows, and these have seen every row that could "
    "be measured on; the same ensemble-kit submit, in this version, keeps the models "
    "of every fold"
)


@dataclass(frozen=True)
class FoldModels:
    """The models of each fold behind a run's submission.

    Parameters
    ----------
    predictor : Predictor
    """

    predictor: Predictor

    def predict_all(self, X: pd.DataFrame, fold: int) -> dict[str, Array]:
        """Return what each member predicts by its models of a fold.

        Above level 1, where there is no fit of that fold, the fit on all rows stands
        in: it has seen predictions of the rows, by models that have not.

        Raises
        ------
        RunError
            When the models of single folds were not kept, or some were fitted
            elsewhere.
        """
        if foreign := self.predictor.foreign:
            raise RunError(
                f"{', '.join(foreign)}: fitted elsewhere, so that nobody knows what is "
                "predicted of a shuffled column; explain a run that submits others"
            )
        return predict_by_fold(self.predictor.ensemble, X, fold)

    def predict(self, X: pd.DataFrame, fold: int) -> Array:
        """Return what the submitted member predicts, in the scale it is fitted in."""
        return self.predict_all(X, fold)[self.predictor.facts["chosen"]]


def predict_by_fold(
    whole: FittedEnsemble, X: pd.DataFrame, fold: int
) -> dict[str, Array]:
    """Return what each member predicts by its models of a fold; see `FoldModels`."""
    members = [_of_fold(member, fold) for member in whole.members]
    fitted = _AsFitted(whole.fitted)
    ensemble = FittedEnsemble(members, fitted, whole.kind, whole.n_outputs)
    with threadpool_limits(limits=1):
        return ensemble.predict(X)


def folds_of(folds: Folds) -> Array:
    """Return the first fold that validates each row, from 0; -1 where none does."""
    fold_of = np.full(folds.n_rows, -1)
    for number, (_, valid) in reversed(list(enumerate(folds))):
        fold_of[valid] = number
    return fold_of


class _AsFitted(Mapping[str, Any]):
    """What was fitted, as it was before it came to know the last training rows.

    Test rows are predicted from there; the rows of a fold are to be predicted from
    what its training part knows.
    """

    def __init__(self, fitted: Mapping[str, Any]):
        self._fitted = fitted

    def __getitem__(self, key: str) -> Any:
        fitted = self._fitted[key]
        if isinstance(fitted, tuple):
            return tuple(as_fitted(part) for part in fitted)
        return as_fitted(fitted)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fitted)

    def __len__(self) -> int:
        return len(self._fitted)


def folds_of_rows(oof: pd.DataFrame) -> Array:
    """Return the first fold that validates each row, from 0; -1 where none does.

    Parameters
    ----------
    oof : DataFrame
        The table of oof.csv.
    """
    cells = oof.iloc[:, 1].astype(object).fillna("").astype(str)
    first = cells.str.split().str[0].fillna("0")
    return first.astype(float).astype(np.int64).to_numpy() - 1


def fits_of_fold(member: Mapping[str, Any], fold: int) -> list[Mapping[str, Any]]:
    """Return the fits of a planned member on one fold, one for each seed."""
    fits = (*member["fits"], *member.get("fold_fits", ()))
    return [fit for fit in fits if fit["fold"] == fold]


def _of_fold(member: Mapping[str, Any], fold: int) -> dict[str, Any]:
    fits = fits_of_fold(member, fold)
    if not fits and member["level"] > 1:
        fits = [fit for fit in member["fits"] if fit["fold"] == ALL_ROWS]
    if not fits:
        raise RunError(NOT_KEPT)
    return {**member, "fits": fits}
