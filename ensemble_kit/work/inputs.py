"""The matrices that a fit takes: features, predictions of lower levels, or both."""

from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.blending.routed.columns_read import columns_read
from ensemble_kit.catalog import MODELS
from ensemble_kit.oof.matrix import Beside, stack_columns
from ensemble_kit.store.frames import Matrix
from ensemble_kit.work.given_estimators import as_table
from ensemble_kit.work.node import Node
from ensemble_kit.work.workspace import Workspace

PARTS = ("train", "valid", "test")


def model_inputs(node: Node, workspace: Workspace) -> dict[str, Matrix]:
    """Return the matrices a model takes: train, valid and test."""
    inputs, level1 = node.facts["inputs"], node.facts["inputs"]["meta"] is None
    features = inputs["features"]
    if features is not None:
        original = {part: workspace.read(features, part) for part in PARTS}
    else:
        original = _raw(node, workspace) if level1 else None
    if level1:
        return original
    return _stacked(node, workspace, original)


def _raw(node: Node, workspace: Workspace) -> dict[str, Matrix]:
    """Return the columns as they are; as arrays, where an estimator wants them so."""
    as_array = node.facts["model"].get("as_array", False)
    frames = workspace.frame_rows(node.fold)
    return {part: as_table(frame, as_array) for part, frame in frames.items()}


def accepts(facts: dict[str, Any]) -> Any:
    """Return what the model of a fit accepts."""
    model = facts["model"]
    return model["accepts"] if "given" in model else MODELS[model["name"]].accepts


def _stacked(node: Node, workspace: Workspace, original: Any) -> dict[str, Matrix]:
    """Return predictions of lower levels, with original features where asked."""
    meta = node.facts["inputs"]["meta"]
    oof, test = (np.asarray(workspace.read(meta, part)) for part in ("oof", "test"))
    train, valid = workspace.source.rows(node.fold)
    tensors = {"train": oof[train], "valid": oof[valid], "test": test}
    accepted = accepts(node.facts)
    if "columns" in accepted:
        frames, gate = workspace.frame_rows(node.fold), _gate(node.facts["model"])
        return {p: beside_columns(gate, tensors[p], frames[p]) for p in PARTS}
    if "tensor" in accepted:
        return tensors
    form = node.facts["form"]
    return {
        part: stacked_columns(tensors[part], form, original and original[part])
        for part in PARTS
    }


def _gate(model: dict[str, Any]) -> Any:
    """Return an unfitted gate, which knows the columns it reads."""
    return MODELS[model["name"]].build(model["task"], model["params"], seed=0)


def beside_columns(gate: Any, tensor: Any, table: Any) -> Beside:
    """Return predictions of lower levels with the columns that a gate reads."""
    return Beside(tensor, table[columns_read(gate, table)])


def stacked_columns(tensor: Any, form: str, original: Any) -> Matrix:
    """Return predictions as columns, with original features where there are any."""
    columns = stack_columns(tensor, form == "stack_logits")
    return columns if original is None else beside(columns, original)


def beside(columns: Any, original: Matrix) -> Matrix:
    """Return predictions and original features as one matrix."""
    if isinstance(original, pd.DataFrame):
        names = [f"stack_{number}" for number in range(columns.shape[1])]
        return pd.concat([pd.DataFrame(columns, columns=names), original], axis=1)
    if sparse.issparse(original):
        return sparse.hstack([columns, original], format="csr")
    return np.hstack([columns, original])


def cells_of(X: Matrix) -> float:
    """Return the columns, or the non-zeros per row."""
    if sparse.issparse(X):
        return X.nnz / max(1, X.shape[0])
    return float(np.prod(X.shape[1:]))
