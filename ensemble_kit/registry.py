"""Registries of named entries; an entry is data, so building one imports nothing."""

import importlib
import importlib.util
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from typing import Any, Generic, Protocol, TypeVar

from ensemble_kit.exceptions import RegistryError, did_you_mean, require

ACCEPTS = frozenset(
    {"nan", "sparse", "category", "text", "weights", "tensor", "columns"}
)


class Named(Protocol):
    """Anything with a name."""

    @property
    def name(self) -> str:
        """Return the name it is found by."""


Entry = TypeVar("Entry", bound=Named)


class Registry(Mapping[str, Entry], Generic[Entry]):
    """Entries by name; a name taken twice is an error.

    Parameters
    ----------
    kind : str
        What the entries are, in the singular: it names them in messages.
    group : str, optional
        Entry points of other packages that add to this registry: each names a
        callable that takes the registry. They are read at the first look-up.
    """

    def __init__(self, kind: str, group: str | None = None):
        self.kind = kind
        self.group = group
        self._entries: dict[str, Entry] = {}

    def add(self, entry: Entry) -> Entry:
        """Add an entry and return it.

        Raises
        ------
        RegistryError
            When the name is taken.
        """
        if entry.name in self._entries:
            raise RegistryError(
                f"there is a {self.kind} named {entry.name!r} already; "
                "choose another name"
            )
        self._entries[entry.name] = entry
        return entry

    def __getitem__(self, name: str) -> Entry:
        self._read_entry_points()
        try:
            return self._entries[name]
        except KeyError:
            hint = did_you_mean(name, self._entries)
            raise RegistryError(
                f"unknown {self.kind} {name!r}{hint} (list: ensemble-kit {self.kind}s)"
            ) from None

    def __contains__(self, name: object) -> bool:
        self._read_entry_points()
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        self._read_entry_points()
        return iter(self._entries)

    def __len__(self) -> int:
        self._read_entry_points()
        return len(self._entries)

    def _read_entry_points(self) -> None:
        """Let other packages add their entries, once."""
        group, self.group = self.group, None
        if group:
            for point in sorted(entry_points(group=group), key=lambda p: p.name):
                point.load()(self)


@dataclass(frozen=True)
class ModelSpec:
    """One model of the catalog, as strings and numbers.

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
        "tensor" (the out-of-fold tensor of level 2) and "columns" (columns of the
        table, by name, beside that).
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
    max_rows : int, optional
        More training rows than this are declined by time-limited runs.
    search_space, tuned : dict
        Published ranges, and a second set of defaults.
    objectives : dict of str to dict
        By metric and by the target's scale, the parameters with which the model
        minimises what the metric rewards, where its defaults do not.
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
    max_rows: int | None = None
    search_space: dict[str, Any] = field(default_factory=dict)
    tuned: dict[str, Any] = field(default_factory=dict)
    objectives: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)
    version: int = 1
    note: str = ""

    def __post_init__(self) -> None:
        unknown = self.accepts - ACCEPTS
        if unknown:
            raise RegistryError(
                f"model {self.name!r} accepts {sorted(unknown)}, which means "
                f"nothing here; known: {sorted(ACCEPTS)}"
            )

    def supports(self, kind: str) -> bool:
        """Return whether there is an estimator for this kind of task."""
        return self._path(kind) is not None

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

    def missing_dependency(self) -> str:
        """Return what is not installed and the extra that brings it, or ""."""
        for module, extra in self.requires:
            if importlib.util.find_spec(module.partition(".")[0]) is None:
                return (
                    f"{module} is not installed; install it with: "
                    f"pip install 'ensemble_kit[{extra}]'"
                )
        return ""

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
        arguments = self.parameters(kind, params)
        known = inspect.signature(estimator).parameters
        for name, value in (
            (self.seed_parameter, seed),
            (self.threads_parameter, n_jobs),
        ):
            if name is not None and name not in arguments:
                arguments[name] = value
        self._check_parameters(arguments, known)
        return estimator(**arguments)

    def _path(self, kind: str) -> str | None:
        return self.regressor if kind == "regression" else self.classifier

    def _check_parameters(
        self, arguments: Mapping[str, Any], known: Mapping[str, inspect.Parameter]
    ) -> None:
        """Refuse misspelt parameters where the constructor is closed."""
        if any(p.kind is p.VAR_KEYWORD for p in known.values()):
            return
        unknown = [name for name in arguments if name not in known]
        if unknown:
            hints = [f"{name!r}{did_you_mean(name, known)}" for name in unknown]
            raise RegistryError(
                f"model {self.name!r} has no parameter {', '.join(hints)}"
            )


@dataclass(frozen=True)
class FeaturizerSpec:
    """One featurizer of the catalog, as strings and numbers.

    Parameters
    ----------
    name : str
    transformer : str
        ``"module:Class"``.
    role : {"number", "category", "datetime", "text", "texts", "pair"}
        The columns it takes: a frame of one dtype; one text column ("text"); all
        text columns ("texts"); two of them ("pair").
    output : {"dense", "sparse", "frame"}
    defaults : dict
    sees_y : bool
        Whether its fit uses the target (it is then cross-fitted).
    requires : tuple of (module, extra)
    version : int
    note : str
    """

    name: str
    transformer: str
    role: str
    output: str = "dense"
    defaults: dict[str, Any] = field(default_factory=dict)
    sees_y: bool = False
    requires: tuple[tuple[str, str], ...] = ()
    version: int = 1
    note: str = ""

    def build(self, params: Mapping[str, Any]) -> Any:
        """Return an unfitted transformer with the defaults and ``params``.

        Raises
        ------
        MissingDependencyError
            When an optional library is missing.
        RegistryError
            When a parameter is none of the transformer's.
        """
        for module, extra in self.requires:
            require(module, extra)
        transformer = load_object(self.transformer)
        arguments = {**self.defaults, **params}
        known = inspect.signature(transformer).parameters
        for name in arguments:
            if name not in known:
                raise RegistryError(
                    f"featurizer {self.name!r} has no parameter {name!r}"
                    f"{did_you_mean(name, known)}"
                )
        return transformer(**arguments)


def load_object(path: str) -> Any:
    """Return the object that ``"module:name"`` stands for."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)
