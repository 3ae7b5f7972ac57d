"""What a model minimises under a metric where that is not its usual loss.

The mean of squared errors is least at the mean, that of absolute errors at the
median: under a metric of absolute errors a model of means loses on a skewed target.
The parameters below are set unless a member says otherwise.
"""

from typing import Any

ABSOLUTE_METRICS = ("mae", "median_absolute_error", "mape", "smape")

Objectives = dict[str, dict[str, Any]]


def absolute(**params: Any) -> Objectives:
    """Return parameters for every metric of absolute errors."""
    return dict.fromkeys(ABSOLUTE_METRICS, params)


LIGHTGBM = absolute(objective="l1")
XGBOOST = absolute(objective="reg:absoluteerror")
CATBOOST = absolute(loss_function="MAE")
HISTOGRAM = absolute(loss="absolute_error")
NETWORK = absolute(loss="absolute_error")
RIDGE = absolute(loss="absolute_error")
STOCHASTIC = absolute(loss="epsilon_insensitive", epsilon=0.0)
