"""Ranks from one sort are those of pandas."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.splitting.ranks import average_ranks, dense_ranks

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(size=500).round(1),
        np.where(RNG.random(500) < 0.3, np.nan, RNG.normal(size=500).round(1)),
        np.array([0.0, -0.0, np.inf, -np.inf, np.nan, np.inf]),
        np.full(4, np.nan),
        np.zeros(0),
    ],
)
def test_ranks_are_those_of_pandas_to_the_last_digit(values):
    series = pd.Series(values)
    wanted = series.rank(na_option="top").to_numpy()
    assert np.array_equal(average_ranks(values), wanted)
    dense = series.rank(method="dense").to_numpy()
    assert np.array_equal(dense_ranks(values), dense, equal_nan=True)
