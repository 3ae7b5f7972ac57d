"""What ``_parameter_constraints`` of the kit's estimators are written with.

The types of parameters stand in the constructors; these are limits beyond a type, in
scikit-learn's form.
"""

from collections.abc import Iterable
from numbers import Integral, Real
from typing import Any, TypeAlias

# scikit-learn reads limits in no other form than this, and has no public door to it.
from sklearn.utils._param_validation import Interval, RealNotInt, StrOptions

# By the parameter, what it may be: one of these.
Limits: TypeAlias = dict[str, list[Any]]

POSITIVE = Interval(Real, 0, None, closed="neither")
NOT_NEGATIVE = Interval(Real, 0, None, closed="left")
# Of rows or columns that are drawn: none would be too few.
SHARE = Interval(Real, 0, 1, closed="right")
FRACTION = Interval(Real, 0, 1, closed="both")
# Written with a point, where a whole number counts rows instead.
WRITTEN_SHARE = Interval(RealNotInt, 0, 1, closed="both")
COUNT = Interval(Integral, 1, None, closed="left")
COUNT_OR_NONE = Interval(Integral, 0, None, closed="left")
SEVERAL = Interval(Integral, 2, None, closed="left")
WEIGHTED: Limits = {"class_weight": [StrOptions({"balanced"}), dict, None]}


def between(least: float, most: float, closed: str) -> Interval:
    """Return the numbers from one to another; ``closed`` says which are included."""
    return Interval(Real, least, most, closed=closed)


def whole(least: int, most: int | None = None) -> Interval:
    """Return the whole numbers from one to another, both included."""
    return Interval(Integral, least, most, closed="left" if most is None else "both")


def one_of(names: Iterable[str | None]) -> StrOptions:
    """Return the texts that a parameter may be; None is named beside them."""
    return StrOptions({name for name in names if name is not None})
