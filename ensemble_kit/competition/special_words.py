"""What is measured where competition.toml names no column: weights and groups.

``weights = "adversarial"`` weighs training rows by how alike they are to test rows,
``groups = "duplicates"`` keeps rows together that say nearly the same.
"""

from dataclasses import replace

import numpy as np

from ensemble_kit.competition.checks.drift import MIN_ROWS, rows_as_numbers
from ensemble_kit.competition.checks.near_duplicates import DUPLICATES, find_twins
from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.folders import Tables
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.hashing import fingerprint
from ensemble_kit.splitting.adversarial import (
    effective_rows,
    tell_apart,
    weights_by_likeness,
)

ADVERSARIAL = "adversarial"
# Of how they are measured: keys of stored work follow these.
WEIGHTS_VERSION = 1
TWINS_VERSION = 1


def measured_keys(settings: CompetitionSettings, tables: Tables) -> list[str]:
    """Return the keys whose value is such a word, and no column of that name."""
    words = {"weights": ADVERSARIAL, "groups": DUPLICATES}
    return [
        key
        for key, word in words.items()
        if getattr(settings, key) == word and word not in tables.train
    ]


def with_measured(competition: Competition, keys: list[str]) -> Competition:
    """Return a competition with the weights and groups that are measured.

    Raises
    ------
    CompetitionError
        Where there are too few rows to tell.
    """
    if "groups" in keys:
        competition = group_near_duplicates(competition)
    return weigh_by_likeness(competition) if "weights" in keys else competition


def group_near_duplicates(competition: Competition) -> Competition:
    """Return a competition that keeps near-duplicates in one fold, see `find_twins`."""
    twins = find_twins(competition)
    facts = {"base": competition.fingerprint, "groups": [DUPLICATES, TWINS_VERSION]}
    note = (
        f"groups = {DUPLICATES!r}: {int(twins.in_train.sum()):,} training rows nearly "
        "repeat others and stay with them in one fold"
    )
    return replace(
        competition,
        groups=twins.of_train,
        settings=replace(competition.settings, groups=DUPLICATES),
        fingerprint=fingerprint(facts),
        notes=(*competition.notes, note),
    )


def weigh_by_likeness(competition: Competition) -> Competition:
    """Return a competition whose training rows weigh as much as they are like the test.

    A cross-fitted classifier tells test from training rows; the weights are the odds
    that it gives to training rows, see `weights_by_likeness`.

    Raises
    ------
    CompetitionError
        Where there are too few rows to tell.
    """
    n_rows, n_test = len(competition.X), len(competition.X_test)
    if min(n_rows, n_test) < MIN_ROWS:
        raise CompetitionError(
            f"weights = {ADVERSARIAL!r} takes {MIN_ROWS} rows of train and of test to "
            f"tell how alike they are; found {n_rows} and {n_test}"
        )
    apart = tell_apart(*rows_as_numbers(competition), rate_rows=True)
    weights = weights_by_likeness(apart)
    facts = {"base": competition.fingerprint, "weights": [ADVERSARIAL, WEIGHTS_VERSION]}
    settings = replace(competition.settings, weights=ADVERSARIAL)
    return replace(
        competition,
        weights=weights,
        settings=settings,
        fingerprint=fingerprint(facts),
        notes=(*competition.notes, _note(apart.auc, weights)),
    )


def _note(auc: float, weights: np.ndarray) -> str:
    """Return what the weights are, in words."""
    if (weights == 1).all():
        return (
            f"weights = {ADVERSARIAL!r}: test rows cannot be told from training rows "
            f"(AUC {auc:.2f}), so that all weigh alike"
        )
    return (
        f"weights = {ADVERSARIAL!r}: training rows weigh from {weights.min():.2g} to "
        f"{weights.max():.2g}, the more the likelier they are among test rows (AUC "
        f"{auc:.2f}); they count as {effective_rows(weights):,.0f} of "
        f"{len(weights):,} rows"
    )
