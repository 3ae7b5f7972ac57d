"""Whether a pretrained encoder tells more than members that find time instead of it.

The encoder reads some rows that the members at hand have predicted without having seen
them. A ridge regression on its vectors is fitted to what a blend of the members leaves
over, on some of these rows, and judged on the others, beside a blend of the members
that would find time without the encoder. As the regression learns from a few hundred
rows alone, what it gains is rather less than what a member on all rows would.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LinearRegression, RidgeCV

from ensemble_kit.blending.convex_blend import ConvexBlend
from ensemble_kit.features.encoders.encoders import encoder_of
from ensemble_kit.features.encoders.sentence_encoder import SentenceEncoder
from ensemble_kit.hashing import derive_seed
from ensemble_kit.oof.tensors import mixture
from ensemble_kit.splitting.inner_rows import spirited_splits
from ensemble_kit.work.judging.text_filter import mean_and_error
from ensemble_kit.work.node import EncoderFacts, EncoderTrialFacts
from ensemble_kit.work.workspace import Source

Array = NDArray[np.float64]
N_SPLITS, N_DRAWS = 5, 3
PENALTIES = tuple(np.geomspace(30.0, 1e6, 10))  # of columns whose spread is 1


def try_encoders(
    facts: EncoderTrialFacts, source: Source, predictions: Mapping[str, Array]
) -> dict[str, Any]:
    """Return what encoders gain on members that find time instead of them.

    Parameters
    ----------
    facts : EncoderTrialFacts
    source : Source
    predictions : mapping of str to ndarray of shape (n_valid, n_outputs)
        Of the validated rows, by the key of the fit.

    Returns
    -------
    dict
        ``gain``, the mean over rows of the squared error that is taken off, as a share
        of the target's spread; its standard ``error``; ``n_rows`` judged.
    """
    valid = source.rows(facts.fold)[1]
    some = some_rows(len(valid), facts.n_rows, facts.seed)
    vectors = np.hstack(
        [
            vectors_of(encoder, source, column, valid[some])
            for encoder in facts.encoders
            for column in facts.columns
        ]
    )
    instead, beside = (
        np.stack([predictions[key][some] for key in keys], axis=1)
        for keys in (facts.instead, facts.beside)
    )
    rows = JudgedRows.of(source, valid[some], facts.seed)
    gain, error = rows.gain(rows.losses(instead), rows.losses(beside, vectors))
    return {"gain": gain, "error": error, "n_rows": len(some)}


def measure_encoders(facts: EncoderTrialFacts, source: Source) -> dict[str, Any]:
    """Return what encoders take to read the texts of some rows.

    Returns
    -------
    dict
        For each encoder, by the fingerprint of its files: ``encode_seconds``, the
        network read before, and ``n_characters``.
    """
    valid = source.rows(facts.fold)[1]
    rows = valid[some_rows(len(valid), facts.n_rows, facts.seed)]
    texts = [
        text for column in facts.columns for text in texts_of(source, column, rows)
    ]
    costs = {}
    for each in facts.encoders:
        params = each["params"]
        encoder = encoder_of(
            params["encoder"], params.get("max_length"), params.get("pooling")
        )
        encoder.encode([""])
        begin = time.perf_counter()
        encoder.encode([params.get("prefix", "") + text for text in texts])
        costs[each["file"]] = {
            "encode_seconds": time.perf_counter() - begin,
            "n_characters": sum(map(len, texts)),
        }
    return costs


def texts_of(source: Source, column: str, rows: NDArray[np.intp]) -> list[str]:
    """Return the texts of some training rows."""
    texts: list[str] = source.X[column].iloc[rows].fillna("").astype(str).tolist()
    return texts


def vectors_of(
    encoder: EncoderFacts, source: Source, column: str, rows: NDArray[np.intp]
) -> NDArray[np.float32]:
    """Return an encoder's vectors of a text column's training rows."""
    texts = texts_of(source, column, rows)
    return SentenceEncoder(**encoder["params"]).fit_transform(texts)


def some_rows(n_rows: int, n_wanted: int, seed: int) -> NDArray[np.intp]:
    """Return the numbers of so many rows, drawn at random, in order."""
    drawn = np.random.default_rng(seed).permutation(n_rows)[:n_wanted]
    return np.sort(drawn)


class JudgedRows:
    """Rows on which blends are fitted and judged, by each other's parts.

    Parameters
    ----------
    y : ndarray of shape (n_rows,)
        Class numbers, or values, of rows that members have predicted without having
        seen them.
    n_outputs : int
        How many classes there are, 1 for values.
    seed : int
    weights, groups : ndarray of shape (n_rows,), optional
    """

    def __init__(
        self,
        y: NDArray[Any],
        n_outputs: int,
        seed: int,
        weights: Array | None = None,
        groups: NDArray[Any] | None = None,
    ):
        self.y = y
        self.is_class = n_outputs > 1
        self.weights = weights
        values = y == np.arange(n_outputs)[:, None] if self.is_class else y[None]
        self.targets = values.T.astype(np.float64)
        self.splits = [
            pair
            for draw in range(N_DRAWS)
            for pair in spirited_splits(
                y,
                N_SPLITS,
                self.is_class,
                seed=derive_seed(seed, draw),
                groups=groups,
            )
        ]

    @classmethod
    def of(cls, source: Source, rows: NDArray[np.intp], seed: int) -> "JudgedRows":
        """Return some training rows of a source."""
        return cls(
            source.y[rows],
            source.n_outputs if source.kind != "regression" else 1,
            seed,
            None if source.weights is None else source.weights[rows],
            None if source.groups is None else source.groups[rows],
        )

    def losses(
        self,
        predictions: Array,
        vectors: NDArray[np.float32] | None = None,
    ) -> Array:
        """Return the squared error of each row, summed over outputs.

        Parameters
        ----------
        predictions : ndarray of shape (n_rows, n_members, n_outputs)
            Blended by convex weights, and put right by a linear regression.
        vectors : ndarray of shape (n_rows, n_columns), optional
            That a ridge regression on what is left over takes.
        """
        total, times = np.zeros(len(self.y)), np.zeros(len(self.y))
        for fit, held in self.splits:
            left = self._left_over(predictions, fit)
            if vectors is not None:
                left = left - _ridge(vectors, left, fit)
            total[held] += (left[held] ** 2).sum(axis=1)
            times[held] += 1
        judged: Array = total / np.maximum(times, 1)
        return judged

    def gain(self, without: Array, best: Array) -> tuple[float, float]:
        """Return what losses are lower than others, in the mean, and its error.

        Both as shares of what the mean of the target would lose.
        """
        weights = self.weights
        centred = self.targets - np.average(self.targets, axis=0, weights=weights)
        spread = np.average((centred**2).sum(axis=1), weights=weights)
        return mean_and_error((without - best) / max(float(spread), 1e-300), weights)

    def _left_over(self, predictions: Array, fit: NDArray[np.intp]) -> Array:
        """Return what a blend leaves of the targets, fitted on some rows."""
        weights = None if self.weights is None else self.weights[fit]
        blend = ConvexBlend("brier" if self.is_class else None)
        blend.fit(predictions[fit], self.y[fit], weights)
        blended = mixture(predictions, blend.weights_)
        line = LinearRegression().fit(blended[fit], self.targets[fit], weights)
        left: Array = self.targets - line.predict(blended)
        return left


def _ridge(vectors: NDArray[np.float32], left: Array, fit: NDArray[np.intp]) -> Array:
    """Return what vectors say of what is left over, its penalty from the rows left out
    one by one."""
    scaled = (vectors - vectors[fit].mean(axis=0)) / max(vectors[fit].std(), 1e-9)
    model = RidgeCV(PENALTIES).fit(scaled[fit], left[fit])
    said: Array = model.predict(scaled).reshape(left.shape)
    return said


def mixing_gain(
    source: Source,
    rows: NDArray[np.intp],
    predictions: Sequence[Array],
    newcomer: Array,
    seed: int,
) -> tuple[float, float]:
    """Return what a newcomer takes off a blend's squared error, and its error.

    Parameters
    ----------
    source : Source
    rows : ndarray of int
        That nobody has learnt from.
    predictions : sequence of ndarray of shape (n_rows, n_outputs)
        Of those that are there.
    newcomer : ndarray of shape (n_rows, n_outputs)
    seed : int
    """
    judged = JudgedRows.of(source, rows, seed)
    without = np.stack(list(predictions), axis=1)
    best = np.concatenate([without, newcomer[:, None]], axis=1)
    return judged.gain(judged.losses(without), judged.losses(best))
