"""What kind of target it is: two labels, many labels, or numbers."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.guessing.labels import (
    Key,
    is_padded,
    label_keys,
    respell,
)
from ensemble_kit.competition.guessing.target_cells import (
    MAX_NUMBERED_CLASSES,
    are_read,
    read_numbers,
)
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.metrics import METRICS

MIN_ROWS_PER_CLASS = 10
MIN_COUNTS = 6  # fewer different ones fall off by chance
MIN_FALL = 3
AMOUNT_NAME = re.compile(
    r"(^|[\W_])(n|num|number|count|counts|qty|quantity|sales|visits|rings|days|age|"
    r"years|hours|minutes|demand|orders|amount|total)($|[\W_])",
    re.IGNORECASE,
)
CLASS_NAME = re.compile(
    r"(^|[\W_])(class|label|type|kind|category|species|genre|group|cluster|digit|"
    r"cover)($|[\W_])",
    re.IGNORECASE,
)
OTHERWISE = 'state task = "{}" in competition.toml if they are {}'


def settle_kind(
    settings: CompetitionSettings,
    cells: pd.Series,
    outputs: list[str],
    sample: pd.Series,
) -> CompetitionSettings:
    """Return settings with the kind of task.

    Parameters
    ----------
    settings : CompetitionSettings
        With the target; a task that is declared stays.
    cells : Series of str
        The target's cells, without missing ones.
    outputs : list of str
        The sample's columns beside the id.
    sample : Series of str
        The cells of the first of them.

    Raises
    ------
    CompetitionError
        When there is nothing to tell apart, or the kind cannot be told.
    """
    keys = set(label_keys(cells.unique()).values())
    if len(keys) < 2:
        raise CompetitionError(
            f"train's target {settings.target!r} has one value ({cells.iloc[0]!r}) in "
            "all rows; there is nothing to learn"
        )
    if settings.task is not None:
        return settings
    if len(outputs) > 1:
        kind = "binary" if len(outputs) == 2 else "multiclass"
        return settings.settle("task", kind, "the sample has one column per class")
    return settings.settle("task", *_guess_kind(settings, cells, keys, sample))


def _guess_kind(
    settings: CompetitionSettings, cells: pd.Series, keys: set[Key], sample: pd.Series
) -> tuple[str, str]:
    """Return the kind of task of a target in one column, and the reason."""
    tasks = METRICS[settings.metric].tasks if settings.metric else frozenset()
    numbers = _numbers(cells, keys)
    if tasks == {"regression"}:
        _refuse_labels(settings, cells, keys, numbers)
        return "regression", f"the metric is {settings.metric}"
    if len(keys) == 2:
        return "binary", f"two different values: {_some(cells)}"
    if numbers is None or (tasks and "regression" not in tasks):
        _refuse_names(settings, cells, keys)
        return "multiclass", f"{len(keys)} different labels"
    return _kind_of_numbers(settings, numbers, cells, sample)


def _numbers(cells: pd.Series, keys: set[Key]) -> NDArray[np.float64] | None:
    """Return the target's numbers, or None where its cells are names or codes."""
    if any(map(is_padded, cells.unique())):
        return None
    numbers, form = read_numbers(cells)
    if not are_read(numbers):
        return None
    if len(keys) <= MAX_NUMBERED_CLASSES and not np.isfinite(numbers).all():
        return None  # a label among few numbers, not a fault among many
    return numbers


def _refuse_labels(
    settings: CompetitionSettings,
    cells: pd.Series,
    keys: set[Key],
    numbers: NDArray[np.float64] | None,
) -> None:
    """Raise where a metric of values meets labels that nobody declared amounts."""
    if numbers is not None and len(keys) > 2:
        return
    labels = [m.name for m in METRICS.values() if "binary" in m.tasks]
    raise CompetitionError(
        f"metric = {settings.metric!r} is for numbers, but the target "
        f"{settings.target!r} has {len(keys)} different labels ({_some(cells)}): "
        f"choose a metric of labels ({', '.join(labels[:6])}, ...), or "
        'state task = "regression" in competition.toml if they are amounts'
    )


def _refuse_names(
    settings: CompetitionSettings, cells: pd.Series, keys: set[Key]
) -> None:
    """Raise where there are so many labels that they may be names."""
    is_named = settings.reasons.get("target", "the sample's column").startswith(
        "the sample's column"
    )
    most = 0.5 if is_named else 0.2
    if len(keys) > max(MAX_NUMBERED_CLASSES, most * len(cells)):
        raise CompetitionError(
            f"train's target {settings.target!r} has {len(keys)} different labels in "
            f"{len(cells)} rows ({_some(cells)}){_beside_numbers(cells)}; another "
            "column may be it: state "
            'target = in competition.toml, or task = "multiclass" if they are labels, '
            '"text" if they are texts to be written'
        )


def _beside_numbers(cells: pd.Series) -> str:
    """Return what keeps a target from being numbers, where half of it is."""
    numbers, _ = read_numbers(cells)
    lost = ~np.isfinite(numbers)
    if not 0 < lost.sum() <= 0.5 * len(cells):
        return ""
    return (
        f", of which {lost.sum()} rows are no finite numbers, such as "
        f"{cells[lost].iloc[0][:30]!r}: mend or empty them if it is one of numbers"
    )


def _kind_of_numbers(
    settings: CompetitionSettings,
    numbers: NDArray[np.float64],
    cells: pd.Series,
    sample: pd.Series,
) -> tuple[str, str]:
    """Return whether numbers are classes or values, and the reason."""
    numbers = numbers[np.isfinite(numbers)]
    values, counts = np.unique(numbers, return_counts=True)
    given = [cell for cell in sample.str.strip().unique() if cell]
    if (values % 1).any():
        return "regression", "values with decimals"
    few = len(values) <= MAX_NUMBERED_CLASSES
    if not few or len(cells) < MIN_ROWS_PER_CLASS * len(values):
        return "regression", f"{len(values)} different whole numbers"
    if given and respell(tuple(sorted(cells.unique())), given) is None:
        return "regression", "the sample's values are no labels of train"
    labels = OTHERWISE.format("multiclass", "labels")
    if _are_written_finer(given, cells):
        return "regression", f"the sample's values have decimals; {labels}"
    amounts = OTHERWISE.format("regression", "amounts")
    few_told = f"{len(values)} whole numbers, each on many rows; {amounts}"
    if CLASS_NAME.search(settings.settled("target")):
        return "multiclass", few_told
    if AMOUNT_NAME.search(settings.settled("target")):
        return "regression", f"whole numbers, and the column's name; {labels}"
    if _fall_off(values, counts):
        return "regression", (
            f"counts from {values[0]:.0f} to {values[-1]:.0f}, the large ones rarer "
            f"and rarer; {labels}"
        )
    return "multiclass", few_told


def _are_written_finer(given: list[str], cells: pd.Series) -> bool:
    """Return whether the sample has decimals (0.0) where the target has none."""
    return (
        bool(given)
        and all("." in c for c in given)
        and not cells.str.contains(".", regex=False).any()
    )


def _fall_off(values: NDArray[np.float64], counts: NDArray[np.intp]) -> bool:
    """Return whether whole numbers are as frequent as counts are, not labels.

    From 0 or 1 without a gap at the low end, and rarer and rarer beyond the most
    frequent one.
    """
    if len(values) < MIN_COUNTS or values[0] not in (0, 1):
        return False
    top = int(counts.argmax())
    falling = counts[top:]
    if top > len(values) // 2 or len(falling) < MIN_COUNTS // 2:
        return False
    steps = np.diff(falling)
    return bool((steps <= 0).mean() >= 0.8 and counts.max() >= MIN_FALL * falling[-1])


def _some(cells: pd.Series) -> str:
    """Return the first different values."""
    return ", ".join(map(repr, cells.unique()[:3]))
