"""Probes: how many rounds, or how much penalty, on an inner split.

Each probe takes ``(estimator, X_fit, y_fit, X_valid, y_valid, sample_weight_fit,
deadline, sample_weight_valid)`` and returns the parameters that every fold, seed and
refit then shares. ``deadline`` is an instant of ``time.monotonic()``: after it the best
found so far is returned. Log loss decides for classes, squared error for numbers
(absolute error where the estimator itself minimises that); where the valid rows have
weights, they count by them, and the last argument is not passed where there are none.
Rounds are scaled up by the rows that the probe held out and the folds will have.
"""

import time
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, clone

from ensemble_kit.arrays import Array, MatrixLike
from ensemble_kit.models.probes.noting import note
from ensemble_kit.models.probes.valid_losses import valid_loss

CHUNK = 25
LEAST_GAIN = 1e-3
MAX_ROUNDS = 5_000
MAX_CATBOOST_ROUNDS = 2_000
LEAST_ROUNDS = 10
# Rounds times learning rate at which boosting is usually done, roughly.
USUAL_STEPS = 15.0
HIGHEST_RATE = 0.3


@dataclass
class RoundsWatch:
    """Watch a validation loss round by round and say when to stop.

    Patience is 100 rounds up to 10,000 training rows and falls with more of them,
    to 20; it grows with the rounds, as slow learners improve in small steps. What is
    waited for is a gain of ``LEAST_GAIN`` of the loss: smaller ones cost more time
    than they are worth.
    """

    n_rows: int
    deadline: float | None = None
    best_round: int = 0
    best_loss: float = float("inf")
    gain_round: int = 0
    gain_loss: float = float("inf")
    is_cut: bool = False

    def stop(self, round_number: int, loss: float) -> bool:
        """Take in the loss after ``round_number`` rounds; return whether to stop."""
        if loss < self.best_loss:
            self.best_round, self.best_loss = round_number, loss
        if loss < self.gain_loss * (1 - LEAST_GAIN):
            self.gain_round, self.gain_loss = round_number, loss
        late = self.deadline is not None and time.monotonic() > self.deadline
        self.is_cut = late and self.best_round == round_number
        return late or round_number - self.gain_round >= self.patience()

    def patience(self) -> int:
        """Return how many rounds without a better one are waited for."""
        by_rows = 100 * min(1.0, 10_000 / max(self.n_rows, 1))
        return int(max(by_rows, 20, 0.3 * self.gain_round + 20))

    def rounds(self, n_valid: int) -> int:
        """Return the rounds for a training part that includes the valid rows."""
        grown = self.best_round * (self.n_rows + n_valid) / self.n_rows
        return int(min(max(round(grown), LEAST_ROUNDS), MAX_ROUNDS))

    def settings(
        self, name: str, estimator: BaseEstimator, n_valid: int
    ) -> dict[str, Any]:
        """Return the rounds, and larger steps where time cut them short.

        Few small steps are the worst of both: a run in a hurry takes fewer, longer
        ones over the same way.
        """
        rounds = self.rounds(n_valid)
        rate = estimator.learning_rate
        if not self.is_cut:
            return {name: rounds}
        hurried = min(HIGHEST_RATE, USUAL_STEPS / rounds)
        return {name: rounds, "learning_rate": max(rate, round(hurried, 4))}


def rounds(
    name: str,
    most: int,
    estimator: Any,
    X_fit: Any,
    y_fit: Any,
    X_valid: Any,
    y_valid: Any,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return the rounds of a boosting library's estimator.

    Parameters
    ----------
    name : str
        The parameter that holds them.
    most : int
        The largest number looked at.
    """
    watch = RoundsWatch(len(y_fit), deadline)
    model = clone(estimator).set_params(**{name: most})
    valid = X_valid, y_valid, sample_weight_valid

    def look(number: int, loss: float) -> bool:
        note(name, number, loss)
        return watch.stop(number, loss)

    model.fit_watched(X_fit, y_fit, sample_weight_fit, valid, look)
    return watch.settings(name, estimator, len(y_valid))


lightgbm_rounds = partial(rounds, "n_estimators", MAX_ROUNDS)
xgboost_rounds = partial(rounds, "n_estimators", MAX_ROUNDS)
catboost_rounds = partial(rounds, "iterations", MAX_CATBOOST_ROUNDS)


def histogram_rounds(
    estimator: BaseEstimator,
    X_fit: MatrixLike,
    y_fit: Array,
    X_valid: MatrixLike,
    y_valid: Array,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return the rounds for scikit-learn's histogram boosting.

    The library has no callbacks, so rounds are added 25 at a time.
    """
    watch = RoundsWatch(len(y_fit), deadline)
    model = clone(estimator).set_params(warm_start=True, early_stopping=False)
    for rounds in range(CHUNK, MAX_ROUNDS + 1, CHUNK):
        model.set_params(max_iter=rounds).fit(X_fit, y_fit, sample_weight_fit)
        loss = valid_loss(model, X_valid, np.asarray(y_valid), sample_weight_valid)
        note("max_iter", rounds, loss)
        if watch.stop(rounds, loss):
            break
    return watch.settings("max_iter", estimator, len(y_valid))
