"""What every ensemble of members shares: its parameters, and how it reads tables."""

import warnings
from collections.abc import Sequence
from dataclasses import KW_ONLY, dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.models.class_labels import check_weights
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.finished.fitted_ensemble import FittedEnsemble
from ensemble_kit.running.preparing.row_weights import weights_notes
from ensemble_kit.stacking.inputs.given_tables import holds_texts
from ensemble_kit.stacking.inputs.tables import (
    Table,
    apply_kinds,
    apply_levels,
    learn_kinds,
    learn_levels,
    read_numbers,
    read_table,
)
from ensemble_kit.stacking.members.member_parameters import (
    set_members,
    with_member_params,
)
from ensemble_kit.stacking.members.routing import is_routing, routed, router_of
from ensemble_kit.stacking.members.wiring import takes_of_all
from ensemble_kit.store.frames import take_rows
from ensemble_kit.tables.other_libraries import handed_over
from ensemble_kit.tasks import Task
from ensemble_kit.work.given_estimators import WithMetadata

MIN_ROWS = 2


@dataclass(eq=False, repr=False)
class MemberEnsemble(BaseEstimator):
    """Members that are fitted to one table; its fields are parameters."""

    members: Any
    _: KW_ONLY
    texts: Sequence[str] | None = None
    n_jobs: int | None = None
    random_state: Any = None
    verbose: bool = False

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, with ``name__parameter`` of the named members."""
        own = super().get_params(deep)
        return with_member_params(own, self.members) if deep else own

    def set_params(self, **params: Any) -> Self:
        """Set parameters, members by their name, and ``name__parameter`` of those."""
        return super().set_params(**set_members(self, params))

    def save(self, path: Path | str) -> None:
        """Write what was fitted into a new folder, as plain data.

        Raises
        ------
        RunError
            With the members that the format does not know: their classes are neither
            in the catalog nor from a ``--custom`` file.
        """
        from ensemble_kit.stacking.fitted.saving import save_ensemble

        check_is_fitted(self)
        save_ensemble(self, path)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Return what `save` wrote, which predicts as it did.

        Members that were handed over as objects of strange classes are names only.
        """
        from ensemble_kit.stacking.fitted.saving import load_ensemble

        loaded: Self = load_ensemble([cls], path)
        return loaded

    def _hold(self, ensemble: FittedEnsemble) -> None:
        """Set the attributes that are the fitted members."""
        raise NotImplementedError

    def get_metadata_routing(self) -> Any:
        """Return what the members ask for in ``fit``, a final one in ``predict``."""
        return router_of(self)

    def __sklearn_tags__(self) -> Any:
        """Return tags that say what the members together accept."""
        tags = super().__sklearn_tags__()
        takes = takes_of_all(self.members)
        tags.input_tags.allow_nan = takes.nan
        tags.input_tags.sparse = takes.sparse
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def _metadata(
        self, sample_weight: ArrayLike | None, params: dict[str, Any]
    ) -> dict[str, dict[str, Any]] | None:
        """Return what members are told besides; None where nothing is routed."""
        metadata = routed(self, {"sample_weight": sample_weight, **params})
        return metadata if is_routing() else None

    def _read_table(self, X: Any, y: ArrayLike) -> Table:
        """Return the rows to fit on as a table, and remember what it is like."""
        refuse_missing(y)
        takes = takes_of_all(self.members)
        self._takes = {"nan": takes.nan, "sparse_too": takes.sparse}
        return read_table(self, X, y, min_rows=MIN_ROWS, **self._takes)

    def _learn_columns(self, X: Any, table: Table, used: NDArray[np.intp]) -> Table:
        """Return the rows that are used, as later rows will be; learn how that is."""
        if len(used) != table.shape[0]:
            table = take_rows(table, used)
        texts = list(table) if holds_texts(X) else self.texts
        self._levels, self._kinds = learn_levels(table, texts), learn_kinds(table)
        self._columns = list(table) if hasattr(table, "columns") else []
        return apply_levels(table, self._levels)

    def _table(self, X: Any) -> Any:
        """Return rows to predict as the table the members were fitted on."""
        check_is_fitted(self)
        if isinstance(X, np.ndarray) and X.dtype.kind in "biuf" and self._on_arrays:
            return np.asfortranarray(read_numbers(self, X, **self._takes))
        return self._frame(X)

    def _frame(self, X: Any) -> Any:
        """Return the same, but for an array in a frame too."""
        table = read_table(self, handed_over(X), **self._takes)
        if self._columns and hasattr(table, "columns"):
            # Arrays have no names, and by validation as many columns.
            table = table.set_axis(self._columns, axis=1)
        return apply_levels(apply_kinds(table, self._kinds), self._levels)


def tell_unweighted(members: Sequence[Member]) -> None:
    """Warn of the members that take no weights."""
    for note in weights_notes(members):
        warnings.warn(note, UserWarning, stacklevel=4)


def refuse_missing(y: ArrayLike) -> None:
    """Raise for missing values of a target, in the words of scikit-learn."""
    if y is None:
        return  # which scikit-learn has words for, too
    cells = np.asarray(y, dtype=object)
    missing = np.flatnonzero(pd.isna(cells))
    if len(missing):
        raise ValueError(
            f"Input y contains NaN. {len(missing)} of its {len(cells)} values are "
            f"missing, the first in row {missing[0]}: leave those rows out"
        )


def metadata_by_member(
    metadata: dict[str, dict[str, Any]] | None, used: NDArray[np.intp], n_rows: int
) -> dict[str, dict[str, Any]] | None:
    """Return metadata of the rows that are used."""
    if metadata is None or len(used) == n_rows:
        return metadata
    return {
        member: WithMetadata(None, of_member, n_rows).of_rows(used)
        for member, of_member in metadata.items()
    }


def taken(values: ArrayLike | None, used: NDArray[np.intp]) -> NDArray[Any] | None:
    """Return the values of some rows."""
    return None if values is None else np.asarray(values)[used]


def read_weights(
    sample_weight: ArrayLike | None, target: NDArray[Any], task: Task
) -> NDArray[np.float64] | None:
    """Return checked weights; refuse those that leave nothing to learn from."""
    if sample_weight is not None and not np.any(np.asarray(sample_weight)):
        raise ValueError("sample_weight is zero for every row")
    weights = check_weights(sample_weight, len(target))
    if weights is None or not task.is_classification:
        return weights
    if len(np.unique(target[weights > 0])) < 2:
        raise ValueError("only one class of y has rows with a weight above zero")
    return weights
