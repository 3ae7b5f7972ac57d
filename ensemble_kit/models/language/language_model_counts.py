"""Counts of n-grams as sorted arrays, and their Kneser-Ney probabilities.

An n-gram is a row of two numbers: which (n - 1)-gram its first tokens are, and its
last symbol. So n-grams of any length are looked up by a binary search on one number.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.models.language.language_symbols import END

Table = dict[str, Any]


def count_ngrams(
    texts: list[NDArray[np.int64]], order: int, n_symbols: int
) -> list[Table]:
    """Return a table per length 1..order, for interpolated Kneser-Ney.

    Each table holds sorted ``keys`` of its n-grams and, for the n-gram's context,
    the total count and the mass that is handed down; ``counts`` are token counts at
    the highest length and numbers of distinct preceding tokens below it (Kneser and
    Ney 1995, Chen and Goodman 1999).
    """
    symbols, places = _lay_out(texts, order)
    numbers, keys = _number_ngrams(symbols, places, order, n_symbols)
    tables = []
    for length in range(1, order + 1):
        grams = numbers[length]
        counts = np.bincount(grams, minlength=len(keys[length]))
        if length < order:
            counts = _continuations(numbers[length + 1], grams, len(keys[length]))
        tables.append(_table(keys[length], counts, n_symbols))
    return tables


def ngram_losses(
    texts: list[NDArray[np.int64]], tables: list[Table], n_symbols: int
) -> NDArray[np.float64]:
    """Return minus the log probability of every symbol but the first of each text."""
    symbols, places = _lay_out(texts, len(tables))
    chance = np.full(len(places), 1.0 / n_symbols)
    for length, table in enumerate(tables, start=1):
        context = np.zeros(len(places), dtype=np.int64)
        for back in range(length - 1, 0, -1):
            shorter = tables[length - 1 - back]
            context = _find(shorter, context, symbols[places - back], n_symbols)
        chance = _mix(table, context, symbols[places], chance, n_symbols)
    return -np.log(chance)


def _lay_out(
    texts: list[NDArray[np.int64]], order: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return all symbols with room before each text, and the places to be told."""
    room = np.full(max(order - 2, 0), END, dtype=np.int64)
    parts, places, start = [], [], 0
    for text in texts:
        parts += [room, text]
        first = start + len(room) + 1
        start += len(room) + len(text)
        places.append(np.arange(first, start))
    if not texts:
        return room, np.empty(0, dtype=np.int64)
    return np.concatenate(parts), np.concatenate(places)


def _number_ngrams(
    symbols: NDArray[np.int64],
    places: NDArray[np.int64],
    order: int,
    n_symbols: int,
) -> tuple[dict[int, NDArray[np.int64]], dict[int, NDArray[np.int64]]]:
    """Return the number of the n-gram at each place, and the keys, by length."""
    everywhere = np.zeros(len(symbols), dtype=np.int64)
    numbers, keys = {}, {}
    for length in range(1, order + 1):
        before = np.concatenate([[0], everywhere[:-1]]) if length > 1 else everywhere
        keys[length], everywhere = np.unique(
            before * n_symbols + symbols, return_inverse=True
        )
        numbers[length] = everywhere[places]
    return numbers, keys


def _continuations(
    longer: NDArray[np.int64], grams: NDArray[np.int64], n_ngrams: int
) -> NDArray[np.int64]:
    """Return how many distinct tokens precede each n-gram."""
    _, first = np.unique(longer, return_index=True)
    return np.bincount(grams[first], minlength=n_ngrams)


def _table(keys: NDArray[np.int64], counts: NDArray[np.int64], n_symbols: int) -> Table:
    """Return a table with the discount and each context's totals."""
    once, twice = int((counts == 1).sum()), int((counts == 2).sum())
    discount = once / (once + 2 * twice) if once else 0.5
    contexts = keys // n_symbols
    n_contexts = int(contexts.max(initial=-1)) + 1
    discounted = np.maximum(counts - discount, 0)
    totals = np.bincount(contexts, weights=counts, minlength=n_contexts)
    return {
        "keys": keys,
        "kept": discounted,
        "totals": totals,
        "handed": totals
        - np.bincount(contexts, weights=discounted, minlength=n_contexts),
    }


def _find(
    table: Table, context: NDArray[np.int64], symbol: NDArray[np.int64], n_symbols: int
) -> NDArray[np.int64]:
    """Return the numbers of n-grams; -1 for those that were never seen."""
    if not len(table["keys"]):
        return np.full(len(context), -1)
    wanted = context * n_symbols + symbol
    place = np.searchsorted(table["keys"], wanted).clip(max=len(table["keys"]) - 1)
    return np.where((context >= 0) & (table["keys"][place] == wanted), place, -1)


def _mix(
    table: Table,
    context: NDArray[np.int64],
    symbol: NDArray[np.int64],
    lower: NDArray[np.float64],
    n_symbols: int,
) -> NDArray[np.float64]:
    """Return this length's probabilities, interpolated with the shorter ones'."""
    known = (context >= 0) & (context < len(table["totals"]))
    place = np.where(known, context, 0)
    total = np.where(known, table["totals"][place], 0) if known.any() else 0 * lower
    number = _find(table, context, symbol, n_symbols)
    discounted = np.where(number >= 0, table["kept"][np.maximum(number, 0)], 0.0)
    handed = np.where(known, table["handed"][place], 0.0) if known.any() else 0 * lower
    share = (discounted + handed * lower) / np.where(total > 0, total, 1.0)
    return np.where(total > 0, share, lower)
