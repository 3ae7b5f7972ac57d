"""What a limited run does otherwise where a table has many rows.

A fit on all rows takes so long there that one member could take the whole limit. Its
rounds are found on a sample of the rows, in as small a part of the seconds, so that a
fit takes about what a probe was given; what cannot be completed in time is not begun,
columns are not made before other members are there, LightGBM reads large categories as
means of the target, and one seed is enough.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pandas as pd

from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import FitFacts
from ensemble_kit.work.workspace import Source

MANY_ROWS = 200_000  # of training
PROBED_ROWS = 150_000
FIT_SHARE = 0.045  # of the limit, for one fit
N_MEMBERS = 4  # that are to be completed before more are begun
FIT_TO_PROBE = 1.5  # a fit has the probe's valid rows too, and predicts
# Levels of a category that LightGBM still reads natively on many rows: on 150,000 rows
# with five categories of noise, means of the target took its AUC from .845 to .881.
MOST_NATIVE_LEVELS = 255
LIGHTGBM, NATIVE, MEANS = "lightgbm", "native", "target"  # the model; feature sets
TABLE = "table"  # the role of columns that are made of all others


def has_many_rows(source: Source) -> bool:
    """Return whether a limited run has to be sparing of fits on all rows."""
    return len(source.y) > MANY_ROWS


def with_one_seed(members: Sequence[Member]) -> list[Member]:
    """Return members with their first seed alone: rows make up for the others."""
    return [replace(member, seeds=member.seeds[:1]) for member in members]


def with_means_of_large_categories(
    members: Sequence[Member], levels: FittedLevels
) -> list[Member]:
    """Return members whose LightGBM reads categories of many levels as means.

    Split natively, levels that say nothing are sorted by the noise of their rows anew
    at each node, and the few rounds that many rows leave are spent on that.

    Parameters
    ----------
    members : sequence of Member
    levels : FittedLevels
    """
    X = levels.graph.source.X
    largest = max((_n_levels(X[name]) for name in X), default=0)
    if MEANS not in levels.graph.recipes or largest <= MOST_NATIVE_LEVELS:
        return list(members)
    return [
        replace(member, features=MEANS) if _reads_natively(member) else member
        for member in members
    ]


def _n_levels(column: pd.Series) -> int:
    """Return how many levels a column of categories has, 0 of any other."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return 0
    return len(column.dtype.categories)


def _reads_natively(member: Member) -> bool:
    """Return whether LightGBM gets categories as they are, and nobody asked for it."""
    is_lightgbm = member.model == LIGHTGBM and member.features is None
    return is_lightgbm and member.feature_set == NATIVE


def first_to_begin(
    waiting: Mapping[str, MemberFits],
    levels: FittedLevels,
    seconds: float,
    n_workers: int,
) -> dict[str, MemberFits]:
    """Return the members that are begun at first, all where none may be completed.

    Parameters
    ----------
    waiting : mapping of str to MemberFits
    levels : FittedLevels
    seconds : float
        That are left.
    n_workers : int
    """
    room = seconds * n_workers / N_MEMBERS
    chosen = {
        name: fits
        for name, fits in waiting.items()
        if not _makes_columns(fits, levels) and predicted_seconds(fits, levels) <= room
    }
    return chosen or dict(waiting)


def predicted_seconds(fits: MemberFits, levels: FittedLevels) -> float:
    """Return what all fits of a member take; of a probed one, what the probe allows."""
    return sum(_one(key, levels) for key in fits.keys)


def _one(key: str, levels: FittedLevels) -> float:
    node, allowed = levels.graph.nodes[key], levels.graph.probe_seconds
    seconds = levels.costs.seconds(node)
    is_probed = isinstance(node.facts, FitFacts) and node.facts.probe is not None
    if not is_probed or allowed is None:
        return seconds
    return min(seconds, FIT_TO_PROBE * allowed)


def _makes_columns(fits: MemberFits, levels: FittedLevels) -> bool:
    recipe = levels.graph.recipes[fits.member.feature_set]
    return any(block.role == TABLE for block in recipe.blocks)
