"""Categories in another spelling than that of the rows they are known from."""

from collections.abc import Mapping
from functools import lru_cache

import numpy as np

from ensemble_kit.competition.declared.joint_column import JointColumn


def like_known(joint: JointColumn, known: frozenset[str]) -> JointColumn:
    """Return a column of categories spelled as the known ones that they are like.

    3.0 is 3 where only that is known: a column of whole numbers with a gap comes as
    floats from pandas. Letters and blanks may differ where one category alone is like
    it then.
    """
    if known.issuperset(joint.cells):
        return joint
    alike = _alike_of(known)
    cells = [
        cell if cell in known else _nearest(cell, known, alike) for cell in joint.cells
    ]
    return JointColumn(
        joint.name, np.array(cells, dtype=object), joint.codes, joint.n_train
    )


def short_cell(cell: str) -> str:
    """Return a cell without the point and zero that pandas gives whole numbers."""
    return cell.removesuffix(".0")


def _nearest(cell: str, known: frozenset[str], alike: Mapping[str, str]) -> str:
    """Return the known category that a cell is like, or the cell."""
    short = short_cell(cell)
    return short if short in known else alike.get(_without_case(cell), cell)


@lru_cache(maxsize=256)
def _alike_of(known: frozenset[str]) -> dict[str, str]:
    """Return each category by its letters without case and blanks, if it is alone."""
    by_spelling: dict[str, list[str]] = {}
    for category in known:
        by_spelling.setdefault(_without_case(category), []).append(category)
    return {key: names[0] for key, names in by_spelling.items() if len(names) == 1}


def _without_case(cell: str) -> str:
    return "".join(cell.casefold().split())
