"""What shuffling a column loses, measured on rows that no model has seen."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.running.explaining.permuting import measure_importance
from ensemble_kit.running.explaining.sample import Sample

NAMES = ("signal", "weak", "noise")


def made(seed, n_rows=200, twin=False):
    """Return a sample, and what predicts it: least squares on the other folds."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n_rows, 3)), columns=NAMES)
    if twin:
        X["twin"] = X["signal"]
    y = 2 * X["signal"] + 0.5 * X["weak"] + rng.normal(size=n_rows)
    folds = rng.permutation(n_rows) % 4
    sample = Sample(X, y.to_numpy(), folds, np.arange(n_rows))
    weights = {
        fold: np.linalg.pinv(X[folds != fold]) @ y[folds != fold] for fold in range(4)
    }
    return sample, lambda frame, fold: (frame.to_numpy() @ weights[fold])[:, None]


def score(y, predictions, rows=None):
    return -float(np.sqrt(np.mean((y - predictions[:, 0]) ** 2)))


def losses(seed, sets, **more):
    sample, predict = made(seed, **more)
    _, found = measure_importance(sample, predict, score, sets, repeats=3, seed=seed)
    return {one.columns: one.loss for one in found}


@pytest.mark.slow
def test_a_column_of_noise_has_zero_inside_in_95_of_100_tables():
    held = sure = 0
    for seed in range(100):
        found = losses(seed, [(name,) for name in NAMES])
        low, high = found["noise",].interval
        held += low <= 0 <= high
        sure += found["signal",].interval[0] > 0
    assert held >= 92 and sure == 100


def test_columns_that_stand_for_each_other_lose_more_together():
    found = losses(0, [("signal",), ("twin",), ("signal", "twin")], twin=True)
    alone = found["signal",].value + found["twin",].value
    assert found["signal", "twin"].value > 1.2 * alone > 0


def test_the_score_of_the_rows_as_they_are_is_that_of_the_models():
    sample, predict = made(1)
    base, _ = measure_importance(sample, predict, score, [("weak",)], repeats=1)
    oof = np.empty((200, 1))
    for fold in range(4):
        rows = sample.folds == fold
        oof[rows] = predict(sample.X[rows], fold)
    assert base.value == pytest.approx(score(sample.y, oof), abs=1e-12)


def test_few_rows_have_a_loss_without_an_interval():
    sample, predict = made(2, n_rows=12)
    _, (one,) = measure_importance(sample, predict, score, [("weak",)], repeats=1)
    assert one.loss.interval is None
