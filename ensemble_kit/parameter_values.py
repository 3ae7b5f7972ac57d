"""Which values the parameters of an estimator can have, told without a fit.

The kit's own constructors declare types, which are taken at their word. What is
limited beyond its type, and whatever scikit-learn's estimators take, stands in
``_parameter_constraints``, as scikit-learn reads it.
"""

import inspect
import os
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from numbers import Integral, Real
from types import NoneType, UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

import numpy as np

from ensemble_kit.exceptions import did_you_mean

# A class, or a function that returns an estimator.
Constructor: TypeAlias = Callable[..., Any]
OWN = "ensemble_kit."
# Who holds to its constraints; a subclass elsewhere may take more than its parent.
HELD = (OWN, "sklearn.", "imblearn.")
# What stands for a type, where ``isinstance`` alone would let a truth be a number.
KINDS: Mapping[Any, tuple[type, ...]] = {
    bool: (bool, np.bool_),
    int: (Integral,),
    float: (Real,),
    str: (str,),
}
WORDS: Mapping[Any, str] = {
    bool: "a bool",
    int: "an int",
    float: "a float",
    str: "a str",
    NoneType: "None",
}


def value_mistakes(estimator: Constructor, params: Mapping[str, Any]) -> dict[str, str]:
    """Return a line for every parameter whose value an estimator cannot have.

    A mapping that is the parameters of another estimator is looked into: where the
    declared type has that estimator beside a mapping, and where the class method
    ``inner_constructors`` says so.

    Parameters
    ----------
    estimator : class, or function that returns an estimator
    params : mapping
        Values by the names of parameters; a name that is none is not looked at.

    Returns
    -------
    dict of str to str
        By the parameter, in scikit-learn's words.

    Examples
    --------
    >>> from ensemble_kit.features.numbers.binned_numbers import BinnedNumbers
    >>> value_mistakes(BinnedNumbers, {"n_bins": "many"})["n_bins"]
    "The 'n_bins' parameter of BinnedNumbers must be an int. Got 'many' instead."
    >>> value_mistakes(BinnedNumbers, {"n_bins": 8})
    {}
    """
    lines = {
        name: _type_mistake(estimator, name, value)
        or _limit_mistake(estimator, name, value)
        for name, value in params.items()
    }
    found = {name: line for name, line in lines.items() if line}
    right = {name: value for name, value in params.items() if name not in found}
    return found | _inner_mistakes(estimator, right)


def _inner_mistakes(
    estimator: Constructor, params: Mapping[str, Any]
) -> dict[str, str]:
    """Return what is wrong with mappings that are another estimator's parameters."""
    try:
        inner = _inner_constructors(estimator, params)
    except (ImportError, AttributeError) as error:
        return {"": f"{estimator.__name__} is made of what cannot be loaded: {error}"}
    lines = {
        name: "; ".join(
            f"{name}: {line}" for line in _mapping_mistakes(inner[name], params[name])
        )
        for name in inner
        if isinstance(params.get(name), Mapping)
    }
    return {name: line for name, line in lines.items() if line}


def _inner_constructors(
    estimator: Constructor, params: Mapping[str, Any]
) -> dict[str, Constructor]:
    """Return whose parameters a mapping is, by the name it is given for."""
    inner = {
        name: part
        for name, declared in declared_types(estimator).items()
        for part in get_args(declared)
        if hasattr(part, "get_params")
    }
    own = getattr(estimator, "inner_constructors", None)
    return {**inner, **(own(params) if own else {})}


def _mapping_mistakes(estimator: Constructor, params: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with parameters, their names too."""
    known = inspect.signature(estimator).parameters
    is_open = any(p.kind is p.VAR_KEYWORD for p in known.values())
    unknown = [
        f"{estimator.__name__} has no parameter {key!r}{did_you_mean(key, known)}"
        for key in params
        if not (is_open or key in known or "__" in key)  # of an estimator within
    ]
    return [*unknown, *value_mistakes(estimator, params).values()]


def _type_mistake(estimator: Constructor, name: str, value: object) -> str:
    """Return why a value is none of the type that a constructor of the kit declares."""
    declared = declared_types(estimator)
    if name not in declared or is_of(value, declared[name]):
        return ""
    return (
        f"The {name!r} parameter of {estimator.__name__} must be "
        f"{type_words(declared[name])}. Got {value!r:.80} instead."
    )


def _limit_mistake(estimator: Constructor, name: str, value: object) -> str:
    """Return why a value is none that ``_parameter_constraints`` allow."""
    limits = getattr(estimator, "_parameter_constraints", {})
    if name not in limits or not estimator.__module__.startswith(HELD):
        return ""
    from sklearn.utils._param_validation import validate_parameter_constraints

    try:
        validate_parameter_constraints(
            {name: limits[name]}, {name: value}, caller_name=estimator.__name__
        )
    except ValueError as error:
        return str(error)
    return ""


@lru_cache(maxsize=512)
def declared_types(estimator: Constructor) -> Mapping[str, Any]:
    """Return the types of a constructor's parameters, none where it is not the kit's.

    What others declare they may not hold themselves to.
    """
    if not estimator.__module__.startswith(OWN):
        return {}
    function = estimator.__init__ if inspect.isclass(estimator) else estimator
    types = get_type_hints(function)
    types.pop("return", None)
    return types


def is_of(value: object, declared: Any) -> bool:
    """Return whether a value is of a declared type, a list being any sequence."""
    origin, parts = get_origin(declared), get_args(declared)
    if declared is Any or declared is object:
        return True
    if origin in (Union, UnionType):
        return any(is_of(value, part) for part in parts)
    if origin is Literal:
        return value in parts
    if declared in KINDS:
        is_truth = isinstance(value, KINDS[bool])
        return isinstance(value, KINDS[declared]) and is_truth == (declared is bool)
    kind = origin or declared
    if kind is not str and issubclass(kind, Sequence):
        return _is_sequence(value, kind, parts)
    if issubclass(kind, Mapping):
        return _is_mapping(value, parts)
    if issubclass(kind, os.PathLike):
        return isinstance(value, os.PathLike)
    return callable(value) if kind is Callable else isinstance(value, kind)


def _is_sequence(value: object, kind: type, parts: tuple[Any, ...]) -> bool:
    if not isinstance(value, list | tuple | range | np.ndarray):
        return False
    if kind is tuple and Ellipsis not in parts:
        return len(value) == len(parts) and all(map(is_of, value, parts))
    return all(is_of(item, parts[0]) for item in value) if parts else True


def _is_mapping(value: object, parts: tuple[Any, ...]) -> bool:
    if not isinstance(value, Mapping):
        return False
    key, item = parts or (Any, Any)
    return all(is_of(k, key) and is_of(v, item) for k, v in value.items())


def type_words(declared: Any) -> str:
    """Return a declared type in words.

    Examples
    --------
    >>> type_words(int | None), type_words(Sequence[int])
    ('an int or None', 'a sequence of int')
    """
    origin, parts = get_origin(declared), get_args(declared)
    if origin in (Union, UnionType):
        *first, last = [type_words(part) for part in parts]
        return f"{', '.join(first)} or {last}"
    if origin is Literal:
        return f"one of {', '.join(map(repr, parts))}"
    if declared in WORDS:
        return WORDS[declared]
    kind = origin or declared
    if issubclass(kind, Mapping):
        return "a mapping" + _of(parts, " to ")
    if issubclass(kind, Sequence):
        return "a sequence" + _of(tuple(p for p in parts if p is not Ellipsis), ", ")
    return f"an instance of {kind.__name__}"


def _of(parts: tuple[Any, ...], between: str) -> str:
    """Return what a container holds, in words."""
    named = [type_words(part).partition(" ")[2] or "anything" for part in parts]
    return f" of {between.join(named)}" if named else ""
