"""What a piece of work fits: feature sets with their counts, and estimators."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator

from ensemble_kit.catalog import MODELS
from ensemble_kit.exceptions import StoreError
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.pipeline.member import ModelFacts, build_feature_set
from ensemble_kit.store.store import Entry, Results
from ensemble_kit.work.given_estimators import GivenFeatures
from ensemble_kit.work.inputs import accepts
from ensemble_kit.work.node import FeaturesFacts, ScoresFacts
from ensemble_kit.work.workspace import Workspace

if TYPE_CHECKING:
    from ensemble_kit.features.counting.counted_texts import CountedTexts


def feature_set_of(
    facts: FeaturesFacts, workspace: Workspace
) -> FeatureSet | GivenFeatures:
    """Return the unfitted feature set, or the transformer that a user gave."""
    given = facts.transformer
    if given is not None:
        transformer = workspace.given(given["given"])
        return GivenFeatures(transformer, given["as_array"], facts.seed)
    return build_feature_set(facts.featurizers, facts.seed, facts.texts, facts.single)


def counts_of(
    facts: FeaturesFacts | ScoresFacts,
    workspace: Workspace,
    rows: NDArray[np.intp] | slice,
) -> dict[tuple[str, str], "CountedTexts"]:
    """Return the counts of some rows by (column, counter key)."""
    return {
        (column, counter): workspace.counts(key)[rows]
        for (column, counter), key in zip(facts.counted, facts.counts, strict=True)
    }


def estimator_of(
    model: ModelFacts, seed: int, probed: Mapping[str, float], workspace: Workspace
) -> BaseEstimator:
    """Return the unfitted estimator; what a pipeline sets wins over the probe."""
    if "given" in model:
        return workspace.pattern(model["given"]).copy(seed)
    probed_params = {k: v for k, v in probed.items() if k not in model["fixed"]}
    params = {**model["params"], **probed_params}
    return MODELS[model["name"]].build(model["task"], params, seed)


def weights_of(
    model: ModelFacts, workspace: Workspace, rows: NDArray[np.intp]
) -> NDArray[np.float64] | None:
    """Return the weights of rows, where there are some and a model takes them."""
    weights = workspace.source.weights
    takes = "weights" in accepts(model)
    return weights[rows] if takes and weights is not None else None


def stored(store: Results, key: str) -> Entry:
    """Return a store's entry.

    Raises
    ------
    StoreError
        When it is gone.
    """
    entry = store.read(key)
    if entry is None:
        raise StoreError(f"store entry {key} is gone; run the command again")
    return entry
