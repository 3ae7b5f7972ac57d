"""Members told what the metric rewards."""

import inspect
from dataclasses import replace
from typing import Any

from ensemble_kit.competition.competition import Competition
from ensemble_kit.metrics import METRICS, Metric
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.scores.guarded_choice import with_candidates
from ensemble_kit.tasks import Task

# Of a target that is centered and scaled, these keep the order of predictions.
SCALE_FREE = frozenset(
    {"rmse", "mse", "mae", "median_absolute_error", "r2", "pearson", "spearman"}
)
PERCENTAGES = frozenset({"mape", "smape"})


def working_metric(competition: Competition) -> Metric:
    """Return a competition's metric in the scale that members are fitted in."""
    return metric_in_scale(competition.metric, competition.task)


def metric_in_scale(metric: Metric, task: Task) -> Metric:
    """Return a metric in the scale that a task's target is fitted in."""
    if metric.name == "rmsle" and task.transform == "log1p" and not task.is_scaled:
        return METRICS["rmse"]  # the same number, and blends know its geometry
    return metric.on(task)


def steering_metric(metric: Metric) -> Metric:
    """Return the metric that members are told to be good at.

    Members see the target in the scale of the fit. Where that is centered, a metric
    that means something from 0 on is told as the nearest one that does not. Nobody is
    told the groups that a metric goes by.
    """
    if metric.is_grouped:
        nearest = "rmse" if metric.consumes == "value" else "log_loss"
        return replace(METRICS[nearest], scale=metric.scale)
    if not metric.is_scaled or metric.name in SCALE_FREE:
        return metric
    if metric.name in PERCENTAGES and not metric.is_centered:
        return metric
    nearest = "mae" if metric.name in PERCENTAGES else "rmse"
    return replace(METRICS[nearest], scale=metric.scale)


def steer(pipeline: Pipeline, metric: Metric, kind: str) -> Pipeline:
    """Return the pipeline with every member told what it is to be good at.

    Blends are told the metric; models whose usual loss is not what the metric rewards
    get the parameters of the one that is. What a member says itself wins. Where the
    guard chooses, what it compares is added.
    """
    pipeline, metric = with_candidates(pipeline, kind), steering_metric(metric)
    members = tuple(_steered(member, metric, kind) for member in pipeline.members)
    return replace(pipeline, members=members)


def objective_notes(pipeline: Pipeline, metric: Metric) -> tuple[str, ...]:
    """Return which members of a steered pipeline minimise what the metric rewards."""
    metric = steering_metric(metric)
    steered = [
        f"{member.name} ({', '.join(f'{k} = {v}' for k, v in wanted.items())})"
        for member in pipeline.members
        if (wanted := member.spec.objective(metric.name, metric.scale))
        and wanted.items() <= dict(member.params).items()
    ]
    return (f"fitted for {metric.name}: {', '.join(steered)}",) if steered else ()


def _steered(member: Member, metric: Metric, kind: str) -> Member:
    spec = member.spec
    if not spec.supports(kind):
        return member
    objective: dict[str, Any] = spec.objective(metric.name, metric.scale)
    if "tensor" in spec.accepts and _takes_metric(spec.load(kind)):
        objective = {"metric": metric.name}
    return (
        replace(member, params={**objective, **member.params}) if objective else member
    )


def _takes_metric(estimator: type) -> bool:
    return "metric" in inspect.signature(estimator).parameters
