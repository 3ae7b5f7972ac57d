"""A fitted text model as arrays and one line of JSON: no pickle, no training data."""

import json
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

STATE = "state"


class AsArraysMixin:
    """Estimators that are arrays once they are fitted, and can be made of them."""

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the fitted model as arrays, as ``numpy.savez`` stores them."""
        check_is_fitted(self, "weights_")
        return to_arrays(self)

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """Return a fitted model from the arrays of ``to_arrays``."""
        model: Self = from_arrays(cls, arrays)
        return model


def to_arrays(estimator: BaseEstimator) -> dict[str, NDArray[Any]]:
    """Return a fitted estimator as arrays that ``numpy.savez`` can store.

    Parameters that are neither numbers, strings nor plain containers (a mapping of
    vectors, a generator) are left out: what was learnt from them is in the weights.
    """
    arrays: dict[str, NDArray[Any]] = {}
    fitted = {k: v for k, v in vars(estimator).items() if k.endswith("_")}
    params = estimator.get_params(deep=False)
    state = {
        "params": {k: _pack(v, k, {}) for k, v in params.items() if _is_plain(v)},
        "fitted": {k: _pack(v, k, arrays) for k, v in fitted.items()},
    }
    arrays[STATE] = np.array(json.dumps(state))
    return arrays


def from_arrays(kind: type, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return an estimator of a class with the state of ``to_arrays``."""
    state = json.loads(str(arrays[STATE]))
    params = {k: _unpack(v, {}) for k, v in state["params"].items()}
    estimator = kind(**params)
    for name, value in state["fitted"].items():
        setattr(estimator, name, _unpack(value, arrays))
    return estimator


def _is_plain(value: object) -> bool:
    """Return whether a parameter is a number, a string or a container of them."""
    if isinstance(value, list | tuple):
        return all(_is_plain(item) for item in value)
    if isinstance(value, dict):
        return all(isinstance(k, str) and _is_plain(v) for k, v in value.items())
    return value is None or isinstance(value, str | int | float)


def _pack(value: object, path: str, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return a value as JSON holds it, its arrays set aside under their path."""
    if isinstance(value, np.ndarray) and value.dtype != object:
        arrays[path] = value
        return {"array": path}
    if isinstance(value, np.ndarray):
        return {"objects": value.tolist()}
    if isinstance(value, Mapping):
        return {"dict": {k: _pack(v, f"{path}/{k}", arrays) for k, v in value.items()}}
    if isinstance(value, list | tuple):
        items = [_pack(v, f"{path}/{i}", arrays) for i, v in enumerate(value)]
        return items if isinstance(value, list) else {"tuple": items}
    return value.item() if isinstance(value, np.generic) else value


def _unpack(value: object, arrays: Mapping[str, NDArray[Any]]) -> Any:
    """Return the value that ``_pack`` was given."""
    if isinstance(value, list):
        return [_unpack(item, arrays) for item in value]
    if not isinstance(value, dict):
        return value
    if "array" in value:
        return np.asarray(arrays[value["array"]])
    if "tuple" in value:
        return tuple(_unpack(item, arrays) for item in value["tuple"])
    if "objects" in value:
        return np.array(value["objects"], dtype=object)
    return {k: _unpack(v, arrays) for k, v in value["dict"].items()}
