"""The task of a target, its classes, and what is asked for in a submission."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.identity import class_columns, output_columns
from ensemble_kit.competition.guessing.kinds import settle_kind
from ensemble_kit.competition.guessing.known import known_metric
from ensemble_kit.competition.guessing.labels import label_keys, respell, unify_labels
from ensemble_kit.competition.guessing.target_cells import read_numbers
from ensemble_kit.exceptions import CompetitionError, did_you_mean
from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.costs import STEM
from ensemble_kit.tables.numbers import parse_numbers
from ensemble_kit.tasks import Task, far_scale, is_far

DEFAULT_METRICS = {
    "classes": ("log_loss", "the sample has one column per class"),
    "probability": ("auc", "the sample has one probability"),
    "label": ("accuracy", "the sample has labels"),
    "value": ("rmse", "the target is a number"),
}
PROBABILITY_NAME = re.compile(r"prob|likelihood|score|(^|_)p(_|$)", re.IGNORECASE)
RARE, UNEVEN = 0.1, 0.3
ENOUGH = 2
LARGEST = 1e150
PROBABILITIES = 'state submission = "probability" in competition.toml if {}'
LABELS = 'state submission = "label" in competition.toml if labels are asked for'


def settle_task(
    tables: Tables, settings: CompetitionSettings, cells: pd.Series
) -> CompetitionSettings:
    """Return settings with task, submission form, metric, transform and positive.

    Parameters
    ----------
    tables : Tables
    settings : CompetitionSettings
        With id and target.
    cells : Series of str
        The target's cells, without missing ones.
    """
    _refuse_unknown_metric(settings.metric)
    outputs = output_columns(tables, settings)
    sample = pd.Series([], dtype="str")
    if outputs and tables.sample is not None:
        sample = tables.sample.cells[outputs[0]]
    settings = settle_kind(settings, cells, outputs, sample)
    settings = _settle_cost(_settle_known_metric(tables, settings))
    settings = _settle_form(settings, cells, outputs, sample)
    settings = settings.settle(
        "metric", *DEFAULT_METRICS[settings.settled("submission")]
    )
    _refuse_unfit_metric(settings)
    settings = _settle_transform(settings, cells)
    return _settle_positive(settings, cells, outputs)


def _settle_known_metric(
    tables: Tables, settings: CompetitionSettings
) -> CompetitionSettings:
    """Return settings with the metric of the competition that the folder is named like.

    Nothing where that is of another task.
    """
    name = tables.train.path.resolve().parent.name
    metric = known_metric(name)
    if metric is None or settings.task not in METRICS[metric].tasks:
        return settings
    reason = f"the folder is named like the competition {name}, which is scored so"
    return settings.settle("metric", metric, reason)


def _settle_cost(settings: CompetitionSettings) -> CompetitionSettings:
    """Return settings with the metric of costs, where some are declared."""
    if settings.costs is None:
        return settings
    return settings.settle("metric", STEM, "costs are declared")


def _settle_form(
    settings: CompetitionSettings,
    cells: pd.Series,
    outputs: list[str],
    sample: pd.Series,
) -> CompetitionSettings:
    """Return settings with the form of a submission."""
    if len(outputs) > 1:
        reason = "the sample has one column per class"
        return settings.settle("submission", "classes", reason)
    if settings.task == "regression":
        return settings.settle("submission", "value", "the target is a number")
    if settings.task == "multiclass":
        return settings.settle("submission", "label", "one column for many classes")
    if (
        settings.metric
        and METRICS[settings.settled("metric")].consumes == "probability"
    ):
        reason = f"{settings.metric} reads probabilities"
        return settings.settle("submission", "probability", reason)
    return settings.settle("submission", *_guess_form(cells, outputs, sample))


def _guess_form(
    cells: pd.Series, outputs: list[str], sample: pd.Series
) -> tuple[str, str]:
    """Return whether a sample of two classes wants labels, and the reason.

    A sample that holds one label everywhere is written for either; see `_hints`.
    """
    given = [cell for cell in sample.str.strip().unique() if cell]
    labels, classes = unify_labels(cells)
    if not given:
        return "label", f"no sample says otherwise; {PROBABILITIES.format('wanted')}"
    if respell(classes, given) is None:
        reason = f"the sample's values are no labels: {given[0]}"
        is_word = np.isnan(parse_numbers(np.array(given[:1], dtype=object), "point"))[0]
        return "probability", f"{reason}; {LABELS}" if is_word else reason
    if len(given) > 1:
        return "label", "the sample's values are labels"
    reason = f"the sample holds {given[0]} everywhere"
    hints = _hints(given[0], outputs[0], labels)
    if sum(hints.values()) >= ENOUGH:
        return "probability", f"{reason}; {' and '.join(hints)}; {LABELS}"
    wanted = "probabilities are asked for, as under AUC"
    return "label", f"{reason}, which is a label; {PROBABILITIES.format(wanted)}"


def _hints(value: str, output: str, labels: pd.Series) -> dict[str, int]:
    """Return what speaks for probabilities where the sample holds one label, weighed.

    The column's name, a class that is rare, and decimals that the labels lack.
    """
    share = float(labels.value_counts(normalize=True).min())
    weighed = {
        f"its column is named {output!r}": 2 * bool(PROBABILITY_NAME.search(output)),
        f"{share:.1%} of the rows are of the other class": (share < RARE)
        + (share < UNEVEN),
        "the labels have no decimals": "." in value
        and not labels.str.contains(".", regex=False).any(),
    }
    return {hint: int(weight) for hint, weight in weighed.items() if weight}


def _settle_transform(
    settings: CompetitionSettings, cells: pd.Series
) -> CompetitionSettings:
    """Return settings with the scale the target is fitted in."""
    metric = METRICS[settings.settled("metric")]
    reason = f"the metric is {metric.name}"
    if settings.task != "regression" or metric.transform == "identity":
        return settings.settle("transform", "identity", reason)
    values, _ = read_numbers(cells)
    transform = settle_scale(values[np.isfinite(values)], metric.transform)
    if metric.transform == "even":
        reason += ", and the target is less skewed so"
    elif transform != metric.transform:
        reason += ", and the target is so far from 0 that its logarithm is straight"
    return settings.settle("transform", transform, reason)


def settle_scale(values: np.ndarray, transform: str) -> str:
    """Return the scale to fit values in, of the one that a metric wishes.

    The logarithm of values far from 0 bends nothing, and loses their digits.
    """
    if is_far(values):
        return "identity"
    return evener_scale(values) if transform == "even" else transform


def evener_scale(values: np.ndarray) -> str:
    """Return log1p where values are less skewed in it, else identity.

    A model of means then comes close to the median, which the absolute error wants;
    a model of medians has fewer far rows to reach.
    """
    values = values[np.isfinite(values)]
    if not len(values) or values.min() < 0:
        return "identity"
    plain, logarithmic = skewness(values), skewness(np.log1p(values))
    return "log1p" if abs(logarithmic) < abs(plain) else "identity"


def skewness(values: np.ndarray) -> float:
    """Return Kelly's skewness, -1 to 1, of the quantiles 0.1, 0.5 and 0.9."""
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9])
    return float((high + low - 2 * middle) / (high - low)) if high > low else 0.0


def _settle_positive(
    settings: CompetitionSettings, cells: pd.Series, outputs: list[str]
) -> CompetitionSettings:
    """Return settings with the positive class of a binary task."""
    if settings.task != "binary":
        return settings
    classes = list(unify_labels(cells)[1])
    for name in outputs:
        for label in classes:
            if len(outputs) == 1 and name.lower() == label.lower():
                reason = "the sample's column is named like it"
                return settings.settle("positive", label, reason)
    return settings.settle("positive", classes[-1], "the last one in order")


def make_task(
    tables: Tables, settings: CompetitionSettings, cells: pd.Series
) -> tuple[Task, pd.Series]:
    """Return the task, and the target as labels in one spelling or as floats."""
    if settings.task == "regression":
        values, _ = read_numbers(cells)
        _refuse_huge(settings, values)
        task = Task("regression", (), settings.settled("transform"))
        keeps_zero = settings.metric in {"mape", "smape"}
        center, spread = far_scale(task.encode(values), keeps_zero)
        return replace(task, center=center, spread=spread), pd.Series(values)
    labels, classes = unify_labels(cells)
    classes = _with_sample_classes(tables, settings, cells, classes)
    if settings.task == "binary":
        return Task("binary", _positive_last(classes, settings)), labels
    return Task("multiclass", classes), labels


def _refuse_huge(settings: CompetitionSettings, values: np.ndarray) -> None:
    """Raise for values whose squares no number holds."""
    largest = float(np.abs(values[np.isfinite(values)]).max(initial=0.0))
    if largest > LARGEST:
        raise CompetitionError(
            f"train's target {settings.target!r} has values such as {largest:.3g}, "
            "whose squares are no numbers any more; divide it by a power of ten"
        )


def _with_sample_classes(
    tables: Tables,
    settings: CompetitionSettings,
    cells: pd.Series,
    classes: tuple[str, ...],
) -> tuple[str, ...]:
    """Return the classes and those that only the sample's columns name."""
    if settings.submission != "classes" or tables.sample is None:
        return classes
    columns = class_columns(output_columns(tables, settings), cells)
    if columns is None:
        raise CompetitionError(
            f"sample_submission's columns {', '.join(output_columns(tables, settings))}"
            f" are not the classes of {settings.target!r}: {', '.join(classes[:10])}"
        )
    keys = label_keys([*columns, *classes])
    known = {keys[label] for label in classes}
    extra = [label for label in columns if keys[label] not in known]
    return tuple(sorted([*classes, *extra], key=lambda label: keys[label]))


def _positive_last(
    classes: tuple[str, ...], settings: CompetitionSettings
) -> tuple[str, ...]:
    """Return the two classes, the positive one second."""
    if len(classes) != 2:
        raise CompetitionError(
            f"task = 'binary', but {settings.target!r} has {len(classes)} classes: "
            f"{', '.join(classes[:10])}"
        )
    positive = settings.settled("positive")
    spelled = respell(classes, [positive])
    if spelled is None or positive not in spelled:
        raise CompetitionError(
            f"positive = {positive!r} is none of the classes "
            f"{', '.join(classes)}{did_you_mean(positive, classes)}"
        )
    place = spelled.index(positive)
    return (classes[1 - place], classes[place])


def _refuse_unknown_metric(name: str | None) -> None:
    """Raise when there is no such metric."""
    if name is not None and name not in METRICS:
        raise CompetitionError(
            f"metric = {name!r} is unknown{did_you_mean(name, METRICS)} "
            "(list: ensemble-kit metrics)"
        )


def _refuse_unfit_metric(settings: CompetitionSettings) -> None:
    """Raise when metric, task and form of submission do not go together."""
    metric = METRICS[settings.settled("metric")]
    priced = [key for key in ("costs", "class_weights") if getattr(settings, key)]
    if priced and settings.task == "regression":
        raise CompetitionError(
            f"{priced[0]}: they are of classes; the task is regression"
        )
    if settings.task not in metric.tasks:
        raise CompetitionError(
            f"metric = {metric.name!r} is for {' and '.join(sorted(metric.tasks))}; "
            f"the task is {settings.task}"
        )
    if settings.metric == STEM and not priced:
        raise CompetitionError(
            "metric = 'cost': nothing is said to cost anything; [costs] in "
            "competition.toml says what it costs to call one class another, "
            "class_weights what mistakes on a class cost"
        )
    fits = {"regression": {"value"}, "multiclass": {"classes", "label"}}
    forms = fits.get(settings.task, {"classes", "probability", "label"})
    if settings.submission not in forms:
        raise CompetitionError(
            f"submission = {settings.submission!r} does not fit a {settings.task} task"
        )
