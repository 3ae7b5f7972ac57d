"""Registries of named entries; an entry is data, so building one imports nothing."""

import importlib
import importlib.util
from collections.abc import Iterable, Iterator, Mapping
from importlib.metadata import entry_points
from typing import Any, Generic, Protocol, TypeVar

from ensemble_kit.exceptions import RegistryError, did_you_mean


def missing_dependency(requires: Iterable[tuple[str, str]]) -> str:
    """Return which module is not installed and the extra that brings it, or "".

    Parameters
    ----------
    requires : iterable of (module, extra)
    """
    for module, extra in requires:
        if importlib.util.find_spec(module.partition(".")[0]) is None:
            return (
                f"{module} is not installed; install it with: "
                f"pip install 'ensemble_kit[{extra}]'"
            )
    return ""


class Spec:
    """What specs of the catalog share; the fields are those of the dataclasses."""

    defaults: dict[str, Any]
    requires: tuple[tuple[str, str], ...]
    files: str | None

    def missing_dependency(self) -> str:
        """Return what is not installed and the extra that brings it, or ""."""
        return missing_dependency(self.requires)

    def files_fingerprint(self, params: Mapping[str, Any]) -> str:
        """Return the fingerprint of files that the output follows from, or "".

        Raises
        ------
        PipelineError
            When they are not to be used.
        MissingDependencyError
            When a package that brings them is not installed.
        """
        if self.files is None:
            return ""
        return str(load_object(self.files)({**self.defaults, **params}))


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


def load_object(path: str) -> Any:
    """Return the object that ``"module:name"`` stands for."""
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def lazy_attribute(package: str, homes: Mapping[str, str], name: str) -> Any:
    """Return a public name of a package from the module that ``homes`` names.

    Raises
    ------
    AttributeError
        As Python does, when there is no such name.
    """
    if name not in homes:
        raise AttributeError(f"module {package!r} has no attribute {name!r}")
    return getattr(importlib.import_module(homes[name]), name)
