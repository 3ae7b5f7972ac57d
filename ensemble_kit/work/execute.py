"""Doing one piece of work: the whole fold loop, read from top to bottom.

count     a text column's n-grams, once over all rows
encode    some texts of a column, read by a pretrained encoder
features  a feature set on one fold: fitted on its training rows alone
gate      which text columns earn their place with a family of models
probe     rounds or epochs, found on an inner split of a training part
meta      predictions of lower levels as one tensor
fit       one model on one fold and seed: predictions into the store
"""

import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, clone

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.exceptions import StoreError
from ensemble_kit.features.encoders.kept_vectors import VECTORS, kept_in, text_chunks
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.hashing import derive_seed
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.oof.matrix import Matrix, OOFMatrix, collect_member
from ensemble_kit.pipeline.member import build_feature_set
from ensemble_kit.registry import load_object
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.inner_rows import inner_split
from ensemble_kit.store.frames import take_rows
from ensemble_kit.store.store import Entry, Results, Store
from ensemble_kit.work.given_estimators import GivenFeatures, WithMetadata, seeded
from ensemble_kit.work.inputs import accepts, cells_of, model_inputs
from ensemble_kit.work.memory import peak_megabytes, reset_peak
from ensemble_kit.work.node import (
    CountFacts,
    EncodeFacts,
    FeaturesFacts,
    FitFacts,
    MetaFacts,
    ModelWorkFacts,
    Node,
    ProbeFacts,
    TextFilterFacts,
)
from ensemble_kit.work.text_filter import TextWeighing
from ensemble_kit.work.workspace import Workspace

if TYPE_CHECKING:
    from ensemble_kit.features.counting.counted_texts import CountedTexts

MADE = "made"  # the part of features that says how their made columns are made


def execute(node: Node, workspace: Workspace, store: Store) -> dict[str, Any]:
    """Do one piece of work, keep its result, and return what it cost."""
    begin, cpu = time.perf_counter(), time.process_time()
    reset_peak()
    with kept_in(store.folder / VECTORS):
        extra = _do(node, workspace, store)
    return {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": time.process_time() - cpu,
        "peak_megabytes": peak_megabytes(),
        **extra,
    }


def _do(node: Node, workspace: Workspace, store: Store) -> Mapping[str, Any]:
    """Do a piece of work by its kind, and return what it tells of its cost."""
    match node.facts:
        case CountFacts() as facts:
            _count(node.key, facts, workspace)
        case EncodeFacts() as facts:
            return _encode(node.key, facts, workspace, store)
        case FeaturesFacts() as facts:
            _features(node.key, facts, workspace)
        case TextFilterFacts() as facts:
            _filter_texts(node.key, facts, workspace, store)
        case MetaFacts() as facts:
            _meta(node.key, facts, workspace, store)
        case ProbeFacts() as facts:
            return {"params": _probe(node.key, facts, workspace, store)}
        case FitFacts() as facts if "foreign" in facts.model:
            return _take_foreign(node.key, facts, workspace, store)
        case FitFacts() as facts:
            return _fit(node.key, facts, workspace, store)
        case _:
            raise TypeError(f"nobody does work of the kind {node.kind}")
    return {}


def _count(key: str, facts: CountFacts, workspace: Workspace) -> None:
    """Count the n-grams of a text column over training and test rows."""
    block, texts = facts.block, workspace.source.texts_of(facts.column)
    transformer = FEATURIZERS[block["featurizer"]].build(block["params"])
    workspace.write(key, {"counts": transformer.counter().count(texts)})


def _encode(
    key: str, facts: EncodeFacts, workspace: Workspace, store: Store
) -> Mapping[str, Any]:
    """Let an encoder read some texts of a column, and keep their vectors."""
    transformer = SentenceEncoder(**facts.encoder["params"])
    transformer.remember([""])  # whoever comes first loads the network
    begin = time.perf_counter()
    chunks = text_chunks(workspace.source.texts_of(facts.column))
    transformer.remember(chunks[facts.chunk])
    seconds = time.perf_counter() - begin
    cost = {"encode_seconds": seconds, "n_characters": facts.n_characters}
    store.write(key, {}, {"cost": cost, "key": facts.plain()})
    return cost


def _features(key: str, facts: FeaturesFacts, workspace: Workspace) -> None:
    """Fit a feature set on a fold's training rows and transform its three parts."""
    source = workspace.source
    train, valid = source.rows(facts.fold)
    n_rows, n_test = source.X.shape[0], source.X_test.shape[0]
    test = np.arange(n_rows, n_rows + n_test)
    frames = workspace.frame_rows(facts.fold)
    features = _build_features(facts, workspace)
    counted = [_counted(facts, workspace, rows) for rows in (train, valid, test)]
    more: dict[str, Any] = {}
    if facts.transductive:
        texts = pd.concat([source.X[source.texts], source.X_test[source.texts]])
        more["everywhere"] = (texts, _counted(facts, workspace, slice(None)))
    if source.weights is not None and facts.transformer is None:
        more["sample_weight"] = source.weights[train]
    matrices = {
        "train": features.fit_transform(
            frames["train"], source.y[train], counted=counted[0], **more
        ),
        "valid": features.transform(frames["valid"], counted=counted[1]),
    }
    if isinstance(features, FeatureSet):
        features.know(source.X, source.y)
    matrices["test"] = features.transform(frames["test"], counted=counted[2])
    made = getattr(features, "made_", [])
    if made:
        matrices[MADE] = np.array(made)
    workspace.keeper.keep(key, features)
    workspace.write(key, matrices)


def _build_features(
    facts: FeaturesFacts, workspace: Workspace
) -> FeatureSet | GivenFeatures:
    """Return the unfitted feature set, or the transformer that a user gave."""
    given = facts.transformer
    if given is not None:
        transformer = workspace.given(given["given"])
        return GivenFeatures(transformer, given["as_array"], facts.seed)
    return build_feature_set(facts.featurizers, facts.seed, facts.texts, facts.single)


def _counted(
    facts: FeaturesFacts, workspace: Workspace, rows: NDArray[np.intp] | slice
) -> dict[tuple[str, str], "CountedTexts"]:
    """Return the counts of some rows by (column, counter key)."""
    return {
        (column, counter): workspace.counts(key)[rows]
        for (column, counter), key in zip(facts.counted, facts.counts, strict=True)
    }


def _meta(key: str, facts: MetaFacts, workspace: Workspace, store: Store) -> None:
    """Join the predictions of lower levels into one tensor."""
    keys, parts = iter(facts.fits), []
    for n_seeds, splits in zip(facts.n_seeds, facts.splits, strict=True):
        grid = [[next(keys) for _ in range(n_seeds)] for _ in splits]
        parts.append(read_member(store, grid, workspace.source.numbered(splits)))
    matrix = OOFMatrix.join(facts.members, parts)
    workspace.write(key, {"oof": matrix.oof, "test": matrix.test})


def read_member(
    store: Results, grid: Sequence[Sequence[str]], folds: Folds
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return a member's out-of-fold and test predictions from its stored fits.

    Parameters
    ----------
    store : Store
    grid : list over folds of lists over seeds
        Keys; a last row beyond the folds is the refit on all rows.
    folds : Folds
    """
    entries = [[_stored(store, key) for key in row] for row in grid]
    valid = [[e.arrays["valid"] for e in row] for row in entries[: len(folds)]]
    test = [[e.arrays["test"] for e in row if "test" in e.arrays] for row in entries]
    return collect_member(valid, [parts for parts in test if parts], folds)


def _stored(store: Results, key: str) -> Entry:
    entry = store.read(key)
    if entry is None:
        raise StoreError(f"store entry {key} is gone; run the command again")
    return entry


def _probe(
    key: str, facts: ProbeFacts, workspace: Workspace, store: Store
) -> dict[str, float]:
    """Find rounds or epochs on inner splits of the training part."""
    deadline = _deadline(facts.seconds)
    found = [_probe_once(facts, workspace, facts.seed, deadline)]
    for number in range(1, facts.n_splits):
        if deadline is not None and time.monotonic() > deadline:
            break
        seed = derive_seed(facts.seed, number)
        found.append(_probe_once(facts, workspace, seed, deadline))
    params = middle(found)
    store.write(key, {}, {"params": params, "key": facts.plain()})
    return params


def _probe_once(
    facts: ProbeFacts, workspace: Workspace, seed: int, deadline: float | None
) -> dict[str, float]:
    """Return what the probe finds on one inner split."""
    source = workspace.source
    rows, X = _usable(facts, workspace, model_inputs(facts, workspace)["train"])
    inner = inner_split(
        source.y[rows],
        source.kind != "regression",
        seed=seed,
        groups=None if source.groups is None else source.groups[rows],
        times=None if source.times is None else source.times[rows],
    )
    (X_fit, y_fit), (X_valid, y_valid) = (
        (take_rows(X, part), source.y[rows][part]) for part in inner
    )
    judged = {}
    if source.weights is not None:
        judged["sample_weight_valid"] = source.weights[rows[inner[1]]]
    return load_object(facts.function)(
        _build(facts, {}, workspace),
        X_fit,
        y_fit,
        X_valid,
        y_valid,
        sample_weight_fit=_weights(facts, workspace, rows[inner[0]]),
        deadline=deadline,
        **judged,
    )


def middle(found: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the geometric mean of each parameter over probes, whole where they are.

    On few rows the best number of rounds of one split is a noisy guess, and factors
    of it count, not differences.
    """
    if len(found) == 1:
        return found[0]
    names = found[0].keys() & set.intersection(*(set(f) for f in found))
    return {name: _middle([f[name] for f in found]) for name in sorted(names)}


def _middle(values: Sequence[float]) -> float:
    mean = float(np.exp(np.mean(np.log(values))))
    return round(mean) if all(isinstance(v, int) for v in values) else mean


def _deadline(seconds: float | None) -> float | None:
    """Return the time, on the monotonic clock, that many seconds from now."""
    return None if seconds is None else time.monotonic() + seconds


def _usable(
    facts: ModelWorkFacts, workspace: Workspace, X: Matrix
) -> tuple[NDArray[np.intp], Matrix]:
    """Return training rows and inputs; above level 1, of the validated rows only."""
    train, _ = workspace.source.rows(facts.fold)
    meta = facts.inputs.meta
    if meta is None:
        return train, X
    seen = np.isfinite(np.asarray(workspace.read(meta, "oof"))).all(axis=(1, 2))[train]
    return train[seen], X if seen.all() else take_rows(X, np.flatnonzero(seen))


def _build(
    facts: ModelWorkFacts, probed: Mapping[str, float], workspace: Workspace
) -> BaseEstimator:
    """Return the unfitted estimator; what a pipeline sets wins over the probe."""
    model = facts.model
    if "given" in model:
        given = workspace.given(model["given"])
        given = given.estimator if isinstance(given, WithMetadata) else given
        return seeded(clone(given), facts.seed)
    found = {k: v for k, v in probed.items() if k not in model["fixed"]}
    params = {**model["params"], **found}
    return MODELS[model["name"]].build(model["task"], params, facts.seed)


def _weights(
    facts: ModelWorkFacts, workspace: Workspace, rows: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    weights = workspace.source.weights
    takes = "weights" in accepts(facts.model)
    return weights[rows] if takes and weights is not None else None


def _metadata(
    facts: ModelWorkFacts, workspace: Workspace, rows: NDArray[np.intp]
) -> Mapping[str, Any]:
    """Return what a user's own estimator is told of the rows besides."""
    token = facts.model.get("given")
    given = None if token is None else workspace.given(token)
    return given.of_rows(rows) if isinstance(given, WithMetadata) else {}


def _fit(
    key: str, facts: FitFacts, workspace: Workspace, store: Store
) -> dict[str, float]:
    """Fit one model on one fold and keep its predictions."""
    source = workspace.source
    X = model_inputs(facts, workspace)
    rows, X_train = _usable(facts, workspace, X["train"])
    probed = {}
    if facts.probe is not None:
        probed = _stored(store, facts.probe).facts["params"]
    begin = time.perf_counter()
    estimator = fit(
        _build(facts, probed, workspace),
        X_train,
        source.y[rows],
        _weights(facts, workspace, rows),
        _metadata(facts, workspace, rows),
    )
    fitted, fitted_on = time.perf_counter(), span(source.y[rows])
    predictions = {
        "valid": predict(
            estimator, X["valid"], source.kind, source.n_outputs, fitted_on
        )
    }
    if facts.predicts_test:
        if hasattr(estimator, "know"):
            estimator.know(source.X, source.y)
        predictions["test"] = predict(
            estimator, X["test"], source.kind, source.n_outputs, fitted_on
        )
    cost = {
        "fit_seconds": fitted - begin,
        "predict_seconds": time.perf_counter() - fitted,
        "n_rows": len(rows),
        "n_features": int(np.prod(X_train.shape[1:])),
        "cells": cells_of(X_train),
        "n_outputs": source.n_outputs,
        "peak_megabytes": peak_megabytes(),
    }
    if facts.predicts_test:
        workspace.keeper.keep(key, (estimator, fitted_on))
    told = {"cost": cost, "probed": probed, "key": facts.plain()}
    weights = np.asarray(getattr(estimator, "weights_", ()))
    if "tensor" in accepts(facts.model) and weights.shape == X_train.shape[1:2]:
        told["weights"] = weights.tolist()
    if getattr(estimator, "coverage_", None) is not None:
        told["coverage"] = estimator.coverage_
    features = facts.inputs.features
    if features is not None and workspace.has_part(features, MADE):
        told["made"] = np.asarray(workspace.read(features, MADE)).tolist()
    store.write(key, predictions, told)
    return cost


def _take_foreign(
    key: str, facts: FitFacts, workspace: Workspace, store: Store
) -> dict[str, float]:
    """Keep what was predicted elsewhere of a fold's rows."""
    begin, source = time.perf_counter(), workspace.source
    train, valid = source.rows(facts.fold)
    values = source.foreign[facts.model.get("foreign", "")]
    predictions = {"valid": values[valid]}
    if facts.predicts_test:
        predictions["test"] = values[len(source.y) :]
    cost = {
        "fit_seconds": 0.0,
        "predict_seconds": time.perf_counter() - begin,
        "n_rows": len(train),
        "n_features": source.n_outputs,
        "cells": float(source.n_outputs),
        "n_outputs": source.n_outputs,
        "peak_megabytes": peak_megabytes(),
    }
    store.write(key, predictions, {"cost": cost, "probed": {}, "key": facts.plain()})
    return cost


def _filter_texts(
    key: str, facts: TextFilterFacts, workspace: Workspace, store: Store
) -> None:
    """Weigh text columns, or a network, on the training rows of the first fold."""
    source = workspace.source
    weighing = TextWeighing(source, source.rows(facts.fold)[0], facts)
    weigh = weighing.weigh if facts.network is None else weighing.weigh_network
    store.write(key, {}, {"found": weigh(facts.columns), "key": facts.plain()})
