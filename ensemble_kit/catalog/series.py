"""Forecasters of single series."""

from dataclasses import replace

from ensemble_kit.catalog.families import SERIES
from ensemble_kit.catalog.models import add
from ensemble_kit.model_spec import Cost

BY_STATSMODELS = replace(
    SERIES,
    requires=(("statsmodels", "series"),),
    cost=Cost(60.0, worker_megabytes=300.0),
)

add(
    SERIES,
    name="seasonal_naive",
    regressor="ensemble_kit.models.series.seasonal_naive:SeasonalNaive",
    note="what was there a season ago, or last",
)
add(
    BY_STATSMODELS,
    name="ets",
    regressor="ensemble_kit.models.series.exponential_smoothing:ExponentialSmoothing",
    note="exponential smoothing, its form by AICc",
    version=2,
)
add(
    BY_STATSMODELS,
    name="arima",
    regressor="ensemble_kit.models.series.arima:Arima",
    note="ARIMA, its orders by a unit root test and AICc",
    version=2,
)
add(
    BY_STATSMODELS,
    name="sarima",
    regressor="ensemble_kit.models.series.seasonal_arima:SeasonalArima",
    note="ARIMA with a season inside, its orders by tests and AICc",
    cost=Cost(600.0, worker_megabytes=300.0),
    version=2,
)
add(
    SERIES,
    name="recursive",
    regressor="ensemble_kit.models.series.recursive:Recursive",
    note="lags, step by step from its own forecasts",
    seed_parameter="random_state",
    cost=Cost(10.0),
    version=2,
)
