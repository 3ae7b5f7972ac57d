"""Forecasters of single series, beside their library alone and on odd series."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.models.series.arima import Arima
from ensemble_kit.models.series.decomposed import decompose
from ensemble_kit.models.series.exponential_smoothing import ExponentialSmoothing
from ensemble_kit.models.series.forecaster import Timed
from ensemble_kit.models.series.seasonal_arima import SeasonalArima
from ensemble_kit.models.series.seasonal_naive import SeasonalNaive

KINDS = (SeasonalNaive, ExponentialSmoothing, Arima, SeasonalArima)
STEPS = np.arange(60)
WALK = np.cumsum(np.random.default_rng(0).normal(size=60))


def table(places, group="a"):
    return pd.DataFrame(
        {"t": np.asarray(places, float), "g": pd.Categorical([group] * len(places))}
    )


def test_smoothing_is_what_its_library_alone_forecasts():
    from statsmodels.tsa.exponential_smoothing.ets import ETSModel

    model = ExponentialSmoothing("t").fit(table(STEPS), WALK)
    form, params, *_ = model.fitted_[0]
    alone = ETSModel(WALK, error="add", **form).fit(disp=False, maxiter=200)
    assert np.allclose(params, alone.params)
    found = model.predict(table([60, 62]))
    assert np.allclose(found, np.asarray(alone.forecast(3))[[0, 2]])


def test_arima_is_what_its_library_alone_forecasts():
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    model = Arima("t").fit(table(STEPS), WALK)
    order, params, *_ = model.fitted_[0]
    trend = "c" if order[1] < 2 else "n"
    alone = SARIMAX(WALK, order=order, trend=trend).filter(params)
    found = model.predict(table([60, 62]))
    assert np.allclose(found, np.asarray(alone.forecast(3))[[0, 2]])


def test_a_season_inside_is_what_its_library_alone_forecasts():
    from statsmodels.tsa.statespace.sarimax import SARIMAX

    y = np.tile([0.0, 9.0, -3.0, 1.0], 15) + WALK
    model = SeasonalArima("t").fit(table(STEPS), y)
    (order, seasonal), params, *_ = model.fitted_[0]
    assert seasonal[1:] in ((1, 1, 4), (1, 0, 4))
    trend = "c" if order[1] + seasonal[1] < 2 else "n"
    alone = SARIMAX(y, order=order, seasonal_order=seasonal, trend=trend)
    found = model.predict(table([60, 62]))
    assert np.allclose(found, np.asarray(alone.filter(params).forecast(3))[[0, 2]])


def test_orders_of_a_season_follow_from_the_training_rows_alone():
    y = np.tile([0.0, 9.0, -3.0, 1.0], 15) + WALK
    model = SeasonalArima("t").fit(table(STEPS[:40]), y[:40])
    other = SeasonalArima("t").fit(table(STEPS[:40]), y[:40])
    other.know(table(STEPS), np.append(y[:40], 100 * WALK[:20]))
    assert other.as_fitted().fitted_[0][0] == model.fitted_[0][0]


def test_a_season_is_taken_off_and_put_on_again():
    season = np.tile([0.0, 9.0, -3.0, 1.0], 15)
    parts = decompose(Timed(0.5 * STEPS + season, 59), [4])
    assert np.allclose(np.diff(parts.rest), 0.5, atol=0.05)
    assert np.allclose(parts.seasonal(4) - parts.seasonal(4)[0], season[:4], atol=0.2)
    assert decompose(Timed(WALK, 59), [4]).cycles == ()
    noise = 0.1 * np.random.default_rng(0).normal(size=60)
    model = Arima("t").fit(table(STEPS), 0.5 * STEPS + season + noise)
    assert model.seasons_ == (4,)
    assert np.allclose(model.predict(table([60, 61])), [30, 39.5], atol=0.5)


@pytest.mark.parametrize("kind", KINDS)
def test_rows_between_training_rows_are_forecast_from_what_was_before_them(kind):
    left_out = np.isin(STEPS, [30, 31, 32])
    model = kind("t").fit(table(STEPS[~left_out]), WALK[~left_out])
    found = model.predict(table([30, 31, 32]))
    changed = np.where(STEPS > 32, 50.0, WALK)[~left_out]
    # What a model learns follows from all training rows, what it looks at does not.
    model.know(table(STEPS[~left_out]), changed)
    assert np.allclose(found, model.predict(table([30, 31, 32])))


@pytest.mark.parametrize("kind", KINDS)
def test_odd_series_are_forecast_sensibly(kind):
    X = pd.concat(
        [
            table([5], "one point"),
            table([0, 1, 1, 5, 9], "gaps and a repeated time"),
            table(STEPS, "constant"),
            table([np.nan, np.nan], "no time"),
        ]
    )
    X["g"] = X["g"].astype("str").astype("category")
    y = np.concatenate([[4.0], [1, 2, 4, 5, 6], np.full(60, 8.0), [7, 7]])
    model = kind("t", ["g"]).fit(X, y)
    asked = ["one point", "gaps and a repeated time", "constant", "no time", "new"]
    rows = pd.DataFrame({"t": 61.0, "g": pd.Categorical(asked)})
    found = model.predict(rows)
    assert found[[0, 2]].tolist() == [4, 8]
    assert 6 - 1e-3 < found[1] < 6 + 5 * 1.5 * 52 / 10 + 1e-9
    assert np.allclose(found[[3, 4]], y.mean())


def test_missing_steps_are_filled_in_by_straight_lines():
    left_out = np.isin(STEPS, [53, 54, 55])
    model = SeasonalNaive("t", season=7).fit(table(STEPS[~left_out]), WALK[~left_out])
    line = np.interp([53, 54, 55], [52, 56], WALK[[52, 56]])
    found = model.predict(table(np.arange(60, 67)))
    assert np.allclose(found, [*line, *WALK[56:60]])


def test_new_ends_of_series_move_forecasts_and_new_series_are_learnt():
    X = pd.concat([table(STEPS[:30], "a"), table(STEPS, "b")])
    X["g"] = X["g"].astype("str").astype("category")
    y = np.concatenate([WALK[:30], WALK + 100])
    asked = pd.DataFrame({"t": 60.0, "g": pd.Categorical(["a", "b"])})
    model = SeasonalNaive("t", ["g"], season=0).fit(X[:30], y[:30])
    assert np.allclose(model.predict(asked)[0], WALK[29])
    model.know(X, y)
    assert np.allclose(model.predict(asked), [WALK[29], WALK[59] + 100])


@pytest.mark.parametrize("kind", [ExponentialSmoothing, Arima, SeasonalArima])
def test_a_trend_goes_on_beyond_what_was_seen(kind):
    noise = 0.1 * np.random.default_rng(0).normal(size=60)
    model = kind("t").fit(table(STEPS), 2.0 * STEPS + noise)
    assert np.allclose(model.predict(table([79])), 158, atol=2)


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(PipelineError, match="Arima: the table has no column 'when'"):
        Arima("when").fit(table(STEPS), WALK)


def test_so_many_series_that_fits_would_take_long_are_refused():
    X = pd.DataFrame({"t": 0.0, "g": pd.Categorical(np.arange(3))})
    with pytest.raises(RunError, match="3 series, and Arima fits each by itself"):
        Arima("t", ["g"], max_series=2).fit(X, np.arange(3.0))
