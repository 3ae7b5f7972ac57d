"""Doing one piece of work: the whole fold loop, read from top to bottom.

count     a text column's n-grams, once over all rows
encode    some texts of a column, read by a pretrained encoder
scores    what cross-fitted models make of a text column, for all feature sets of a fold
features  a feature set on one fold: fitted on its training rows alone
gate      which text columns earn their place with a family of models
probe     rounds or epochs, found on an inner split of a training part
trial     whether a pretrained encoder tells more than members that are there
balance   whether rows that weigh what mistakes on their class cost help a model
offset    what another member predicts, for one that begins from it
meta      predictions of lower levels as one tensor
fit       one model on one fold and seed: predictions into the store
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn import config_context

from ensemble_kit.catalog import FEATURIZERS
from ensemble_kit.features.encoders.kept_vectors import VECTORS, kept_in, text_chunks
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.hashing import derive_seed
from ensemble_kit.models.boosting.margins import Begun
from ensemble_kit.models.probes.noting import noting, thinned
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.oof.matrix import Matrix, OOFMatrix, collect_member
from ensemble_kit.pipeline.member import build_feature_set
from ensemble_kit.registry import load_object
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.splitting.inner_rows import inner_split
from ensemble_kit.store.fitted_objects import Pickled
from ensemble_kit.store.frames import take_rows
from ensemble_kit.store.store import Results, Store
from ensemble_kit.work.building import (
    counts_of,
    estimator_of,
    feature_set_of,
    stored,
    weights_of,
)
from ensemble_kit.work.given_estimators import WithMetadata
from ensemble_kit.work.inputs import (
    accepts,
    cells_of,
    goes_by_windows,
    model_inputs,
)
from ensemble_kit.work.judging.class_balance import (
    FitRows,
    drawn,
    judge_weights,
    rows_of_fit,
)
from ensemble_kit.work.judging.encoder_trial import measure_encoders, try_encoders
from ensemble_kit.work.judging.text_filter import TextWeighing
from ensemble_kit.work.node import (
    BalanceFacts,
    CountFacts,
    EncodeFacts,
    EncoderTrialFacts,
    FeaturesFacts,
    FitFacts,
    MetaFacts,
    ModelWorkFacts,
    Node,
    OffsetFacts,
    ProbeFacts,
    ScoresFacts,
    TextFilterFacts,
)
from ensemble_kit.work.offsets import add_offset, begin_from, make_offsets
from ensemble_kit.work.pseudo_rows import with_pseudo_rows
from ensemble_kit.work.workspace import FITTED, Workspace

MADE = "made"  # the part of features that says how their made columns are made
KNOWN = "known"  # of predictions: how many rows their models were fitted on
COVERAGE = "coverage"  # the one that says how many words vectors of a file know


def execute(node: Node, workspace: Workspace, store: Store) -> dict[str, Any]:
    """Do one piece of work, keep its result, and return what it cost."""
    begin, cpu = time.perf_counter(), workspace.processor_seconds()
    workspace.reset_peak()
    with kept_in(store.folder / VECTORS):
        extra = _do(node, workspace, store)
    return {
        "seconds": time.perf_counter() - begin,
        "cpu_seconds": workspace.processor_seconds() - cpu,
        "peak_megabytes": workspace.peak_megabytes(),
        **extra,
    }


def _do(node: Node, workspace: Workspace, store: Store) -> Mapping[str, Any]:
    """Do a piece of work by its kind, and return what it tells of its cost."""
    match node.facts:
        case CountFacts() as facts:
            _count(node.key, facts, workspace)
        case EncodeFacts() as facts:
            return _encode(node.key, facts, workspace, store)
        case ScoresFacts() as facts:
            _score_texts(node.key, facts, workspace)
        case FeaturesFacts() as facts:
            _features(node.key, facts, workspace)
        case TextFilterFacts() as facts:
            _filter_texts(node.key, facts, workspace, store)
        case EncoderTrialFacts() as facts:
            _try_encoders(node.key, facts, workspace, store)
        case MetaFacts() as facts:
            _meta(node.key, facts, workspace, store)
        case OffsetFacts() as facts:
            make_offsets(node.key, facts, workspace, store)
        case ProbeFacts() as facts:
            return {"params": _probe(node.key, facts, workspace, store)}
        case BalanceFacts() as facts:
            judge_weights(node.key, facts, workspace, store)
        case FitFacts() as facts if "foreign" in facts.model:
            return _take_foreign(node.key, facts, workspace, store)
        case FitFacts() as facts:
            return _fit(node.key, facts, workspace, store)
        case _:
            raise TypeError(f"nobody does work of the kind {node.kind}")
    return {}


def _count(key: str, facts: CountFacts, workspace: Workspace) -> None:
    """Count the n-grams of a text column over training and test rows."""
    if workspace.take_shared(key, facts):
        return
    block, texts = facts.block, workspace.source.texts_of(facts.column)
    transformer = FEATURIZERS[block["featurizer"]].build(block["params"])
    workspace.write(key, {"counts": transformer.counter().count(texts)})
    workspace.share(key, facts)


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


def _score_texts(key: str, facts: ScoresFacts, workspace: Workspace) -> None:
    """Fit a block of texts on a fold's training rows and transform its three parts."""
    source, column = workspace.source, [facts.column]
    features = build_feature_set([facts.block], facts.seed, column)
    frames, rows = workspace.frame_rows(facts.fold), workspace.part_rows(facts.fold)
    tables = {part: frames[part][column] for part in rows}
    counted = {part: counts_of(facts, workspace, rows[part]) for part in rows}
    weights = None if source.weights is None else source.weights[rows["train"]]
    (train,) = features.fit_parts(
        tables["train"],
        source.y[rows["train"]],
        counted=counted["train"],
        sample_weight=weights,
    )
    others = {
        part: features.parts(tables[part], counted[part])[0]
        for part in ("valid", "test")
    }
    fitted = Pickled(features.fitted_[0][-1])
    workspace.write(key, {"train": train, **others, FITTED: fitted})


def _features(key: str, facts: FeaturesFacts, workspace: Workspace) -> None:
    """Fit a feature set on a fold's training rows and transform its three parts.

    One that sees no target may have been fitted for another one on these very rows.
    """
    if workspace.take_shared(key, facts):
        return
    source = workspace.source
    frames, rows = workspace.frame_rows(facts.fold), workspace.part_rows(facts.fold)
    features = feature_set_of(facts, workspace)
    counted = {part: counts_of(facts, workspace, rows[part]) for part in rows}
    ready = {part: _ready(facts, workspace, part) for part in rows}
    more: dict[str, Any] = {}
    if facts.transductive:
        texts = pd.concat([source.X[source.texts], source.X_test[source.texts]])
        more["everywhere"] = (texts, counts_of(facts, workspace, slice(None)))
    if source.weights is not None and facts.transformer is None:
        more["sample_weight"] = source.weights[rows["train"]]
    train = features.fit_transform(
        frames["train"],
        source.y[rows["train"]],
        counted=counted["train"],
        **more,
        **ready["train"],
    )
    valid = features.transform(
        frames["valid"], counted=counted["valid"], **ready["valid"]
    )
    if isinstance(features, FeatureSet):
        features.know(source.X, source.y)
    test = features.transform(frames["test"], counted=counted["test"], **ready["test"])
    matrices = {"train": train, "valid": valid, "test": test}
    for part, attribute in ((MADE, "made_"), (COVERAGE, "coverage_")):
        if told := getattr(features, attribute, []):
            matrices[part] = np.array(told)
    workspace.keeper.keep(key, features)
    workspace.write(key, matrices)
    workspace.share(key, facts, features)


def _ready(facts: FeaturesFacts, workspace: Workspace, part: str) -> dict[str, Any]:
    """Return what was made of texts before, as an argument where there is some."""
    ready: dict[tuple[str, str], Any] = {}
    for label, column, key in facts.scores:
        matrix = workspace.read(key, part)
        is_fit = part == "train"
        ready[label, column] = (workspace.fitted(key), matrix) if is_fit else matrix
    return {"ready": ready} if ready else {}


def _meta(key: str, facts: MetaFacts, workspace: Workspace, store: Store) -> None:
    """Join the predictions of lower levels into one tensor."""
    keys, parts = iter(facts.fits), []
    for n_seeds, splits in zip(facts.n_seeds, facts.splits, strict=True):
        grid = [[next(keys) for _ in range(n_seeds)] for _ in splits]
        parts.append(read_member(store, grid, workspace.source.numbered(splits)))
    matrix = OOFMatrix.join(facts.members, parts)
    known = workspace.source.numbered(facts.splits[0]).known
    workspace.write(key, {"oof": matrix.oof, "test": matrix.test, KNOWN: known})


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
    entries = [[stored(store, key) for key in row] for row in grid]
    valid = [[e.arrays["valid"] for e in row] for row in entries[: len(folds)]]
    test = [[e.arrays["test"] for e in row if "test" in e.arrays] for row in entries]
    return collect_member(valid, [parts for parts in test if parts], folds)


def _probe(
    key: str, facts: ProbeFacts, workspace: Workspace, store: Store
) -> dict[str, float]:
    """Find rounds or epochs on inner splits of the training part."""
    n_rows = len(workspace.source.rows(facts.fold)[0])
    part = min(1.0, (facts.n_rows or n_rows) / n_rows)
    deadline = (
        None if facts.seconds is None else time.monotonic() + part * facts.seconds
    )
    by_seed, curves = [], []
    for number in range(facts.n_splits):
        if number and deadline is not None and time.monotonic() > deadline:
            break
        seed = derive_seed(facts.seed, number) if number else facts.seed
        with noting() as noted:
            by_seed.append(_probe_once(facts, workspace, seed, deadline))
        curves.append({name: thinned(curve) for name, curve in noted.items()})
    params = middle(by_seed)
    facts_to_store = {"params": params, "curves": curves, "key": facts.plain()}
    store.write(key, {}, facts_to_store)
    return params


def _probe_once(
    facts: ProbeFacts, workspace: Workspace, seed: int, deadline: float | None
) -> dict[str, float]:
    """Return what the probe finds on one inner split."""
    source = workspace.source
    rows, X = _usable(facts, workspace, model_inputs(facts, workspace)["train"])
    X, y = _begun(facts, workspace, X, source.y[rows])
    if facts.n_rows is not None and facts.n_rows < len(rows):
        drawn_rows = _some_rows(len(rows), facts.n_rows, seed)
        X, y, rows = _take(X, drawn_rows), y[drawn_rows], rows[drawn_rows]
    inner = inner_split(
        source.y[rows],
        source.kind != "regression",
        seed=seed,
        groups=None if source.groups is None else source.groups[rows],
        times=None if source.times is None else source.times[rows],
    )
    (X_fit, y_fit), (X_valid, y_valid) = ((_take(X, part), y[part]) for part in inner)
    judged = {}
    if source.weights is not None:
        judged["sample_weight_valid"] = source.weights[rows[inner[1]]]
    part = FitRows(X_fit, y_fit, weights_of(facts.model, workspace, rows[inner[0]]))
    if "sampler" in facts.model:
        part = drawn(facts.model, part, source.n_outputs, seed)
        # Judged as if classes were as frequent here as in what was drawn.
        plain = judged.get("sample_weight_valid", np.ones(len(y_valid)))
        judged["sample_weight_valid"] = plain / part.shift_of(y_valid)
    return load_object(facts.function)(
        estimator_of(facts.model, facts.seed, {}, workspace),
        part.X,
        part.y,
        X_valid,
        y_valid,
        sample_weight_fit=part.weights,
        deadline=deadline,
        **judged,
    )


def _deadline(seconds: float | None) -> float | None:
    """Return the time, on the monotonic clock, that many seconds from now."""
    return None if seconds is None else time.monotonic() + seconds


def _some_rows(n_rows: int, n_wanted: int, seed: int) -> NDArray[np.intp]:
    """Return some rows at random, in order."""
    drawn = np.random.default_rng(seed).choice(n_rows, n_wanted, replace=False)
    return np.sort(drawn)


def _begun(
    facts: ModelWorkFacts, workspace: Workspace, X: Matrix, y: NDArray[Any]
) -> tuple[Any, NDArray[Any]]:
    """Return the usable training rows as they begin from an offset, if from one."""
    if facts.inputs.offset is None:
        return X, y
    offset = np.asarray(workspace.read(facts.inputs.offset, "train"))
    offset = offset[np.isfinite(offset).all(axis=1)]
    return begin_from(workspace.source.kind, X, y, offset)


def _take(X: Any, rows: NDArray[np.intp]) -> Any:
    """Return some rows, with what they begin from."""
    if isinstance(X, Begun):
        return Begun(take_rows(X.X, rows), X.logs[rows])
    return take_rows(X, rows)


def middle(by_seed: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the geometric mean of each parameter over probes, whole where they are.

    On few rows the best number of rounds of one split is a noisy guess, and factors
    of it count, not differences.
    """
    if len(by_seed) == 1:
        return by_seed[0]
    names = by_seed[0].keys() & set.intersection(*(set(f) for f in by_seed))
    return {name: _middle([f[name] for f in by_seed]) for name in sorted(names)}


def _middle(values: Sequence[float]) -> float:
    mean = float(np.exp(np.mean(np.log(values))))
    return round(mean) if all(isinstance(v, int) for v in values) else mean


def _usable(
    facts: ModelWorkFacts, workspace: Workspace, X: Matrix
) -> tuple[NDArray[np.intp], Matrix]:
    """Return training rows and inputs; above level 1, of the validated rows only.

    Of a member that begins from another, those that this one has predicted.
    """
    train, _ = workspace.source.rows(facts.fold)
    meta, offset = facts.inputs.meta, facts.inputs.offset
    if meta is None and offset is None:
        return train, X
    if offset is not None:
        seen = np.isfinite(np.asarray(workspace.read(offset, "train"))).all(axis=1)
    else:
        oof = np.asarray(workspace.read(str(meta), "oof"))
        seen = np.isfinite(oof).all(axis=(1, 2))[train]
    return train[seen], X if seen.all() else take_rows(X, np.flatnonzero(seen))


def _metadata(
    facts: ModelWorkFacts, workspace: Workspace, rows: NDArray[np.intp]
) -> Mapping[str, Any]:
    """Return what a user's own estimator, or a blend of windows, is told besides."""
    meta = facts.inputs.meta
    if meta is not None and goes_by_windows(facts.model):
        return {"known": np.asarray(workspace.read(meta, KNOWN))[rows]}
    token = facts.model.get("given")
    given = None if token is None else workspace.given(token)
    return given.of_rows(rows) if isinstance(given, WithMetadata) else {}


@contextmanager
def _validated_once(facts: FitFacts, workspace: Workspace) -> Iterator[None]:
    """Let a user's own estimator look at its parameters in its first fit alone."""
    token = facts.model.get("given", "")
    with config_context(skip_parameter_validation=token in workspace.validated):
        yield
    workspace.validated |= {token} - {""}


def _fit(
    key: str, facts: FitFacts, workspace: Workspace, store: Store
) -> dict[str, float]:
    """Fit one model on one fold and keep its predictions."""
    source = workspace.source
    X = model_inputs(facts, workspace)
    rows, X_train = _usable(facts, workspace, X["train"])
    probed = stored(store, facts.probe).facts["params"] if facts.probe else {}
    X_begun, y = _begun(facts, workspace, X_train, source.y[rows])
    begin = time.perf_counter()
    plain = FitRows(X_begun, y, weights_of(facts.model, workspace, rows))
    if facts.pseudo is not None:
        plain = with_pseudo_rows(plain, X["test"], facts.pseudo, source.kind, store)
    estimator = _fit_estimator(facts, workspace, store, plain, rows, probed)
    fitted, model = time.perf_counter(), _Fitted(facts, workspace, estimator, span(y))
    predictions = model.predict_parts(X)
    seconds = fitted - begin, time.perf_counter() - fitted
    n_features = prod(X_train.shape[1:])
    cost = _cost(workspace, seconds, len(plain.y), n_features, cells_of(X_train))
    model.keep(key)
    learnt: dict[str, Any] = {"cost": cost, "probed": probed, "key": facts.plain()}
    if facts.pseudo is not None:
        learnt["n_pseudo_rows"] = len(plain.y) - len(rows)
    store.write(key, predictions, {**learnt, **model.facts_to_store(X_train.shape)})
    return cost


def _fit_estimator(
    facts: FitFacts,
    workspace: Workspace,
    store: Store,
    plain: FitRows,
    rows: NDArray[np.intp],
    probed: Mapping[str, float],
) -> Any:
    """Return the estimator after its fit; of rows drawn by class, put right again."""
    part = rows_of_fit(facts, plain, workspace, store)
    with _validated_once(facts, workspace):
        estimator: Any = fit(
            estimator_of(facts.model, facts.seed, probed, workspace),
            part.X,
            part.y,
            part.weights,
            _metadata(facts, workspace, rows),
        )
    return part.restored(estimator)


def _cost(
    workspace: Workspace,
    seconds: tuple[float, float],
    n_rows: int,
    n_features: int,
    cells: float,
) -> dict[str, float]:
    """Return what a fit took: seconds of fitting and of predicting, and its size."""
    return {
        "fit_seconds": seconds[0],
        "predict_seconds": seconds[1],
        "n_rows": n_rows,
        "n_features": n_features,
        "cells": cells,
        "n_outputs": workspace.source.n_outputs,
        "peak_megabytes": workspace.peak_megabytes(),
    }


@dataclass(frozen=True)
class _Fitted:
    """A model after its fit: what it predicts, and what is told of it."""

    facts: FitFacts
    workspace: Workspace
    estimator: Any
    fitted_on: Any

    def predict_parts(self, X: Mapping[str, Matrix]) -> dict[str, NDArray[np.float64]]:
        """Return predictions of the validated rows, and of the test where wanted."""
        predictions = {"valid": self._predict_part("valid", X["valid"])}
        if self.facts.predicts_test:
            source = self.workspace.source
            if hasattr(self.estimator, "know"):
                self.estimator.know(source.X, source.y)
            predictions["test"] = self._predict_part("test", X["test"])
        return predictions

    def keep(self, key: str) -> None:
        """Keep the model for later rows, or to explain its fold, where wanted."""
        keeper = self.workspace.keeper
        if self.facts.predicts_test:
            keeper.keep(key, (self.estimator, self.fitted_on))
        elif self.facts.is_explained:
            keeper.keep_to_explain(key, (self.estimator, self.fitted_on))

    def _predict_part(self, part: str, X: Matrix) -> NDArray[np.float64]:
        """Return predictions of a part's rows, from where the member begins."""
        kind = self.workspace.source.kind
        key = self.facts.inputs.offset
        if key is None:
            return self._predict(X)
        offset = np.asarray(self.workspace.read(key, part))
        rows, _ = begin_from(kind, X, np.zeros(len(offset)), offset)
        return add_offset(kind, self._predict(rows), offset)

    def _predict(self, X: Matrix) -> NDArray[np.float64]:
        source = self.workspace.source
        return predict(self.estimator, X, source.kind, source.n_outputs, self.fitted_on)

    def facts_to_store(self, shape: tuple[int, ...]) -> dict[str, Any]:
        """Return what else is known, of inputs of a shape, where there is any."""
        known: dict[str, Any] = {}
        weights = np.asarray(getattr(self.estimator, "weights_", ()))
        if "tensor" in accepts(self.facts.model) and weights.shape == shape[1:2]:
            known["weights"] = weights.tolist()
        if getattr(self.estimator, "coverage_", None) is not None:
            known["coverage"] = self.estimator.coverage_
        features = self.facts.inputs.features
        for part, name in ((MADE, "made"), (COVERAGE, "words_known")):
            if features is not None and self.workspace.has_part(features, part):
                known[name] = np.asarray(self.workspace.read(features, part)).tolist()
        return known


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
    seconds, width = (0.0, time.perf_counter() - begin), source.n_outputs
    cost = _cost(workspace, seconds, len(train), width, float(width))
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


def _try_encoders(
    key: str, facts: EncoderTrialFacts, workspace: Workspace, store: Store
) -> None:
    """Let encoders read some validated rows, and judge what they tell of them.

    Where there is nothing to judge them by, say how long that takes.
    """
    if not facts.needs:
        costs = measure_encoders(facts, workspace.source)
        store.write(key, {}, {"costs": costs, "key": facts.plain()})
        return
    first_fits = {fit: stored(store, fit).arrays["valid"] for fit in facts.needs}
    found = try_encoders(facts, workspace.source, first_fits)
    store.write(key, {}, {"found": found, "key": facts.plain()})
