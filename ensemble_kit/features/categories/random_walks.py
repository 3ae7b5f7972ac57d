"""Walks over a graph of levels, each step to a level that shares rows with the last."""

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

MOST_DRAWS = 50  # of a step before the last one drawn is taken

Places = NDArray[np.int64]


def random_walks(
    links: sparse.csr_matrix,
    n_walks: int,
    length: int,
    back: float,
    out: float,
    random: np.random.Generator,
) -> Places:
    """Return walks from every node that has a link, shape (n_walkers, length).

    A step is drawn by the links' weights, and weighted by 1 / back where it returns to
    the node before, by 1 / out where it goes to one that this is not linked with: the
    p and q of node2vec (Grover and Leskovec 2016), by rejection.

    Parameters
    ----------
    links : csr_matrix of shape (n_nodes, n_nodes)
        Symmetric, no weight below 0.
    n_walks : int
        From each node.
    length : int
        Nodes of a walk.
    back, out : float
    random : Generator

    Examples
    --------
    >>> links = sparse.csr_matrix(np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0]]))
    >>> walks = random_walks(links, 1, 3, 1e6, 1.0, np.random.default_rng(0))
    >>> walks[[0, 2]].tolist()
    [[0, 1, 2], [2, 1, 0]]
    """
    graph = _Graph(links)
    walks = np.empty((n_walks * len(graph.linked), length), dtype=np.int64)
    walks[:, 0] = np.tile(graph.linked, n_walks)
    for step in range(1, length):
        now = walks[:, step - 1]
        if step == 1:
            walks[:, 1] = graph.draw(now, random)
        else:
            before = walks[:, step - 2]
            walks[:, step] = _step(graph, before, now, (back, out), random)
    return walks


class _Graph:
    """Links that are drawn from by their weights."""

    def __init__(self, links: sparse.csr_matrix):
        links = sparse.csr_matrix(links, dtype=np.float64)
        links.sort_indices()
        self.indices, self.indptr = links.indices, links.indptr
        self.sums = np.concatenate([[0.0], np.cumsum(links.data)])
        self.n_nodes = links.shape[0]
        rows = np.repeat(np.arange(self.n_nodes), np.diff(self.indptr))
        self.keys = rows.astype(np.int64) * self.n_nodes + self.indices
        self.linked = np.flatnonzero(np.diff(self.indptr)).astype(np.int64)

    def draw(self, nodes: Places, random: np.random.Generator) -> Places:
        """Return a neighbour of each node."""
        low, high = self.sums[self.indptr[nodes]], self.sums[self.indptr[nodes + 1]]
        drawn = low + random.random(len(nodes)) * (high - low)
        at = np.searchsorted(self.sums, drawn, side="right") - 1
        at = np.clip(at, self.indptr[nodes], self.indptr[nodes + 1] - 1)
        return self.indices[at].astype(np.int64)

    def are_linked(self, one: Places, other: Places) -> NDArray[np.bool_]:
        """Return whether nodes have a link."""
        wanted = one * self.n_nodes + other
        at = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        return np.asarray(self.keys[at] == wanted)


def _step(
    graph: _Graph,
    before: Places,
    now: Places,
    bias: tuple[float, float],
    random: np.random.Generator,
) -> Places:
    back, out = bias
    largest = max(1.0, 1 / back, 1 / out)
    step = graph.draw(now, random)
    waiting = np.arange(len(now))
    for _ in range(MOST_DRAWS):
        drawn, last = step[waiting], before[waiting]
        weight = np.where(graph.are_linked(last, drawn), 1.0, 1 / out)
        weight = np.where(drawn == last, 1 / back, weight)
        waiting = waiting[random.random(len(waiting)) * largest > weight]
        if not len(waiting):
            break
        step[waiting] = graph.draw(now[waiting], random)
    return step
