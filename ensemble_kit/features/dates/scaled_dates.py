"""Dates for models that mind the scale of a column."""

from sklearn.pipeline import Pipeline, make_pipeline

from ensemble_kit.features.dates.date_parts import DateParts
from ensemble_kit.features.numbers.standard_numbers import StandardNumbers


def scaled_dates(cyclic: bool = True, differences: bool = True) -> Pipeline:
    """Return a transformer to parts of dates, gaps filled and scaled like numbers.

    Parameters
    ----------
    cyclic, differences : bool
        See `DateParts`.

    Examples
    --------
    >>> import pandas as pd
    >>> X = pd.DataFrame({"d": pd.to_datetime(["1970-01-02", "1971-01-04"])})
    >>> abs(scaled_dates().fit_transform(X)).max().round(6)
    np.float64(1.0)
    """
    return make_pipeline(DateParts(cyclic, differences), StandardNumbers())
