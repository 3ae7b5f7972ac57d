"""Which text columns earn their place with a family of models.

A column's features are put beside the rest of the table, one model of the family is
fitted with and without them, and both are judged on the same rows. Only rows of the
first fold's training part have a say, as for probes: no row of its validation part,
and no test row.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.catalog import MODELS
from ensemble_kit.features.assembly import assemble
from ensemble_kit.oof.canonical_fit import fit, predict, span
from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.pipeline.member import ROUNDS, ModelFacts, build_feature_set
from ensemble_kit.registry import load_object
from ensemble_kit.splitting.inner_rows import inner_split
from ensemble_kit.store.frames import take_rows
from ensemble_kit.work.node import Judge, TextFilterFacts
from ensemble_kit.work.workspace import Source

Weights = NDArray[np.float64] | None
MAX_ROWS = 10_000
MAX_SPLITS = 4
SURE = 3.0
SHARE = 0.3


@dataclass
class TextWeighing:
    """Weighs the text columns of some rows.

    Parameters
    ----------
    source : Source
    rows : ndarray of int
        Those that have a say; of more than ``MAX_ROWS`` that many are drawn.
    facts : TextFilterFacts
        What judges, and the blocks of the columns.
    """

    source: Source
    rows: NDArray[np.intp]
    facts: TextFilterFacts
    _predictions: dict[tuple[int, tuple[str, ...]], NDArray[np.float64]] = field(
        default_factory=dict
    )
    _features: dict[tuple[int, str | None], tuple[Matrix, Matrix]] = field(
        default_factory=dict
    )

    def weigh(self, columns: Sequence[str]) -> list[dict[str, Any]]:
        """Return each column with its lift, the lift's standard error, and whether
        it is kept.

        Columns are tried alone first. Those that lift the score by more than one
        standard error are then tried in turn, the best first, beside what is kept.
        """
        alone = {column: self.lift((), column) for column in columns}
        lifts, chosen = dict(alone), list[str]()
        for column in sorted(columns, key=lambda c: -alone[c][0]):
            if chosen and _lifts(alone[column]):
                lifts[column] = self.lift(tuple(chosen), column)
            if _lifts(lifts[column]):
                chosen.append(column)
        return [
            {"column": c, "kept": c in chosen, "lift": lift, "error": error}
            for c, (lift, error) in lifts.items()
        ]

    def weigh_network(self, columns: Sequence[str]) -> dict[str, Any]:
        """Return the same of a network that reads whole rows, on one split.

        What is judged is a blend with ``SHARE`` of the network's predictions, beside
        the judge alone with some text columns.
        """
        rows = [self._rows[part] for part in self._split(0)]
        X_fit, X_judged = (take_rows(self.source.X, part) for part in rows)
        network = self.facts.network
        if network is None:
            raise ValueError("these facts weigh columns; there is no network in them")
        predictions = self._fitted(network, 0, X_fit, X_judged)
        alone = self._judged(0, tuple(columns))
        gains = self._losses(0, alone) - self._losses(
            0, (1 - SHARE) * alone + SHARE * predictions
        )
        lift, error = mean_and_error(gains, self._weights(0)[1])
        return {"kept": _lifts((lift, error)), "lift": lift, "error": error}

    def lift(self, beside: tuple[str, ...], column: str) -> tuple[float, float]:
        """Return what a column takes off the loss, and the standard error of that.

        One split after another judges, until the answer is clear or they are used
        up; rows judged more than once count once, by their mean.
        """
        total, times = np.zeros(len(self._rows)), np.zeros(len(self._rows))
        for split in range(self._n_splits):
            judged = self._split(split)[1]
            without, with_it = (
                self._losses(split, self._judged(split, columns))
                for columns in (beside, (*beside, column))
            )
            total[judged] += without - with_it
            times[judged] += 1
            seen = np.flatnonzero(times)
            lift, error = mean_and_error(total[seen] / times[seen], self._of_rows(seen))
            if lift < -error or lift > SURE * error:
                break
        return lift, error

    @cached_property
    def _rows(self) -> NDArray[np.intp]:
        if len(self.rows) <= MAX_ROWS:
            return self.rows
        generator = np.random.default_rng(self.facts.seed)
        return np.sort(generator.choice(self.rows, MAX_ROWS, replace=False))

    @property
    def _n_splits(self) -> int:
        return MAX_SPLITS if self.source.times is None else 1

    def _split(self, split: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        source, rows = self.source, self._rows
        return inner_split(
            source.y[rows],
            source.kind != "regression",
            seed=self.facts.seed + split,
            groups=None if source.groups is None else source.groups[rows],
            times=None if source.times is None else source.times[rows],
        )

    def _of_rows(self, rows: NDArray[np.intp]) -> Weights:
        """Return the weights of some of the rows that have a say."""
        weights = self.source.weights
        return None if weights is None else weights[self._rows[rows]]

    def _weights(self, split: int) -> tuple[Weights, Weights]:
        """Return the weights of the fitted and of the judged rows."""
        fitted, judged = self._split(split)
        return self._of_rows(fitted), self._of_rows(judged)

    def _losses(
        self, split: int, predictions: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return the loss of each judged row."""
        y = self.source.y[self._rows[self._split(split)[1]]]
        return row_losses(y, predictions, self.source.kind, self._weights(split)[1])

    def _judged(self, split: int, columns: tuple[str, ...]) -> NDArray[np.float64]:
        """Return the judge's predictions, fitted with some text columns."""
        if (split, columns) not in self._predictions:
            parts = [self._matrices(split, name) for name in (None, *columns)]
            frame = self.source.X.iloc[self._rows]
            X_fit, X_judged = (
                assemble([part[at] for part in parts], [], frame.iloc[rows])
                for at, rows in enumerate(self._split(split))
            )
            self._predictions[split, columns] = self._fitted(
                self.facts.judge, split, X_fit, X_judged
            )
        return self._predictions[split, columns]

    def _fitted(
        self, judge: Judge | ModelFacts, split: int, X_fit: Matrix, X_judged: Matrix
    ) -> NDArray[np.float64]:
        """Return a model's predictions, its rounds or epochs found by its probe."""
        source, seed = self.source, self.facts.seed
        model, params = MODELS[judge["name"]], dict(judge["params"])
        y_fit, y_judged = (source.y[self._rows[rows]] for rows in self._split(split))
        weights, judged = self._weights(split)
        weights = weights if "weights" in model.accepts else None
        more = {} if judged is None else {"sample_weight_valid": judged}
        if model.probe and not ROUNDS & _fixed(judge):
            unfitted = model.build(source.kind, params, seed)
            probe = load_object(model.probe)
            params |= probe(unfitted, X_fit, y_fit, X_judged, y_judged, weights, **more)
        estimator = fit(model.build(source.kind, params, seed), X_fit, y_fit, weights)
        return predict(estimator, X_judged, source.kind, source.n_outputs, span(y_fit))

    def _matrices(self, split: int, column: str | None) -> tuple[Matrix, Matrix]:
        """Return the features of a text column, or of the rest, for both parts."""
        if (split, column) not in self._features:
            frame = self.source.X.iloc[self._rows].reset_index(drop=True)
            blocks = self.facts.rest if column is None else self.facts.blocks
            frame = frame if column is None else frame[[column]]
            features = build_feature_set(blocks, self.facts.seed)
            fitted, judged = (take_rows(frame, rows) for rows in self._split(split))
            y = self.source.y[self._rows[self._split(split)[0]]]
            self._features[split, column] = (
                features.fit_transform(
                    fitted, y, sample_weight=self._weights(split)[0]
                ),
                features.transform(judged),
            )
        return self._features[split, column]


def row_losses(
    y: NDArray[Any],
    predictions: NDArray[np.float64],
    kind: str,
    weights: Weights = None,
) -> NDArray[np.float64]:
    """Return each row's log loss, or squared error over the variance of y."""
    if kind == "regression":
        variance = np.average(
            (y - np.average(y, weights=weights)) ** 2, weights=weights
        )
        return (y - predictions[:, 0]) ** 2 / max(float(variance), 1e-300)
    chosen = predictions[np.arange(len(y)), y.astype(np.intp)]
    return -np.log(np.clip(chosen, 1e-6, None))


def _fixed(judge: Judge | ModelFacts) -> set[str]:
    """Return the parameters that a probe may not find."""
    return set(judge["fixed"]) if "fixed" in judge else set()


def _lifts(estimate: tuple[float, float]) -> bool:
    lift, error = estimate
    return lift > error


def mean_and_error(
    values: NDArray[np.float64], weights: Weights
) -> tuple[float, float]:
    """Return the mean and its standard error; rows of unequal weight tell less."""
    mean = np.average(values, weights=weights)
    spread = np.sqrt(np.average((values - mean) ** 2, weights=weights))
    n_rows = len(values) if weights is None else kish_size(weights)
    return float(mean), float(spread / max(1, n_rows - 1) ** 0.5)


def kish_size(weights: NDArray[np.float64]) -> float:
    """Return how many rows of equal weight tell as much (Kish 1965)."""
    return float(weights.sum() ** 2 / (weights**2).sum())
