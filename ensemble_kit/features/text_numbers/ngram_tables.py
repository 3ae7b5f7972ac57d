"""Interpolated n-gram language models, as tables over n-grams."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.features.counting.ngram_counts import GramTree
from ensemble_kit.features.texts.term_hashes import Int64, UInt64, positions
from ensemble_kit.features.texts.unit_texts import UnitTexts

Floats = NDArray[np.floating[Any]]


@dataclass(frozen=True, eq=False)
class LanguageTables:
    """Language models of several classes over the same n-grams, as in ARPA files.

    Parameters
    ----------
    hashes : ndarray of uint64 of shape (n_grams,)
        Ascending within an order.
    offsets : ndarray of int64 of shape (n_orders + 1,)
        Where each order begins.
    log_probabilities, log_backoffs : ndarray of shape (n_grams, n_classes)
        Of the n-gram's last unit after the others; and of leaving the n-gram, as a
        history, for its suffix.
    log_unknown : ndarray of shape (n_classes,)
        Of a unit that no class has.
    """

    hashes: UInt64
    offsets: Int64
    log_probabilities: Floats
    log_backoffs: Floats
    log_unknown: Floats

    @classmethod
    def fit(
        cls, tree: GramTree, counts: list[Int64], smoothing: str
    ) -> "LanguageTables":
        """Return the models of classes, given the n-grams' counts in each."""
        models = [fit_model(tree, of_class, smoothing) for of_class in counts]
        logs, backoffs, unknown = zip(*models, strict=True)
        return cls(
            tree.hashes,
            tree.offsets,
            np.stack(logs, axis=1),
            np.stack(backoffs, axis=1),
            np.array(unknown),
        )

    def log_likelihoods(self, texts: UnitTexts, starts: Int64, size: int) -> Floats:
        """Return ln P of the last of ``size`` units, each run beginning at a start."""
        places = self._find(texts, starts, size)
        shape = (len(starts), len(self.log_unknown))
        logs = np.empty(shape, dtype=self.log_unknown.dtype)
        known = places >= 0
        logs[known] = self.log_probabilities[places[known]]
        logs[~known] = self._backed_off(texts, starts[~known], size)
        return logs

    def _backed_off(self, texts: UnitTexts, starts: Int64, size: int) -> Floats:
        """Return the same of n-grams that have no entry."""
        if size == 1 or not len(starts):
            return self.log_unknown
        logs = self.log_likelihoods(texts, starts + 1, size - 1)
        history = self._find(texts, starts, size - 1)
        known = history >= 0
        logs[known] += self.log_backoffs[history[known]]
        return logs

    def _find(self, texts: UnitTexts, starts: Int64, size: int) -> Int64:
        """Return the entries of runs of ``size`` units, or -1."""
        if size >= len(self.offsets):
            return np.full(len(starts), -1)
        first, stop = self.offsets[size - 1 : size + 1]
        hashes = texts.hashes(starts, starts + size)
        places = positions(hashes, self.hashes[first:stop])
        return np.where(places < 0, -1, places + first)


def fit_model(
    tree: GramTree, counts: Int64, smoothing: str
) -> tuple[Floats, Floats, float]:
    """Return log-probabilities, log back-off weights, and the unknown unit's.

    Parameters
    ----------
    tree : GramTree
    counts : ndarray of shape (n_grams,)
        How often the model's texts have each n-gram.
    smoothing : {"witten_bell", "kneser_ney"}
        Interpolated, both. Witten-Bell gives new continuations the weight of the
        distinct ones seen, T / (N + T); Kneser-Ney takes 0.75 off every count and
        counts in lower orders the distinct units before. Chen and Goodman, "An
        Empirical Study of Smoothing Techniques for Language Modeling", 1999.
    """
    orders = tree.orders()
    if smoothing == "kneser_ney" and orders:
        counts = _continuations(tree, orders, counts)
    probabilities, backoffs = np.ones(len(tree)), np.ones(len(tree))
    n_units = orders[0].stop if orders else 0
    unknown = uniform = 1 / (n_units + 1)
    below = slice(0, 1)
    for at in orders:
        lower = probabilities[tree.suffixes[at]] if at.start else uniform
        histories = tree.histories[at] - below.start
        probabilities[at], weights = _interpolate(
            counts[at], histories, below.stop - below.start, lower, smoothing
        )
        if at.start:
            backoffs[below] = weights
        else:
            unknown = weights[0] * uniform
        below = at
    return np.log(probabilities), np.log(backoffs), float(np.log(unknown))


def _interpolate(
    counts: Floats | Int64,
    histories: Int64,
    n_histories: int,
    lower: Floats | float,
    smoothing: str,
) -> tuple[Floats, Floats]:
    """Return the n-grams' probabilities and every history's weight of lower orders."""
    totals = np.bincount(histories, weights=counts, minlength=n_histories)
    types = np.bincount(histories[counts > 0], minlength=n_histories)
    weights: NDArray[Any] = types
    if smoothing == "witten_bell":
        denominators, taken = totals + types, 0.0
    else:
        denominators, taken = totals, 0.75
        weights = taken * types
    seen = denominators > 0
    weights = np.where(seen, weights / np.where(seen, denominators, 1), 1.0)
    share = np.maximum(counts - taken, 0) / np.where(seen, denominators, 1)[histories]
    return share + weights[histories] * lower, weights


def _continuations(tree: GramTree, orders: list[slice], counts: Int64) -> Int64:
    """Replace counts below the highest order by how many units go before."""
    longer = np.flatnonzero(counts[orders[0].stop :] > 0) + orders[0].stop
    before = np.bincount(tree.suffixes[longer], minlength=len(tree))
    before[orders[-1]] = counts[orders[-1]]
    return before
