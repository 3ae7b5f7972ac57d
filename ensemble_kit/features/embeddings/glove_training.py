"""GloVe: word vectors whose products are logarithms of co-occurrences."""

import numpy as np
from scipy import sparse

# Pairs that share one step.
BATCH = 32_768


def train_glove(
    counts: sparse.csr_matrix,
    *,
    n_components: int,
    epochs: int,
    learning_rate: float,
    x_max: float,
    alpha: float,
    random_state: int | None,
) -> np.ndarray:
    """Return word plus context vectors, float32 of shape (n_words, n_components).

    AdaGrad on ``f(x) (w . c + b + d - ln x)^2`` with ``f(x) = min(1, x / x_max) **
    alpha`` (Pennington, Socher and Manning, 2014), in batches of pairs in random
    order; a word moves once in each batch, by the sum of its pairs' gradients.
    """
    random = np.random.default_rng(random_state)
    pairs = counts.tocoo()
    n_words = counts.shape[0]
    target = np.log(np.maximum(pairs.data, 1e-12)).astype(np.float32)
    weight = np.minimum(1, (pairs.data / x_max) ** alpha).astype(np.float32)
    # The last column is the bias.
    sides = [_start(random, n_words, n_components) for _ in range(2)]
    squares = [np.ones_like(side) for side in sides]
    for _ in range(epochs):
        order = random.permutation(len(target))
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            places = (pairs.row[batch], pairs.col[batch])
            gradients = _gradients(sides, places, target[batch], weight[batch])
            for side, square, place, gradient in zip(
                sides, squares, places, gradients, strict=True
            ):
                _step(side, square, place, gradient, learning_rate)
    return (sides[0] + sides[1])[:, :-1]


def _start(random: np.random.Generator, n_words: int, n_components: int) -> np.ndarray:
    drawn = random.uniform(-0.5, 0.5, (n_words, n_components + 1)) / n_components
    return drawn.astype(np.float32)


def _gradients(
    sides: list[np.ndarray],
    places: tuple[np.ndarray, np.ndarray],
    target: np.ndarray,
    weight: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradients for the words and for the contexts of some pairs."""
    words, contexts = sides[0][places[0]], sides[1][places[1]]
    product = np.einsum("ij,ij->i", words[:, :-1], contexts[:, :-1])
    error = (weight * (product + words[:, -1] + contexts[:, -1] - target))[:, None]
    for_words, for_contexts = error * contexts, error * words
    for_words[:, -1] = for_contexts[:, -1] = error[:, 0]
    return for_words, for_contexts


def _step(
    side: np.ndarray,
    square: np.ndarray,
    places: np.ndarray,
    gradient: np.ndarray,
    learning_rate: float,
) -> None:
    """Move the words of a batch, in place."""
    n_pairs = len(places)
    entries = (np.ones(n_pairs, np.float32), places, np.arange(n_pairs + 1))
    scatter = sparse.csr_matrix(entries, (n_pairs, len(side))).T
    total = scatter @ gradient
    words = np.unique(places)
    total = total[words]
    square[words] += total**2
    side[words] -= learning_rate * total / np.sqrt(square[words])
