"""What the catalog knows of a featurizer."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ensemble_kit.exceptions import (
    MissingDependencyError,
    RegistryError,
    did_you_mean,
)
from ensemble_kit.parameter_values import value_mistakes
from ensemble_kit.registry import Spec, load_object


@dataclass(frozen=True)
class FeaturizerSpec(Spec):
    """One featurizer of the catalog, as strings and numbers.

    Parameters
    ----------
    name : str
    transformer : str
        ``"module:Class"``.
    role : {"number", "category", "datetime", "text", "texts", "pair", "table", ...}
        The columns it takes: a frame of one dtype; one text column ("text"); all
        text columns ("texts"); two of them ("pair"); all numbers and categories
        ("table"); all columns but texts, where rows are series ("series").
    output : {"dense", "sparse", "frame"}
    defaults : dict
    sees_y : bool
        Whether its fit uses the target (it is then cross-fitted).
    requires : tuple of (module, extra)
    files : str, optional
        ``"module:function"`` that is given the parameters and returns the fingerprint
        of files that the output follows from.
    n_columns : int
        About how many columns a text column becomes, where ``output`` is dense.
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
    files: str | None = None
    n_columns: int = 8
    version: int = 1
    note: str = ""

    def value_mistakes(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Return which parameters have a value that the transformer cannot have.

        None where its library is missing, which whoever builds it is told.

        Returns
        -------
        dict of str to str
            A line by the parameter; see `ensemble_kit.parameter_values`.
        """
        if self.missing_dependency():
            return {}
        return value_mistakes(
            load_object(self.transformer), {**self.defaults, **params}
        )

    def build(self, params: Mapping[str, Any]) -> Any:
        """Return an unfitted transformer with the defaults and ``params``.

        Raises
        ------
        MissingDependencyError
            When an optional library is missing.
        RegistryError
            When a parameter is none of the transformer's.
        """
        missing = self.missing_dependency()
        if missing:
            raise MissingDependencyError(missing)
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
