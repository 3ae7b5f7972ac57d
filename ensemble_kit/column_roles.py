"""The role a column plays, told from its dtype: one answer for the whole kit."""

import pandas as pd

from ensemble_kit.arrays import Dtype

ROLES = ("number", "category", "datetime", "text")


def role_of(dtype: Dtype) -> str:
    """Return the role of a column of this dtype.

    Floats, integers, booleans and spans of time are numbers; ``category`` is a
    category; dates are dates; everything else is text.

    Examples
    --------
    >>> role_of(pd.Series([True]).dtype), role_of(pd.Series(["a"]).dtype)
    ('number', 'text')
    """
    types = pd.api.types
    if isinstance(dtype, pd.CategoricalDtype):
        return "category"
    if types.is_datetime64_any_dtype(dtype):
        return "datetime"
    if types.is_numeric_dtype(dtype) or types.is_timedelta64_dtype(dtype):
        return "number"
    return "text"
