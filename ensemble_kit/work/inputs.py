"""The matrices that a fit takes: features, predictions of lower levels, or both."""

from collections.abc import Mapping
from math import prod

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse
from sklearn.base import BaseEstimator

from ensemble_kit.blending.routed.columns_read import columns_read
from ensemble_kit.catalog import MODELS
from ensemble_kit.oof.matrix import Beside, Matrix, stack_columns
from ensemble_kit.pipeline.member import ModelFacts
from ensemble_kit.work.node import ModelWorkFacts
from ensemble_kit.work.workspace import Workspace

PARTS = ("train", "valid", "test")


def model_inputs(facts: ModelWorkFacts, workspace: Workspace) -> Mapping[str, Matrix]:
    """Return the matrices a model takes: train, valid and test."""
    features, meta = facts.inputs.features, facts.inputs.meta
    original = None
    if features is not None:
        original = {part: workspace.read(features, part) for part in PARTS}
    if meta is not None:
        return _stacked(facts, meta, workspace, original)
    return _raw(facts, workspace) if original is None else original


def _raw(facts: ModelWorkFacts, workspace: Workspace) -> Mapping[str, Matrix]:
    """Return the columns as they are; as arrays, where an estimator wants them so."""
    if facts.model.get("as_array", False):
        return workspace.array_rows(facts.fold)
    return workspace.frame_rows(facts.fold)


def accepts(model: ModelFacts) -> frozenset[str]:
    """Return what a model accepts, in the words of the registry."""
    if "given" in model:
        return frozenset(model["accepts"])
    if "foreign" in model:
        return frozenset()
    return MODELS[model["name"]].accepts


def goes_by_windows(model: ModelFacts) -> bool:
    """Return whether a blend is told what the models that predicted its rows knew."""
    return "windows" in accepts(model) and bool(model["params"].get("windows"))


def _stacked(
    facts: ModelWorkFacts,
    meta: str,
    workspace: Workspace,
    original: Mapping[str, Matrix] | None,
) -> Mapping[str, Matrix]:
    """Return predictions of lower levels, with original features where asked."""
    oof, test = (np.asarray(workspace.read(meta, part)) for part in ("oof", "test"))
    train, valid = workspace.source.rows(facts.fold)
    tensors = {"train": oof[train], "valid": oof[valid], "test": test}
    accepted = accepts(facts.model)
    if "columns" in accepted:
        frames, gate = workspace.frame_rows(facts.fold), _gate(facts.model)
        return {p: beside_columns(gate, tensors[p], frames[p]) for p in PARTS}
    if "tensor" in accepted:
        return tensors
    return {
        part: stacked_columns(
            tensors[part], facts.form, None if original is None else original[part]
        )
        for part in PARTS
    }


def _gate(model: ModelFacts) -> BaseEstimator:
    """Return an unfitted gate, which knows the columns it reads."""
    return MODELS[model["name"]].build(model["task"], model["params"], seed=0)


def beside_columns(
    gate: BaseEstimator, tensor: NDArray[np.float64], table: pd.DataFrame
) -> Beside:
    """Return predictions of lower levels with the columns that a gate reads."""
    return Beside(tensor, table[columns_read(gate, table)])


def stacked_columns(
    tensor: NDArray[np.float64], form: str, original: Matrix | None
) -> Matrix:
    """Return predictions as columns, with original features where there are any."""
    columns = stack_columns(tensor, form == "stack_logits")
    return columns if original is None else beside(columns, original)


def beside(columns: NDArray[np.float64], original: Matrix) -> Matrix:
    """Return predictions and original features as one matrix."""
    if isinstance(original, pd.DataFrame):
        names = [f"stack_{number}" for number in range(columns.shape[1])]
        return pd.concat([pd.DataFrame(columns, columns=names), original], axis=1)
    if sparse.issparse(original):
        return sparse.hstack([columns, original], format="csr")
    return np.hstack([columns, np.asarray(original)])


def cells_of(X: Matrix) -> float:
    """Return the columns, or the non-zeros per row."""
    if isinstance(X, sparse.spmatrix | sparse.sparray):
        return X.nnz / max(1, X.shape[0])
    return float(prod(X.shape[1:]))
