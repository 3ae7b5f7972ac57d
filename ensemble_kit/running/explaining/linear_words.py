"""Words that push most, from the weights of linear members on counted texts."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.arrays import Array
from ensemble_kit.features.feature_set import FeatureSet
from ensemble_kit.running.explaining.fold_models import fits_of_fold
from ensemble_kit.running.finished.predicting import Predictor

N_WORDS = 15
MOST_ROWS = 20_000


def pushing_words(
    predictor: Predictor,
    X: pd.DataFrame,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[dict[str, Any]]:
    """Return the words of each linear member that push most towards each class.

    Of the models of one fold. A weight is per unit of the feature, as the member is
    fitted; a share is that of the rows that hold the word.

    Parameters
    ----------
    predictor : Predictor
    X : DataFrame
        Rows to count words in; the first 20,000 are.
    should_stop : callable
        Asked before each text of a member; the others are then left out.

    Returns
    -------
    list of dict
        ``member``, ``column``, ``towards`` and ``words``: dicts of ``word``,
        ``weight`` and ``share``.
    """
    pushing: list[dict[str, Any]] = []
    for member in predictor.ensemble.members:
        for part in _text_parts(member, member["fits"][0], predictor):
            if should_stop():
                return pushing
            pushing += _pushing_words_of(member["name"], part, predictor, X[:MOST_ROWS])
    return pushing


def words_of_row(
    predictor: Predictor, row: pd.DataFrame, output: int, fold: int | None
) -> list[dict[str, Any]]:
    """Return the words of one row that push its prediction most, either way.

    Parameters
    ----------
    predictor : Predictor
    row : DataFrame of one row
    output : int
        The class whose probability is told, or 0 where values are predicted.
    fold : int, optional
        By the models of this fold; by those of the first without it.

    Returns
    -------
    list of dict
        ``member``, ``column`` and ``words``: dicts of ``word`` and ``push``, the
        weight times how much of the word there is, in the member's own scale;
        negative pushes away.
    """
    by_part: list[dict[str, Any]] = []
    for member in predictor.ensemble.members:
        fits = member["fits"] if fold is None else fits_of_fold(member, fold)
        for part in _text_parts(member, fits[0], predictor) if fits else ():
            weights = list(_directions(part.weights, predictor, output))
            if not weights:
                continue
            values = part.counted(row).toarray().ravel()
            push = values * weights[0][1]
            order = np.argsort(-np.abs(push), kind="stable")[:N_WORDS]
            words = [
                {"word": str(part.names[k]), "push": float(push[k])}
                for k in order
                if push[k]
            ]
            if words:
                named = {"member": member["name"], "column": part.column}
                by_part.append({**named, "words": words})
    return by_part


@dataclass(frozen=True)
class _TextPart:
    """The weights of a linear model on the words of one column."""

    column: str
    transformer: Any
    names: NDArray[Any]
    weights: Array

    def counted(self, X: pd.DataFrame) -> sparse.csr_matrix:
        """Return the words of rows as the model takes them."""
        return sparse.csr_matrix(self.transformer.transform(X[self.column]))


def _text_parts(
    member: Mapping[str, Any], fit: Mapping[str, Any], predictor: Predictor
) -> Iterator[_TextPart]:
    """Yield the counted texts of one fit, where it is linear and of level 1."""
    if member["level"] > 1 or not fit["features"]:
        return
    features = predictor.ensemble.fitted[fit["features"]]
    if not isinstance(features, FeatureSet):
        return
    estimator, _ = predictor.ensemble.fitted[fit["model"]]
    weights, begin = linear_weights(estimator), 0
    if weights is None:
        return
    for _, column, transformer in features.fitted_:
        names = transformer.get_feature_names_out()
        part = weights[:, begin : begin + len(names)]
        begin += len(names)
        if not isinstance(column, str) or not hasattr(transformer, "counter"):
            continue
        if part.shape[1] != len(names):
            return
        yield _TextPart(column, transformer, names, part)


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


def _pushing_words_of(
    name: str, part: _TextPart, predictor: Predictor, X: pd.DataFrame
) -> Iterator[dict[str, Any]]:
    """Yield the words of a text column for each class."""
    shares = np.asarray((part.counted(X) != 0).mean(axis=0)).ravel()
    for towards, row in _directions(part.weights, predictor):
        order = np.argsort(-row, kind="stable")[:N_WORDS]
        words = [
            {
                "word": str(part.names[k]),
                "weight": float(row[k]),
                "share": float(shares[k]),
            }
            for k in order
            if row[k] > 0
        ]
        yield {
            "member": name,
            "column": part.column,
            "towards": towards,
            "words": words,
        }


def _directions(
    part: Array, predictor: Predictor, output: int | None = None
) -> Iterator[tuple[str, Array]]:
    """Yield what each row of weights pushes towards; or towards one output alone."""
    classes = [str(label) for label in predictor.task.classes]
    directions: list[tuple[str, Array]] = []
    if not classes:
        directions = [("higher values", part[0]), ("lower values", -part[0])]
    elif len(part) == 1 and len(classes) == 2:
        directions = [(classes[0], -part[0]), (classes[1], part[0])]
    elif len(part) == len(classes):
        directions = list(zip(classes, part, strict=True))
    yield from directions if output is None else directions[output : output + 1]
