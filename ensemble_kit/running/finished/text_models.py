"""The fitted models of a run of texts: kept with it, for rows that come later."""

import os
import shutil
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.arrays import TextsLike
from ensemble_kit.blending.text_vote import TextVote
from ensemble_kit.competition.text_competition import TextCompetition, joined_texts
from ensemble_kit.exceptions import (
    CompetitionError,
    RunError,
    StoreError,
    did_you_mean,
    problems,
)
from ensemble_kit.files import write_atomically
from ensemble_kit.models.sequences.sequence_estimator import read_source_texts
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.processes import one_thread
from ensemble_kit.running.finished.exporting import MODELS
from ensemble_kit.running.finished.kept_run import KeptRun, warn_of_versions
from ensemble_kit.running.texts.text_fitting import TextFits
from ensemble_kit.running.texts.text_folds import TextBlend, candidates_of
from ensemble_kit.store.fitted_objects import read_kept, write_kept
from ensemble_kit.store.store import Store
from ensemble_kit.tables.reading import read_table
from ensemble_kit.untrusted import shape_fault

SCHEMA = 1
PLAN, VOTE = "texts", "vote"  # keys in the folder of models
OOF, TEST = "oof", "test"
VERSIONED = ("pandas", "torch")
PLAN_SHAPE = {
    "columns": [str],
    "encoding": str | None,
    "header": [str],
    "id_column": str,
    "members": [{"keys": [str], "name": str}],
    "metric": str,
    "schema": int,
    "separator": str | None,
    "versions": {str: str},
}


@dataclass(frozen=True)
class TextPredictor(KeptRun):
    """Fitted models that write texts for later rows; see `load_text_predictor`."""

    @cached_property
    def vote(self) -> TextVote:
        """Return the vote with the weights of the run."""
        vote = self._kept(VOTE)
        names = tuple(each["name"] for each in self.facts["members"])
        if not isinstance(vote, TextVote) or getattr(vote, "members_", ()) != names:
            raise RunError(f"the vote of {self.folder} is not that of its members")
        return vote

    def candidates(self, X: TextsLike) -> TextCandidates:
        """Return what every member would write for sources, its models averaged."""
        texts = as_texts(read_source_texts(X))
        with one_thread():  # as in the run: sums of floats depend on their number
            return TextCandidates.join(
                [
                    TextCandidates.average(
                        [
                            candidates_of(each["name"], self._kept(key), texts)
                            for key in each["keys"]
                        ]
                    )
                    for each in self.facts["members"]
                ]
            )

    def predict(self, X: TextsLike) -> NDArray[np.object_]:
        """Return the text that is voted for, for each source."""
        return self.vote.predict(self.candidates(X))

    def predict_file(self, path: Path | str, output: Path | str) -> Path:
        """Write the texts of a file's rows as a submission; return its path.

        Raises
        ------
        CompetitionError
            When a column of sources is missing, or ids repeat or are empty.

        Warns
        -----
        PredictionWarning
            When there is no column of ids: rows are numbered then.
        """
        facts = self.facts
        table = read_table(path, facts["encoding"], facts["separator"])
        frame, name = table.frame, table.path.name
        missing = [
            f"no column {column!r}{did_you_mean(column, list(frame))}"
            for column in facts["columns"]
            if column not in frame
        ]
        if missing:
            raise CompetitionError(problems(name, missing))
        ids = self._ids(frame, name)
        texts = self.predict(joined_texts(frame, facts["columns"]))
        header = facts["header"]
        written = pd.DataFrame({header[0]: ids, header[1]: texts}, dtype="str")
        output = Path(output)
        csv = written.to_csv(index=False, lineterminator="\n")
        write_atomically(output, csv.encode("utf-8", "surrogatepass"))
        return output

    def row(self, wanted: str) -> dict[str, Any]:
        """Return what members would write for one row of the run, and the vote.

        Parameters
        ----------
        wanted : str
            The id of a training row, of models that have not seen it, or of the test.

        Returns
        -------
        dict
            ``id``, ``part`` ("train" or "test"), ``predicted``, ``options`` (the
            most votes first: ``text``, ``votes``) and ``members``: ``member``,
            ``weight`` and ``texts``, each a text with its chance.

        Raises
        ------
        RunError
            When no row of the run has this id.
        """
        for part in (OOF, TEST):
            ids, candidates = self._rows(part)
            places = np.flatnonzero(ids == wanted)
            if len(places):
                row = candidates.take(places[:1])
                return {"id": wanted, "part": "train" if part == OOF else "test"} | (
                    self._row_facts(row)
                )
        raise RunError(
            f"no row that was validated or written has the id {wanted!r:.80}"
        )

    def _row_facts(self, row: TextCandidates) -> dict[str, Any]:
        options, shares = row.options()
        votes = (shares @ self.vote.weights_)[0]
        ranked = [
            {"text": row.texts[line], "votes": float(value)}
            for value, line in sorted(
                zip(votes, options[0], strict=True), key=lambda pair: -pair[0]
            )
            if line >= 0
        ]
        weights = zip(self.vote.members_, self.vote.weights_, strict=True)
        return {
            "predicted": str(self.vote.predict(row)[0]),
            "options": ranked,
            "members": [
                {"member": name, "weight": float(weight), "texts": row.rows(name)[0]}
                for name, weight in weights
            ],
        }

    def _rows(self, part: str) -> tuple[NDArray[np.object_], TextCandidates]:
        """Return the ids of the run's rows, and what was written for them."""
        try:
            entry = Store(self.folder / MODELS).load(part + VOTE)
            ids = as_texts([str(one) for one in entry.facts["ids"]])
            candidates = TextCandidates.from_arrays(self.vote.members_, entry.arrays)
        except (StoreError, LookupError, TypeError, ValueError) as error:
            raise RunError(f"what the run has written is damaged: {error}") from error
        return ids, candidates

    def _kept(self, key: str) -> Any:
        return read_kept(Store(self.folder / MODELS), key)


def export_text_models(
    competition: TextCompetition,
    blend: TextBlend,
    fits: TextFits,
    fitted_store: Store,
    folder: Path,
) -> list[str]:
    """Put the fitted members and what they have written into a run's folder.

    The plan is written last: without it there is nothing to load.

    Parameters
    ----------
    competition : TextCompetition
    blend : TextBlend
    fits : TextFits
    fitted_store : Store
        Where models that no limit has cut are.
    folder : Path
        The run's.

    Returns
    -------
    list of str
        Why the run cannot write later rows; empty when it can.
    """
    models = Store(folder / MODELS, fitted_store.durable)
    shutil.rmtree(models.folder, ignore_errors=True)
    keys = [key for some in fits.keys.values() for key in some]
    refused = [_refusal(fitted_store, key) for key in keys if key not in fits.cut]
    if reasons := list(dict.fromkeys(filter(None, refused))):
        return reasons
    for key in keys:
        if key in fits.cut:
            write_kept(models, key, fits.cut[key])
        else:
            shutil.copytree(fitted_store.path(key), models.path(key))
    write_kept(models, VOTE, blend.vote)
    train_ids = [str(one) for one in competition.train_ids[blend.rows]]
    models.write(OOF + VOTE, blend.oof.to_arrays(), {"ids": train_ids})
    test_ids = [str(one) for one in competition.ids]
    models.write(TEST + VOTE, blend.test.to_arrays(), {"ids": test_ids})
    models.write(PLAN, {}, _plan(competition, fits))
    return []


def is_text_run(folder: Path) -> bool:
    """Return whether a folder holds the models of a run of texts."""
    return os.path.lexists(Store(folder / MODELS).path(PLAN))


def load_text_predictor(folder: Path) -> TextPredictor:
    """Return the fitted models of a run of texts, none of them read yet.

    Raises
    ------
    RunError
        When there are none, or the plan is none that a run writes.

    Warns
    -----
    PredictionWarning
        When libraries have other versions than in the run.
    """
    if not is_text_run(folder):
        raise RunError(f"{folder} holds no models of a run of texts")
    try:
        facts = Store(folder / MODELS).load(PLAN).facts
    except StoreError as error:
        raise RunError(str(error)) from error
    fault = shape_fault(facts, PLAN_SHAPE)
    if not fault and facts["schema"] != SCHEMA:
        fault = f"its format is {facts['schema']}, this version reads {SCHEMA}"
    if not fault and (len(facts["header"]) != 2 or not facts["members"]):
        fault = "it names no two columns, or no members"
    if fault:
        raise RunError(f"the plan of {folder} cannot be used: {fault}")
    warn_of_versions(facts["versions"])
    return TextPredictor(folder, facts)


def _plan(competition: TextCompetition, fits: TextFits) -> dict[str, Any]:
    settings = competition.settings
    return {
        "schema": SCHEMA,
        "members": [{"name": name, "keys": some} for name, some in fits.keys.items()],
        "metric": competition.metric.name,
        "columns": list(competition.columns),
        "header": [str(name) for name in competition.wanted.columns],
        "id_column": competition.id_column,
        "encoding": settings.encoding,
        "separator": settings.separator,
        "versions": library_versions(*VERSIONED),
    }


def _refusal(fitted_store: Store, key: str) -> str:
    """Return why a model cannot be taken along; empty when it can."""
    entry = fitted_store.read(key)
    if entry is None:
        return "a model was not kept, or is damaged"
    return str(entry.facts.get("refused", ""))
