"""Weights of few windows in time: late ones count most, losers of all count nothing."""

import numpy as np
import pytest
from sklearn.base import clone

from ensemble_kit.blending import ConvexBlend
from ensemble_kit.blending.guard import compare_blends
from ensemble_kit.blending.windows import FAR, POWER, contenders, weighted_by_window
from ensemble_kit.oof.tensors import prepared_rows

N_WINDOWS, EACH = 5, 12
KNOWN = np.repeat(60.0 + EACH * np.arange(N_WINDOWS), EACH)


@pytest.fixture
def y():
    return np.random.default_rng(0).normal(size=len(KNOWN))


def missed(y, by_window, seed):
    """Return predictions that miss by so much in each window."""
    noise = np.random.default_rng(seed).normal(size=(N_WINDOWS, EACH))
    noise /= np.sqrt((noise**2).mean(axis=1, keepdims=True))
    return y + (np.asarray(by_window)[:, None] * noise).ravel()


def test_a_row_counts_by_what_its_models_knew_to_the_power_of_six(y):
    rows = weighted_by_window(prepared_rows([y, y + 1], y), KNOWN)
    assert rows.weight.sum() == pytest.approx(1)
    ratio = rows.weight[0] / rows.weight[-1]
    assert ratio == pytest.approx((KNOWN[0] / KNOWN[-1]) ** POWER) and POWER == 6


def test_a_member_that_learns_late_is_weighed_by_how_it_does_late(y):
    late = missed(y, [3, 1, 1, 1, 1], seed=1)  # as of seasons that the first lacks
    steady = missed(y, [1.4] * N_WINDOWS, seed=2)
    plain = ConvexBlend().fit([late, steady], y)
    told = ConvexBlend(windows=True).fit([late, steady], y, known=KNOWN)
    assert plain.weights_[0] < 0.5 < 0.6 < told.weights_[0]


def test_who_is_beaten_by_far_in_every_window_gets_no_weight(y):
    best, far = missed(y, [1.0] * 5, seed=1), 2 * y + 30  # one that misses the trend
    once = missed(y, [3, 3, 1, 3, 3], seed=3)
    told = ConvexBlend(windows=True, prior=5.0)
    told.fit([best, far, once], y, known=KNOWN)
    assert told.weights_[1] == 0 < told.weights_[2]
    assert told.weights_.sum() == pytest.approx(1)
    assert told.predict([best, far, once]) == pytest.approx(
        np.stack([best, far, once], axis=1) @ told.weights_
    )


def test_by_far_is_twice_the_squared_error_of_the_best(y):
    near, far = (missed(y, [np.sqrt(FAR * t)] * 5, seed=2) for t in (0.98, 1.02))
    rows = prepared_rows([missed(y, [1.0] * 5, seed=1), near, far], y)
    assert contenders(rows, KNOWN).tolist() == [True, True, False]


def test_one_window_leaves_nobody_out(y):
    rows = prepared_rows([y + 1, y + 9], y)
    assert contenders(rows, np.full(len(y), 60.0)).all()


def test_classes_go_by_windows_too():
    y = np.resize([0, 1, 1], len(KNOWN))
    sure, wrong = (np.eye(2)[part] * 0.8 + 0.1 for part in (y, 1 - y))
    told = ConvexBlend(windows=True).fit([sure, wrong], y, known=KNOWN)
    assert told.weights_.tolist() == [1, 0]


def test_a_blend_that_is_not_to_go_by_windows_does_not_read_them(y):
    members = [missed(y, [3, 1, 1, 1, 1], seed=1), missed(y, [1.4] * 5, seed=2)]
    plain = ConvexBlend().fit(members, y)
    told = clone(plain).fit(members, y, known=KNOWN)
    assert told.weights_.tolist() == plain.weights_.tolist()


def test_the_guard_tells_blends_what_models_knew(y):
    members = [missed(y, [3, 1, 1, 1, 1], seed=1), missed(y, [1.4] * 5, seed=2)]
    starts = range(2 * EACH, len(y), EACH)
    folds = [(np.arange(k), np.arange(k, k + EACH)) for k in starts]
    candidates = {"plain": ConvexBlend(), "told": ConvexBlend(windows=True)}
    table = compare_blends(members, y, "rmse", folds, candidates, known=KNOWN)
    assert table.loc["told", "score"] < table.loc["plain", "score"] - 1e-3
