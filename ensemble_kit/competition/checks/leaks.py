"""Features, ids and row order that give the target away."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.competition import Competition
from ensemble_kit.splitting.ranks import average_ranks

MAX_STRENGTH = 0.998
MAX_ORDER = 0.2
MIN_ROWS = 50
NUMBERED = r"^\D*(\d{1,15})\D*$"


def find_leaks(
    competition: Competition, strengths: Mapping[str, float]
) -> list[Finding]:
    """Return features that nearly are the target, and orders that follow it.

    Parameters
    ----------
    competition : Competition
    strengths : mapping of str to float
        Of every column; see `feature_strength`.
    """
    if len(competition.y) < MIN_ROWS:
        return []
    findings = []
    for name, strength in strengths.items():
        if strength > MAX_STRENGTH:
            message = (
                f"alone it gives the target away (strength {strength:.4f} of 1); if it "
                "is not known when predictions are made, give it the role drop"
            )
            findings.append(Finding("warning", f"column {name}", message))
    return [*findings, *_orders(competition)]


def feature_strength(feature: pd.Series, competition: Competition) -> float:
    """Return how well one feature alone orders or names the target, 0 to 1.

    Numbers and dates: the strongest rank correlation with a class (2 AUC - 1) or with
    the values (Spearman). Categories: the share of rows that the majority of their
    category gets right beyond the largest class, when categories repeat.
    """
    if isinstance(feature.dtype, pd.CategoricalDtype):
        return _category_strength(feature, competition)
    if pd.api.types.is_string_dtype(feature.dtype):
        return 0.0
    values = feature.to_numpy(dtype="float64", na_value=np.nan)
    return order_strength(values, competition)


def order_strength(values: NDArray[np.float64], competition: Competition) -> float:
    """Return how well an order of rows follows the target, 0 to 1."""
    ranks = average_ranks(values)
    y, task = competition.y, competition.task
    if not task.is_classification:
        return _correlation(ranks, pd.Series(y).rank().to_numpy())
    counts = np.bincount(y, minlength=task.n_outputs)
    sums = np.bincount(y, weights=ranks, minlength=task.n_outputs)
    with np.errstate(divide="ignore", invalid="ignore"):
        below = (sums / counts - (counts + 1) / 2) / (len(y) - counts)
    enough = (counts >= 2) & (counts < len(y))
    return float(np.abs(2 * below[enough] - 1).max(initial=0.0))


def _correlation(first: NDArray[Any], second: NDArray[Any]) -> float:
    """Return the absolute correlation, 0 for a constant."""
    if first.std() == 0 or second.std() == 0:
        return 0.0
    return float(abs(np.corrcoef(first, second)[0, 1]))


def _category_strength(feature: pd.Series, competition: Competition) -> float:
    """Return how well categories that repeat name the class."""
    levels, codes = np.unique(feature.cat.codes.to_numpy(), return_inverse=True)
    n_levels = len(levels)
    y, task = competition.y, competition.task
    if not task.is_classification or n_levels * 5 > len(y):
        return 0.0
    n_cells = n_levels * task.n_outputs
    table = np.bincount(codes * task.n_outputs + y, minlength=n_cells)
    table = table.reshape(n_levels, task.n_outputs)
    largest = table.sum(axis=0).max()
    if largest == len(y):
        return 0.0
    return float((table.max(axis=1).sum() - largest) / (len(y) - largest))


def serial_strength(order: NDArray[np.float64], competition: Competition) -> float:
    """Return how much neighbours along an order of rows have one target, 0 to 1.

    Classes: how often the next row has the same one, beyond chance; values: the
    correlation of the ranks of neighbours.
    """
    y = competition.y[np.argsort(order, kind="stable")]
    if not competition.task.is_classification:
        ranks = pd.Series(y).rank().to_numpy()
        if ranks[1:].std() == 0 or ranks[:-1].std() == 0:
            return 0.0
        return max(0.0, float(np.corrcoef(ranks[1:], ranks[:-1])[0, 1]))
    shares = np.bincount(y) / len(y)
    chance = float(np.square(shares).sum())
    same = float((y[1:] == y[:-1]).mean())
    return max(0.0, (same - chance) / (1 - chance)) if chance < 1 else 0.0


def _orders(competition: Competition) -> list[Finding]:
    """Return what the ids or the order of train's rows tell of the target."""
    rows = np.arange(len(competition.y), dtype=float)
    orders = [("the order of train's rows", rows)]
    numbers = _numbers_of_ids(competition)
    if numbers is not None:
        orders.append((f"id column {competition.id_column}", numbers))
    least = max(MAX_ORDER, 5 / np.sqrt(len(rows)))
    findings = []
    for subject, values in orders:
        strength = order_strength(values, competition)
        serial = serial_strength(values, competition)
        if strength > least:
            message = (
                f"it follows the target (strength {strength:.2f} of 1); unshuffled "
                "folds will mislead, and a feature made of it would leak"
            )
            findings.append(Finding("warning", subject, message))
        elif serial > least:
            message = (
                f"neighbours along it have like targets (strength {serial:.2f} of 1): "
                "random folds fit on a row's neighbours, which is fair only where test "
                "rows lie between those of train"
            )
            findings.append(Finding("info", subject, message))
    return findings


def _numbers_of_ids(competition: Competition) -> NDArray[np.float64] | None:
    """Return the number in each id, letters around it or not; None where one lacks."""
    ids = pd.Series(competition.train_ids, dtype="str").str.strip()
    numbers = pd.to_numeric(ids, errors="coerce")
    if numbers.isna().any():
        digits = ids.str.extract(NUMBERED, expand=False)
        numbers = pd.to_numeric(digits, errors="coerce")
    return None if numbers.isna().any() else numbers.to_numpy(float)
