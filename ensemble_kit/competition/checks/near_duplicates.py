"""Rows of train and test that say nearly the same as others."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.column_roles import role_of
from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.checks.row_hashes import row_hashes
from ensemble_kit.competition.competition import Competition
from ensemble_kit.identity_memo import IdentityMemo
from ensemble_kit.splitting.near_duplicates import both_ways, near_rows, near_texts

MOST_CHARACTERS = 5_000_000
SHORTEST = 40
MIN_DISTINCT = 0.8
FEWEST = 5
DUPLICATES = "duplicates"
MANY = 0.01

Codes = NDArray[np.intp]


@dataclass(frozen=True)
class Twins:
    """Numbers of rows, the same for rows that say nearly the same.

    Parameters
    ----------
    of_train, of_test : ndarray of int
        Whole rows, or a long text of theirs.
    """

    of_train: Codes
    of_test: Codes

    @property
    def in_train(self) -> NDArray[np.bool_]:
        """Return which training rows nearly repeat another one."""
        counts = np.bincount(self.of_train)
        return counts[self.of_train] > 1

    @property
    def in_test(self) -> NDArray[np.bool_]:
        """Return which test rows nearly repeat a training row."""
        return np.isin(self.of_test, self.of_train)


def find_twins(competition: Competition) -> Twins:
    """Return which rows nearly repeat others: in all cells, or in a long text.

    Texts count where most of them differ and they have forty characters or more; of
    many long ones the first characters are compared. Found once for a competition.
    """
    return _TWINS(competition)


def _find(competition: Competition) -> Twins:
    both = pd.concat([competition.X, competition.X_test], ignore_index=True)
    codes = _by_cells(both)
    for name in _columns(both, "text"):
        texts = both[name].fillna("").astype(str)
        if texts[texts != ""].nunique() > MIN_DISTINCT * (texts != "").sum():
            codes = both_ways(codes, _by_text(texts))
    n_train = len(competition.X)
    return Twins(codes[:n_train], codes[n_train:])


_TWINS = IdentityMemo(_find)


def find_near_duplicates(competition: Competition, twins: Twins) -> list[Finding]:
    """Return how many rows nearly repeat others, and whether their targets agree."""
    n_train, n_test = int(twins.in_train.sum()), int(twins.in_test.sum())
    if max(n_train, n_test) < FEWEST:
        return []
    is_alone = n_train > MANY * len(twins.of_train) and twins.in_train.mean() > (
        2 * twins.in_test.mean()
    )
    sentence = (
        f"{n_train} training rows nearly repeat others{_agreement(competition, twins)}"
        f", and {n_test} of {len(twins.of_test)} test rows nearly repeat a training row"
    )
    if is_alone:
        sentence += '; groups = "duplicates" in competition.toml keeps them in one fold'
    return [Finding("info", "near-duplicates", sentence)]


def _columns(frame: pd.DataFrame, role: str) -> list[str]:
    return [str(name) for name in frame if role_of(frame[name].dtype) == role]


def _by_cells(both: pd.DataFrame) -> Codes:
    """Return the same number for rows whose cells are nearly the same."""
    numbers = _columns(both, "number")
    others = both.drop(columns=numbers)
    for name in others:
        if pd.api.types.is_string_dtype(others[name].dtype):
            others[name] = _folded(others[name])
    hashes = np.zeros(len(both), dtype=np.uint64)
    if len(others.columns):
        hashes = row_hashes(others)
    columns = [both[name].to_numpy(dtype=np.float64) for name in numbers]
    return near_rows(np.reshape(columns, (len(columns), len(both))).T, hashes)


def _folded(column: pd.Series) -> NDArray[np.uint64]:
    """Return a number per cell, the same but for case and runs of blanks."""
    codes, distinct = pd.factorize(column.fillna(""))
    texts = pd.Series(distinct).str.lower().str.split().str.join(" ")
    return pd.util.hash_array(texts.to_numpy(dtype=object))[codes]


def _by_text(texts: pd.Series) -> Codes:
    """Return the same number for texts that say nearly the same."""
    longest = max(SHORTEST, MOST_CHARACTERS // max(1, len(texts)))
    long = texts.where(texts.str.len() >= SHORTEST, "").str.slice(0, longest)
    return near_texts(long.tolist())


def _agreement(competition: Competition, twins: Twins) -> str:
    """Return how often rows that nearly repeat each other have one class."""
    if not competition.task.is_classification or not twins.in_train.any():
        return ""
    frame = pd.DataFrame({"twin": twins.of_train, "y": competition.y})
    frame = frame[twins.in_train]
    torn = frame.groupby("twin")["y"].transform("nunique") > 1
    return f" ({int(torn.sum())} of them with another class)"
