"""What the catalog knows of a featurizer."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensemble_kit.exceptions import RegistryError, did_you_mean, require
from ensemble_kit.registry import load_object


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
