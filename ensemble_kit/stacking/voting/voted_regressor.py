"""A vote of regressors with scikit-learn's face."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import RegressorMixin

from ensemble_kit.blending import averages
from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.metrics import METRICS
from ensemble_kit.stacking.inputs.reading_targets import read_values
from ensemble_kit.stacking.voting.voting_ensemble import VotingEnsemble, Weights
from ensemble_kit.tasks import Task

VOTES: dict[str, Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]] = {
    "mean": averages.mean,
    "median": averages.median,
    "trimmed_mean": averages.trimmed_mean,
}


@dataclass(eq=False, repr=False)
class VotedRegressor(RegressorMixin, VotingEnsemble):
    """Fit members on all rows, and take an average of what they say of later ones.

    Parameters
    ----------
    members : sequence
        As in `StackedRegressor`; without "prefit".
    voting : {"mean", "median", "trimmed_mean"}
        The last two stand single members gone wrong.
    weights : sequence of float or dict, optional
        One per member as they are written, those that are dropped too; or by name,
        where 1 is what is not named.
    rules : dict of str, optional
        By member a rule on columns: elsewhere it says nothing. Where nobody says
        anything, all are asked.
    texts, n_jobs, random_state, verbose
        As in `StackedRegressor`.

    Attributes
    ----------
    models_ : dict of str to list
        The fitted estimator of every member.
    named_members_, estimators_
        The same by name, and in a row.
    weights_ : ndarray of shape (n_members,)
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        For a DataFrame.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.dummy import DummyRegressor
    >>> low, high = DummyRegressor(strategy="quantile", quantile=0), DummyRegressor()
    >>> vote = VotedRegressor([low, high], weights=[1, 3])
    >>> vote.fit([[1.0], [2.0]], [0.0, 8.0]).predict([[5.0]]).tolist()
    [3.0]
    """

    members: Sequence[Any] = ("lightgbm", "extra_trees", "ridge")
    voting: str = "mean"
    _: KW_ONLY
    weights: Weights = None
    rules: Mapping[str, str] | None = None

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> "VotedRegressor":
        """Fit every member; see `VotedClassifier.fit`."""
        self._fit(X, y, sample_weight, params)
        return self

    def predict(self, X: Any) -> NDArray[np.float64]:
        """Return the average of what the members say of each row."""
        table = self._table(X)
        values = self._values(table)
        allowed = self._allowed(table, len(values)) & (self.weights_ > 0)
        allowed[~allowed.any(axis=1)] = True
        answers = np.empty(len(values))
        for speakers in np.unique(allowed, axis=0):
            rows = (allowed == speakers).all(axis=1)
            weights = self.weights_[speakers]
            weights = weights if weights.any() else np.ones(len(weights))
            part = values[rows][:, speakers, None]
            answers[rows] = VOTES[self.voting](part, weights / weights.sum())[:, 0]
        return answers

    def transform(self, X: Any) -> NDArray[np.float64]:
        """Return what each member says, of shape (n_rows, n_members)."""
        return self._values(self._table(X))

    def _values(self, table: Any) -> NDArray[np.float64]:
        """Return what each member says in the units of y."""
        tensor = self._tensor(table)
        return np.column_stack(
            [self._task.restore(tensor[:, at]) for at in range(tensor.shape[1])]
        )

    def _mistakes(self) -> list[str]:
        if self.voting in VOTES:
            return []
        hint = did_you_mean(self.voting, VOTES)
        return [f"voting: {self.voting!r} is none of {', '.join(VOTES)}{hint}"]

    def _read_target(self, y: ArrayLike) -> tuple[Task, NDArray[np.float64]]:
        return read_values(y, METRICS["rmse"])
