"""Trees from files, proved to stay inside their arrays before C code walks them.

Predicting follows child numbers and feature numbers without a look at bounds: a number
out of range reads foreign memory, and a child before its parent never ends.
"""

from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any

import numpy as np
from numpy.typing import NDArray

UNLOOKED = ("BaseForest", "BaseGradientBoosting")  # rows go straight to their trees
IS_CATEGORICAL = 1  # a bit of LightGBM's decision types
BITSET_WORDS = 8  # of 32 categories each, in scikit-learn's histogram trees


def refuse_unless(is_right: object, reason: str) -> None:
    """Raise ValueError with what is wrong, unless it is right."""
    if not is_right:
        raise ValueError(reason)


def check_walk(
    left: NDArray[Any],
    right: NDArray[Any],
    feature: NDArray[Any],
    inner: NDArray[np.intp],
    n_nodes: int,
    n_features: int,
) -> None:
    """Raise for inner nodes whose children or features are out of range.

    Every child follows its parent, so that every walk ends.

    Parameters
    ----------
    left, right, feature : ndarray of shape (n_inner,)
    inner : ndarray of shape (n_inner,)
        The nodes' own numbers.
    n_nodes, n_features : int
    """
    for child in (left, right):
        child = child.astype(np.int64)
        is_right = bool(((child > inner) & (child < n_nodes)).all())
        refuse_unless(is_right, "a tree has a child out of range")
    is_right = bool(((feature >= 0) & (feature < n_features)).all())
    refuse_unless(is_right, "a tree asks for a feature that is not there")


def check_nodes(nodes: NDArray[Any], n_features: int) -> None:
    """Raise for the nodes of a scikit-learn tree that lead out of their array."""
    inner = np.flatnonzero(nodes["left_child"] != -1)
    names = ("left_child", "right_child", "feature")
    left, right, feature = (nodes[name][inner] for name in names)
    check_walk(left, right, feature, inner, len(nodes), n_features)


def check_estimator(estimator: Any) -> None:
    """Raise where trees ask for more features than their model lets through."""
    n_features = getattr(estimator, "n_features_in_", None)
    trees = [part for part in _trees(estimator) if hasattr(part, "n_features")]
    for tree in trees:
        refuse_unless(tree.n_features == n_features, "trees have other features")
    for stage in getattr(estimator, "_predictors", ()):
        for predictor in stage:
            _check_histogram(predictor, n_features)


def _trees(estimator: Any) -> Iterator[Any]:
    """Yield the trees that a model hands its rows to without a look."""
    state = vars(estimator)
    if "tree_" in state:
        yield state["tree_"]
    ancestors = {kind.__name__ for kind in type(estimator).__mro__}
    parts = () if ancestors.isdisjoint(UNLOOKED) else state.get("estimators_", ())
    for part in parts.flat if isinstance(parts, np.ndarray) else parts:
        if hasattr(part, "tree_"):
            yield part.tree_


def _check_histogram(predictor: Any, n_features: Any) -> None:
    """Raise for a histogram tree that leads out of its arrays."""
    is_number = isinstance(n_features, int | np.integer)
    refuse_unless(is_number, "a model of trees has no features")
    nodes, bitsets = predictor.nodes, predictor.raw_left_cat_bitsets
    refuse_unless(len(nodes) > 0, "a tree has no nodes")
    inner = np.flatnonzero(nodes["is_leaf"] == 0)
    names = ("left", "right", "feature_idx")
    left, right, feature = (nodes[name][inner] for name in names)
    check_walk(left, right, feature, inner, len(nodes), n_features)
    refuse_unless(bitsets.ndim == 2, "a tree has no categories")
    refuse_unless(bitsets.shape[1] == BITSET_WORDS, "a tree has odd categories")
    places = nodes["bitset_idx"][inner][nodes["is_categorical"][inner] != 0]
    refuse_unless((places < len(bitsets)).all(), "a tree lacks categories")


def check_lightgbm(text: str) -> None:
    """Raise for a LightGBM model whose trees lead out of their arrays.

    Sizes of trees are checked too: the library jumps by them.
    """
    head, _, _ = text.partition("\nTree=")
    facts = _facts(head)
    n_features = int(facts["max_feature_idx"]) + 1
    n_outputs = int(facts["num_class"])
    refuse_unless(n_features > 0 and n_outputs > 0, "a model has no features")
    per_round = int(facts["num_tree_per_iteration"])
    refuse_unless(per_round == n_outputs, "a model has another number of outputs")
    for word in facts.get("objective", "").split():
        name, _, number = word.partition(":")
        is_odd = name == "num_class" and int(number) != n_outputs
        refuse_unless(not is_odd, "a model has another number of classes")
    sizes = [int(size) for size in facts.get("tree_sizes", "").split()]
    refuse_unless(len(sizes) % n_outputs == 0, "a round of trees is not whole")
    data = text.encode()
    begin = len(head.encode()) + 1
    starts = [begin, *(begin + size for size in accumulate(sizes))]
    for at, (start, size) in enumerate(zip(starts, sizes, strict=False)):
        mark = f"Tree={at}\n".encode()
        refuse_unless(size > len(mark), "a tree has no size")
        refuse_unless(data.startswith(mark, start), "a tree is not where it should be")
        _check_lightgbm_tree(_facts(data[start : start + size].decode()), n_features)
    ends_well = not sizes or data.startswith(b"end of trees", starts[-1])
    refuse_unless(ends_well, "trees do not end where they should")


def _facts(lines: str) -> dict[str, str]:
    pairs = (line.partition("=") for line in lines.splitlines())
    return {name: value for name, _, value in pairs}


def _check_lightgbm_tree(facts: Mapping[str, str], n_features: int) -> None:
    n_leaves, n_categorical = int(facts["num_leaves"]), int(facts["num_cat"])
    leaves = len(facts["leaf_value"].split())
    refuse_unless(n_leaves >= 1 and leaves == n_leaves, "a tree has other leaves")
    if facts.get("is_linear", "0") != "0":
        _check_linear_leaves(facts, n_leaves, n_features)
    if n_leaves == 1:
        return
    inner = np.arange(n_leaves - 1)
    names = ("left_child", "right_child", "split_feature", "decision_type")
    arrays = {name: _numbers(facts[name], len(inner)) for name in names}
    thresholds = facts["threshold"].split()
    refuse_unless(len(thresholds) == len(inner), "a tree lacks thresholds")
    # A leaf stands as the complement of its number: the walk ends there.
    children = []
    for name in ("left_child", "right_child"):
        is_leaf = arrays[name] < 0
        inside = bool((~arrays[name][is_leaf] < n_leaves).all())
        refuse_unless(inside, "a tree has a leaf out of range")
        children.append(np.where(is_leaf, n_leaves, arrays[name]))
    inside = all(bool(((c == n_leaves) | (c < n_leaves - 1)).all()) for c in children)
    refuse_unless(inside, "a tree has a child out of range")
    left, right = children
    check_walk(left, right, arrays["split_feature"], inner, n_leaves + 1, n_features)
    if n_categorical:
        kinds = arrays["decision_type"] & IS_CATEGORICAL
        _check_categories(facts, n_categorical, np.array(thresholds)[kinds != 0])
    elif (arrays["decision_type"] & IS_CATEGORICAL).any():
        raise ValueError("a tree lacks categories")


def _check_linear_leaves(
    facts: Mapping[str, str], n_leaves: int, n_features: int
) -> None:
    """Raise where the linear models in a tree's leaves are not as long as they say."""
    counts = _numbers(facts["num_features"], n_leaves)
    features = np.array(facts["leaf_features"].split(), dtype=np.int64)
    constants, slopes = (len(facts[n].split()) for n in ("leaf_const", "leaf_coeff"))
    is_right = bool((counts >= 0).all()) and constants == n_leaves
    is_right = is_right and counts.sum() == len(features) == slopes
    inside = bool(((features >= 0) & (features < n_features)).all())
    refuse_unless(is_right and inside, "linear leaves are out of range")


def _check_categories(
    facts: Mapping[str, str], n_categorical: int, thresholds: NDArray[Any]
) -> None:
    """Raise where a split's set of categories is not inside those of its tree."""
    ends = _numbers(facts["cat_boundaries"], n_categorical + 1)
    words = len(facts["cat_threshold"].split())
    is_right = ends[0] == 0 and ends[-1] == words and bool((np.diff(ends) > 0).all())
    refuse_unless(is_right, "a tree's sets of categories are out of range")
    places = thresholds.astype(np.float64)
    inside = bool(((places >= 0) & (places < n_categorical)).all())
    refuse_unless(inside, "a tree lacks categories")


def _numbers(text: str, n: int) -> NDArray[np.int64]:
    numbers = np.array(text.split(), dtype=np.int64)
    refuse_unless(
        len(numbers) == n, f"a tree has {len(numbers)} numbers in place of {n}"
    )
    return numbers


def check_xgboost(model: Any) -> None:
    """Raise for a decoded XGBoost model whose trees lead out of their arrays.

    Parameters
    ----------
    model : dict
        From `ensemble_kit.store.ubjson.read_ubjson`.
    """
    learner = model["learner"]
    params = learner["learner_model_param"]
    n_features, n_classes = int(params["num_feature"]), int(params["num_class"])
    n_groups = max(1, n_classes, int(params["num_target"]))
    booster = learner["gradient_booster"]
    refuse_unless(booster["name"] == "gbtree", f"a booster {booster['name']!r:.40}")
    trees = booster["model"]["trees"]
    groups = np.asarray(booster["model"]["tree_info"], dtype=np.int64)
    ends = np.asarray(booster["model"]["iteration_indptr"], dtype=np.int64)
    refuse_unless(len(groups) == len(trees), "a model counts other trees")
    inside = bool(((groups >= 0) & (groups < n_groups)).all())
    refuse_unless(inside, "a tree adds to an output that is not there")
    is_right = len(ends) and ends[0] == 0 and ends[-1] == len(trees)
    is_right = is_right and bool((np.diff(ends) >= 0).all())
    refuse_unless(is_right, "rounds of trees are out of range")
    stated = int(booster["model"]["gbtree_model_param"]["num_trees"])
    refuse_unless(stated == len(trees), "a model counts other trees")
    for tree in trees:
        _check_xgboost_tree(tree, n_features)


def _check_xgboost_tree(tree: Mapping[str, Any], n_features: int) -> None:
    n_nodes = int(tree["tree_param"]["num_nodes"])
    refuse_unless(n_nodes > 0, "a tree has no nodes")
    is_scalar = tree["tree_param"]["size_leaf_vector"] in ("0", "1")
    refuse_unless(is_scalar, "trees of several outputs are not read")
    names: tuple[str, ...]
    names = ("left_children", "right_children", "split_indices", "split_conditions")
    names = (*names, "default_left", "base_weights", "parents", "split_type")
    arrays = {name: np.asarray(tree[name]) for name in names}
    same = all(part.shape == (n_nodes,) for part in arrays.values())
    refuse_unless(same, "the arrays of a tree are not as long as it says")
    inner = np.flatnonzero(arrays["left_children"] != -1)
    left, right, feature = (arrays[name][inner] for name in names[:3])
    check_walk(left, right, feature, inner, n_nodes, n_features)
    nodes, begins, sizes, values = (
        np.asarray(tree[name], dtype=np.int64)
        for name in (
            "categories_nodes",
            "categories_segments",
            "categories_sizes",
            "categories",
        )
    )
    same = len(nodes) == len(begins) == len(sizes)
    same = same and bool(((nodes >= 0) & (nodes < n_nodes)).all())
    same = same and bool(((begins >= 0) & (sizes >= 0)).all())
    same = same and bool((begins + sizes <= len(values)).all())
    refuse_unless(same, "a tree's sets of categories are out of range")
    refuse_unless(bool((values >= 0).all()), "a category is out of range")
