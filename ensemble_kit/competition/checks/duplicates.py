"""Rows, texts and columns that stand twice, within train or in train and test."""

from collections import Counter
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.checks.finding import Finding
from ensemble_kit.competition.checks.row_hashes import row_hashes
from ensemble_kit.competition.competition import Competition

MIN_GROUP_SHARE = 0.01
MIN_TEXT = 40
MIN_DISTINCT = 0.8
HEAD = 1000  # rows by which columns are told apart at first


def find_duplicates(competition: Competition) -> list[Finding]:
    """Return repeated rows, repeated long texts, and columns that are the same."""
    findings = _repeated("rows", _row_hashes(competition), competition)
    for name in competition.columns("text"):
        texts = competition.X[name].dropna()
        if len(texts) and texts.nunique() > MIN_DISTINCT * len(texts):
            keys = _text_keys(competition, name)
            findings += _repeated(f"texts of {name}", keys, competition)
    return [*findings, *_same_columns(competition)]


def _row_hashes(competition: Competition) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return one number per row of train and test, equal for equal rows."""
    return row_hashes(competition.X), row_hashes(competition.X_test)


def _text_keys(
    competition: Competition, name: str
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return the texts of a column as numbers, short and missing ones as zero."""
    keys = []
    for frame in (competition.X, competition.X_test):
        texts = frame[name].fillna("").str.lower().str.split().str.join(" ")
        hashes = pd.util.hash_pandas_object(texts, index=False).to_numpy().copy()
        hashes[texts.str.len().to_numpy() < MIN_TEXT] = 0
        keys.append(hashes)
    return keys[0], keys[1]


def _repeated(
    what: str, keys: tuple[NDArray[Any], NDArray[Any]], competition: Competition
) -> list[Finding]:
    """Return findings about keys that repeat within train or stand in test."""
    train, test = keys
    findings = []
    n_extra = int(pd.Series(train[train != 0]).duplicated().sum())
    n_shared = int(pd.Series(test[test != 0]).isin(train).sum())
    if n_extra:
        many = n_extra > MIN_GROUP_SHARE * len(train)
        message = f"{n_extra} repeat{_torn(train, competition)}"
        message += "; rows that belong together should share a group" if many else ""
        severe = Finding("warning" if many else "info", f"train's {what}", message)
        findings.append(severe)
    if n_shared:
        message = f"{n_shared} stand in train too, whose target answers for them"
        findings.append(Finding("info", f"test's {what}", message))
    return findings


def _torn(keys: NDArray[Any], competition: Competition) -> str:
    """Return how many rows have the key of a row of another class."""
    if not competition.task.is_classification:
        return ""
    frame = pd.DataFrame({"key": keys, "y": competition.y})
    frame = frame[frame["key"] != 0]
    torn = frame.groupby("key")["y"].transform("nunique") > 1
    return f", {int(torn.sum())} rows of them with another class"


def _same_columns(competition: Competition) -> list[Finding]:
    """Return columns that hold what another one holds."""
    first: dict[bytes, str] = {}
    findings = []
    heads = {name: _cut(competition.X[name][:HEAD]) for name in competition.X}
    counts = Counter(heads.values())
    for name in competition.X:
        if counts[heads[name]] == 1:
            continue  # no other column begins alike
        key = _cut(competition.X[name])
        if key in first:
            message = f"it tells the same rows apart as column {first[key]}"
            findings.append(Finding("info", f"column {name}", message))
        first.setdefault(key, name)
    return findings


def _cut(column: pd.Series) -> bytes:
    """Return which rows of a column are the same, whatever they hold."""
    return pd.factorize(column)[0].tobytes()
