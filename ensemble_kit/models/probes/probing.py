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
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone

from ensemble_kit.exceptions import require
from ensemble_kit.models.class_labels import check_weights

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

    def settings(self, name: str, estimator: Any, n_valid: int) -> dict[str, Any]:
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


def valid_loss(
    estimator: Any, X: Any, y: NDArray[Any], weight: ArrayLike | None = None
) -> float:
    """Return a fitted estimator's loss on valid rows, as the probes compare it."""
    if hasattr(estimator, "classes_"):
        return log_loss(estimator.predict_proba(X), y, estimator.classes_, weight)
    errors = np.asarray(estimator.predict(X), dtype=np.float64).ravel() - y
    absolute = minimises_absolute_error(estimator)
    losses = np.abs(errors) if absolute else np.square(errors)
    return float(np.average(losses, weights=weight))


def log_loss(
    proba: NDArray[Any],
    y: NDArray[Any],
    classes: NDArray[Any],
    weight: ArrayLike | None = None,
) -> float:
    """Return the mean log loss; classes the model never met cost a fixed price."""
    column = np.minimum(np.searchsorted(classes, y), len(classes) - 1)
    hit = np.where(classes[column] == y, proba[np.arange(len(y)), column], 0.0)
    return float(np.average(-np.log(np.clip(hit, 1e-6, 1.0)), weights=weight))


def minimises_absolute_error(estimator: Any) -> bool:
    """Return whether an estimator's own objective is the absolute error."""
    absolute = {
        "l1",
        "mae",
        "MAE",
        "absolute_error",
        "reg:absoluteerror",
        "epsilon_insensitive",
        "quantile",
    }
    names = ("objective", "loss", "loss_function")
    return any(getattr(estimator, name, None) in absolute for name in names)


def valid_rows(
    model: Any, X: Any, y: Any, weight: ArrayLike | None
) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None]:
    """Return the valid rows as the library takes them, without unknown classes."""
    y = np.asarray(y)
    weight = check_weights(weight, len(y))
    if hasattr(model, "classes_"):
        known = np.isin(y, model.classes_)
        X = X.iloc[known] if hasattr(X, "iloc") else X[known]
        y = np.searchsorted(model.classes_, y[known])
        weight = None if weight is None else weight[known]
    return model._read(X), y - getattr(model, "shift_", 0), weight


def lightgbm_rounds(
    estimator: Any,
    X_fit: Any,
    y_fit: Any,
    X_valid: Any,
    y_valid: Any,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return the rounds for a LightGBM estimator."""
    import lightgbm

    watch = RoundsWatch(len(y_fit), deadline)

    def look(env: Any) -> None:
        if watch.stop(env.iteration + 1, env.evaluation_result_list[0][2]):
            raise lightgbm.callback.EarlyStopException(watch.best_round, [])

    model = clone(estimator)
    X, y = model._read(X_fit, reset=True), model._targets(y_fit)
    model._train(
        X,
        y,
        sample_weight_fit,
        n_estimators=MAX_ROUNDS,
        valid=valid_rows(model, X_valid, y_valid, sample_weight_valid),
        callbacks=[look],
    )
    return watch.settings("n_estimators", estimator, len(y_valid))


def xgboost_rounds(
    estimator: Any,
    X_fit: Any,
    y_fit: Any,
    X_valid: Any,
    y_valid: Any,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return the rounds for an XGBoost estimator."""
    xgboost = require("xgboost", extra="boosting")
    watch = RoundsWatch(len(y_fit), deadline)

    class Look(xgboost.callback.TrainingCallback):
        def after_iteration(self, _model: Any, epoch: int, evals_log: Any) -> bool:
            (losses,) = evals_log["validation_0"].values()
            return watch.stop(epoch + 1, losses[-1])

    model = clone(estimator)
    X, y = model._read(X_fit, reset=True), model._targets(y_fit)
    *valid, weight = valid_rows(model, X_valid, y_valid, sample_weight_valid)
    model._library(n_estimators=MAX_ROUNDS, callbacks=[Look()]).fit(
        X,
        y,
        sample_weight=sample_weight_fit,
        eval_set=[valid],
        sample_weight_eval_set=None if weight is None else [weight],
        verbose=False,
    )
    return watch.settings("n_estimators", estimator, len(y_valid))


def catboost_rounds(
    estimator: Any,
    X_fit: Any,
    y_fit: Any,
    X_valid: Any,
    y_valid: Any,
    sample_weight_fit: ArrayLike | None = None,
    deadline: float | None = None,
    sample_weight_valid: ArrayLike | None = None,
) -> dict[str, Any]:
    """Return the rounds for a CatBoost estimator."""
    watch = RoundsWatch(len(y_fit), deadline)

    class Look:
        def after_iteration(self, info: Any) -> bool:
            losses = next(iter(info.metrics["validation"].values()))
            return not watch.stop(info.iteration, losses[-1])

    model = clone(estimator)
    X, y = model._read(X_fit, reset=True), model._targets(y_fit)
    pool = model._pool(X, y, sample_weight_fit)
    valid = model._pool(*valid_rows(model, X_valid, y_valid, sample_weight_valid))
    library = model._library(iterations=MAX_CATBOOST_ROUNDS, use_best_model=False)
    library.fit(pool, eval_set=valid, callbacks=[Look()])
    return watch.settings("iterations", estimator, len(y_valid))


def histogram_rounds(
    estimator: Any,
    X_fit: Any,
    y_fit: Any,
    X_valid: Any,
    y_valid: Any,
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
        if watch.stop(rounds, loss):
            break
    return watch.settings("max_iter", estimator, len(y_valid))
