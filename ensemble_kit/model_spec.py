"""What the catalog knows of a model: data, so that an entry imports nothing."""

import inspect
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ensemble_kit.exceptions import RegistryError, did_you_mean, require
from ensemble_kit.parameter_values import value_mistakes
from ensemble_kit.registry import Spec, load_object

ACCEPTS = frozenset(
    {
        "nan",
        "sparse",
        "category",
        "text",
        "weights",
        "tensor",
        "columns",
        "offset",
        "windows",
    }
)
TEXT_JUDGES = ("trees", "linear")
MOST_COMPLEX = 8


@dataclass(frozen=True)
class Cost:
    """What fits of a model take, by rule of thumb, until some have been measured.

    Parameters
    ----------
    seconds : float
        Of one fit of 10,000 rows with 30 cells each and one output, on one thread.
    worker_megabytes : float
        Of a process that has loaded the model's libraries.
    matrix_copies : float
        How often a fit holds the features.
    row_bytes : float
        What a fitted model holds per training row.
    """

    seconds: float
    worker_megabytes: float = 240.0
    matrix_copies: float = 2.0
    row_bytes: float = 50.0


UNMEASURED = Cost(seconds=20.0)
UNSAID = Cost(seconds=20.0)  # another object: that of an entry which says nothing


@dataclass(frozen=True)
class ModelSpec(Spec):
    """One model of the catalog, as strings and numbers.

    A family is declared as an entry without a name, of which its models are a
    ``dataclasses.replace``; see `ensemble_kit.catalog.families`.

    Parameters
    ----------
    name : str
    family : str
        Models of one family make similar errors ("boosting", "linear", ...).
    classifier, regressor : str, optional
        ``"module:Class"``; None where there is no such estimator.
    defaults, classifier_defaults, regressor_defaults : dict
        Constructor arguments; the specific ones win.
    accepts : frozenset
        Of "nan", "sparse", "category", "text", "weights" (``sample_weight``),
        "tensor" (the out-of-fold tensor of level 2), "columns" (columns of the
        table, by name, beside that), "offset" (scores of classes to begin from) and
        "windows" (how much the models that predicted a row knew, where rows are of
        windows in time and the parameter ``windows`` asks for it).
    features : str
        The feature set it takes unless a pipeline says otherwise.
    seed_parameter, threads_parameter : str or None
        Names of the constructor arguments for the seed and the threads.
    probe : str, optional
        ``"module:function"`` that finds rounds or epochs on an inner split.
    probe_splits : int
        On how many inner splits the probe is made where there are few rows.
    requires : tuple of (module, extra)
        Optional libraries, with the extra that brings each.
    files : str, optional
        ``"module:function"`` that is given the parameters and returns the fingerprint
        of files that the predictions follow from.
    max_rows : int, optional
        Of training: with more, a run with a time limit leaves the model out.
    search_space, tuned : dict
        Published ranges, and a second set of defaults.
    objectives : dict of str to dict
        By metric and by the target's scale, the parameters with which the model
        minimises what the metric rewards, where its defaults do not.
    gpu : dict
        The parameters with which it is fitted on a GPU; none where it cannot be.
    cost : Cost
        What its fits take; without one, a guess is taken, with a warning.
    draws_at_random : bool
        Whether another seed gives other predictions, so that a mean over seeds pays.
    text_judge : {"trees", "linear"}
        Which kind of model tells for it whether a text column lifts the score.
    complexity : int
        How intricate a combination it is: 0 for a mean, 8 for what is no blend. Of
        combinations that score alike the stack guard takes the least.
    compared : bool
        Whether the stack guard fits and compares it in every run that leaves the
        choice to it.
    refit_outputs : int, optional
        Up to how many outputs the stack guard can afford to fit it anew; without
        one, up to any number.
    version : int
        Raised when the same parameters give other predictions than before.
    note : str
        One line for ``ensemble-kit models``.
    """

    name: str
    family: str
    classifier: str | None = None
    regressor: str | None = None
    defaults: dict[str, Any] = field(default_factory=dict)
    classifier_defaults: dict[str, Any] = field(default_factory=dict)
    regressor_defaults: dict[str, Any] = field(default_factory=dict)
    accepts: frozenset[str] = frozenset()
    features: str = "trees"
    seed_parameter: str | None = "random_state"
    threads_parameter: str | None = "n_jobs"
    probe: str | None = None
    probe_splits: int = 1
    requires: tuple[tuple[str, str], ...] = ()
    files: str | None = None
    max_rows: int | None = None
    search_space: dict[str, Any] = field(default_factory=dict)
    tuned: dict[str, Any] = field(default_factory=dict)
    objectives: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    gpu: dict[str, Any] = field(default_factory=dict)
    cost: Cost = UNSAID
    draws_at_random: bool = False
    text_judge: str = "linear"
    complexity: int = MOST_COMPLEX
    compared: bool = False
    refit_outputs: int | None = None
    version: int = 1
    note: str = ""

    def __post_init__(self) -> None:
        unknown = self.accepts - ACCEPTS
        if unknown:
            raise RegistryError(
                f"model {self.name!r} accepts {sorted(unknown)}, which means "
                f"nothing here; known: {sorted(ACCEPTS)}"
            )
        if self.text_judge not in TEXT_JUDGES:
            raise RegistryError(
                f"model {self.name!r}: text_judge is one of {TEXT_JUDGES}; found "
                f"{self.text_judge!r}"
            )
        if self.cost is UNSAID:
            warnings.warn(
                f"model {self.name!r} says no cost: {UNSAID.seconds:g} s per 10,000 "
                "rows are assumed until its fits have been measured; start from one of "
                "ensemble_kit.catalog.families, or give cost=Cost(seconds=...)",
                stacklevel=3,
            )

    def supports(self, kind: str) -> bool:
        """Return whether there is an estimator for this kind of task."""
        return self._path(kind) is not None

    @property
    def predicts(self) -> str:
        """Return what it predicts: "classes", "numbers" or "both"."""
        if self.classifier and self.regressor:
            return "both"
        return "classes" if self.classifier else "numbers"

    def parameters(self, kind: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the defaults for a kind of task, overridden by ``params``."""
        specific = (
            self.regressor_defaults
            if kind == "regression"
            else self.classifier_defaults
        )
        return {**self.defaults, **specific, **params}

    def objective(self, metric: str, scale: str) -> dict[str, Any]:
        """Return the parameters for a metric on a target in a scale; often none."""
        return self.objectives.get(metric, {}).get(scale, {})

    def load(self, kind: str) -> type:
        """Import and return the estimator's class.

        Raises
        ------
        MissingDependencyError
            When an optional library is missing.
        RegistryError
            When the model has no estimator for this kind of task.
        """
        path = self._path(kind)
        if path is None:
            raise RegistryError(f"model {self.name!r} has no estimator for {kind}")
        for module, extra in self.requires:
            require(module, extra)
        return load_object(path)

    def build(
        self, kind: str, params: Mapping[str, Any], seed: int, n_jobs: int = 1
    ) -> Any:
        """Return an unfitted estimator.

        Raises
        ------
        RegistryError
            When a parameter is none of the estimator's.
        """
        estimator = self.load(kind)
        mistakes = self.unknown_parameters(kind, params)
        if mistakes:
            raise RegistryError("; ".join(mistakes.values()))
        return estimator(**self._arguments(kind, params, seed, n_jobs))

    def unknown_parameters(
        self, kind: str, params: Mapping[str, Any]
    ) -> dict[str, str]:
        """Return what is none of a closed constructor's parameters, with a line each.

        The entry's own defaults are looked at too.
        """
        known = _parameters(self.load(kind))
        if any(p.kind is p.VAR_KEYWORD for p in known.values()):
            return {}
        return {
            name: f"model {self.name!r} has no parameter {name!r}"
            f"{did_you_mean(name, known)}"
            for name in self._arguments(kind, params, seed=0, n_jobs=1)
            if name not in known
        }

    def value_mistakes(self, kind: str, params: Mapping[str, Any]) -> dict[str, str]:
        """Return which parameters have a value that the estimator cannot have.

        The entry's own defaults are looked at too.

        Returns
        -------
        dict of str to str
            A line by the parameter; see `ensemble_kit.parameter_values`.
        """
        return value_mistakes(self.load(kind), self.parameters(kind, params))

    def _arguments(
        self, kind: str, params: Mapping[str, Any], seed: int, n_jobs: int
    ) -> dict[str, Any]:
        """Return what the estimator is built with."""
        arguments = self.parameters(kind, params)
        for name, value in (
            (self.seed_parameter, seed),
            (self.threads_parameter, n_jobs),
        ):
            if name is not None and name not in arguments:
                arguments[name] = value
        return arguments

    def _path(self, kind: str) -> str | None:
        return self.regressor if kind == "regression" else self.classifier


@lru_cache(maxsize=256)
def _parameters(estimator: Any) -> Mapping[str, inspect.Parameter]:
    """Return the parameters of a constructor."""
    return inspect.signature(estimator).parameters
