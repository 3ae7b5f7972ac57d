"""What a member begins from: another's predictions, out of fold all along.

A training row gets the prediction of models that were fitted on other training rows of
the fold, in inner splits made in the spirit of the folds; rows to be checked, and those
of the test, get that of a model of all training rows of the fold. What begins from them
then learns what the other leaves, not what it has learnt by heart.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.models.boosting.margins import Begun
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.splitting.inner_rows import spirited_splits
from ensemble_kit.store.frames import take_rows
from ensemble_kit.store.store import Results
from ensemble_kit.work.building import (
    counts_of,
    estimator_of,
    feature_set_of,
    stored,
    weights_of,
)
from ensemble_kit.work.given_estimators import GivenFeatures
from ensemble_kit.work.node import OffsetFacts
from ensemble_kit.work.workspace import Source, Workspace

Numbers = NDArray[np.float64]
Rows = NDArray[np.intp]
Features = FeatureSet | GivenFeatures | None
Fitted = tuple[Features, BaseEstimator, tuple[int, float, float]]


@dataclass(frozen=True)
class _Base:
    """The member that is begun from, on any rows of a source."""

    facts: OffsetFacts
    workspace: Workspace
    probed: dict[str, Any]

    def fit(self, rows: Rows) -> Fitted:
        """Return its feature set and its model, fitted on some rows."""
        source, facts = self.workspace.source, self.facts
        X: Any = take_rows(source.X, rows)
        features = None
        if facts.features is not None:
            features = feature_set_of(facts.features, self.workspace)
            counted = counts_of(facts.features, self.workspace, rows)
            weights: dict[str, Any] = {}
            if source.weights is not None and facts.features.transformer is None:
                weights["sample_weight"] = source.weights[rows]
            X = features.fit_transform(X, source.y[rows], counted=counted, **weights)
        estimator = estimator_of(facts.model, facts.seed, self.probed, self.workspace)
        weight = weights_of(facts.model, self.workspace, rows)
        fitted = fit(estimator, X, source.y[rows], weight)
        return features, fitted, span(source.y[rows])

    def predict(self, fitted: Fitted, X: pd.DataFrame, places: Rows) -> Numbers:
        """Return canonical predictions of rows, by their places among all rows."""
        source, (features, estimator, fitted_on) = self.workspace.source, fitted
        made: Any = X
        if features is not None and self.facts.features is not None:
            counted = counts_of(self.facts.features, self.workspace, places)
            made = features.transform(X, counted=counted)
        return predict(estimator, made, source.kind, source.n_outputs, fitted_on)


def make_offsets(
    key: str, facts: OffsetFacts, workspace: Workspace, store: Results
) -> None:
    """Predict a fold's three parts by the member that is begun from; see above.

    Training rows that no inner split leaves out (the first ones in time) have NaN.
    """
    source = workspace.source
    train, valid = source.rows(facts.fold)
    probed = stored(store, facts.probe).facts["params"] if facts.probe else {}
    base = _Base(facts, workspace, probed)
    inner = np.full((len(train), source.n_outputs), np.nan)
    for fitted_on, held in spirited_splits(
        source.y[train],
        facts.n_splits,
        source.kind != "regression",
        seed=facts.seed,
        groups=None if source.groups is None else source.groups[train],
        times=None if source.times is None else source.times[train],
        length=_held(source, facts.fold),
    ):
        rows = train[held]
        fitted = base.fit(train[fitted_on])
        inner[held] = base.predict(fitted, take_rows(source.X, rows), rows)
    whole = base.fit(train)
    parts: dict[str, Matrix] = {
        "train": inner,
        "valid": base.predict(whole, take_rows(source.X, valid), valid),
    }
    if facts.predicts_test:
        _know(whole, workspace)
        test = np.arange(len(source.y), len(source.y) + source.X_test.shape[0])
        parts["test"] = base.predict(whole, source.X_test, test)
        workspace.keeper.keep(key, whole)
    elif facts.is_explained:
        workspace.keeper.keep_to_explain(key, whole)
    workspace.write(key, parts)


def _held(source: Source, fold: int) -> float:
    """Return how long a time a fold holds, its last moment's share included."""
    if source.times is None:
        return 0.0
    _, valid = source.rows(fold if len(source.rows(fold)[1]) else 0)
    places = np.unique(source.times[valid])
    steps = np.diff(np.unique(source.times))
    step = float(np.median(steps)) if len(steps) else 0.0
    return float(np.ptp(places)) + step if len(places) else 0.0


def _know(fitted: Fitted, workspace: Workspace) -> None:
    """Let what looks back look back from the last training rows."""
    source, (features, estimator, _) = workspace.source, fitted
    lookers: tuple[Any, ...] = (features, estimator)
    for one in lookers:
        if hasattr(one, "know"):
            one.know(source.X, source.y)


def begin_from(kind: str, X: Matrix, y: Any, offset: Numbers) -> tuple[Any, Any]:
    """Return the matrix and the targets of rows that begin from an offset.

    Values are fitted to what is left of them; classes to their labels, from the
    offset's logarithms on.
    """
    if kind == "regression":
        return X, y - offset[:, 0]
    return Begun.of(X, offset), y


def add_offset(kind: str, predictions: Numbers, offset: Numbers) -> Numbers:
    """Return predictions of what was fitted to what an offset left."""
    return predictions + offset if kind == "regression" else predictions
