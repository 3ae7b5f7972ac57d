"""Walks over a graph of levels, and the vectors that they give."""

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from ensemble_kit.features.categories.category_embedding import CategoryEmbedding
from ensemble_kit.features.categories.random_walks import random_walks


def ring(n_nodes):
    """Return a graph whose nodes are linked with the next two."""
    links = np.zeros((n_nodes, n_nodes))
    for node in range(n_nodes):
        for step in (1, 2):
            links[node, (node + step) % n_nodes] = 1
    return sparse.csr_matrix(links + links.T)


def test_every_step_of_a_walk_is_a_link_and_weights_are_chances():
    links = sparse.csr_matrix(
        np.array([[0, 3, 1, 0], [3, 0, 0, 0], [1, 0, 0, 0], [0] * 4])
    )
    walks = random_walks(links, 500, 4, 1.0, 1.0, np.random.default_rng(0))
    assert set(walks[:, 0]) == {0, 1, 2}
    pairs = np.stack([walks[:, :-1].ravel(), walks[:, 1:].ravel()])
    assert (np.asarray(links[pairs[0], pairs[1]]) > 0).all()
    from_hub = walks[walks[:, 0] == 0, 1]
    assert abs((from_hub == 1).mean() - 0.75) < 0.06


def test_a_walk_that_is_not_to_return_or_to_stray_does_not():
    def walk(back, out):
        return random_walks(ring(12), 40, 6, back, out, np.random.default_rng(0))

    def returns(walks):
        return (walks[:, 2:] == walks[:, :-2]).mean()

    def strays(walks):
        apart = np.abs(walks[:, 2:] - walks[:, :-2])
        return (np.minimum(apart, 12 - apart) > 2).mean()

    assert returns(walk(1e6, 1.0)) == 0 < 0.15 < returns(walk(1.0, 1.0))
    assert strays(walk(1.0, 1e6)) == 0 < 0.15 < strays(walk(1.0, 1.0))


def test_users_of_the_same_items_have_like_vectors():
    random = np.random.default_rng(0)
    users, circle = np.repeat(np.arange(40), 6), np.repeat(np.arange(40) % 2, 6)
    items = circle * 15 + random.integers(0, 15, len(users))
    X = pd.DataFrame({"user": users, "item": items}).astype("category")
    settings = {"method": "node2vec", "n_components": 4, "random_state": 0}
    model = CategoryEmbedding(**settings).fit(X)
    vectors = model.matrices_[0][:40]
    order = np.argsort([int(level) for level in model.levels_[0]])
    vectors = vectors[order] - vectors.mean(axis=0)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    like = vectors @ vectors.T
    same = np.equal.outer(np.arange(40) % 2, np.arange(40) % 2)
    assert like[same].mean() > 0.5 > 0 > like[~same].mean()
    again = CategoryEmbedding(**settings).fit(X)
    assert np.array_equal(again.transform(X), model.transform(X))
    unseen = pd.DataFrame({"user": [99], "item": [99]}).astype("category")
    assert not model.transform(unseen).any()


def test_a_bias_of_nothing_is_refused():
    X = pd.DataFrame({"user": ["a"], "item": ["b"]}).astype("category")
    with pytest.raises(ValueError, match="back and out are above 0; found 0 and 1.0"):
        CategoryEmbedding(method="node2vec", back=0).fit(X)
