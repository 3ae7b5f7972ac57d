"""A finished run explained: which columns mattered, and what one row is made of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ensemble_kit.arrays import Array, Rows
from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import RunError, did_you_mean
from ensemble_kit.metrics import Metric
from ensemble_kit.metrics.jackknife import quick_scorer
from ensemble_kit.running.explaining.fold_models import FoldModels, folds_of_rows
from ensemble_kit.running.explaining.linear_words import pushing_words, words_of_row
from ensemble_kit.running.explaining.permuting import Importance, measure_importance
from ensemble_kit.running.explaining.room import Room
from ensemble_kit.running.explaining.sample import Sample, Score
from ensemble_kit.running.finished.loaded_run import LoadedRun
from ensemble_kit.running.finished.run_files import refuse_deployed
from ensemble_kit.running.preparing.metric_objectives import metric_in_scale

MOST_PREDICTED = 60_000  # rows, over all shuffles
FEWEST_ROWS, MOST_ROWS = 200, 2000
REPEATS = 5
MANY_COLUMNS, FEW_REPEATS = 60, 3
N_REPLACED = 20
N_COLUMNS = 15


@dataclass(frozen=True)
class ExplainedRun:
    """A run's folder together with the data it was made of.

    Parameters
    ----------
    run : LoadedRun
    data : path, optional
        The competition's folder, when it has moved since.
    known : Competition, optional
        The run's, where it is at hand: nothing is read again.
    """

    run: LoadedRun
    data: Path | None = None
    known: Competition | None = None

    @cached_property
    def competition(self) -> Competition:
        """Return the competition, proved to be that of the run."""
        return self.known or self.run.competition(self.data)

    @cached_property
    def models(self) -> FoldModels:
        """Return the models of each fold."""
        refuse_deployed(self.run.folder, "explain")
        return FoldModels(self.run.predictor)

    @cached_property
    def metric(self) -> Metric:
        """Return the metric in the scale that members are fitted in."""
        return metric_in_scale(self.competition.metric, self.competition.task)

    @cached_property
    def folds(self) -> Array:
        """Return the fold of each training row, -1 where none validates it."""
        return folds_of_rows(self.run.oof())

    def importance(
        self,
        groups: Sequence[Sequence[str]] = (),
        n_rows: int | None = None,
        repeats: int | None = None,
        seed: int = 0,
        end: float | None = None,
    ) -> dict[str, Any]:
        """Return what the score loses when each column is shuffled, as plain data.

        Parameters
        ----------
        groups : sequence of sequences of str
            Columns that are shuffled together, besides each alone.
        n_rows, repeats : int, optional
            Rows to measure on, and shuffles; fewer the more columns there are.
        seed : int
        end : float, optional
            When it has to be over, on the monotonic clock: fewer rows and shuffles
            are taken, going by what a block of rows takes.

        Returns
        -------
        dict
            ``metric``, ``score`` of the rows as they are, ``n_rows``, ``repeats``,
            ``columns`` (the largest loss first: ``columns``, ``loss``, ``low``,
            ``high``), ``words`` and ``notes``.

        Raises
        ------
        RunError
            When models or data are missing, a group names an unknown column, or the
            time is too short.
        """
        self._check(groups)
        sets: list[tuple[str, ...]] = [(str(name),) for name in self.competition.X]
        sets += [tuple(group) for group in groups]
        repeats = repeats or (FEW_REPEATS if len(sets) > MANY_COLUMNS else REPEATS)
        if n_rows is None:
            n_rows = _affordable_rows(len(sets) * repeats)
        rows = self._sampled(n_rows, seed)
        predict, score = self.models.predict, self._score(rows)
        room = None
        if end is not None:
            room = Room.measured(self._sample(rows), predict, score, end)
            n_rows, repeats = room.shared_out(len(rows), repeats, len(sets))
            rows = self._sampled(n_rows, seed)
            score = self._score(rows)
        base, importances = measure_importance(
            self._sample(rows), predict, score, sets, repeats, seed, room
        )
        importances.sort(key=lambda one: (-one.loss.value, one.columns))
        sign = 1.0 if self.metric.greater_is_better else -1.0
        return {
            "metric": self.metric.name,
            "score": sign * base.value,
            "n_rows": len(rows),
            "repeats": repeats,
            "columns": [_loss_facts(one) for one in importances],
            "words": self._words(rows, room),
            "notes": self._notes(),
        }

    def row(self, row_id: str, seed: int = 0) -> dict[str, Any]:
        """Return what one row's prediction is made of, as plain data.

        Parameters
        ----------
        row_id : str
            Of a training row, which is predicted by models that have not seen it, or
            of a test row.
        seed : int

        Returns
        -------
        dict
            ``id``, ``part`` ("train" or "test"), ``predicted``, ``of`` (the class
            or the target that is), ``members`` with their predictions and weights,
            ``columns``: by how much the prediction changes on average when the
            cell is replaced by those of other rows, and ``words``, see
            `words_of_row`.

        Raises
        ------
        RunError
            When no row has that id.
        """
        row, predict, fold = self._row_of(row_id)
        members = predict(row)
        output = int(members[self.run.chosen][0].argmax())
        classes = self.competition.task.classes
        own = float(self._shown(members[self.run.chosen][:, output])[0])
        return {
            "id": row_id,
            "part": "test" if fold is None else "train",
            "of": str(classes[output]) if classes else self.competition.target,
            "predicted": own,
            "members": self._member_facts(members, output),
            "columns": self._cell_facts(row, predict, output, own, seed),
            "words": words_of_row(self.run.predictor, row, output, fold),
        }

    def _member_facts(
        self, members: Mapping[str, Array], output: int
    ) -> list[dict[str, Any]]:
        """Return what each member predicts of a row, and its weight in the blend."""
        weights = self.run.weights.get(self.run.chosen, {})
        return [
            {
                "member": name,
                "predicted": float(self._shown(values[:, output])[0]),
                "weight": weights.get(name),
            }
            for name, values in members.items()
        ]

    def _cell_facts(
        self,
        row: pd.DataFrame,
        predict: Callable[[pd.DataFrame], dict[str, Array]],
        output: int,
        own: float,
        seed: int,
    ) -> list[dict[str, Any]]:
        """Return what each of a row's cells does to its prediction, the most first."""
        others = self.competition.X
        at = np.random.default_rng(seed).integers(0, len(others), N_REPLACED)
        names = [str(name) for name in others]
        predictions = predict(_replaced(row, others, at, names))[self.run.chosen]
        changes = self._shown(predictions[:, output]) - own
        changes = changes.reshape(len(names), N_REPLACED)
        size = np.abs(changes).mean(axis=1)
        return [
            {
                "column": names[k],
                "cell": _spelled(row[names[k]].iloc[0]),
                "change": float(size[k]),
                "without": float(changes[k].mean()),
            }
            for k in np.argsort(-size, kind="stable")[:N_COLUMNS]
            if size[k] > 0
        ]

    def _check(self, groups: Sequence[Sequence[str]]) -> None:
        known = [str(name) for name in self.competition.X]
        wrong = [
            f"{name!r}{did_you_mean(name, known)}"
            for group in groups
            for name in group
            if name not in known
        ]
        if wrong:
            raise RunError(f"no column {', '.join(wrong)} is read by the run")

    def _sampled(self, n_rows: int, seed: int) -> Rows:
        """Return some of the rows that a fold validates, in order."""
        there = np.flatnonzero(self.folds >= 0)
        if len(there) <= n_rows:
            return there
        return np.sort(np.random.default_rng(seed).permutation(there)[:n_rows])

    def _sample(self, rows: Rows) -> Sample:
        competition = self.competition
        units = np.arange(len(competition.y))
        if competition.groups is not None:
            units = pd.factorize(pd.Series(competition.groups))[0]
        return Sample(
            competition.X.iloc[rows].reset_index(drop=True),
            competition.y[rows],
            self.folds[rows],
            units[rows],
        )

    def _score(self, sampled: Rows) -> Score:
        """Return the metric of a sample as a score: greater is better."""
        metric, decision = self.metric.at(sampled), self.run.decision
        sign = 1.0 if metric.greater_is_better else -1.0

        def score(y: Array, predictions: Array, rows: Rows) -> float:
            if metric.consumes != "label":
                return sign * quick_scorer(metric.at(rows))(y, predictions, None)
            labels = predictions.argmax(axis=1)
            if decision is not None:
                labels = np.asarray(decision.predict(predictions))
            return sign * metric.at(rows).score_labels(y, labels)

        return score

    def _words(self, rows: Rows, room: Room | None) -> list[dict[str, Any]]:
        """Return the words that push most; in a hurry, counted in a few rows."""
        X = self.competition.X
        if room is None:
            return pushing_words(self.run.predictor, X)
        return pushing_words(self.run.predictor, X.iloc[rows], room.is_over)

    def _notes(self) -> list[str]:
        notes = []
        if self.competition.weights is not None:
            notes.append("rows count alike here, whatever their weights")
        if self.run.oof().iloc[:, 1].astype(str).str.contains(" ").any():
            notes.append("rows that several folds validate are measured by the first")
        return notes

    def _row_of(
        self, row_id: str
    ) -> tuple[pd.DataFrame, Callable[[pd.DataFrame], dict[str, Array]], int | None]:
        """Return a row of that id, what predicts it, and its fold if it is of train."""
        competition = self.competition
        at = np.flatnonzero(competition.train_ids == row_id)
        if len(at) and self.folds[at[0]] >= 0:
            fold = int(self.folds[at[0]])
            row = competition.X.iloc[at[:1]].reset_index(drop=True)
            return row, lambda frame: self.models.predict_all(frame, fold), fold
        at = np.flatnonzero(competition.ids == row_id)
        if not len(at):
            raise RunError(
                f"no row has the {competition.id_column} {row_id!r}, or no fold "
                "validates it"
            )
        row = competition.X_test.iloc[at[:1]].reset_index(drop=True)
        return row, self.run.predictor.ensemble.predict, None

    def _shown(self, values: Array) -> Array:
        """Return probabilities as they are, values in the target's own units."""
        task = self.competition.task
        return values if task.is_classification else task.restore(values)


def _affordable_rows(n_shuffles: int) -> int:
    """Return on how many rows that many shuffles are measured."""
    return int(np.clip(MOST_PREDICTED // n_shuffles, FEWEST_ROWS, MOST_ROWS))


def _loss_facts(importance: Importance) -> dict[str, Any]:
    """Return what the score loses without columns, as plain data."""
    low, high = importance.loss.interval or (None, None)
    return {
        "columns": list(importance.columns),
        "loss": importance.loss.value,
        "low": low,
        "high": high,
    }


def _spelled(cell: object) -> str:
    """Return a cell as text, empty where there is nothing."""
    return "" if pd.isna(cell) else str(cell)


def _replaced(
    row: pd.DataFrame, others: pd.DataFrame, at: Rows, names: Sequence[str]
) -> pd.DataFrame:
    """Return copies of a row, for each column some with other rows' cells."""
    both = pd.concat([row, others.iloc[at]], ignore_index=True)
    columns = {}
    for number, name in enumerate(names):
        taken = np.zeros((len(names), len(at)), dtype=np.int64)
        taken[number] = 1 + np.arange(len(at))
        columns[name] = both[name].iloc[taken.ravel()].array
    return pd.DataFrame(columns)
