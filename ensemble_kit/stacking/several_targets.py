"""A target of several columns: a stack per column, all of them on the same folds."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import clone, is_classifier

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.stacking.fitting import make_folds
from ensemble_kit.stacking.inputs.given_folds import checked_groups, draw_seed


def n_targets(y: ArrayLike) -> int:
    """Return how many columns a target has."""
    shape = () if y is None else np.asarray(y).shape
    return int(shape[1]) if len(shape) == 2 else 1


def _name_of(y: Any, at: int) -> str:
    """Return the name of a column of a target, or its number."""
    return repr(y.columns[at]) if hasattr(y, "columns") else str(at)


class SeveralTargetsMixin:
    """What a stack does with a target of several columns."""

    cv: Any
    random_state: Any
    # For several targets a list of what one has.
    oof_: Any
    oof_predictions_: Any
    classes_: Any
    targets_: list[Any]

    def _fit_targets(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None,
        groups: ArrayLike | None,
        params: Mapping[str, Any],
    ) -> Any:
        """Fit a clone per column of y and set the attributes that are left of it.

        Raises
        ------
        PipelineError
            For members that are fitted already: what they tell has one target.
        """
        if isinstance(self.cv, str):
            raise PipelineError(f"cv={self.cv!r} takes a target of one column")
        columns = np.asarray(y)
        seed = draw_seed(self.random_state)
        groups = checked_groups(groups, len(columns))
        folds = make_folds(self.cv, columns[:, 0], False, groups, seed)
        self.__dict__.pop("oof_", None)
        self.targets_ = []
        for at, column in enumerate(columns.T):
            stack = clone(self).set_params(cv=list(folds.pairs), random_state=seed)
            try:
                stack.fit(X, column, sample_weight, groups, **params)
            except ValueError as error:
                error.add_note(f"in column {_name_of(y, at)} of y")
                raise
            self.targets_.append(stack)
        self._take_from(self.targets_[0])
        return self

    def _take_from(self, first: Any) -> None:
        """Set what all targets share, and lists of what they do not."""
        for name in ("n_features_in_", "feature_names_in_", "folds_"):
            self.__dict__.pop(name, None)
            if hasattr(first, name):
                setattr(self, name, getattr(first, name))
        self.member_methods_ = first.member_methods_
        self.estimators_ = [each for s in self.targets_ for each in s.estimators_]
        self.oof_ = [stack.oof_ for stack in self.targets_]
        self.oof_predictions_ = [stack.oof_predictions_ for stack in self.targets_]
        if is_classifier(self):
            self.classes_ = [stack.classes_ for stack in self.targets_]

    def _predict_targets(self, X: Any, params: Mapping[str, Any]) -> NDArray[Any]:
        """Return a column of predictions per target."""
        columns = [stack.predict(X, **params) for stack in self.targets_]
        if len({column.dtype.kind for column in columns}) > 1:
            # Numbers beside labels that are strings would become strings.
            columns = [column.astype(object) for column in columns]
        return np.column_stack(columns)
