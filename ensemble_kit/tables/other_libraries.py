"""Tables of other libraries, as frames of pandas and back."""

from importlib import import_module
from typing import Any

import pandas as pd

from ensemble_kit.exceptions import CompetitionError, MissingDependencyError


def handed_over(X: Any) -> Any:
    """Return another library's table or column as one of pandas.

    Taken is what has ``to_pandas``: tables of polars, pyarrow and others.

    Raises
    ------
    CompetitionError
        When the table has to be collected first.
    MissingDependencyError
        When the other library needs one that is not installed to hand it over.
    """
    if hasattr(X, "collect") and not hasattr(X, "to_pandas"):
        raise CompetitionError(
            f"X is a {type(X).__name__}, which holds no rows yet: pass X.collect()"
        )
    if not hasattr(X, "to_pandas"):
        return X
    try:
        return X.to_pandas()
    except ImportError as error:
        raise MissingDependencyError(
            f"a {type(X).__name__} is handed over through a library that is not "
            f"installed ({error}); pip install 'ensemble_kit[parquet]' brings it"
        ) from error


def kind_of_frame(X: Any) -> str:
    """Return whose table X is: "polars", "pyarrow" or "pandas"; that of arrays too."""
    library = type(X).__module__.partition(".")[0]
    return library if library in ("polars", "pyarrow") else "pandas"


def in_kind(frame: pd.DataFrame, kind: str) -> Any:
    """Return a frame of pandas as a table of another library."""
    if kind == "polars":
        return import_module("polars").from_pandas(frame)
    if kind == "pyarrow":
        return import_module("pyarrow").Table.from_pandas(frame)
    return frame
