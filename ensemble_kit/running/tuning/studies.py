"""Optuna's record of trials, kept in the store and taken up by later calls."""

import math
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ensemble_kit.exceptions import require
from ensemble_kit.hashing import derive_seed, fingerprint
from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.member import Member
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph

DIGITS = 4
Space = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True)
class Study:
    """Trials of one member's parameters, numbered from 0.

    Parameters
    ----------
    study : optuna.Study
    space : mapping of str to a range
        See `ensemble_kit.catalog.search_spaces`.
    seed : int
        What a trial draws follows from this, its number and the trials before it.
    """

    study: Any
    space: Space
    seed: int

    @classmethod
    def open(
        cls, store: Store, graph: Graph, member: Member, space: Space, metric: Metric
    ) -> "Study":
        """Return the study of these facts, with the trials made so far."""
        optuna = require("optuna", extra="tune")
        optuna.logging.set_verbosity(optuna.logging.ERROR)
        facts = {
            "data": graph.source.fingerprint,
            "folds": list(graph.source.folds.fingerprints),
            "model": member.model_facts(graph.source.kind),
            "features": graph.recipes[member.feature_set].facts(),
            "metric": metric.name,
            "space": {name: dict(choices) for name, choices in space.items()},
            "seed": graph.seed,
        }
        path = study_path(store, member.model, fingerprint(facts))
        backend = optuna.storages.journal.JournalFileBackend(str(path))
        study = optuna.create_study(
            storage=optuna.storages.JournalStorage(backend),
            study_name=member.model,
            direction="maximize" if metric.greater_is_better else "minimize",
            load_if_exists=True,
        )
        return cls(study, space, graph.seed)

    def make(
        self, number: int, measure: Callable[[str, Mapping[str, Any]], float | None]
    ) -> None:
        """Make a trial; one that was made already is measured again from the store.

        Parameters
        ----------
        number : int
        measure : callable
            Told the trial's name and parameters; returns its score, or None.
        """
        optuna = require("optuna", extra="tune")
        failed = optuna.trial.TrialState.FAIL
        known = self.study.get_trials(deepcopy=False)
        if number < len(known):
            state, places = known[number].state, known[number].params
        else:
            state, places = None, self._ask(number)
        if state == failed:
            return
        score = measure(str(number + 1), self.values(places))
        if state != optuna.trial.TrialState.COMPLETE:
            ending = failed if score is None else None
            self.study.tell(number, score, state=ending)

    def values(self, places: Mapping[str, Any]) -> dict[str, Any]:
        """Return parameters from what Optuna keeps.

        Numbers have few digits: what is printed is what was fitted.
        """
        return {name: self._value(name, place) for name, place in places.items()}

    def _value(self, name: str, place: Any) -> Any:
        choices = self.space[name].get("choices")
        return rounded(place) if choices is None else choices[place]

    def _ask(self, number: int) -> dict[str, Any]:
        """Return the next trial's draws."""
        optuna = require("optuna", extra="tune")
        seed = derive_seed(self.seed, "tune", number)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            self.study.sampler = optuna.samplers.TPESampler(seed=seed)
        ranges = {name: distribution(r) for name, r in self.space.items()}
        return self.study.ask(ranges).params


def study_path(store: Store, model: str, key: str) -> Path:
    """Return the file of a study; its folder is made."""
    folder = store.folder / "studies"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{model}-{key[:16]}.log"


def distribution(choices: Mapping[str, Any]) -> Any:
    """Return a range of a search space as Optuna's; named values by their places."""
    kinds = require("optuna", extra="tune").distributions
    if "choices" in choices:
        return kinds.CategoricalDistribution(list(range(len(choices["choices"]))))
    whole = kinds.IntDistribution if choices["whole"] else kinds.FloatDistribution
    return whole(choices["low"], choices["high"], log=choices["log"])


def rounded(value: Any) -> Any:
    """Return a number with few digits."""
    if not isinstance(value, float) or value == 0 or not math.isfinite(value):
        return value
    return float(f"{value:.{DIGITS}g}")
