"""Words that push most, from the weights of linear members on counted texts."""

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from ensemble_kit.arrays import Array
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.running.finished.predicting import Predictor

N_WORDS = 15
MOST_ROWS = 2000


def pushing_words(predictor: Predictor, X: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the words of each linear member that push most towards each class.

    Of the models of one fold. A weight is per unit of the feature, as the member is
    fitted; a share is that of the rows that hold the word.

    Parameters
    ----------
    predictor : Predictor
    X : DataFrame
        Rows to count words in; the first 2,000 are.

    Returns
    -------
    list of dict
        ``member``, ``column``, ``towards`` and ``words``: dicts of ``word``,
        ``weight`` and ``share``.
    """
    found: list[dict[str, Any]] = []
    for member in predictor.ensemble.members:
        fit = member["fits"][0]
        if member["level"] > 1 or not fit["features"]:
            continue
        features = predictor.ensemble.fitted[fit["features"]]
        if not isinstance(features, FeatureSet):
            continue
        estimator, _ = predictor.ensemble.fitted[fit["model"]]
        weights = linear_weights(estimator)
        if weights is not None:
            found += _of_member(member, features, weights, predictor, X[:MOST_ROWS])
    return found


def linear_weights(estimator: Any) -> Array | None:
    """Return weights of shape (n_outputs, n_features); None where it has none."""
    inner = estimator if hasattr(estimator, "coef_") else _inner(estimator)
    if hasattr(inner, "coef_"):
        weights = np.atleast_2d(np.asarray(inner.coef_, dtype=np.float64))
    elif hasattr(inner, "feature_log_prob_"):
        logs = np.asarray(inner.feature_log_prob_, dtype=np.float64)
        weights = logs - logs.mean(axis=0)
        weights = weights[1:] - weights[:1] if len(weights) == 2 else weights
    else:
        return None
    n_features = getattr(estimator, "n_features_in_", weights.shape[1])
    if weights.shape[1] != n_features and weights.shape[0] == n_features:
        weights = weights.T
    return weights if weights.shape[1] == n_features else None


def _inner(estimator: Any) -> Any:
    return getattr(estimator, "model_", None)


def _of_member(
    member: Mapping[str, Any],
    features: FeatureSet,
    weights: Array,
    predictor: Predictor,
    X: pd.DataFrame,
) -> Iterator[dict[str, Any]]:
    """Yield the words of each text column and class."""
    begin = 0
    for _, column, transformer in features.fitted_:
        names = transformer.get_feature_names_out()
        part = weights[:, begin : begin + len(names)]
        begin += len(names)
        if not isinstance(column, str) or not hasattr(transformer, "counter"):
            continue
        if part.shape[1] != len(names):
            return
        matrix = sparse.csr_matrix(transformer.transform(X[column]))
        shares = (matrix != 0).mean(axis=0)
        shares = np.asarray(shares).ravel()
        for towards, row in _directions(part, predictor):
            order = np.argsort(-row, kind="stable")[:N_WORDS]
            words = [
                {
                    "word": str(names[k]),
                    "weight": float(row[k]),
                    "share": float(shares[k]),
                }
                for k in order
                if row[k] > 0
            ]
            yield {
                "member": member["name"],
                "column": column,
                "towards": towards,
                "words": words,
            }


def _directions(part: Array, predictor: Predictor) -> Iterator[tuple[str, Array]]:
    """Yield what each row of weights pushes towards."""
    classes = [str(label) for label in predictor.task.classes]
    if not classes:
        yield "higher values", part[0]
        yield "lower values", -part[0]
    elif len(part) == 1 and len(classes) == 2:
        yield classes[1], part[0]
        yield classes[0], -part[0]
    elif len(part) == len(classes):
        yield from zip(classes, part, strict=True)
