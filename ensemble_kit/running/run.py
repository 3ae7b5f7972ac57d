"""What a run leaves: predictions, scores and how they came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.spans import Span
from ensemble_kit.splitting.folds import Folds

Point: TypeAlias = tuple[float, float, str]  # seconds, score, and whose it is


@dataclass(frozen=True)
class MemberResult:
    """One member's scores and costs.

    Parameters
    ----------
    name, model, features : str
    level : int
    score : float
        Of all out-of-fold predictions together; where labels are decided, the
        decision of each fold is fitted on the others.
    fold_scores : tuple of float
    seconds : float
        Fitting and predicting, over all folds and seeds; stored work included.
    peak_megabytes : float
    probed : dict
        What the probe found: rounds or epochs.
    curves : tuple of dict
        What the probe saw on each of its inner splits: by parameter, points of a value
        and its validation loss.
    labels : ndarray of shape (n_rows,), optional
        Where labels are scored: the class numbers decided for rows by the others.
    """

    name: str
    model: str
    features: str
    level: int
    score: float
    fold_scores: tuple[float, ...]
    seconds: float
    peak_megabytes: float = 0.0
    probed: Mapping[str, Any] = field(default_factory=dict)
    curves: tuple[Mapping[str, Sequence[Sequence[float]]], ...] = ()
    labels: NDArray[np.int64] | None = field(default=None, compare=False, repr=False)

    @property
    def spread(self) -> float:
        """Return the standard deviation of the scores over folds."""
        return float(np.std(self.fold_scores)) if self.fold_scores else 0.0


@dataclass(frozen=True)
class Run:
    """A finished run.

    Parameters
    ----------
    competition : Competition
    pipeline : Pipeline
    folds : Folds
    matrix : OOFMatrix
        Every member of every level that lived.
    results : tuple of MemberResult
        In the order of the matrix.
    failures : dict
        Members left out, with the reason.
    chosen : str
        The member whose predictions are submitted.
    reason : str
        Why that one.
    test : ndarray of shape (n_test_rows, n_outputs)
        Its test predictions: probabilities, or values in the target's own units.
    labels : ndarray of shape (n_test_rows,), optional
        Labels, where the metric or the submission wants them.
    weights : dict
        Weights by blend and member, for the blends that have them.
    notes : tuple of str
        What a reader of the report should know.
    seconds : float
        Wall time of the run.
    n_fitted, n_stored : int
        Fits done in this run, and fits found in the store.
    peak_megabytes : float
        The most that the run's processes were seen to hold at once.
    megabytes : float, optional
        What they were allowed to.
    plan : tuple of dict
        How the chosen member's predictions follow from fitted objects, by their
        keys; see `ensemble_kit.running.finished.fitted_ensemble.plan_members`.
    guard : tuple of dict
        The stack guard's table, the simplest combination first; empty where
        nothing was compared.
    validation : dict
        How level 2 was checked; see `ensemble_kit.running.scores.validating`.
    spans : tuple of Span
        When each piece of work was going on; empty where all was stored.
    predicted_seconds : dict
        By member, what its fits were going to take, before any was done.
    curve : tuple of (float, float, str)
        Seconds since the start, the best score by then and the member that has it;
        of a run with a time limit.
    stopped : str
        How far it was when it was interrupted, such as "stopped after 1 of 5 folds";
        empty when it was not.
    """

    competition: Competition
    pipeline: Pipeline
    folds: Folds
    matrix: OOFMatrix
    results: tuple[MemberResult, ...]
    failures: Mapping[str, str]
    chosen: str
    reason: str
    test: NDArray[np.float64]
    labels: NDArray[Any] | None
    weights: Mapping[str, Mapping[str, float]]
    notes: tuple[str, ...]
    seconds: float
    n_fitted: int
    n_stored: int
    peak_megabytes: float = 0.0
    megabytes: float | None = None
    plan: tuple[Mapping[str, Any], ...] = ()
    guard: tuple[Mapping[str, Any], ...] = ()
    validation: Mapping[str, Any] = field(default_factory=dict)
    spans: tuple[Span, ...] = ()
    predicted_seconds: Mapping[str, float] = field(default_factory=dict)
    curve: tuple[Point, ...] = ()
    stopped: str = ""

    def result(self, name: str) -> MemberResult:
        """Return one member's scores and costs."""
        return result_of(self.results, name)


def result_of(results: Sequence[MemberResult], name: str) -> MemberResult:
    """Return one member's scores and costs among those of all."""
    return next(result for result in results if result.name == name)
