"""What a user passes as X, as the table the engine reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import sparse
from sklearn.base import BaseEstimator
from sklearn.utils.validation import validate_data

from ensemble_kit.arrays import MatrixLike
from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.guessing.roles import guess_role
from ensemble_kit.exceptions import CompetitionError, problems
from ensemble_kit.stacking.inputs.given_tables import NUMBERS, to_frame
from ensemble_kit.store.frames import is_text

Table = Any  # DataFrame or csr_matrix
MAX_NAMED = 5


def read_table(
    stack: BaseEstimator,
    X: MatrixLike,
    y: ArrayLike = "no_validation",
    *,
    nan: bool,
    sparse_too: bool,
    min_rows: int = 1,
) -> Table:
    """Return X as a frame or a CSR matrix, checked as scikit-learn does.

    With y it is a fit: the columns are remembered; without, they are compared.
    ``nan`` and ``sparse_too`` say what every member takes.
    """
    reset = not isinstance(y, str)
    X = to_frame(X, learns=reset)
    if isinstance(X, pd.DataFrame):
        validate_data(stack, X, y, reset=reset, skip_check_array=True)
        _refuse_bad_frame(X, nan, min_rows)
        return X.set_axis([str(name) for name in X.columns], axis=1)
    X = read_numbers(stack, X, y, nan=nan, sparse_too=sparse_too, min_rows=min_rows)
    if sparse.issparse(X):
        return X
    return pd.DataFrame(X, columns=[f"x{at}" for at in range(X.shape[1])])


def read_numbers(
    stack: BaseEstimator,
    X: MatrixLike,
    y: ArrayLike = "no_validation",
    *,
    nan: bool,
    sparse_too: bool,
    min_rows: int = 1,
) -> MatrixLike:
    """Return an array or a sparse matrix, checked; see `read_table`."""
    reset = not isinstance(y, str)
    checked = validate_data(
        stack,
        X,
        y,
        reset=reset,
        accept_sparse="csr" if sparse_too else False,
        dtype=np.float64,
        ensure_all_finite="allow-nan" if nan else True,
        ensure_min_samples=min_rows,
        **({"multi_output": True} if reset else {}),
    )
    X = checked[0] if reset else checked
    return sparse.csr_matrix(X) if sparse.issparse(X) else X


def learn_levels(X: Table, texts: Sequence[str] | None) -> dict[str, Any]:
    """Return the levels of every string column that is no text, by column.

    Without ``texts``, strings are told from texts by the rule that reads
    competitions.
    """
    if sparse.issparse(X):
        return {}
    strings = [name for name, dtype in X.dtypes.items() if is_text(dtype)]
    unknown = [name for name in texts or () if name not in strings]
    if unknown:
        lines = [f"texts: {name!r} is no column of strings" for name in unknown]
        raise CompetitionError(problems("X", lines))
    if texts is None:
        texts = [name for name in strings if _is_text(X[name])]
    return {
        name: sorted(X[name].dropna().astype(str).unique())
        for name in strings
        if name not in texts
    }


def learn_kinds(X: Table) -> dict[str, str]:
    """Return which columns hold numbers, and which dates, by name."""
    if sparse.issparse(X):
        return {}
    if all(dtype == np.float64 for dtype in X.dtypes):
        return dict.fromkeys(X.columns, "number")
    kinds = {"number": X.select_dtypes(["number", "bool"]).columns}
    kinds["date"] = X.select_dtypes(["datetime", "datetimetz"]).columns
    return {name: kind for kind, names in kinds.items() for name in names}


def apply_kinds(X: Table, kinds: Mapping[str, str]) -> Table:
    """Return X with numbers and dates where there were some in training.

    Raises
    ------
    CompetitionError
        Naming every column that holds something else, with its first such cell.
    """
    as_trained, mistakes, given = {}, [], learn_kinds(X)
    for name, kind in kinds.items():
        if given.get(name) == kind:
            continue
        column = X[name]
        cells = column.astype(object)
        read = _READERS[kind](cells)
        strange = np.flatnonzero(read.isna() & cells.notna())
        if len(strange):
            mistakes.append(
                f"{name!r} holds a {kind} in training; found {cells.iloc[strange[0]]!r}"
                f" in row {strange[0]}, and no {kind} in {len(strange)} of {len(cells)}"
                " rows"
            )
        as_trained[name] = read
    if mistakes:
        raise CompetitionError(problems("X", mistakes))
    return X.assign(**as_trained) if as_trained else X


def _as_dates(cells: pd.Series) -> pd.Series:
    """Return dates; what is none is missing."""
    return pd.to_datetime(cells.astype("str"), errors="coerce", format="mixed")


def _as_numbers(cells: pd.Series) -> pd.Series:
    """Return numbers, those beyond 64 bits too; what is none is missing."""
    read = pd.to_numeric(cells, errors="coerce")
    is_lost = bool((read.isna() & cells.notna()).any())
    if is_lost and pd.api.types.infer_dtype(cells, skipna=True) in NUMBERS:
        return cells.astype(np.float64)
    return read


_READERS: dict[str, Callable[[pd.Series], pd.Series]] = {
    "number": _as_numbers,
    "date": _as_dates,
}


def apply_levels(X: Table, levels: dict[str, Any]) -> Table:
    """Return X with categories where levels were learnt; unseen ones are missing."""
    if sparse.issparse(X):
        return X
    columns = {name: _as_category(X[name], known) for name, known in levels.items()}
    return X.assign(**columns).reset_index(drop=True)


def _as_category(column: pd.Series, known: Sequence[str]) -> pd.Categorical:
    """Return a column of strings as a category of known levels."""
    cells = column.astype(object).where(column.notna()).map(str, na_action="ignore")
    places = pd.Index(known, dtype=object).get_indexer(pd.Index(cells, dtype=object))
    return pd.Categorical.from_codes(places, categories=pd.Index(known, dtype="str"))


def _is_text(column: pd.Series) -> bool:
    cells = column.astype(object).where(column.notna(), "").astype(str)
    joint = JointColumn.of(str(column.name), cells.reset_index(drop=True), None)
    return guess_role(joint).role == "text"


def _refuse_bad_frame(X: pd.DataFrame, allow_nan: bool, min_rows: int) -> None:
    """Raise for what no member can take."""
    mistakes = []
    if len(X) < min_rows:
        mistakes.append(f"{len(X)} samples; at least {min_rows} are needed")
    if X.shape[1] == 0:
        mistakes.append("0 feature(s) while a minimum of 1 is required")
    if not X.columns.is_unique:
        mistakes.append("column names repeat")
    numbers = X.select_dtypes("number")
    infinite = np.isinf(numbers.to_numpy(dtype=np.float64, na_value=np.nan))
    if infinite.any():
        named = listed_names(numbers.columns[infinite.any(axis=0)])
        mistakes.append(f"infinite values in {named}; make them NaN")
    missing = np.asarray(numbers.isna().any(axis=0))
    if not allow_nan and missing.any():
        named = listed_names(numbers.columns[missing])
        mistakes.append(f"NaN in {named}, which a member does not accept")
    if mistakes:
        raise CompetitionError(problems("X", mistakes))


def listed_names(columns: Iterable[Any]) -> str:
    """Return names of columns, the first ones in full and the rest as a count."""
    names = [repr(name) for name in columns]
    more = len(names) - MAX_NAMED
    return ", ".join(names[:MAX_NAMED]) + (f" and {more} more" if more > 0 else "")
