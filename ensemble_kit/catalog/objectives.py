"""What a model minimises under a metric where that is not its usual loss.

The mean of squared errors is least at the mean, that of absolute errors at the
median: under a metric of absolute errors a model of means loses on a skewed target,
most of all where half of the values are zero. The parameters below are set unless a
member says otherwise.
"""

from typing import Any

ABSOLUTE_METRICS = ("mae", "median_absolute_error", "mape", "smape")
SCALES = ("identity", "log1p")

Objectives = dict[str, dict[str, dict[str, Any]]]


def absolute(scales: tuple[str, ...] = SCALES, **params: Any) -> Objectives:
    """Return parameters for every metric of absolute errors, by metric and scale."""
    return {metric: dict.fromkeys(scales, params) for metric in ABSOLUTE_METRICS}


# Trees take more rounds for medians, and gain nothing by them once logarithms have
# brought means and medians together.
LIGHTGBM = absolute(("identity",), objective="l1")
XGBOOST = absolute(("identity",), objective="reg:absoluteerror")
CATBOOST = absolute(("identity",), loss_function="MAE")
HISTOGRAM = absolute(("identity",), loss="absolute_error")
NETWORK = absolute(loss="absolute_error")
RIDGE = absolute(loss="absolute_error")
STOCHASTIC = absolute(loss="epsilon_insensitive", epsilon=0.0)
