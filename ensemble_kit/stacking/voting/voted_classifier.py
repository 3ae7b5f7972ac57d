"""A vote of classifiers with scikit-learn's face."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.metaestimators import available_if

from ensemble_kit.blending.votes import VOTES, soft_shares, spoken_weights
from ensemble_kit.exceptions import did_you_mean
from ensemble_kit.stacking.inputs.reading_targets import read_labels
from ensemble_kit.stacking.voting.voting_ensemble import VotingEnsemble, Weights
from ensemble_kit.tasks import Task


def has_probabilities(vote: Any) -> bool:
    """Return True unless votes are counted, which are no probabilities."""
    if vote.voting == "hard":
        raise AttributeError("predict_proba is not available when voting='hard'")
    return True


@dataclass(eq=False, repr=False)
class VotedClassifier(ClassifierMixin, VotingEnsemble):
    """Fit members on all rows, and let them vote on the class of later ones.

    A vote learns nothing of its members; `StackedClassifier` does.

    Parameters
    ----------
    members : sequence
        As in `StackedClassifier`; without "prefit".
    voting : {"hard", "soft", "ranks"}
        "hard" counts the members' labels, a tie goes to the first class. "soft" takes
        the mean of their probabilities. "ranks" is Borda's count: of k classes a
        member gives its likeliest k - 1 points, the next k - 2, and so on.
    weights : sequence of float or dict, optional
        One per member as they are written, those that are dropped too; or by name,
        where 1 is what is not named.
    rules : dict of str, optional
        By member a rule on columns, such as ``{"young": "age < 50"}``: elsewhere it
        says nothing. See `ensemble_kit.blending.parse_rule`.
    least : float
        A member says nothing of a row where its likeliest class has less probability.
        Where nobody says anything, the mean of all probabilities decides.
    quorum : float
        The share of what was said that the winner needs, such as 2 / 3.
    otherwise : object, optional
        The answer where no class has a quorum: a class, or anything else. It may be
        left out without one.
    flatten_transform : bool
        Whether `transform` gives a table, or one per member.
    texts, n_jobs, random_state, verbose
        As in `StackedClassifier`.

    Attributes
    ----------
    classes_ : ndarray of shape (n_classes,)
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
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.naive_bayes import GaussianNB
    >>> from sklearn.tree import DecisionTreeClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> vote = VotedClassifier([GaussianNB(), DecisionTreeClassifier(random_state=0)])
    >>> vote.fit(X, y).predict(X[[0, 70, 140]]).tolist()
    [0, 1, 2]
    >>> vote.votes(X[[70]]).round(2)
         0    1    2  silent
    0  0.0  0.5  0.5     0.0
    """

    members: Sequence[Any] = ("lightgbm", "extra_trees", "logistic_regression")
    voting: str = "hard"
    _: KW_ONLY
    weights: Weights = None
    rules: Mapping[str, str] | None = None
    least: float = 0.0
    quorum: float = 0.0
    otherwise: Any = None
    flatten_transform: bool = True

    def fit(
        self,
        X: Any,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
        **params: Any,
    ) -> "VotedClassifier":
        """Fit every member.

        Parameters
        ----------
        X : DataFrame, array or sparse matrix of shape (n_rows, n_columns), or texts
        y : array-like of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional
            For the members that take weights; the others are named in a warning.
        **params
            Metadata that members ask for, where scikit-learn routes it.

        Raises
        ------
        PipelineError
            When the constructor's arguments do not go together, with all mistakes.
        RunError
            When a member cannot be fitted.
        """
        self._fit(X, y, sample_weight, params)
        return self

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the class that wins each row, or ``otherwise``."""
        table = self._table(X)
        shares = self._shares(table)[0]
        labels = self.classes_[shares.argmax(axis=1)]
        if not self.quorum:
            return labels
        # A share of three thirds is not always 1.
        has_quorum = shares.max(axis=1) >= self.quorum - 1e-9
        if self.otherwise not in self.classes_.tolist():
            labels = labels.astype(object)
        return np.where(has_quorum, labels, np.array(self.otherwise, labels.dtype))

    @available_if(has_probabilities)
    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the share of each class of shape (n_rows, n_classes).

        With "soft" voting it is a probability; there is none with "hard" voting.
        """
        return self._shares(self._table(X))[0]

    def votes(self, X: Any) -> pd.DataFrame:
        """Return what was said of each row.

        Returns
        -------
        DataFrame
            The share of each class in what was said, 0 where nobody said anything,
            and ``silent``, the share of the weight that was not used.
        """
        _, shares, silent = self._shares(self._table(X))
        return pd.DataFrame(shares, columns=self.classes_).assign(silent=silent)

    def transform(self, X: Any) -> NDArray[Any]:
        """Return what the members say of rows.

        Returns
        -------
        ndarray
            Class numbers of shape (n_rows, n_members) with "hard" voting; else
            probabilities of shape (n_rows, n_members * n_classes), or of shape
            (n_members, n_rows, n_classes) without ``flatten_transform``.
        """
        tensor = self._tensor(self._table(X))
        if self.voting == "hard":
            return tensor.argmax(axis=2)
        if self.flatten_transform:
            return tensor.reshape(len(tensor), -1)
        return tensor.transpose(1, 0, 2)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return a name for every column of `transform`."""
        if self.voting != "hard" and not self.flatten_transform:
            raise ValueError(
                "get_feature_names_out is not supported when "
                f"`voting={self.voting!r}` and `flatten_transform=False`"
            )
        return super().get_feature_names_out(input_features)

    def _shares(
        self, table: Any
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """Return shares that decide, shares of what was said, and of the silent."""
        tensor = self._tensor(table)
        allowed = self._allowed(table, len(tensor))
        spoken = spoken_weights(tensor, self.weights_, allowed, self.least)
        shares = VOTES[self.voting](tensor, spoken)
        nobody = ~spoken.any(axis=1)
        decisive = shares.copy()
        if nobody.any():
            every = np.broadcast_to(self.weights_, spoken[nobody].shape)
            decisive[nobody] = soft_shares(tensor[nobody], every)
        return decisive, shares, 1 - spoken.sum(axis=1) / self.weights_.sum()

    def _output_names(self) -> Iterable[Any]:
        return [""] if self.voting == "hard" else range(len(self.classes_))

    def _method(self) -> str:
        """Return that labels alone are taken, where they are counted."""
        return "predict" if self.voting == "hard" else "auto"

    def _mistakes(self) -> list[str]:
        mistakes = []
        if self.voting not in VOTES:
            hint = did_you_mean(self.voting, VOTES)
            mistakes.append(
                f"voting: {self.voting!r} is none of {', '.join(VOTES)}{hint}"
            )
        for name in ("least", "quorum"):
            if not 0 <= getattr(self, name) <= 1:
                mistakes.append(
                    f"{name}: expected 0 to 1, found {getattr(self, name)!r}"
                )
        if self.quorum and self.otherwise is None:
            mistakes.append("otherwise: missing; a quorum needs an answer without one")
        if self.least and self.voting == "hard":
            mistakes.append("least: hard votes have no probability; use voting='soft'")
        return mistakes

    def _read_target(self, y: ArrayLike) -> tuple[Task, NDArray[np.int64]]:
        task, self.classes_, codes = read_labels(y)
        return task, codes
