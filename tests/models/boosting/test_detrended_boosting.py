"""Boosted trees for what a trend leaves over."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from ensemble_kit.models.boosting.detrended_boosting import DetrendedLightGBM
from ensemble_kit.models.boosting.lightgbm_boosting import LightGBMRegressor

RNG = np.random.default_rng(0)
TREND = np.arange(300.0)
X = np.column_stack([TREND, RNG.normal(size=300)])
Y = TREND + np.sign(X[:, 1])
LATER = np.array([[900.0, 2.0], [900.0, -2.0]])


def test_it_follows_the_trend_where_plain_trees_stay_behind():
    plain, detrended = (
        kind(n_estimators=100, random_state=0).fit(X, Y).predict(LATER)
        for kind in (LightGBMRegressor, DetrendedLightGBM)
    )
    assert plain.max() < 310
    assert detrended == pytest.approx([901, 899], abs=0.4)


@pytest.mark.parametrize("kind", [pd.DataFrame, sparse.csr_matrix])
def test_frames_and_sparse_tables_are_read_alike(kind):
    model = DetrendedLightGBM(n_estimators=20, random_state=0)
    dense = model.fit(X, Y).predict(LATER)
    assert model.fit(kind(X), Y).predict(kind(LATER)) == pytest.approx(dense, abs=1e-6)


def test_the_probe_looks_at_what_the_trend_leaves_of_valid_rows():
    found = []
    model = DetrendedLightGBM(n_estimators=40, learning_rate=0.2, random_state=0)
    valid = (LATER, np.array([901.0, 899.0]), None)
    model.fit_watched(X, Y, None, valid, lambda at, loss: found.append(loss) or False)
    assert found[-1] < 0.1 < found[0] < 2
