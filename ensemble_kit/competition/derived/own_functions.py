"""Python functions of a custom file that expressions may call."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from ensemble_kit.custom_files import custom_fingerprint
from ensemble_kit.exceptions import RegistryError
from ensemble_kit.registry import Registry

OwnCall = TypeVar("OwnCall", bound=Callable[..., Any])


@dataclass(frozen=True)
class OwnFunction:
    """A function of a row's cells.

    Parameters
    ----------
    name : str
    call : callable
        Gets one cell for each argument: a float (NaN where it is missing), a str or a
        datetime (None where it is missing). Returns a number, a truth value, a str, or
        None for a missing one.
    least : int
        How many arguments it needs.
    most : int or None
        How many it takes; None: any number.
    """

    name: str
    call: Callable[..., Any]
    least: int
    most: int | None

    @property
    def takes(self) -> str:
        """Return how many arguments it takes, in words."""
        if self.most is None:
            return f"{self.least} or more"
        same = self.most == self.least
        return f"{self.least}" if same else f"{self.least} to {self.most}"

    @property
    def fingerprint(self) -> str:
        """Return the hash of the custom file that it stands in, or ""."""
        return custom_fingerprint(getattr(self.call, "__module__", ""))


OWN_FUNCTIONS: Registry[OwnFunction] = Registry("column function")


def column(function: OwnCall) -> OwnCall:
    """Let expressions of columns call a function by its name, once for every row.

    Parameters
    ----------
    function : callable
        See `OwnFunction`; it must not remember one row while it reads another.

    Returns
    -------
    callable
        The same.

    Raises
    ------
    RegistryError
        When expressions know the name already, or its arguments have no fixed order.

    Examples
    --------
    >>> @column
    ... def initials(name):
    ...     return None if name is None else "".join(w[0] for w in name.split())
    >>> initials("Ada Lovelace")
    'AL'
    """
    from ensemble_kit.competition.derived.functions import FUNCTIONS

    name = function.__name__
    if name in FUNCTIONS or not name.isidentifier():
        raise RegistryError(
            f"@column: expressions know {name!r} already; give the function another "
            "name"
        )
    least, most = _number_of_arguments(function)
    OWN_FUNCTIONS.add(OwnFunction(name, function, least, most))
    return function


def _number_of_arguments(function: Callable[..., Any]) -> tuple[int, int | None]:
    """Return how many arguments a function needs and takes, by position."""
    parameters = inspect.signature(function).parameters.values()
    placed = [
        p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}
    ]
    needed = [p for p in placed if p.default is p.empty]
    named = [
        p.name for p in parameters if p.kind is p.KEYWORD_ONLY and p.default is p.empty
    ]
    if named:
        raise RegistryError(
            f"@column: {function.__name__} needs {', '.join(named)} by name; "
            "expressions give arguments by their order"
        )
    open_ended = any(p.kind is p.VAR_POSITIONAL for p in parameters)
    return len(needed), None if open_ended else len(placed)
