"""Rows drawn anew by a sampler of imbalanced-learn, so that classes are less uneven."""

import inspect
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import (
    MissingDependencyError,
    RunError,
    did_you_mean,
    require,
)
from ensemble_kit.parameter_values import value_mistakes

ROOMS = ("over_sampling", "under_sampling", "combine")
EXTRA = "contrib"


def sampler_names() -> dict[str, str]:
    """Return the modules of imbalanced-learn's samplers, by name.

    Raises
    ------
    MissingDependencyError
        When it is not installed.
    """
    return dict(_names())


@lru_cache(maxsize=1)
def _names() -> tuple[tuple[str, str], ...]:
    names = []
    for room in ROOMS:
        path = f"imblearn.{room}"
        module = require(path, extra=EXTRA, distribution="imbalanced-learn")
        names += [(name, path) for name in module.__all__]
    return tuple(names)


def _sampler(name: str) -> Any:
    return getattr(require(sampler_names()[name], extra=EXTRA), name)


def sampler_mistakes(name: str, params: Mapping[str, Any]) -> list[str]:
    """Return why there is no such sampler, or none that takes these parameters."""
    try:
        known = sampler_names()
    except MissingDependencyError:
        return []  # the run says which extra brings it
    if name not in known:
        return [
            f"unknown sampler {name!r}{did_you_mean(name, known)}; imbalanced-learn "
            f"has {', '.join(sorted(known))}"
        ]
    parameters = inspect.signature(_sampler(name)).parameters
    unknown = [
        f"{name} has no parameter {key!r}{did_you_mean(key, parameters)}"
        for key in params
        if key not in parameters
    ]
    return [*unknown, *value_mistakes(_sampler(name), params).values()]


def resample(
    name: str,
    params: Mapping[str, Any],
    X: Any,
    y: NDArray[Any],
    weights: NDArray[np.float64] | None,
    *,
    seed: int,
) -> tuple[Any, NDArray[Any], NDArray[np.float64] | None]:
    """Return rows, classes and weights as a sampler draws them.

    Rows that are picked are taken as they are, with their weights; those that are made
    of others have none.

    Parameters
    ----------
    name : str
        A sampler of imbalanced-learn.
    params : mapping
        Of its constructor.
    X : frame, array or CSR matrix of shape (n_rows, n_features)
    y : ndarray of int of shape (n_rows,)
    weights : ndarray of shape (n_rows,), optional
    seed : int

    Raises
    ------
    RunError
        When the sampler cannot draw from these rows, or makes rows where rows have
        weights.
    """
    kind = _sampler(name)
    seeded = "random_state" in inspect.signature(kind).parameters
    sampler = kind(**({"random_state": seed} if seeded else {}), **params)
    try:
        made, labels = sampler.fit_resample(X, y)
    except (ValueError, TypeError) as error:
        raise RunError(
            f"the sampler {name} cannot draw from these rows: {str(error)[:300]}"
        ) from error
    picked = getattr(sampler, "sample_indices_", None)
    if picked is not None:
        rows = np.sort(np.asarray(picked, dtype=np.intp))
        return _take(X, rows), y[rows], None if weights is None else weights[rows]
    if weights is not None:
        raise RunError(
            f"the sampler {name} makes rows, and rows here have weights; one that "
            "picks rows, as RandomUnderSampler and RandomOverSampler, keeps them"
        )
    return made, np.asarray(labels), None


def _take(X: Any, rows: NDArray[np.intp]) -> Any:
    if hasattr(X, "iloc"):
        return X.iloc[rows].reset_index(drop=True)
    return X[rows]
