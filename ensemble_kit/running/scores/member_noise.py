"""Which members differ by less than the noise of the folds."""

from collections.abc import Sequence

import numpy as np

from ensemble_kit.running.run import MemberResult
from ensemble_kit.splitting.fold_noise import standard_error
from ensemble_kit.splitting.folds import Folds

MOST_NAMED = 5


def within_noise(results: Sequence[MemberResult], name: str, folds: Folds) -> list[str]:
    """Return the members that the folds cannot tell from one, best first.

    Those whose difference, fold by fold, is less than its 95 % interval is wide; folds
    share training rows (see `standard_error`).

    Parameters
    ----------
    results : sequence of MemberResult
        In any order.
    name : str
        The member that others are compared with.
    folds : Folds
        Of level 1; members that were scored on other folds are left out.
    """
    own = next(result for result in results if result.name == name)
    close = [
        (abs(own.score - other.score), other.name)
        for other in results
        if other.name != name and not is_clear(own, other, folds, unknown=True)
    ]
    return [other for _, other in sorted(close)]


def is_clear(
    one: MemberResult, other: MemberResult, folds: Folds, unknown: bool = False
) -> bool:
    """Return whether two members differ by more than the noise of the folds.

    Parameters
    ----------
    one, other : MemberResult
    folds : Folds
    unknown : bool
        What is returned where there is one fold, or not the same folds.
    """
    from scipy.special import stdtrit

    n_folds = len(one.fold_scores)
    if n_folds < 2 or not n_folds == len(other.fold_scores) == len(folds):
        return unknown
    gaps = np.subtract(one.fold_scores, other.fold_scores)
    if not np.isfinite(gaps).all():
        return unknown
    reach = float(stdtrit(n_folds - 1, 0.975)) * float(standard_error(gaps, folds))
    return bool(abs(gaps.mean()) > reach)


def noise_line(chosen: str, names: Sequence[str]) -> str:
    """Return in words that some members differ by less than noise; empty for none."""
    if not names:
        return ""
    more = len(names) - MOST_NAMED
    listed = ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    if len(names) == 1:
        return f"{listed} and {chosen} differ by less than the noise of the folds"
    return f"{chosen} and {listed}: these differ by less than the noise of the folds"
