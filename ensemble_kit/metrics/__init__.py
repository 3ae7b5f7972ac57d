"""Metrics by name, called on canonical predictions of shape (n_rows, n_outputs)."""

from ensemble_kit.metrics.own_metric import metric
from ensemble_kit.metrics.registry import METRICS, Metric

__all__ = ["METRICS", "Metric", "metric"]
