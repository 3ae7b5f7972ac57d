"""What one can look at of a fitted stack: tables, pictures, a part of a notebook."""

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import is_classifier
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import Rows
from ensemble_kit.exceptions import CompetitionError, RunError, did_you_mean
from ensemble_kit.quantities import format_score
from ensemble_kit.running.explaining.fold_models import folds_of, predict_by_fold
from ensemble_kit.running.explaining.permuting import Importance, measure_importance
from ensemble_kit.running.explaining.sample import Sample
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitted.plots import StackPlots
from ensemble_kit.stacking.fitted.scored_members import ScoredMembers
from ensemble_kit.stacking.fitted.transforming import n_columns_of
from ensemble_kit.tables.other_libraries import handed_over, in_kind
from ensemble_kit.tasks import Task

MOST_ROWS, REPEATS = 2000, 5


class LookingMixin:
    """Tables and pictures of a stack that has been fitted."""

    test: str
    folds_: Folds
    chosen_: str
    classes_: Any
    feature_names_in_: Any
    _scored: ScoredMembers
    _task: Task
    _ensemble: Any
    _columns: list[str]
    _frame_kind: str
    _frame: Callable[[Any], pd.DataFrame]

    @property
    def plot(self) -> StackPlots:
        """Return what can be drawn: ``stack.plot.leaderboard()`` and others.

        Raises
        ------
        NotFittedError
        """
        check_is_fitted(self)
        return StackPlots(self)

    def oof_frame(self) -> Any:
        """Return the out-of-fold predictions of all members beside the target.

        Returns
        -------
        table
            Of the kind that was fitted (pandas, polars, pyarrow): the ``fold`` of
            each row, -1 where none validates it, the target ``y``, a column for
            each member, or for each member and class where there are more than two,
            and what is ``predicted``.
        """
        check_is_fitted(self)
        scored = self._scored
        columns: dict[str, Any] = {"fold": folds_of(self.folds_), "y": self._truth()}
        for name in scored.matrix.members:
            columns |= self._columns_of(name)
        columns["predicted"] = self._decided()
        return in_kind(pd.DataFrame(columns), self._frame_kind)

    def errors(self, n: int = 20, X: Any = None) -> Any:
        """Return the rows with the largest out-of-fold loss, the worst first.

        Parameters
        ----------
        n : int
        X : table, optional
            The rows of the fit, whose columns are put beside.

        Returns
        -------
        table
            Of the kind that was fitted: the ``row``, from 0, its ``fold``, ``y``, what
            was ``predicted`` out of fold, the ``loss`` (minus the logarithm of the own
            class's probability, or the absolute difference), and the columns of X.
        """
        check_is_fitted(self)
        loss = self._scored.losses(self.chosen_)
        worst = np.argsort(-np.where(np.isnan(loss), -np.inf, loss), kind="stable")[:n]
        columns = {
            "row": np.arange(len(loss)),
            "fold": folds_of(self.folds_),
            "y": self._truth(),
            "predicted": self._decided(),
            "loss": loss,
        }
        table = pd.DataFrame(columns)
        if X is not None:
            cells = self._fitted_rows(X).reset_index(drop=True)
            table = pd.concat(
                [table, cells.drop(columns=list(columns), errors="ignore")], axis=1
            )
        return in_kind(table.iloc[worst].reset_index(drop=True), self._frame_kind)

    def explain(
        self,
        X: Any,
        groups: Sequence[Sequence[str]] = (),
        n_rows: int | None = None,
        repeats: int = REPEATS,
    ) -> Any:
        """Return what the score loses when columns are shuffled, on unseen rows.

        Permutation importance of the columns of X by the models of the folds, on rows
        that they were not fitted on.

        Parameters
        ----------
        X : table
            The rows of the fit.
        groups : sequence of sequences of str
            Columns that are shuffled together, besides each alone.
        n_rows : int, optional
            How many to measure on; at most 2000 by default.
        repeats : int

        Returns
        -------
        table
            Of the kind that was fitted, the largest ``loss`` first; ``low`` and
            ``high`` are its 95 % interval. A column of noise has 0 between them.

        Raises
        ------
        RunError
            Where there are no models of single folds.
        """
        importances = self._explained(X, groups=groups, n_rows=n_rows, repeats=repeats)
        return in_kind(importances.reset_index(), self._frame_kind)

    def _explained(
        self,
        X: Any,
        groups: Sequence[Sequence[str]] = (),
        n_rows: int | None = None,
        repeats: int = REPEATS,
    ) -> pd.DataFrame:
        check_is_fitted(self)
        if any(isinstance(group, str) or not np.iterable(group) for group in groups):
            raise RunError(
                "groups: expected lists of columns, as in groups=[['a', 'b']]; the "
                "target of the fit is known, and y is not handed over"
            )
        if self.test == "refit":
            raise RunError(
                "test='refit' keeps no models of single folds, and those of all rows "
                "have seen every row that could be measured on; test='mean' keeps them"
            )
        table = self._fitted_rows(X)
        names = [str(name) for name in table.columns]
        unknown = [each for group in groups for each in group if each not in names]
        if unknown:
            hint = did_you_mean(unknown[0], names)
            raise RunError(f"groups: X has no column {unknown[0]!r}{hint}")
        sampled = self._seen_rows(n_rows or MOST_ROWS)
        metric = self._scored.metric.at(sampled)
        sign = 1.0 if metric.greater_is_better else -1.0
        _, importances = measure_importance(
            self._sample(table, sampled),
            lambda frame, fold: predict_by_fold(self._ensemble, frame, fold)[
                self.chosen_
            ],
            lambda y, predicted, rows: sign * metric.at(rows)(y, predicted, None),
            [(name,) for name in names] + [tuple(group) for group in groups],
            repeats,
        )
        return _importance_table(importances)

    def _seen_rows(self, n_rows: int) -> Rows:
        """Return some of the rows that a fold has validated."""
        seen = self._scored.rows
        return _some(seen[folds_of(self.folds_)[seen] >= 0], n_rows)

    def _sample(self, table: pd.DataFrame, rows: Rows) -> Sample:
        """Return rows as importance is measured on them."""
        scored, folds = self._scored, folds_of(self.folds_)
        units = np.arange(len(table)) if scored.groups is None else scored.groups
        return Sample(
            table.iloc[rows].reset_index(drop=True),
            scored.y[rows],
            folds[rows],
            np.unique(units[rows], return_inverse=True)[1],
        )

    def _fitted_rows(self, X: Any) -> pd.DataFrame:
        """Return the rows of the fit as the table the members were fitted on."""
        table = self._frame(handed_over(X))
        if len(table) != len(self._scored.y):
            raise CompetitionError(
                f"X has {len(table)} rows, the fit had {len(self._scored.y)}: hand "
                "over the rows of the fit"
            )
        return table

    def _truth(self) -> NDArray[Any]:
        """Return the target as it was given."""
        if is_classifier(self):
            return np.asarray(self.classes_)[self._scored.y]
        return self._task.restore(self._scored.y)

    def _decided(self) -> NDArray[Any]:
        """Return the labels, or the values, that rows get out of fold."""
        if is_classifier(self):
            return np.asarray(self.classes_)[self._scored.labels(self.chosen_)]
        return self._task.restore(self._scored.matrix.member(self.chosen_)[0][:, 0])

    def _columns_of(self, name: str) -> dict[str, NDArray[np.float64]]:
        """Return a member's out-of-fold predictions by column."""
        oof = self._scored.matrix.member(name)[0]
        if not is_classifier(self):
            return {name: self._task.restore(oof[:, 0])}
        if n_columns_of(self._scored.matrix) == 1:
            return {name: oof[:, 1]}
        return {f"{name}:{label}": oof[:, k] for k, label in enumerate(self.classes_)}

    def _repr_html_inner(self) -> str:
        """Return scikit-learn's diagram, and the leaderboard below it."""
        diagram: str = super()._repr_html_inner()  # type: ignore[misc]
        return diagram + self._leaderboard_html()

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        bundle: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        if "text/html" in bundle:
            bundle["text/html"] += self._leaderboard_html()
        return bundle

    def _leaderboard_html(self) -> str:
        """Return scores with intervals, once there are some."""
        if not hasattr(self, "_scored"):
            return ""
        table, metric = self._scored.table(), self._scored.metric
        marked = np.where(table["member"] == self.chosen_, "predicts", "")
        shown = pd.DataFrame(
            {
                "member": table["member"],
                "level": table["level"],
                f"{metric.name} {metric.sign}": table["score"].map(format_score),
                "95 % interval": [
                    ""
                    if np.isnan(low)
                    else f"{format_score(low)} to {format_score(high)}"
                    for low, high in zip(table["low"], table["high"], strict=True)
                ],
                "": marked,
            }
        )
        head = (
            f"<p>{escape(str(len(table)))} members on rows they were not fitted on:</p>"
        )
        return head + shown.to_html(index=False, escape=True, border=0)


def _importance_table(importances: list[Importance]) -> pd.DataFrame:
    """Return what columns are worth, the largest loss first."""
    ranked = sorted(importances, key=lambda one: (-one.loss.value, one.columns))
    intervals = [one.loss.interval or (np.nan, np.nan) for one in ranked]
    return pd.DataFrame(
        {
            "loss": [one.loss.value for one in ranked],
            "low": [low for low, _ in intervals],
            "high": [high for _, high in intervals],
        },
        index=pd.Index([", ".join(one.columns) for one in ranked], name="column"),
    )


def _some(rows: NDArray[np.intp], n_rows: int) -> NDArray[np.intp]:
    """Return at most so many rows, drawn at random, in order."""
    if len(rows) <= n_rows:
        return rows
    drawn = np.random.default_rng(0).choice(rows, n_rows, replace=False)
    return np.sort(drawn)
