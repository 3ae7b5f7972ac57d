"""A finished run as an object: what it scored and predicted, and what it predicts."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import is_numeric_dtype

from ensemble_kit.competition.competition import Competition
from ensemble_kit.competition.declared.settings import load_settings
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.custom_files import load_custom_files
from ensemble_kit.decisions.decision import Decision
from ensemble_kit.exceptions import RunError
from ensemble_kit.files import write_atomically
from ensemble_kit.quantities import format_score
from ensemble_kit.running.finished.exporting import MODELS
from ensemble_kit.running.finished.intervals import conformal_intervals
from ensemble_kit.running.finished.later_rows import Rows
from ensemble_kit.running.finished.predicting import Predictor, load_predictor
from ensemble_kit.running.finished.run_files import (
    MANIFEST,
    REPORT,
    plain_file,
    read_facts,
)
from ensemble_kit.tasks import Task

SMALLEST = 1e-15
COLUMNS = ("level", "model", "features", "score", "spread", "seconds")


@dataclass(frozen=True)
class HiddenRows:
    """The training rows that a holdout has hidden: they are the run's test rows.

    Parameters
    ----------
    fraction : float
    seed : int
    y : ndarray of shape (n_hidden,)
        Their encoded targets.
    weights : ndarray of shape (n_hidden,), optional
    """

    fraction: float
    seed: int
    y: NDArray[Any]
    weights: NDArray[np.float64] | None


@dataclass(frozen=True)
class LoadedRun:
    """A run's folder; see `load_run` and `ensemble_kit.run`.

    Parameters
    ----------
    folder : Path
    facts : mapping
        What report.json holds.
    """

    folder: Path
    facts: Mapping[str, Any]

    @property
    def leaderboard(self) -> pd.DataFrame:
        """Return every member's score, best first, indexed by name.

        Columns: ``level``, ``model``, ``features``, ``score`` in the metric's units,
        ``spread`` (standard deviation over folds), ``seconds``, ``submitted``.
        """
        rows = self.facts["leaderboard"]
        names = pd.Index([row["name"] for row in rows], name="member")
        table = pd.DataFrame(rows, index=names)[list(COLUMNS)]
        return table.assign(submitted=names == self.chosen)

    @property
    def chosen(self) -> str:
        """Return the member that was submitted."""
        return self.facts["chosen"]

    @property
    def weights(self) -> dict[str, dict[str, float]]:
        """Return the weights of the members in each blend that has them."""
        return {name: dict(weights) for name, weights in self.facts["weights"].items()}

    @property
    def decision(self) -> Decision | None:
        """Return what turns probabilities into labels; None: the likeliest class."""
        return self.predictor.decision

    @cached_property
    def predictor(self) -> Predictor:
        """Return the fitted models.

        Raises
        ------
        RunError
            When they were not kept.
        """
        return load_predictor(self.folder)

    @property
    def task(self) -> Task:
        """Return what is predicted, with the classes in the order of columns."""
        return self.predictor.task

    def oof(self) -> pd.DataFrame:
        """Return the members' out-of-fold predictions: the table of oof.csv."""
        return self._table("oof.csv")

    def test(self) -> pd.DataFrame:
        """Return the members' predictions of the test rows."""
        return self._table("test_predictions.csv")

    def report(self) -> str:
        """Return the report as Markdown."""
        path = plain_file(self.folder, "report.md")
        return path.read_text(encoding="utf-8", errors="replace")

    def predict(self, rows: Rows) -> NDArray[Any]:
        """Return the labels of rows, or values in the target's own units.

        Parameters
        ----------
        rows : DataFrame, dict, or list of dicts
            With the columns of test.csv; a dict is one row.

        Returns
        -------
        ndarray of shape (n_rows,)

        Raises
        ------
        CompetitionError
            When columns are missing, or one reads in no row.

        Warns
        -----
        PredictionWarning
            With the number of cells of each column that cannot be used.
        """
        predictions = self.predictor.predict(rows)
        if self.task.is_classification:
            return self.predictor.labels(predictions)
        return predictions[:, 0]

    def predict_proba(self, rows: Rows) -> NDArray[np.float64]:
        """Return probabilities of shape (n_rows, n_classes); see `predict`.

        Raises
        ------
        RunError
            When values are predicted, not classes.
        """
        if not self.task.is_classification:
            raise RunError("this run predicts values: call predict")
        return self.predictor.predict(rows)

    def predict_interval(self, rows: Rows, level: float = 0.9) -> NDArray[np.float64]:
        """Return what the values of rows lie between; see `predict`.

        Split conformal prediction on the out-of-fold predictions, in the scale that
        the members were fitted in: of new rows like those of train, at least a share
        ``level`` lies inside. It promises nothing of rows that are drawn otherwise.

        Parameters
        ----------
        rows : DataFrame, dict, or list of dicts
        level : float, default 0.9

        Returns
        -------
        ndarray of shape (n_rows, 2)
            In the target's own units.

        Raises
        ------
        RunError
            When classes are predicted, or there are too few training rows.
        MissingDependencyError
            When MAPIE is not installed.
        """
        self._refuse_classes()
        return self._intervals(self.predict(rows), level)

    def _refuse_classes(self) -> None:
        if self.task.is_classification:
            raise RunError(
                "classes have probabilities, not intervals: call predict_proba, or "
                "predict without an interval"
            )

    def _intervals(
        self, predictions: NDArray[np.float64], level: float
    ) -> NDArray[np.float64]:
        """Return what values lie between that are predicted so."""
        oof, task = self.oof(), self.task
        there = oof[self.chosen].notna().to_numpy()
        target, predicted = oof.columns[2], oof[self.chosen].to_numpy()[there]
        y, out_of_fold, new = (
            task.encode(part)
            for part in (oof[target].to_numpy()[there], predicted, predictions)
        )
        return task.restore(conformal_intervals(y, out_of_fold, new, level))

    def predict_file(
        self,
        path: Path | str,
        output: Path | str,
        foreign: Mapping[str, Path | str] | None = None,
        level: float | None = None,
    ) -> Path:
        """Write the predictions of a file's rows as a submission; return its path.

        Rows stand in the file's order, or in that of the run's own submission when
        the ids are the same: the competition's test file gives the same bytes again.

        Parameters
        ----------
        path, output : path
        foreign : mapping of str to path, optional
            Predictions of these rows by the members that were fitted elsewhere.
        level : float, optional
            Two more columns say what values lie between; see `predict_interval`.

        Raises
        ------
        CompetitionError
            When the file cannot be read, columns are missing, or ids repeat.
        RunError
            See `predict_interval`.
        """
        if level is None:
            return self.predictor.predict_file(path, output, foreign)
        self._refuse_classes()
        self._intervals(np.zeros(1), level)  # a fault is told before a file is written
        written = self.predictor.predict_file(path, output, foreign)
        table = pd.read_csv(written, dtype=str, keep_default_na=False)
        value = table.columns[-1]
        ends = self._intervals(table[value].astype(float).to_numpy(), level)
        for name, end in zip(("low", "high"), ends.T, strict=True):
            table[distinct(f"{value}_{name}", table.columns)] = end
        text = table.to_csv(index=False, lineterminator="\n")
        write_atomically(written, text.encode())
        return written

    def errors(self, n: int = 20, data: Path | str | None = None) -> pd.DataFrame:
        """Return the training rows with the largest out-of-fold loss, worst first.

        Parameters
        ----------
        n : int, default 20
        data : path, optional
            The competition's folder, when it has moved since.

        Returns
        -------
        DataFrame
            Indexed by id: the ``fold``, the target, what was ``predicted`` for it
            out of fold, the ``loss`` (minus the logarithm of the own class's
            probability, or the absolute difference), and the row's cells.

        Raises
        ------
        RunError
            When the data are not there, or not those of the run.
        """
        competition = self.competition(data)
        oof = self.oof()
        if len(oof) != len(competition.y) or competition.target not in oof:
            raise RunError(f"{self.folder / 'oof.csv'} has other rows than the data")
        loss, predicted = self._losses(oof, competition)
        worst = np.argsort(-np.where(np.isnan(loss), -np.inf, loss), kind="stable")[:n]
        rows = pd.DataFrame(
            {
                "fold": oof.iloc[:, 1],
                competition.target: oof[competition.target],
                "predicted": predicted,
                "loss": loss,
            }
        )
        cells = competition.X.rename(columns=lambda name: distinct(name, rows.columns))
        table = pd.concat([rows, cells], axis=1)
        table.index = pd.Index(competition.train_ids, name=competition.id_column)
        return table.iloc[worst]

    def _losses(
        self, oof: pd.DataFrame, competition: Competition
    ) -> tuple[NDArray[np.float64], NDArray[Any]]:
        """Return each row's loss, NaN without a prediction, and what was predicted."""
        task, chosen = competition.task, self.chosen
        if not task.is_classification:
            values = oof[chosen].to_numpy()
            truth = task.restore(competition.y)
            return np.abs(values - truth), values
        columns = [f"{chosen}:{label}" for label in task.classes]
        probabilities = oof[columns].to_numpy()
        own = probabilities[np.arange(len(oof)), competition.y]
        likeliest = task.decode(np.nan_to_num(probabilities).argmax(axis=1))
        predicted = oof[chosen].to_numpy() if chosen in oof else likeliest
        return -np.log(np.maximum(own, SMALLEST)), predicted

    def explain(
        self,
        groups: Sequence[Sequence[str]] = (),
        n_rows: int | None = None,
        repeats: int | None = None,
        data: Path | str | None = None,
    ) -> pd.DataFrame:
        """Return what the submitted member's score loses when columns are shuffled.

        Permutation importance of the original columns, on out-of-fold rows by models
        that have not seen them. It takes seconds to minutes.

        Parameters
        ----------
        groups : sequence of sequences of str
            Columns that are shuffled together, besides each alone.
        n_rows, repeats : int, optional
            Rows to measure on, and shuffles; fewer the more columns there are.
        data : path, optional
            The competition's folder, when it has moved since.

        Returns
        -------
        DataFrame
            Indexed by column, the largest ``loss`` first; ``low`` and ``high`` are
            its 95 % interval. A column of noise has 0 between them.

        Raises
        ------
        RunError
            When models of single folds or the data are missing.
        """
        from ensemble_kit.running.explaining.explained_run import ExplainedRun

        explained = ExplainedRun(self, None if data is None else Path(data))
        importances = explained.importance(groups, n_rows, repeats)["columns"]
        names = pd.Index(
            [", ".join(row["columns"]) for row in importances], name="column"
        )
        return pd.DataFrame(importances, index=names)[["loss", "low", "high"]]

    def competition(self, data: Path | str | None = None) -> Competition:
        """Return the competition that the run was made of, by its fingerprint.

        Parameters
        ----------
        data : path, optional
            Its folder, when it has moved since.

        Raises
        ------
        RunError
            When the data are not there, or not those of the run.
        """
        return self.competition_and_hidden(data)[0]

    def competition_and_hidden(
        self, data: Path | str | None = None
    ) -> tuple[Competition, HiddenRows | None]:
        """Return that competition, and what a holdout has hidden from the run.

        Parameters
        ----------
        data : path, optional
            Its folder, when it has moved since.

        Raises
        ------
        RunError
            See `competition`.
        """
        needed = ("data", "competition_fingerprint")
        manifest = read_facts(self.folder, MANIFEST, needed)
        folder = Path(data) if data else (self.folder / manifest["data"]).resolve()
        if not folder.is_dir():
            raise RunError(f"the run's data are not in {folder}; name their folder")
        settings = load_settings(plain_file(self.folder, "competition.toml"))
        competition = load_competition(folder, settings=settings)
        wanted, hidden = manifest["competition_fingerprint"], None
        holdout = self.facts.get("holdout")
        if competition.fingerprint != wanted and holdout:
            how = (holdout["fraction"], holdout["seed"])
            weights = competition.hidden_weights(*how)
            competition, y = competition.hide(*how)
            hidden = HiddenRows(*how, y, weights)
        if competition.fingerprint != wanted:
            raise RunError(
                f"the data in {folder} are not those of the run: the fingerprint is "
                f"{competition.fingerprint[:12]}, the run's was {wanted[:12]}"
            )
        return competition, hidden

    def _table(self, name: str) -> pd.DataFrame:
        path = plain_file(self.folder, name)
        try:
            header = pd.read_csv(path, nrows=0).columns
            table = pd.read_csv(
                path, dtype={header[0]: str}, keep_default_na=False, na_values=[""]
            )
        except (ValueError, IndexError) as error:
            raise RunError(f"{path} is damaged: {error}") from error
        for column in self._predicted_columns():
            if column not in table or not is_numeric_dtype(table[column]):
                raise RunError(f"{path} is damaged: no numbers in {column!r:.80}")
        return table

    def _predicted_columns(self) -> list[str]:
        """Return the columns of all members' canonical predictions."""
        classes = self.facts["competition"]["classes"]
        names = [row["name"] for row in self.facts["leaderboard"]]
        return [f"{name}:{label}" for name in names for label in classes] or names

    def __repr__(self) -> str:
        metric = self.facts["competition"]["metric"]
        row = self.leaderboard.loc[self.chosen]
        score = format_score(row["score"])
        return (
            f"<run {self.folder}: {self.chosen}, {metric} {score} on out-of-fold rows>"
        )

    def _repr_html_(self) -> str:
        stopped = self.facts.get("stopped")
        warning = f"<p><b>{escape(stopped)}</b></p>" if stopped else ""
        head = (
            f"<p>{escape(str(self.folder))}: <b>{escape(self.chosen)}</b> "
            f"({escape(self.facts['reason'])})</p>"
        )
        return f"{warning}{head}{self.leaderboard.to_html(escape=True)}"


def load_run(path: Path | str, custom: Sequence[Path] = ()) -> LoadedRun:
    """Return a finished run, its models in memory where it has kept them.

    Nothing of the competition's folder is needed to predict, and the run's folder may
    have been moved. What is read holds data alone: no pickle, no code, and only
    classes that the kit knows.

    Parameters
    ----------
    path : Path or str
        A folder below ``runs/``.
    custom : sequence of Path
        The Python files that were named with ``--custom``.

    Raises
    ------
    RunError
        When it is no run's folder, or a model is damaged.

    Warns
    -----
    PredictionWarning
        When libraries have other versions than in the run.
    """
    folder = Path(path)
    load_custom_files(custom)
    run = LoadedRun(folder, read_report(folder))
    if (folder / MODELS).is_dir():
        run.predictor.load()
    return run


def distinct(name: str, taken: Iterable[str]) -> str:
    """Return a name that is not taken, with as few underscores as that needs."""
    while name in taken:
        name += "_"
    return name


def read_report(folder: Path) -> dict[str, Any]:
    """Return the facts of a run's report.

    Raises
    ------
    RunError
        When the folder is no run's.
    """
    return read_facts(folder, REPORT)
