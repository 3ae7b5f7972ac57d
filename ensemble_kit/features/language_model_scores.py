"""How likely a text is in the language of each class."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.exceptions import problems
from ensemble_kit.features.class_codes import class_codes, is_regression, one_hot
from ensemble_kit.features.counted_texts import CountedTexts, Terms
from ensemble_kit.features.cross_fitting import contrasts, inner_splits
from ensemble_kit.features.ngram_tables import TermTree, fit_tables, lookup
from ensemble_kit.features.text_counts import TextCounter
from ensemble_kit.features.text_preparation import TextPreparation
from ensemble_kit.features.text_vocabulary import (
    document_frequencies,
    keep_terms,
    known_terms,
)

UNITS = ("characters", "words")
SMOOTHINGS = ("kneser_ney", "witten_bell")


class LanguageModelScores(TransformerMixin, BaseEstimator):
    """Score texts by n-gram language models, one for each class.

    Scores of training rows come from models that have not seen the row
    (``fit_transform`` is cross-fitted); scores of new rows from the models of all
    training rows. The target of a regression is cut into quarters.

    Parameters
    ----------
    unit : {"characters", "words"}
        Characters run across the whole text.
    order : int
        Longest n-gram, in units.
    smoothing : {"kneser_ney", "witten_bell"}
        Both interpolated; see `ngram_tables`.
    preparation : str, dict, TextPreparation or None
        How texts are cleaned and fall into words. None is "all_words".
    n_splits : int
        Inner folds.
    random_state : int, optional
        Seed of the inner folds.

    Attributes
    ----------
    log_probabilities_, log_backoffs_ : ndarray of float32, (n_terms, n_classes)
    log_unknown_ : ndarray of float32 of shape (n_classes,)
    term_points_, term_offsets_, term_blocks_ : ndarray, ndarray, list
        The n-grams.
    columns_ : list of str
        ``likelihood``: the log-likelihood of the text, second class minus first, or
        each of several classes minus their mean. ``rate``: the same per unit.
        ``log_perplexity``: minus the mean log-likelihood per unit.

    Examples
    --------
    >>> texts, y = ["aba", "abab", "xyx", "yxyx"] * 3, ["b", "b", "y", "y"] * 3
    >>> scores = LanguageModelScores(order=2).fit(texts, y)
    >>> (scores.transform(["abba", "xyyx"])[:, 0] > 0).tolist()
    [False, True]
    """

    def __init__(
        self,
        *,
        unit: str = "characters",
        order: int = 5,
        smoothing: str = "kneser_ney",
        preparation: str | dict[str, Any] | TextPreparation | None = None,
        n_splits: int = 5,
        random_state: int | None = None,
    ):
        self.unit = unit
        self.order = order
        self.smoothing = smoothing
        self.preparation = preparation
        self.n_splits = n_splits
        self.random_state = random_state

    def counter(self) -> TextCounter:
        """Return how texts become counts."""
        words = self.unit == "words"
        return TextCounter(
            words=(1, self.order) if words else None,
            characters=None if words else (1, self.order),
            within_words=False,
            preparation=self.preparation or "all_words",
        )

    def fit(self, X: Any, y: Any) -> "LanguageModelScores":
        """Fit the models of all training texts."""
        self._learn(X, y)
        return self

    def fit_transform(self, X: Any, y: Any) -> NDArray[np.float32]:
        """Fit, and return scores of each training row by models without it.

        Returns
        -------
        ndarray of float32 of shape (n_texts, n_columns)
        """
        counted, totals, codes = self._learn(X, y)
        terms, n_classes = known_terms(self), totals.shape[1]
        tree = TermTree.of(terms, self.unit)
        splits = inner_splits(codes, is_regression(y), self.n_splits, self.random_state)
        scores = np.zeros((len(codes), len(self.columns_)), dtype=np.float32)
        for train, valid in splits:
            part = counted[valid]
            seen = totals - _class_counts(part, codes[valid], n_classes)
            if len(train) == len(codes):
                seen = totals
            tables = fit_tables(seen, terms, tree, self.smoothing)
            scores[valid] = _scores(part, tree.orders, tables[0])
        return scores

    def transform(self, X: Any) -> NDArray[np.float32]:
        """Return the scores by the models of all training rows."""
        check_is_fitted(self)
        counted = self.counter().count(X)
        tree = TermTree.of(counted.terms, self.unit)
        return _scores(
            counted, tree.orders, self._log_probabilities(counted.terms, tree)
        )

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """Return the names in ``columns_``."""
        check_is_fitted(self)
        return np.array(self.columns_, dtype=object)

    def _learn(
        self, X: Any, y: Any
    ) -> tuple[CountedTexts, NDArray[np.float64], NDArray[np.int64]]:
        """Keep the tables; return the known n-grams' counts by text and by class."""
        self._check()
        codes, classes = class_codes(y)
        self.columns_ = _column_names(classes)
        counted = self.counter().count(X)
        counted = keep_terms(self, counted, document_frequencies(counted.counts) > 0)
        totals = _class_counts(counted, codes, len(classes))
        tree = TermTree.of(counted.terms, self.unit)
        tables = fit_tables(totals, counted.terms, tree, self.smoothing)
        tables = [table.astype(np.float32) for table in tables]
        self.log_probabilities_, self.log_backoffs_, self.log_unknown_ = tables
        return counted, totals, codes

    def _check(self) -> None:
        mistakes = [
            f"{name}: expected one of {allowed}, found {getattr(self, name)!r}"
            for name, allowed in (("unit", UNITS), ("smoothing", SMOOTHINGS))
            if getattr(self, name) not in allowed
        ]
        if mistakes:
            raise ValueError(problems("LanguageModelScores", mistakes))

    def _log_probabilities(self, terms: Terms, tree: TermTree) -> NDArray[np.float32]:
        """Return ln P of each term's last unit: known, or by backing off."""
        learnt = known_terms(self)
        known = terms.columns_in(learnt)[:, None]
        histories = lookup(tree.histories, learnt)[:, None]
        backoffs = np.where(histories < 0, 0, _take(self.log_backoffs_, histories))
        logs = np.where(
            known < 0, self.log_unknown_, _take(self.log_probabilities_, known)
        )
        suffixes = lookup(tree.suffixes, terms)
        for order in range(2, int(tree.orders.max(initial=1)) + 1):
            at = tree.at(order)
            lower = logs[suffixes[at]] + backoffs[at]
            logs[at] = np.where(known[at] < 0, lower, logs[at])
        return logs


def _take(table: NDArray[np.float32], rows: NDArray[Any]) -> NDArray[np.float32]:
    """Return rows of a table by a column of numbers; -1 takes any row."""
    if not len(table):
        return np.zeros((len(rows), table.shape[1]), dtype=np.float32)
    return table[rows[:, 0]]


def _class_counts(
    counted: CountedTexts, codes: NDArray[np.int64], n_classes: int
) -> NDArray[np.float64]:
    return counted.counts.T @ one_hot(codes, n_classes)


def _scores(
    counted: CountedTexts, orders: NDArray[np.int64], logs: NDArray[Any]
) -> NDArray[np.float32]:
    """Return the columns from each n-gram's log-probabilities.

    A text is scored by its n-grams of the highest order; one with fewer units than
    that by the longest it has.
    """
    likelihoods = np.zeros((len(counted), logs.shape[1]))
    units = np.zeros(len(counted))
    for order in range(int(orders.max(initial=1)), 0, -1):
        rows = np.flatnonzero(units == 0)
        at = (orders == order)[:, None]
        counts = counted.counts[rows]
        likelihoods[rows] = counts @ np.where(at, logs, 0)
        units[rows] = counts @ at[:, 0].astype(np.float64)
    rates = likelihoods / np.maximum(units, 1)[:, None]
    columns = [contrasts(likelihoods), contrasts(rates), -rates.mean(1, keepdims=True)]
    return np.hstack(columns).astype(np.float32)


def _column_names(classes: NDArray[Any]) -> list[str]:
    labels = [""] if len(classes) == 2 else [f"_{label}" for label in classes]
    names = [f"{kind}{label}" for kind in ("likelihood", "rate") for label in labels]
    return [*names, "log_perplexity"]
