"""One blend where a rule holds, another elsewhere."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, clone

from ensemble_kit.blending.blend_mixins import RoutedBlendMixin
from ensemble_kit.blending.convex_blend import ConvexBlend
from ensemble_kit.blending.routed.rules import parse_rule
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.tensors import (
    Predictions,
    Rows,
    check_columns,
    outputs_of,
)

Array = NDArray[Any]


class RuleBlend(RoutedBlendMixin, BaseEstimator):
    """Blend rows for which a rule holds apart from the others.

    Parameters
    ----------
    when : str
        A rule on columns, such as ``"age < 50"``; see ``parse_rule``.
    then, otherwise : blend, int or None
        For rows where the rule holds and where it does not: a blend, fitted on
        those rows alone; the number of a single member; by default a ConvexBlend.
        A side without fitted rows is fitted on all rows.

    Attributes
    ----------
    then_, otherwise_ : fitted blend or int
    classes_ : ndarray
        The labels behind the columns, for classification.

    Examples
    --------
    >>> y = np.array([1.0, 2.0, 3.0, 4.0])
    >>> members = [np.array([1.0, 2.0, 9.0, 9.0]), np.array([9.0, 9.0, 3.0, 4.0])]
    >>> columns = pd.DataFrame({"age": [20, 30, 60, 70]})
    >>> blend = RuleBlend("age < 50", then=0, otherwise=1)
    >>> blend.fit(members, y, columns=columns).predict(members, columns).tolist()
    [1.0, 2.0, 3.0, 4.0]
    """

    def __init__(
        self,
        when: str = "",
        then: BaseEstimator | int | str | None = None,
        otherwise: BaseEstimator | int | str | None = None,
    ):
        self.when = when
        self.then = then
        self.otherwise = otherwise

    def fit(
        self,
        X: Predictions,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        *,
        columns: pd.DataFrame,
    ) -> "RuleBlend":
        """Fit both sides.

        Parameters
        ----------
        X : ndarray of shape (n_rows, n_members, n_outputs), or list of arrays
            Out-of-fold predictions.
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
        columns : DataFrame of n_rows rows
            The columns the rule reads.
        """
        rule = parse_rule(self.when)
        rows = self._fitting_rows(X, y, sample_weight)
        check_columns(columns, len(rows.y))
        holds = rule.mask(columns)
        self.then_ = self._side(self.then, rows, holds)
        self.otherwise_ = self._side(self.otherwise, rows, ~holds)
        return self

    def _side(
        self, blend: BaseEstimator | int | str | None, rows: Rows, inside: Array
    ) -> BaseEstimator | int:
        """Return the fitted blend of one side, or the number of a member."""
        if isinstance(blend, str):
            raise PipelineError(
                f"RuleBlend: no member named {blend!r} is there to be taken"
            )
        if isinstance(blend, int | np.integer):
            if not 0 <= blend < rows.n_members:
                raise PipelineError(
                    f"RuleBlend: there is no member {blend}; the predictions have "
                    f"members 0 to {rows.n_members - 1}"
                )
            return int(blend)
        inside = inside & (rows.weight > 0)
        part = rows.take(np.flatnonzero(inside)) if inside.any() else rows
        blend = ConvexBlend() if blend is None else clone(blend)
        return blend.fit(part.tensor, part.y, part.weight)

    def _combine(self, tensor: Array, columns: pd.DataFrame) -> NDArray[np.float64]:
        holds = parse_rule(self.when).mask(columns)
        blended = np.empty((len(tensor), self.n_outputs_))
        for blend, side in ((self.then_, holds), (self.otherwise_, ~holds)):
            if side.any():
                blended[side] = outputs_of(blend, tensor[side])
        return blended
