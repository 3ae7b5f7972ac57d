"""What kind of target it is, its classes, and what is asked for in a submission."""

import numpy as np
import pandas as pd

from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.identity import class_columns
from ensemble_kit.competition.guessing.labels import label_keys, respell, unify_labels
from ensemble_kit.exceptions import CompetitionError, did_you_mean
from ensemble_kit.metrics import METRICS
from ensemble_kit.tables.numbers import parse_numbers
from ensemble_kit.tasks import Task

NO_LABEL = {"", "nan"}
NO_NUMBER = {"", "nan", "na", "n/a", "null", "none", "<na>"}
MAX_NUMBERED_CLASSES = 30
MIN_ROWS_PER_CLASS = 10
DEFAULT_METRICS = {
    "classes": ("log_loss", "the sample has one column per class"),
    "probability": ("auc", "the sample has one probability"),
    "label": ("accuracy", "the sample has labels"),
    "value": ("rmse", "the target is a number"),
}


def target_cells(train: pd.DataFrame, target: str) -> pd.Series:
    """Return the target's cells without blanks around them; ``""`` where missing."""
    cells = train[target].str.strip()
    lowered = cells.str.lower()
    cells = cells.mask(lowered.isin(NO_LABEL), "")
    missing = lowered.isin(NO_NUMBER)
    if np.isfinite(parse_numbers(cells[~missing].unique(), "plain")).all():
        cells = cells.mask(missing, "")
    return cells


def output_columns(tables: Tables, settings: CompetitionSettings) -> list[str]:
    """Return the sample's columns beside its id; none without a sample."""
    if tables.sample is None:
        return []
    columns = list(tables.sample.columns)
    return [c for c in columns if c != sample_id(tables, settings)]


def sample_id(tables: Tables, settings: CompetitionSettings) -> str:
    """Return the sample's id column: the competition's, or else the first."""
    columns = tables.sample.columns
    return settings.id if settings.id in columns else columns[0]


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
    sample = tables.sample.frame[outputs[0]] if outputs else pd.Series([], dtype="str")
    settings = _settle_kind(settings, cells, outputs, sample)
    settings = _settle_form(settings, cells, outputs, sample)
    settings = settings.settle("metric", *DEFAULT_METRICS[settings.submission])
    _refuse_unfit_metric(settings)
    settings = _settle_transform(settings, cells)
    return _settle_positive(settings, cells, outputs)


def _settle_kind(settings, cells, outputs, sample) -> CompetitionSettings:
    """Return settings with the kind of task."""
    keys = set(label_keys(cells.unique()).values())
    if len(keys) < 2:
        raise CompetitionError(
            f"train's target {settings.target!r} has one value ({cells.iloc[0]!r}) in "
            "all rows; there is nothing to learn"
        )
    if len(outputs) > 1:
        kind = "binary" if len(outputs) == 2 else "multiclass"
        return settings.settle("task", kind, "the sample has one column per class")
    kind, reason = _kind_by_values(settings, cells, keys, sample)
    return settings.settle("task", kind, reason)


def _kind_by_values(settings, cells, keys, sample) -> tuple[str, str]:
    """Return the kind of task of a target in one column, and the reason."""
    tasks = METRICS[settings.metric].tasks if settings.metric else frozenset()
    if tasks == {"regression"}:
        return "regression", f"the metric is {settings.metric}"
    if len(keys) == 2:
        return "binary", f"two different values: {_some(cells)}"
    numeric = isinstance(next(iter(keys)), float)
    if not numeric or (tasks and "regression" not in tasks):
        if len(keys) > max(MAX_NUMBERED_CLASSES, 0.2 * len(cells)):
            raise CompetitionError(
                f"train's target {settings.target!r} has {len(keys)} different labels "
                f"in {len(cells)} rows ({_some(cells)}); another column may be it"
            )
        return "multiclass", f"{len(keys)} different labels"
    return _kind_of_numbers(np.array(sorted(keys)), cells, sample)


def _kind_of_numbers(numbers, cells, sample) -> tuple[str, str]:
    """Return whether numbers are classes or values, and the reason."""
    given = [cell for cell in sample.unique() if cell.strip()]
    classes = tuple(sorted(cells.unique()))
    if (numbers % 1).any():
        return "regression", "values with decimals"
    few = len(numbers) <= MAX_NUMBERED_CLASSES
    if not few or len(cells) < MIN_ROWS_PER_CLASS * len(numbers):
        return "regression", f"{len(numbers)} different whole numbers"
    if given and respell(classes, given) is None:
        return "regression", "the sample's values are no labels of train"
    reason = f"{len(numbers)} whole numbers, each on many rows; state task = "
    return "multiclass", reason + '"regression" if they are amounts'


def _settle_form(settings, cells, outputs, sample) -> CompetitionSettings:
    """Return settings with the form of a submission."""
    if len(outputs) > 1:
        reason = "the sample has one column per class"
        return settings.settle("submission", "classes", reason)
    if settings.task == "regression":
        return settings.settle("submission", "value", "the target is a number")
    if settings.task == "multiclass":
        return settings.settle("submission", "label", "one column for many classes")
    if settings.metric and METRICS[settings.metric].consumes == "probability":
        reason = f"{settings.metric} reads probabilities"
        return settings.settle("submission", "probability", reason)
    given = [cell for cell in sample.unique() if cell.strip()]
    if given and respell(unify_labels(cells)[1], given) is None:
        reason = f"the sample's values are no labels: {given[0]}"
        return settings.settle("submission", "probability", reason)
    reason = "the sample's values are labels" if given else "no sample says otherwise"
    return settings.settle("submission", "label", reason)


def _settle_transform(settings, cells) -> CompetitionSettings:
    """Return settings with the scale the target is fitted in."""
    metric = METRICS[settings.metric]
    transform = metric.transform if settings.task == "regression" else "identity"
    reason = f"the metric is {metric.name}"
    if transform == "even":
        values = parse_numbers(np.asarray(cells, dtype=object), "plain")
        transform = evener_scale(values)
        reason += ", and the target is less skewed so"
    return settings.settle("transform", transform, reason)


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


def _settle_positive(settings, cells, outputs) -> CompetitionSettings:
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
        values = parse_numbers(np.asarray(cells, dtype=object), "plain")
        if not np.isfinite(values).all():
            row = int(np.flatnonzero(~np.isfinite(values))[0])
            raise CompetitionError(
                f"train's target {settings.target!r} is no number in row {row + 1} of "
                f"the labelled rows: {cells.iloc[row]!r}"
            )
        return Task("regression", (), settings.transform), pd.Series(values)
    labels, classes = unify_labels(cells)
    classes = _with_sample_classes(tables, settings, cells, classes)
    if settings.task == "binary":
        classes = _positive_last(classes, settings)
    return Task(settings.task, classes), labels


def _with_sample_classes(tables, settings, cells, classes) -> tuple[str, ...]:
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


def _positive_last(classes: tuple[str, ...], settings) -> tuple[str, ...]:
    """Return the two classes, the positive one second."""
    if len(classes) != 2:
        raise CompetitionError(
            f"task = 'binary', but {settings.target!r} has {len(classes)} classes: "
            f"{', '.join(classes[:10])}"
        )
    spelled = respell(classes, [settings.positive])
    if spelled is None or settings.positive not in spelled:
        raise CompetitionError(
            f"positive = {settings.positive!r} is none of the classes "
            f"{', '.join(classes)}{did_you_mean(settings.positive, classes)}"
        )
    place = spelled.index(settings.positive)
    return (classes[1 - place], classes[place])


def _refuse_unknown_metric(name: str | None) -> None:
    """Raise when there is no such metric."""
    if name is not None and name not in METRICS:
        raise CompetitionError(
            f"metric = {name!r} is unknown{did_you_mean(name, METRICS)} "
            "(list: ensemble-kit metrics)"
        )


def _refuse_unfit_metric(settings) -> None:
    """Raise when metric, task and form of submission do not go together."""
    metric = METRICS[settings.metric]
    if settings.task not in metric.tasks:
        raise CompetitionError(
            f"metric = {metric.name!r} is for {' and '.join(sorted(metric.tasks))}; "
            f"the task is {settings.task}"
        )
    fits = {"regression": {"value"}, "multiclass": {"classes", "label"}}
    forms = fits.get(settings.task, {"classes", "probability", "label"})
    if settings.submission not in forms:
        raise CompetitionError(
            f"submission = {settings.submission!r} does not fit a {settings.task} task"
        )


def _some(cells: pd.Series) -> str:
    """Return the first different values."""
    return ", ".join(map(repr, cells.unique()[:3]))
