"""Rows as the text networks read them: tokens, numbers and category codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.arrays import MatrixLike, TextsLike
from ensemble_kit.models.text_nets.inputs.table import (
    column_roles,
    learn_levels,
    learn_numbers,
    number_levels,
    read_numbers,
    scale_numbers,
)
from ensemble_kit.models.text_nets.inputs.vocabulary import (
    Tokens,
    encode_texts,
    learn_vocabulary,
)


@dataclass(frozen=True)
class Rows:
    """Encoded rows.

    Parameters
    ----------
    texts : list of Tokens
        One per text column.
    numbers : ndarray of float32 of shape (n_rows, n_numbers)
    categories : ndarray of int64 of shape (n_rows, n_categories)
    """

    texts: list[Tokens]
    numbers: NDArray[np.float32]
    categories: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.numbers)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Return each row's number of tokens, all text columns together."""
        total = np.zeros(len(self), dtype=np.int64)
        for tokens in self.texts:
            total += tokens.lengths
        return total


def read_frame(X: MatrixLike | TextsLike) -> pd.DataFrame:
    """Return X as a frame; a list, Series or 1-D array of texts is one column.

    Raises
    ------
    ValueError
        When X is a single string, or has no rows or columns.
    """
    if isinstance(X, str):
        raise ValueError("X is one string; pass a list of texts or a frame")
    if not isinstance(X, pd.DataFrame):
        X = _from_texts(X)
    if 0 in X.shape:
        raise ValueError(f"X has {X.shape[0]} rows and {X.shape[1]} columns; none is 0")
    return X


def learn_rows(frame: pd.DataFrame, words: Mapping[str, Any]) -> dict[str, Any]:
    """Return the state that turns frames like this one into rows.

    Parameters
    ----------
    frame : DataFrame
        The training rows.
    words : mapping
        Arguments of ``learn_vocabulary``.
    """
    roles = column_roles(frame)
    texts = [frame.iloc[:, i] for i in _positions(roles, "text")]
    return {
        "roles": roles,
        "vocabulary": learn_vocabulary(texts, **words),
        **learn_table(frame, roles),
    }


def learn_table(frame: pd.DataFrame, roles: list[str]) -> dict[str, Any]:
    """Return the state that scales numbers and numbers the levels of categories."""
    numbers = read_numbers(frame, _positions(roles, "number"))
    categories = [frame.iloc[:, i] for i in _positions(roles, "category")]
    return {
        "numbers": learn_numbers(numbers),
        "levels": [learn_levels(column) for column in categories],
    }


def encode_rows(frame: pd.DataFrame, state: Mapping[str, Any], max_length: int) -> Rows:
    """Return a frame's rows, encoded by the state of ``learn_rows``."""
    positions = _positions(state["roles"], "text")
    vocabulary = state["vocabulary"]
    numbers, categories = encode_table(frame, state)
    return Rows(
        texts=[
            encode_texts(frame.iloc[:, i], vocabulary, max_length) for i in positions
        ],
        numbers=numbers,
        categories=categories,
    )


def encode_table(
    frame: pd.DataFrame, state: Mapping[str, Any]
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return scaled numbers and the codes of categories, by `learn_table`'s state."""
    roles = state["roles"]
    columns = zip(_positions(roles, "category"), state["levels"], strict=True)
    codes = [number_levels(frame.iloc[:, i], levels) for i, levels in columns]
    numbers = read_numbers(frame, _positions(roles, "number"))
    categories = np.array(codes, dtype=np.int64).reshape(len(codes), len(frame)).T
    return scale_numbers(numbers, state["numbers"]), categories


def _positions(roles: list[str], role: str) -> list[int]:
    return [position for position, name in enumerate(roles) if name == role]


def _from_texts(X: MatrixLike | TextsLike) -> pd.DataFrame:
    """Return texts as a frame of one column, a 2-D array as its columns."""
    if isinstance(X, pd.Series):
        return X.astype(object).to_frame("text")
    values = np.asarray(X, dtype=object) if not isinstance(X, np.ndarray) else X
    if values.ndim == 2:
        return pd.DataFrame(values).infer_objects()
    if values.ndim != 1:
        raise ValueError(
            f"X has {values.ndim} dimensions; pass texts (1-D) or columns (2-D)"
        )
    return pd.DataFrame({"text": pd.Series(values, dtype=object)})
