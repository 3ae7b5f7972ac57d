"""How likely a text is in the language of each class."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from ensemble_kit.arrays import TextsLike
from ensemble_kit.exceptions import problems
from ensemble_kit.features.class_codes import class_codes, is_regression
from ensemble_kit.features.counting.ngram_counts import GramCounter, GramTree
from ensemble_kit.features.cross_fitting import contrasts
from ensemble_kit.features.text_numbers.ngram_tables import LanguageTables
from ensemble_kit.features.texts.count_chunks import first_occurrences
from ensemble_kit.features.texts.term_hashes import offsets_of
from ensemble_kit.features.texts.text_preparation import (
    PREPARED,
    TextPreparation,
    make_preparation,
)
from ensemble_kit.features.texts.texts import as_texts
from ensemble_kit.features.texts.texts_mixin import TextsMixin
from ensemble_kit.features.texts.unit_texts import UnitTexts, read_units
from ensemble_kit.parameter_limits import Limits, one_of
from ensemble_kit.splitting.inner_rows import inner_splits

UNITS = ("characters", "words")
SMOOTHINGS = ("kneser_ney", "witten_bell")
# How many n-grams of one order are kept; fewer where each has many counts.
MOST_GRAMS = 2**21
LEAST_GRAMS = 2**17
MOST_COUNTS = 2**26
# Texts of so many characters are read once for the models of all folds.
FEW_CHARACTERS = 20_000


class LanguageModelScores(TextsMixin, BaseEstimator):
    """Score texts by n-gram language models, one for each class.

    Scores of training rows come from models that have not seen the row
    (``fit_transform`` is cross-fitted); scores of new rows from the models of all
    training rows. The target of a regression is cut into quarters.

    Texts are read some at a time. Of each order, the two million most frequent
    n-grams are kept (fewer where there are many classes), so that memory stays
    bounded however many texts there are.

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
    log_probabilities_, log_backoffs_ : ndarray of float32, (n_grams, n_classes)
    log_unknown_ : ndarray of float32 of shape (n_classes,)
    hashes_, offsets_ : ndarray of uint64 and of int64
        The n-grams, and where those of each order begin.
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

    _parameter_constraints: ClassVar[Limits] = {
        **PREPARED,
        "unit": [one_of(UNITS)],
        "smoothing": [one_of(SMOOTHINGS)],
    }

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

    def fit(self, X: TextsLike, y: ArrayLike) -> "LanguageModelScores":
        """Fit the models of all training texts."""
        self._check()
        texts, (codes, classes) = as_texts(X), class_codes(y)
        tree = self._count(texts, codes, len(classes))
        self._keep(tree, classes, 1)
        return self

    def fit_transform(self, X: TextsLike, y: ArrayLike) -> NDArray[np.float32]:
        """Fit, and return scores of each training row by models without it.

        Returns
        -------
        ndarray of float32 of shape (n_texts, n_columns)
        """
        self._check()
        texts, (codes, classes) = as_texts(X), class_codes(y)
        classification = not is_regression(y)
        splits = inner_splits(codes, self.n_splits, classification, self.random_state)
        folds = np.zeros(len(codes), dtype=np.int64)
        for fold, (_, valid) in enumerate(splits):
            folds[valid] = fold
        groups = codes * len(splits) + folds
        tree = self._count(texts, groups, len(classes) * len(splits))
        self._keep(tree, classes, len(splits))
        scores = np.zeros((len(codes), len(self.columns_)), dtype=np.float32)
        for fold, (_, valid) in enumerate(splits):
            left_out = fold if len(splits) > 1 else None
            counts = _class_counts(tree, len(classes), len(splits), left_out)
            tables = LanguageTables.fit(tree, counts, self.smoothing)
            scores[valid] = self._scores([texts[row] for row in valid], tables)
        return scores

    def transform(self, X: TextsLike) -> NDArray[np.float32]:
        """Return the scores by the models of all training rows."""
        check_is_fitted(self)
        tables = LanguageTables(
            self.hashes_,
            self.offsets_,
            self.log_probabilities_,
            self.log_backoffs_,
            self.log_unknown_,
        )
        return self._scores(as_texts(X), tables)

    def get_feature_names_out(
        self, input_features: ArrayLike | None = None
    ) -> NDArray[np.object_]:
        """Return the names in ``columns_``."""
        check_is_fitted(self)
        return np.array(self.columns_, dtype=object)

    def _count(
        self, texts: list[str], groups: NDArray[np.int64], n_groups: int
    ) -> GramTree:
        """Return the n-grams of the texts, counted by group."""
        most = max(LEAST_GRAMS, min(MOST_GRAMS, MOST_COUNTS // n_groups))
        counts = GramCounter(self.order, n_groups, most)
        done = 0
        for some in self._read(texts):
            counts.add(some, groups[done : done + len(some)])
            done += len(some)
        return counts.tree()

    def _read(self, texts: list[str]) -> Iterator[UnitTexts]:
        preparation = make_preparation(self.preparation or "all_words")
        return read_units(texts, self.unit, preparation)

    def _grams(self, texts: list[str]) -> Iterable["_Grams"]:
        """Return the n-grams of texts, some at a time."""
        name = self.preparation or "all_words"
        if isinstance(name, str) and sum(map(len, texts)) <= FEW_CHARACTERS:
            return _few_grams(tuple(texts), self.unit, name, self.order)
        return (_Grams.of(some, self.order) for some in self._read(texts))

    def _keep(self, tree: GramTree, classes: NDArray[Any], n_folds: int) -> None:
        """Keep the models of all texts."""
        counts = _class_counts(tree, len(classes), n_folds)
        tables = LanguageTables.fit(tree, counts, self.smoothing)
        self.columns_ = _column_names(classes)
        self.hashes_, self.offsets_ = tables.hashes, tables.offsets
        self.log_probabilities_ = tables.log_probabilities.astype(np.float32)
        self.log_backoffs_ = tables.log_backoffs.astype(np.float32)
        self.log_unknown_ = tables.log_unknown.astype(np.float32)

    def _scores(self, texts: list[str], tables: LanguageTables) -> NDArray[np.float32]:
        """Return the columns, some texts at a time."""
        return np.vstack([_scores(some, tables) for some in self._grams(texts)])

    def _check(self) -> None:
        mistakes = [
            f"{name}: expected one of {allowed}, found {getattr(self, name)!r}"
            for name, allowed in (("unit", UNITS), ("smoothing", SMOOTHINGS))
            if getattr(self, name) not in allowed
        ]
        if mistakes:
            raise ValueError(problems("LanguageModelScores", mistakes))


def _class_counts(
    tree: GramTree, n_classes: int, n_folds: int, left_out: int | None = None
) -> list[NDArray[np.int64]]:
    """Return the n-grams' counts in each class, without those of one fold."""
    wanted = np.array([fold != left_out for fold in range(n_folds)], dtype=np.int64)
    return [
        tree.counts[:, label * n_folds : (label + 1) * n_folds] @ wanted
        for label in range(n_classes)
    ]


@dataclass(frozen=True, eq=False)
class _Grams:
    """The n-grams of some texts that are scored, and which text has them how often.

    A text is scored by its n-grams of the highest order; one with fewer units than
    that by the longest it has.

    Parameters
    ----------
    texts : UnitTexts
    places : list of ndarray
        Where distinct n-grams of 1, 2, ... units stand among all distinct ones.
    starts : list of ndarray
        Where each of them begins in the texts.
    occurrences : csr_matrix of shape (n_texts, n_grams)
    """

    texts: UnitTexts
    places: list[NDArray[np.int64]]
    starts: list[NDArray[np.int64]]
    occurrences: sp.csr_matrix

    @classmethod
    def of(cls, texts: UnitTexts, order: int) -> "_Grams":
        """Return the n-grams of texts up to an order."""
        starts, sizes, owners = texts.windows(order)
        codes, _ = pd.factorize(texts.hashes(starts, starts + sizes))
        first = first_occurrences(codes)
        places = [np.flatnonzero(sizes[first] == n + 1) for n in range(order)]
        n_grams = np.bincount(owners, minlength=len(texts))
        occurrences = sp.csr_matrix(
            (np.ones(len(codes)), codes, offsets_of(n_grams)), (len(texts), len(first))
        )
        begins = [starts[first[at]] for at in places]
        return cls(texts, places, begins, occurrences)


@lru_cache(maxsize=16)
def _few_grams(
    texts: tuple[str, ...], unit: str, preparation: str, order: int
) -> tuple[_Grams, ...]:
    """Return the n-grams of a few short texts: the models of all folds ask for them."""
    read = read_units(list(texts), unit, make_preparation(preparation))
    return tuple(_Grams.of(some, order) for some in read)


def _scores(grams: _Grams, tables: LanguageTables) -> NDArray[Any]:
    """Return the columns of some texts."""
    logs = np.zeros((grams.occurrences.shape[1], len(tables.log_unknown)))
    for n, (at, starts) in enumerate(zip(grams.places, grams.starts, strict=True)):
        if len(at):
            logs[at] = tables.log_likelihoods(grams.texts, starts, n + 1)
    likelihoods = grams.occurrences @ logs
    n_grams = np.diff(grams.occurrences.indptr)
    rates = likelihoods / np.maximum(n_grams, 1)[:, None]
    columns = [contrasts(likelihoods), contrasts(rates), -rates.mean(1, keepdims=True)]
    return np.hstack(columns).astype(np.float32)


def _column_names(classes: NDArray[Any]) -> list[str]:
    labels = [""] if len(classes) == 2 else [f"_{label}" for label in classes]
    names = [f"{kind}{label}" for kind in ("likelihood", "rate") for label in labels]
    return [*names, "log_perplexity"]
