"""A joint distribution of who is right, written out."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class JointVotes:
    """Which voters are right together, and how often.

    Attributes
    ----------
    right : ndarray of bool, shape (n_cases, n_voters)
    probability : ndarray of shape (n_cases,)
        Adds up to 1.
    shuffled : bool
        Whether the voters of each case are drawn in random order, so that a case
        only tells how many are right.
    """

    right: np.ndarray
    probability: np.ndarray
    shuffled: bool = False

    @classmethod
    def of_counts(cls, odds: np.ndarray) -> "JointVotes":
        """Return the exchangeable distribution with P(k right) = odds[k]."""
        held = np.flatnonzero(odds > 1e-12)
        right = np.arange(len(odds) - 1) < held[:, None]
        return cls(right, odds[held], shuffled=True)

    def accuracies(self) -> np.ndarray:
        """Return how often each voter is right."""
        if self.shuffled:
            mean = self.probability @ self.right.mean(axis=1)
            return np.full(self.right.shape[1], mean)
        return self.probability @ self.right

    def both_right(self) -> np.ndarray:
        """Return how often each pair is right together; accuracies on the diagonal."""
        if not self.shuffled:
            return (self.right * self.probability[:, None]).T @ self.right.astype(float)
        n, counts = self.right.shape[1], self.right.sum(axis=1)
        pair = self.probability @ (counts * (counts - 1)) / (n * (n - 1))
        both = np.full((n, n), pair)
        np.fill_diagonal(both, self.accuracies())
        return both

    def correlations(self) -> np.ndarray:
        """Return the correlation of every pair's being right."""
        both = self.both_right()
        p = np.diag(both)
        spread = np.sqrt(np.outer(p * (1 - p), p * (1 - p)))
        joint = both - np.outer(p, p)
        return np.divide(joint, spread, out=np.zeros_like(joint), where=spread > 0)

    def counts(self) -> np.ndarray:
        """Return P(exactly k are right) for k = 0..n."""
        size = self.right.shape[1] + 1
        return np.bincount(self.right.sum(axis=1), self.probability, size)


def spread_out(means: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return subsets with given inclusion probabilities and nearly constant size.

    Systematic sampling (Madow, 1949): voters lie end to end on a line, each as long
    as its probability, and a comb with teeth one apart is laid at a random place.
    Every subset has the sum of the probabilities rounded down or up as its size.

    Parameters
    ----------
    means : ndarray of shape (n_voters,)
        Probability of each voter to be in the subset.

    Returns
    -------
    subsets : ndarray of bool, shape (n_subsets, n_voters)
    probabilities : ndarray of shape (n_subsets,)
        At most ``n_voters + 1`` subsets, adding up to 1.
    """
    means = np.clip(means, 0.0, 1.0)
    ends = np.round(np.cumsum(means), 12)
    starts = np.append(0.0, ends[:-1])
    cuts = np.unique(np.append([0.0, 1.0], ends % 1.0))
    places = (cuts[:-1] + cuts[1:]) / 2
    lengths = np.diff(cuts)
    # A tooth stands at place, place + 1, ...; the voter holds it if one is inside.
    subsets = np.floor(ends - places[:, None]) > np.floor(starts - places[:, None])
    held = lengths > 1e-12
    return subsets[held], lengths[held] / lengths[held].sum()
