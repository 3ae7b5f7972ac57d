"""What mistakes cost, in a fit: rows weigh what those on their class do, or are drawn.

Whether weights help is found on inner splits of the first fold's training part: a model
is fitted with and without, and what its cheapest classes cost is compared row by row.
Weights are taken where the mean gain is above its standard error.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.hashing import derive_seed
from ensemble_kit.metrics.costs import cheapest_classes
from ensemble_kit.models.class_shares import (
    WithDataShares,
    balanced_weights,
    shift_between,
)
from ensemble_kit.models.resampling import resample
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.pipeline.member import ModelFacts
from ensemble_kit.splitting.inner_rows import inner_split
from ensemble_kit.store.frames import take_rows
from ensemble_kit.store.store import Results, Store
from ensemble_kit.work.building import estimator_of, stored, weights_of
from ensemble_kit.work.inputs import model_inputs
from ensemble_kit.work.node import BalanceFacts, Costs, FitFacts
from ensemble_kit.work.workspace import Workspace

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class FitRows:
    """The rows of a fit, and the way back where its classes are not the data's.

    Parameters
    ----------
    X : matrix of shape (n_rows, n_features)
    y : ndarray of shape (n_rows,)
    weights : ndarray of shape (n_rows,), optional
    shift : ndarray of shape (n_classes,), optional
        See `WithDataShares`.
    """

    X: Any
    y: NDArray[Any]
    weights: Numbers | None = None
    shift: Numbers | None = None

    def shift_of(self, y: NDArray[Any]) -> Numbers:
        """Return what the probability of each row's class is multiplied by."""
        return np.ones(len(y)) if self.shift is None else self.shift[y]

    def restored(self, estimator: Any) -> Any:
        """Return a model fitted on these rows as one of the data's rows."""
        return (
            estimator if self.shift is None else WithDataShares(estimator, self.shift)
        )


def matrix_of(costs: Costs, y: NDArray[Any], n_classes: int) -> Numbers:
    """Return costs by true and by called class; balanced ones follow from y."""
    if isinstance(costs, str):
        return balanced_weights(y, n_classes)[:, None] * (1 - np.eye(n_classes))
    return np.asarray(costs, dtype=np.float64)


def weighed(rows: FitRows, costs: Costs, n_classes: int) -> FitRows:
    """Return rows that weigh what mistakes on their class cost in all (Ting 2002)."""
    matrix = matrix_of(costs, rows.y, n_classes)
    by_class = matrix.sum(axis=1) - np.diagonal(matrix) * n_classes
    plain = np.ones(len(rows.y)) if rows.weights is None else rows.weights
    weights = plain * by_class[rows.y]
    # A class whose mistakes cost nothing has to be known all the same.
    weights = np.maximum(weights, 1e-3 * weights.mean())
    weights *= plain.sum() / weights.sum()
    sums = [np.bincount(rows.y, w, n_classes) for w in (plain, weights)]
    return FitRows(rows.X, rows.y, weights, shift_between(*sums))


def rows_of_fit(
    facts: FitFacts, rows: FitRows, workspace: Workspace, store: Results
) -> FitRows:
    """Return the rows that a model is fitted on: as they are, weighed or drawn."""
    n_classes = workspace.source.n_outputs
    if "sampler" in facts.model:
        return drawn(facts.model, rows, n_classes, facts.seed)
    if facts.balance is None:
        return rows
    verdict = stored(store, facts.balance).facts
    return (
        weighed(rows, verdict["key"]["costs"], n_classes) if verdict["helps"] else rows
    )


def drawn(model: ModelFacts, rows: FitRows, n_classes: int, seed: int) -> FitRows:
    """Return rows that a sampler has drawn from those of a fit."""
    sampler = model["sampler"]
    X, y, weights = resample(
        sampler["name"],
        sampler["params"],
        rows.X,
        rows.y,
        rows.weights,
        seed=derive_seed(seed, "sampler"),
    )
    pairs = ((rows.y, rows.weights), (y, weights))
    sums = [np.bincount(labels, w, n_classes).astype(float) for labels, w in pairs]
    return FitRows(X, y, weights, shift_between(*sums))


def judge_weights(
    key: str, facts: BalanceFacts, workspace: Workspace, store: Store
) -> None:
    """Find whether a model pays less for mistakes when classes weigh their costs."""
    source = workspace.source
    rows, _ = source.rows(facts.fold)
    X, y = model_inputs(facts, workspace)["train"], source.y[rows]
    weights = weights_of(facts.model, workspace, rows)
    probed = stored(store, facts.probe).facts["params"] if facts.probe else {}
    costs, n_classes = matrix_of(facts.costs, y, source.n_outputs), source.n_outputs
    gains = []
    for number in range(facts.n_splits):
        fitted, held = inner_split(
            y,
            True,
            seed=derive_seed(facts.seed, number),
            groups=None if source.groups is None else source.groups[rows],
            times=None if source.times is None else source.times[rows],
        )
        part = None if weights is None else weights[fitted]
        plain = FitRows(take_rows(X, fitted), y[fitted], part)
        paid = [
            _paid(each, facts, probed, take_rows(X, held), y[held], costs, workspace)
            for each in (plain, weighed(plain, facts.costs, n_classes))
        ]
        gains.append(paid[0] - paid[1])
    gain = np.concatenate(gains)
    # Rows that several splits hold tell no more than once.
    error = float(gain.std() / np.sqrt(len(gain) / len(gains)))
    verdict = {
        "helps": bool(gain.mean() > error),
        "gain": float(gain.mean()),
        "standard_error": error,
        "key": facts.plain(),
    }
    store.write(key, {}, verdict)


def _paid(
    rows: FitRows,
    facts: BalanceFacts,
    probed: dict[str, float],
    X: Matrix,
    y: NDArray[Any],
    costs: Numbers,
    workspace: Workspace,
) -> Numbers:
    """Return what each held row costs where a model is fitted on others."""
    estimator = estimator_of(facts.model, facts.seed, probed, workspace)
    fitted = rows.restored(fit(estimator, rows.X, rows.y, rows.weights))
    source = workspace.source
    probabilities = predict(fitted, X, source.kind, source.n_outputs, span(rows.y))
    return np.asarray(costs[y, cheapest_classes(probabilities, costs)])
