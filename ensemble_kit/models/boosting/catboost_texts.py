"""Which columns CatBoost can read as texts, and how it gets them."""

from collections import Counter
from itertools import pairwise

import pandas as pd

from ensemble_kit.arrays import MatrixLike

LEAST_OCCURRENCES = 3  # of a word or a pair of words, by default in CatBoost 1.2


def text_positions(X: MatrixLike) -> list[int]:
    """Return the positions of a frame's string columns that CatBoost can read."""
    if not isinstance(X, pd.DataFrame):
        return []
    return [
        position
        for position, dtype in enumerate(X.dtypes)
        if (pd.api.types.is_object_dtype(dtype) or isinstance(dtype, pd.StringDtype))
        and _repeats_a_phrase(as_text(X.iloc[:, position]))
    ]


def _repeats_a_phrase(texts: pd.Series) -> bool:
    """Return whether two words follow each other often enough for a dictionary.

    CatBoost counts words and pairs of words that occur three times, and ends the fit
    where there are none, as in a column of names.
    """
    seen: Counter[tuple[str, str]] = Counter()
    for text in texts:
        words = [word for word in text.split(" ") if word]
        for phrase in pairwise(words):
            seen[phrase] += 1
            if seen[phrase] == LEAST_OCCURRENCES:
                return True
    return False


def as_text(column: pd.Series) -> pd.Series:
    """Return texts, missing ones empty."""
    return column.astype(object).where(column.notna(), "").astype(str).astype(object)
