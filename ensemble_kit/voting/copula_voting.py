"""Votes of unequal voters with given correlations (Gaussian copula)."""

import numpy as np
from numpy.typing import ArrayLike
from scipy import integrate, optimize, special, stats

from ensemble_kit.exceptions import problems
from ensemble_kit.voting.exchangeable_voting import voters_like
from ensemble_kit.voting.voters import VoteError, Voters, check_voters
from ensemble_kit.voting.voting import (
    Estimate,
    accuracy_of,
    cast_votes,
)

# Independent scramblings of the point set; their spread is the standard error.
SCRAMBLINGS = 16
TOLERANCE = 1e-9


def copula_accuracy(
    accuracies: ArrayLike,
    correlations: ArrayLike,
    weights: ArrayLike | None = None,
    n_classes: int = 2,
    ties: str = "random",
    latent: bool = False,
    draws: int = 1 << 16,
    random_state: int = 0,
) -> Estimate:
    """Return the accuracy of a vote of correlated voters.

    Each voter has a normal variable and is right where it stays below the quantile
    of his accuracy; the variables' correlations make the voters agree.

    Parameters
    ----------
    accuracies : array-like of shape (n_voters,)
    correlations : float or array-like of shape (n_voters, n_voters)
        One number: the mean correlation over all pairs, from one common factor.
        A matrix: the correlation of each pair.
    weights, n_classes, ties
        As in `vote_accuracy`.
    latent : bool, default=False
        Whether the correlations are those of the normal variables and not, as
        measured on predictions, those of the voters' being right.
    draws : int, default=65536
        Points of the quasi-random sample that a matrix needs.
    random_state : int, default=0

    Returns
    -------
    Estimate
        Integrated to 1e-9 for one common correlation of at least 0; otherwise
        sampled, with its standard error.

    Raises
    ------
    VoteError
        For impossible numbers, and for correlations that no normal variables have.

    Examples
    --------
    >>> round(copula_accuracy([0.7, 0.7, 0.7], 0.3).value, 4)
    0.7331
    """
    voters = check_voters(accuracies, weights, n_classes, ties)
    matrix = np.asarray(correlations, dtype=float)
    if matrix.ndim == 0:
        common = float(matrix) if latent else common_factor(voters.right, float(matrix))
        return Estimate(factor_accuracy(voters, common))
    _check_matrix(matrix, np.size(accuracies))
    if weights is not None:
        counted = np.flatnonzero(np.asarray(weights) > 0)
        matrix = matrix[np.ix_(counted, counted)]
    if not latent:
        matrix = latent_correlations(voters.right, matrix)
    return _matrix_accuracy(voters, matrix, draws, random_state)


def _check_matrix(matrix: np.ndarray, n_voters: int) -> None:
    if matrix.shape != (n_voters, n_voters):
        raise VoteError(
            f"correlations: expected one number or a matrix of {n_voters} rows and "
            f"columns, found shape {matrix.shape}"
        )
    mistakes = []
    if not np.allclose(matrix, matrix.T):
        mistakes.append("is not symmetric")
    if not np.allclose(np.diag(matrix), 1.0):
        mistakes.append("has a diagonal other than 1")
    if not (np.abs(matrix) <= 1 + TOLERANCE).all():
        mistakes.append("has entries outside [-1, 1]")
    if mistakes:
        raise VoteError(problems("the correlation matrix", mistakes))


def both_right(first: ArrayLike, second: ArrayLike, latent: float) -> np.ndarray:
    """Return P(both are right) for pairs with correlated normal variables.

    Owen's (1956) formula for the bivariate normal distribution.
    """
    first, second = np.broadcast_arrays(
        np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    )
    if abs(latent) > 1 - TOLERANCE:
        together = np.minimum(first, second)
        return together if latent > 0 else np.maximum(first + second - 1, 0.0)
    certain = (np.minimum(first, second) <= 0) | (np.maximum(first, second) >= 1)
    h, k = special.ndtri(np.where(certain, 0.5, (first, second)))
    opposite = np.where((h * k < 0) | ((h * k == 0) & (h + k < 0)), 0.5, 0.0)
    halves = (first + second) / 2 - _owen(h, k, latent) - _owen(k, h, latent)
    centre = 0.25 + np.arcsin(latent) / (2 * np.pi)
    both = np.where((h == 0) & (k == 0), centre, halves - opposite)
    return np.where(certain, first * second, both)


def _owen(h: np.ndarray, k: np.ndarray, latent: float) -> np.ndarray:
    """Return Owen's T(h, (k - r h) / (h sqrt(1 - r^2))), its limit at h = 0."""
    safe = np.where(h == 0, 1.0, h)
    slope = (k - latent * safe) / (safe * np.sqrt(1 - latent**2))
    return np.where(h == 0, np.sign(k) / 4, special.owens_t(safe, slope))


def vote_correlation(
    first: ArrayLike, second: ArrayLike, latent: float
) -> np.ndarray | float:
    """Return the correlation of two voters' being right from the latent one."""
    p, q = np.asarray(first, dtype=np.float64), np.asarray(second, dtype=np.float64)
    spread = np.sqrt(p * (1 - p) * q * (1 - q))
    joint = both_right(p, q, latent) - p * q
    return np.divide(joint, spread, out=np.zeros_like(joint), where=spread > 0)


def latent_correlation(first: float, second: float, correlation: float) -> float:
    """Return the normal variables' correlation behind that of two voters.

    Raises
    ------
    VoteError
        Where two voters of these accuracies cannot be correlated so strongly.
    """
    lowest, highest = (vote_correlation(first, second, edge) for edge in (-1.0, 1.0))
    if not lowest - TOLERANCE <= correlation <= highest + TOLERANCE:
        raise VoteError(
            f"voters with accuracies {first:g} and {second:g} can be correlated from "
            f"{lowest:.3f} to {highest:.3f}, not {correlation:g}"
        )
    if correlation >= highest - TOLERANCE or correlation <= lowest + TOLERANCE:
        return 1.0 if correlation > (lowest + highest) / 2 else -1.0
    return optimize.brentq(
        lambda latent: vote_correlation(first, second, latent) - correlation, -1, 1
    )


def latent_correlations(accuracies: np.ndarray, correlations: np.ndarray) -> np.ndarray:
    """Return the matrix of `latent_correlation` of all pairs."""
    latent = np.eye(len(accuracies))
    for first, second in zip(*np.triu_indices(len(accuracies), 1), strict=True):
        pair = accuracies[first], accuracies[second]
        value = latent_correlation(*pair, correlations[first, second])
        latent[first, second] = latent[second, first] = value
    return latent


def common_factor(accuracies: np.ndarray, correlation: float) -> float:
    """Return the latent correlation, one for all, with that mean over all pairs."""
    distinct, counts = np.unique(accuracies, return_counts=True)
    pairs = np.outer(counts, counts) - np.diag(counts)
    if pairs.sum() == 0 or abs(correlation) < TOLERANCE:
        return 0.0

    def mean(latent: float) -> float:
        pair = vote_correlation(distinct[:, None], distinct, latent)
        return float((pair * pairs).sum() / pairs.sum())

    highest = mean(1.0)
    if not 0 <= correlation <= highest + TOLERANCE:
        raise VoteError(
            f"correlation: with one common factor these voters can have 0 to "
            f"{highest:.3f} on average, not {correlation:g}"
        )
    if correlation >= highest - TOLERANCE:
        return 1.0
    return optimize.brentq(lambda latent: mean(latent) - correlation, 0.0, 1.0)


def factor_accuracy(voters: Voters, latent: float) -> float:
    """Return the accuracy where one factor gives every pair one latent correlation.

    Given the factor the voters are independent, so one integral is left.
    """
    if not 0 <= latent <= 1:
        raise VoteError(f"correlation: expected 0 to 1, found {latent:g}")
    if latent < TOLERANCE:
        return accuracy_of(voters)
    limits, spread = special.ndtri(voters.right), np.sqrt(max(1 - latent, 1e-12))

    def at(factor: float) -> float:
        chances = special.ndtr((limits - np.sqrt(latent) * factor) / spread)
        return accuracy_of(voters_like(voters, chances)) * stats.norm.pdf(factor)

    value, _ = integrate.quad(at, -9, 9, epsabs=TOLERANCE, limit=200)
    return float(np.clip(value, 0.0, 1.0))


def _matrix_accuracy(
    voters: Voters, latent: np.ndarray, draws: int, random_state: int
) -> Estimate:
    """Sample normal variables with scrambled Sobol points."""
    factor = _square_root(latent)
    size = 1 << max(int(draws // SCRAMBLINGS).bit_length() - 1, 4)
    limits = special.ndtri(voters.right)
    rng = np.random.default_rng(random_state)
    means = []
    for _ in range(SCRAMBLINGS):
        points = stats.qmc.Sobol(len(voters), rng=rng).random(size)
        normal = special.ndtri(np.clip(points, 1e-12, 1 - 1e-12)) @ factor.T
        right = normal <= limits
        nobody = np.zeros_like(right)
        means.append(cast_votes(right, nobody, voters, rng).mean())
    error = np.std(means, ddof=1) / np.sqrt(SCRAMBLINGS)
    return Estimate(float(np.mean(means)), max(float(error), 1 / (SCRAMBLINGS * size)))


def _square_root(latent: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(latent)
    if values[0] < -1e-8:
        raise VoteError(
            "correlations: no normal variables have all these correlations together "
            f"(smallest eigenvalue {values[0]:.4f}); see vote_bounds"
        )
    return vectors * np.sqrt(np.clip(values, 0.0, None))
