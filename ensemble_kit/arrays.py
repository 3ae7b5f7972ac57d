"""The types of arrays, matrices and tables that signatures are written with."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

Array: TypeAlias = NDArray[Any]
Rows: TypeAlias = NDArray[np.intp]
MatrixLike: TypeAlias = (
    Array | sparse.csr_matrix | sparse.csr_array | pd.DataFrame | pd.Series
)
TextsLike: TypeAlias = Sequence[object] | Array | pd.Series | pd.DataFrame
Dtype: TypeAlias = np.dtype[Any] | pd.api.extensions.ExtensionDtype
RandomState: TypeAlias = int | np.random.RandomState | None
ClassWeight: TypeAlias = Mapping[Any, float] | str | None
