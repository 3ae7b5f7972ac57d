"""Tables to files: CSV, CSV in gzip, Parquet."""

import gzip
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.exceptions import require

PARQUET = ".parquet"
WRITTEN = (".csv", ".gz", PARQUET)


def table_bytes(
    frame: pd.DataFrame, path: Path, numbers: Collection[str] = ()
) -> bytes:
    """Return a table as the file of a name holds it; equal tables, equal bytes.

    Parameters
    ----------
    frame : DataFrame
    path : Path
        ``.parquet``, ``.gz`` or anything else, which is CSV.
    numbers : collection of str
        Columns whose cells spell numbers: Parquet holds these.

    Raises
    ------
    MissingDependencyError
        For Parquet without pyarrow.
    """
    if path.suffix == PARQUET:
        return _parquet(frame, numbers)
    data = frame.to_csv(index=False, lineterminator="\n").encode()
    # Without a time in it, the same table is the same bytes.
    return gzip.compress(data, mtime=0) if path.suffix == ".gz" else data


def require_parquet() -> None:
    """Raise MissingDependencyError where Parquet files cannot be written."""
    require("pyarrow.parquet", extra="parquet", distribution="pyarrow")


def _parquet(frame: pd.DataFrame, numbers: Collection[str]) -> bytes:
    parquet: Any = require("pyarrow.parquet", extra="parquet", distribution="pyarrow")
    arrow: Any = require("pyarrow", extra="parquet")
    columns = {
        str(name): frame[name].to_numpy(dtype=np.float64)
        if name in numbers or pd.api.types.is_numeric_dtype(frame[name])
        else frame[name].astype(object).to_numpy()
        for name in frame
    }
    stream = io.BytesIO()
    parquet.write_table(arrow.table(columns), stream)
    return stream.getvalue()
