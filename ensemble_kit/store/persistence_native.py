"""Models that live in C or C++, through arrays or their libraries' own formats."""

import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import require
from ensemble_kit.store.catboost_checks import check_catboost
from ensemble_kit.store.tree_checks import (
    check_lightgbm,
    check_nodes,
    check_xgboost,
)
from ensemble_kit.store.ubjson import read_ubjson

# What a node of scikit-learn's trees holds; versions that hold more are kept whole.
FIELDS = (
    "left_child",
    "right_child",
    "feature",
    "threshold",
    "impurity",
    "n_node_samples",
    "weighted_n_node_samples",
    "missing_go_to_left",
)
LEAF = -1


@dataclass(frozen=True)
class Native:
    """How objects of one class are taken apart and built again.

    Parameters
    ----------
    is_one : callable
        Whether an object is of that class; it imports nothing.
    pack : callable
        Object to plain data and bytes.
    unpack : callable
        The reverse.
    """

    is_one: Callable[[Any], bool]
    pack: Callable[[Any], Any]
    unpack: Callable[[Any], Any]


def native_kind(value: Any) -> str | None:
    """Return the name of the format for an object, or None."""
    kinds = (kind for kind, native in NATIVE.items() if native.is_one(value))
    return next(kinds, None)


def _is_tree(value: Any) -> bool:
    return type(value).__name__ == "Tree" and type(value) is _tree_class()


def _is_of(module: str, name: str) -> Callable[[Any], bool]:
    """Return a test for a class of a library that may not be loaded."""

    def is_one(value: Any) -> bool:
        known = getattr(sys.modules.get(module), name, None)
        return known is not None and isinstance(value, known)

    return is_one


@cache
def _tree_class() -> type:
    from sklearn.tree import DecisionTreeRegressor

    return type(DecisionTreeRegressor().fit([[0.0], [1.0]], [0.0, 1.0]).tree_)


def _pack_tree(tree: Any) -> dict[str, Any]:
    """Return what predicting needs of a tree: about a fifth of its bytes.

    Impurities and row counts, which only describe the fit, are left out.
    """
    _, (n_features, n_classes, n_outputs), state = tree.__reduce__()
    nodes, values = state["nodes"], state["values"]
    facts = {
        "n_features": n_features,
        "n_classes": np.asarray(n_classes),
        "n_outputs": n_outputs,
        "max_depth": state["max_depth"],
    }
    if nodes.dtype.names != FIELDS:
        return {**facts, "nodes": nodes, "values": values}
    leaf = nodes["left_child"] == LEAF
    inner = nodes[~leaf]
    return {
        **facts,
        "dtype": nodes.dtype,
        "leaf": np.packbits(leaf),
        "n_nodes": len(nodes),
        "left": inner["left_child"].astype(np.int32),
        "right": inner["right_child"].astype(np.int32),
        "feature": _narrow(inner["feature"]),
        "threshold": inner["threshold"].copy(),
        "missing": np.packbits(inner["missing_go_to_left"].astype(bool)),
        "values": values[leaf],
    }


def _unpack_tree(parts: dict[str, Any]) -> Any:
    if "nodes" in parts:
        nodes, values = parts["nodes"], parts["values"]
    else:
        nodes, values = _nodes(parts)
    check_nodes(nodes, parts["n_features"])
    n_classes = parts["n_classes"].astype(np.intp)
    tree = _tree_class()(parts["n_features"], n_classes, parts["n_outputs"])
    state = {"nodes": nodes, "values": values, "node_count": len(nodes)}
    tree.__setstate__({**state, "max_depth": parts["max_depth"]})
    return tree


def _nodes(parts: dict[str, Any]) -> tuple[NDArray[Any], NDArray[np.float64]]:
    """Return nodes and values, with zeros where only the fit is described."""
    leaf = np.unpackbits(parts["leaf"], count=parts["n_nodes"]).astype(bool)
    nodes = np.zeros(len(leaf), dtype=parts["dtype"])
    for name in ("left_child", "right_child"):
        nodes[name] = LEAF
    nodes["feature"], nodes["threshold"] = -2, -2.0
    inner = np.flatnonzero(~leaf)
    nodes["left_child"][inner] = parts["left"]
    nodes["right_child"][inner] = parts["right"]
    nodes["feature"][inner] = parts["feature"]
    nodes["threshold"][inner] = parts["threshold"]
    missing = np.unpackbits(parts["missing"], count=len(inner))
    nodes["missing_go_to_left"][inner] = missing
    values = np.zeros((len(leaf), *parts["values"].shape[1:]))
    values[leaf] = parts["values"]
    return nodes, values


def _narrow(numbers: NDArray[np.intp]) -> NDArray[Any]:
    """Return whole numbers in the smallest type that holds them."""
    highest = int(numbers.max()) if len(numbers) else 0
    return numbers.astype(np.min_scalar_type(highest))


def _pack_lightgbm(booster: Any) -> dict[str, Any]:
    text = booster.model_to_string(num_iteration=-1)
    return {"text": text.encode(), "best": booster.best_iteration}


def _unpack_lightgbm(parts: dict[str, Any]) -> Any:
    import lightgbm

    text = parts["text"].decode()
    check_lightgbm(text)
    booster = lightgbm.Booster(model_str=text)
    booster.best_iteration = parts["best"]
    return booster


def _pack_xgboost(booster: Any) -> bytes:
    return bytes(booster.save_raw("ubj"))


def _unpack_xgboost(data: bytes) -> Any:
    check_xgboost(read_ubjson(data))
    booster = require("xgboost", extra="boosting").Booster()
    booster.load_model(bytearray(data))
    return booster


def _pack_catboost(model: Any) -> dict[str, Any]:
    from ensemble_kit.models.boosting.catboost_bytes import model_to_bytes

    return {"kind": type(model).__name__, "cbm": model_to_bytes(model)}


def _unpack_catboost(parts: dict[str, Any]) -> Any:
    from ensemble_kit.models.boosting.catboost_bytes import model_from_bytes

    if parts["kind"] not in ("CatBoostClassifier", "CatBoostRegressor"):
        raise ValueError(f"{parts['kind']!r} is no class of CatBoost")
    check_catboost(parts["cbm"])
    return model_from_bytes(parts["kind"], parts["cbm"])


NATIVE = {
    "tree": Native(_is_tree, _pack_tree, _unpack_tree),
    "lightgbm": Native(_is_of("lightgbm", "Booster"), _pack_lightgbm, _unpack_lightgbm),
    "xgboost": Native(_is_of("xgboost", "Booster"), _pack_xgboost, _unpack_xgboost),
    "catboost": Native(
        _is_of("catboost", "CatBoost"), _pack_catboost, _unpack_catboost
    ),
}
