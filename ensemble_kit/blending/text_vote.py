"""A weighted vote over the texts that members would write."""

from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.metrics import METRICS
from ensemble_kit.metrics.text_formulas import row_scores
from ensemble_kit.oof.text_candidates import NONE, TextCandidates, as_texts

CHUNK = 500  # rows whose options are compared at once


class TextVote(BaseEstimator):
    """Give each row the text that has the most votes, weighted by member.

    A member's vote is split over its texts by their chances. The weights are found by
    greedy selection with replacement (Caruana et al. 2004): in each round the member
    is added that makes the chosen texts best; the best round counts.

    Parameters
    ----------
    metric : str, default="exact_match"
        A metric of texts; BLEU and chrF are learnt row by row.
    n_rounds : int, default=25

    Attributes
    ----------
    weights_ : ndarray of shape (n_members,)
        They sum to 1.
    members_ : tuple of str

    Examples
    --------
    >>> good = TextCandidates.of("good", [[("a", 0.9)], [("b", 0.8)], [("c", 0.4)]])
    >>> bad = TextCandidates.of("bad", [[("x", 0.3)], [("b", 0.5)], [("y", 0.9)]])
    >>> vote = TextVote().fit(TextCandidates.join([good, bad]), ["a", "b", "c"])
    >>> vote.predict(TextCandidates.join([good, bad])).tolist()
    ['a', 'b', 'c']
    """

    def __init__(self, metric: str = "exact_match", n_rounds: int = 25):
        self.metric = metric
        self.n_rounds = n_rounds

    def fit(
        self,
        X: TextCandidates,
        y: ArrayLike,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Learn the weights of members from rows that they were not fitted on.

        Parameters
        ----------
        X : TextCandidates
        y : array-like of str of shape (n_rows,)
        sample_weight : array-like of shape (n_rows,), optional

        Returns
        -------
        self

        Raises
        ------
        ValueError
            When the metric reads no texts, or there is not one y for each row.
        """
        if self.metric not in METRICS or METRICS[self.metric].consumes != "text":
            names = [m.name for m in METRICS.values() if m.consumes == "text"]
            raise ValueError(
                f"metric: one of {', '.join(names)}; found {self.metric!r}"
            )
        y = as_texts(list(np.asarray(y, dtype=object)))
        if len(y) != len(X):
            raise ValueError(f"X has {len(X)} rows and y has {len(y)}")
        weight = np.ones(len(y)) if sample_weight is None else np.asarray(sample_weight)
        shares, worth = self._options(X, y)
        self.members_ = X.members
        self.weights_ = _greedy_weights(shares, worth, weight, self.n_rounds)
        return self

    def predict(self, X: TextCandidates) -> NDArray[np.object_]:
        """Return the text of each row; of equal ones that of the member named first."""
        check_is_fitted(self, "weights_")
        if X.members != self.members_:
            raise ValueError(
                f"X has the members {', '.join(X.members)}; the vote was fitted with "
                f"{', '.join(self.members_)}"
            )
        chosen: list[str] = []
        for start in range(0, len(X), CHUNK):
            part = X.take(np.arange(start, min(start + CHUNK, len(X))))
            options, shares = part.options()
            votes = np.where(options == NONE, -1.0, shares @ self.weights_)
            best = options[np.arange(len(part)), votes.argmax(axis=1)]
            chosen += [X.texts[n] if n >= 0 else "" for n in best]
        return as_texts(chosen)

    def _options(
        self, X: TextCandidates, y: NDArray[np.object_]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what members give each option, and what each option is worth."""
        every, worths = [], []
        for start in range(0, len(X), CHUNK):
            rows = np.arange(start, min(start + CHUNK, len(X)))
            options, shares = X.take(rows).options()
            at, _ = is_one = np.nonzero(options != NONE)
            texts = as_texts([X.texts[n] for n in options[is_one]])
            worth = np.full(options.shape, -np.inf)
            worth[is_one] = row_scores(self.metric, y[rows][at], texts)
            every.append(shares)
            worths.append(worth)
        return np.concatenate(every), np.concatenate(worths)


def _greedy_weights(
    shares: NDArray[np.float64],
    worth: NDArray[np.float64],
    weight: NDArray[np.float64],
    n_rounds: int,
) -> NDArray[np.float64]:
    """Return the weights of the best round.

    Rounds are compared by what the chosen texts are worth, then, where that is the
    same, by the share of votes of the best texts.
    """
    n_members = shares.shape[2]
    counts, best = np.zeros(n_members), (-np.inf, -np.inf)
    weights = np.full(n_members, 1 / n_members)
    chosen = worth == worth.max(axis=1, keepdims=True)
    votes = np.zeros(worth.shape)
    for _ in range(n_rounds):
        tried = [
            _value(votes + shares[:, :, member], worth, chosen, weight)
            for member in range(n_members)
        ]
        member = max(range(n_members), key=lambda each: tried[each])
        counts[member] += 1
        votes += shares[:, :, member]
        if tried[member] > best:
            best, weights = tried[member], counts / counts.sum()
    return weights


def _value(
    votes: NDArray[np.float64],
    worth: NDArray[np.float64],
    right: NDArray[np.bool_],
    weight: NDArray[np.float64],
) -> tuple[float, float]:
    """Return what votes are worth, and which share of them the best texts have."""
    allowed = np.where(np.isinf(worth), -1.0, votes)
    rows = np.arange(len(votes))
    value = worth[rows, allowed.argmax(axis=1)]
    value = np.where(np.isinf(value), 0.0, value)
    total = np.maximum(votes.sum(axis=1), 1e-12)
    share = np.where(right, votes, 0.0).sum(axis=1) / total
    # Far digits are rounding, which must not choose.
    mean = float(np.average(value, weights=weight))
    return round(mean, 9), round(float(np.average(share, weights=weight)), 9)
