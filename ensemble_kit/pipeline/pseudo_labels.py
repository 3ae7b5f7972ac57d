"""Test rows that learn beside training rows: labelled by members of level 1.

A member that is fitted once more, as ``NAME_pseudo``, gets in each fold the test rows
of which that fold's own models are sure. None of them has seen a label of the fold's
validation rows, so that these are predicted as honestly as before.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ensemble_kit.exceptions import did_you_mean

if TYPE_CHECKING:
    from ensemble_kit.pipeline.member import Member

SUFFIX = "_pseudo"
TABLE = "pseudo"


@dataclass(frozen=True)
class PseudoLabels:
    """Which test rows are labelled, by whom, and for whom.

    Parameters
    ----------
    members : tuple of str
        Of level 1: those that are fitted once more.
    labels_from : tuple of str
        Of level 1: those whose mean predictions label test rows; ``members`` by
        default. For numbers two at least, whose agreement says how sure they are.
    confidence : float, default=0.95
        The least probability of the label; numbers have none.
    share : float, default=0.5
        Of the test rows: no more of them are taken, the surest first.
    """

    members: tuple[str, ...] = ()
    labels_from: tuple[str, ...] = ()
    confidence: float = 0.95
    share: float = 0.5

    @property
    def teachers(self) -> tuple[str, ...]:
        """Return the names of the members whose predictions are labels."""
        return self.labels_from or self.members


def pseudo_members(
    members: Sequence["Member"], asked: PseudoLabels
) -> tuple["Member", ...]:
    """Return the members that are fitted once more, on labelled test rows too."""
    return tuple(
        replace(member, name=f"{member.name}{SUFFIX}", pseudo=asked)
        for member in members
        if member.name in asked.members
    )


def pseudo_mistakes(members: Sequence["Member"], asked: PseudoLabels) -> list[str]:
    """Return a line for everything that keeps test rows from being labelled."""
    level1 = {member.name: member for member in members if member.level == 1}
    mistakes = [
        f"{TABLE}.{key}: no member of level 1 named {name!r}"
        f"{did_you_mean(name, level1)}"
        for key in ("members", "labels_from")
        for name in getattr(asked, key)
        if name not in level1
    ]
    known = [level1[name] for name in asked.members if name in level1]
    mistakes += [
        f"{TABLE}.members: {member.name} was predicted elsewhere and cannot be fitted"
        for member in known
        if hasattr(member, "oof")
    ]
    mistakes += [
        f"{TABLE}.members: {member.name} begins from {member.offset}, which test rows "
        "have no labels of"
        for member in known
        if member.offset is not None
    ]
    if not asked.members:
        mistakes.append(f"{TABLE}.members: name those that are to be fitted once more")
    return mistakes
