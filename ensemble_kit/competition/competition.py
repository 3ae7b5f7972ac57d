"""A competition in memory: what a run needs to know, and nothing else."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.declared.schema import Schema
from ensemble_kit.competition.declared.settings import CompetitionSettings
from ensemble_kit.competition.derived.derived_columns import DerivedColumn
from ensemble_kit.competition.hiding import choose_hidden
from ensemble_kit.competition.template import SubmissionTemplate
from ensemble_kit.hashing import fingerprint as hash_facts
from ensemble_kit.hashing import fingerprint_array
from ensemble_kit.metrics import Metric
from ensemble_kit.splitting.drawings import Drawing
from ensemble_kit.tasks import Task

# How a note begins that tells of something lost, not only of something done.
LOUD = "warning: "
PER_ROW = ("y", "train_ids", "groups", "times", "weights", "folds")


@dataclass(frozen=True, eq=False)
class Competition:
    """Labelled rows, rows to predict, and how the predictions are judged.

    The dtypes of ``X`` are the roles of its columns: float64 is a number, category a
    category, str a text (missing ones NaN), datetime64 a date.

    Parameters
    ----------
    name : str
    folder : Path
    task : Task
    metric : Metric
        On y and predictions in the target's own units; see `Metric.on`. Where it goes
        by groups of rows, it holds those of the training rows.
    X, X_test : DataFrame
        The same columns and dtypes, rows numbered from 0.
    y : ndarray of shape (n_rows,)
        Class numbers, or values in the scale of ``task.transform``.
    ids, train_ids : ndarray of str objects
        As written in the files, in the order of ``X_test`` and ``X``.
    id_column, target : str
    groups, times, weights, folds : ndarray of shape (n_rows,) or None
        Of the training rows, where the competition has them. Folds that are repeated
        have a column for each time.
    template : SubmissionTemplate
    roles : dict of str to str
        The role of every column, dropped ones too.
    schema : Schema
        How cells became ``X``; plain data, for rows that come later.
    settings : CompetitionSettings
        What was declared and guessed, with reasons.
    fingerprint : str
        SHA-256 of the data files' bytes and the declared facts; the folder's place
        is none.
    notes : tuple of str
        What a reader should know: repairs, dropped columns and rows; those that tell
        of something lost begin with ``warning: ``.
    test_columns : tuple of str
        All columns of the test file in its order; nameless ones are paired by it.
    derived : tuple of DerivedColumn
        Columns that are made of others, for rows that come later.
    beside : DataFrame
        Columns of the training rows that are no features, as written: those that only
        train has, and those that say groups, time or folds.
    drawing : Drawing, optional
        How the test rows were drawn from all rows, where that was not at random.
    drawn : str
        The same in a sentence.
    series : tuple of str
        Columns that make a series of the rows, that of the time first; none where
        they are none.
    costs : ndarray of shape (n_classes, n_classes) or "balanced", optional
        What mistakes cost, by true and by called class.
    """

    name: str
    folder: Path
    task: Task
    metric: Metric
    X: pd.DataFrame
    y: NDArray[Any]
    X_test: pd.DataFrame
    ids: NDArray[np.object_]
    train_ids: NDArray[np.object_]
    id_column: str
    target: str
    template: SubmissionTemplate
    roles: dict[str, str]
    schema: Schema
    settings: CompetitionSettings
    fingerprint: str
    groups: NDArray[Any] | None = None
    times: NDArray[Any] | None = None
    weights: NDArray[np.float64] | None = None
    folds: NDArray[Any] | None = None
    notes: tuple[str, ...] = ()
    test_columns: tuple[str, ...] = ()
    derived: tuple[DerivedColumn, ...] = ()
    beside: pd.DataFrame = field(default_factory=pd.DataFrame)
    drawing: Drawing | None = None
    drawn: str = ""
    series: tuple[str, ...] = ()
    costs: NDArray[np.float64] | str | None = None

    @property
    def unmeasured(self) -> str:
        """Return why no score of this competition means anything; empty where it does.

        With one row of a class, a model that is to be checked by it has never seen
        that class, and one that has seen it is checked without.
        """
        if self.task.kind != "binary" or not len(self.y):
            return ""
        counts = np.bincount(self.y, minlength=2)
        if counts.min() != 1:
            return ""
        label = self.task.classes[int(counts.argmin())]
        return (
            f"{self.metric.name} cannot be measured: one training row alone is "
            f"{label!r}, and no model can both learn it and be checked by it"
        )

    def columns(self, role: str) -> list[str]:
        """Return the feature columns that have a role, in order."""
        return [name for name in self.X if self.roles[name] == role]

    def take(self, rows: NDArray[Any]) -> "Competition":
        """Return the competition with some of its training rows, in that order."""
        rows = np.asarray(rows, dtype=np.int64)
        arrays = {name: getattr(self, name) for name in PER_ROW}
        arrays = {k: None if v is None else v[rows] for k, v in arrays.items()}
        X, beside = (
            frame.iloc[rows].reset_index(drop=True) if len(frame.columns) else frame
            for frame in (self.X, self.beside)
        )
        facts = {"base": self.fingerprint, "rows": fingerprint_array(rows)}
        drawing = self.drawing
        if drawing is not None:
            drawing = drawing.take(rows, np.setdiff1d(np.arange(len(self.y)), rows))
        return replace(
            self,
            X=X,
            beside=beside,
            drawing=drawing,
            metric=self.metric.at(rows),
            fingerprint=hash_facts(facts),
            **arrays,
        )

    def hidden_rows(self, fraction: float, seed: int) -> NDArray[np.bool_]:
        """Return which training rows `hide` hides."""
        return self._set_aside(fraction, seed)[0]

    def _set_aside(
        self, fraction: float, seed: int
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
        """Return which training rows `hide` hides, and which it leaves out."""
        return choose_hidden(
            self.y,
            fraction=fraction,
            seed=seed,
            is_classification=self.task.is_classification,
            groups=self.groups,
            times=self.times,
            drawing=self.drawing,
        )

    def hidden_weights(self, fraction: float, seed: int) -> NDArray[np.float64] | None:
        """Return the weights of the rows that `hide` hides, where there are any."""
        if self.weights is None:
            return None
        return self.weights[self.hidden_rows(fraction, seed)]

    def hidden_metric(self, fraction: float, seed: int) -> Metric:
        """Return the metric of the rows that `hide` hides."""
        if not self.metric.is_grouped:
            return self.metric
        return self.metric.at(self.hidden_rows(fraction, seed))

    def hide(
        self, fraction: float = 0.2, seed: int = 0
    ) -> tuple["Competition", NDArray[Any]]:
        """Return a competition whose test rows are training rows, and their y.

        Hidden are rows as the test rows were drawn, where that is known: blocks, the
        last rows of groups. Otherwise whole groups where there are groups, the latest
        rows where there are times, and else a share of every class or of all rows.
        The original test rows are left out, and training rows where the test has an
        empty gap before it.

        Parameters
        ----------
        fraction : float, default 0.2
            The share of rows to hide, between 0 and 1.
        seed : int, default 0

        Returns
        -------
        competition : Competition
        y_hidden : ndarray of shape (n_hidden,)
            Encoded like ``y``, in the order of the new ``X_test``.

        Raises
        ------
        CompetitionError
            When the fraction leaves nothing to learn from or nothing to predict.
        """
        hidden, unused = self._set_aside(fraction, seed)
        ids = _distinct(self.train_ids[hidden])
        facts = {"base": self.fingerprint, "hide": fraction, "seed": seed}
        visible = self.take(np.flatnonzero(~hidden & ~unused))
        shown = replace(
            visible,
            X_test=self.X[hidden].reset_index(drop=True),
            ids=ids,
            template=self.template.for_ids(tuple(ids)),
            fingerprint=hash_facts(facts),
        )
        return shown, self.y[hidden]


def _distinct(ids: NDArray[np.object_]) -> NDArray[np.object_]:
    """Return ids, or row numbers where they repeat."""
    if len(set(ids)) == len(ids):
        return ids
    return np.array([str(i) for i in range(len(ids))], dtype=object)
