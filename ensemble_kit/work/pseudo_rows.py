"""Test rows and the labels that a fold's own models give them; see `pseudo_labels`."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from ensemble_kit.exceptions import RunError
from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.store.frames import take_rows
from ensemble_kit.store.store import Results
from ensemble_kit.work.building import stored
from ensemble_kit.work.judging.class_balance import FitRows
from ensemble_kit.work.node import PseudoFacts

Numbers = NDArray[np.float64]
Labelled = tuple[NDArray[np.intp], NDArray[Any]]


def labelled_rows(predictions: Numbers, facts: PseudoFacts, kind: str) -> Labelled:
    """Return test rows that are surely one thing, in order, and what they are.

    Parameters
    ----------
    predictions : ndarray of shape (n_labellers, n_test_rows, n_outputs)
    facts : PseudoFacts
    kind : {"binary", "multiclass", "regression"}
    """
    mean = predictions.mean(axis=0)
    if kind == "regression":
        sureness = -predictions[:, :, 0].std(axis=0)
        labels, is_sure = mean[:, 0], np.ones(len(mean), dtype=bool)
    else:
        sureness, labels = mean.max(axis=1), mean.argmax(axis=1)
        is_sure = sureness >= facts.confidence
    most = int(facts.share * len(mean))
    surest = np.argsort(-sureness, kind="stable")[:most]
    rows = np.sort(surest[is_sure[surest]])
    return rows, labels[rows]


def predictions_of(facts: PseudoFacts, store: Results) -> NDArray[np.float64]:
    """Return what each labeller's fits of the fold predict of the test rows."""
    return np.stack(
        [
            np.mean([stored(store, key).arrays["test"] for key in keys], axis=0)
            for keys in facts.fits
        ]
    )


def with_pseudo_rows(
    rows: FitRows, X_test: Any, facts: PseudoFacts, kind: str, store: Results
) -> FitRows:
    """Return the rows of a fit and labelled test rows below them.

    Where rows have weights, test rows weigh what rows do on average.
    """
    places, labels = labelled_rows(predictions_of(facts, store), facts, kind)
    if not len(places):
        return rows
    X = below(rows.X, take_rows(X_test, places))
    y = np.concatenate([rows.y, labels.astype(rows.y.dtype)])
    weights = rows.weights
    if weights is not None:
        weights = np.append(weights, np.full(len(places), weights.mean()))
    return FitRows(X, y, weights)


def below(one: Matrix, other: Matrix) -> Matrix:
    """Return rows of two matrices of the same columns, one below the other."""
    if isinstance(one, pd.DataFrame):
        return pd.concat([one, other], ignore_index=True)
    if sparse.issparse(one):
        return sparse.vstack([one, other], format="csr")
    if isinstance(one, np.ndarray):
        return np.concatenate([one, np.asarray(other)])
    raise RunError(f"test rows cannot be put below {type(one).__name__}")
