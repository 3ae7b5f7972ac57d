"""Which training rows a holdout hides."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.exceptions import CompetitionError
from ensemble_kit.splitting.drawings import Drawing


def choose_hidden(
    y: NDArray[Any],
    *,
    fraction: float,
    seed: int,
    is_classification: bool,
    groups: NDArray[Any] | None = None,
    times: NDArray[Any] | None = None,
    drawing: Drawing | None = None,
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which training rows are hidden, and which are left out.

    See `Competition.hide`.
    """
    if not 0 < fraction < 1:
        raise CompetitionError(
            f"fraction = {fraction}: a share between 0 and 1 is expected"
        )
    rng = np.random.default_rng(seed)
    unused = np.zeros(len(y), dtype=bool)
    if drawing is not None:
        hidden, unused = drawing.hide(fraction, seed)
    elif groups is not None:
        hidden = _whole_groups(groups, fraction, rng)
    elif times is not None:
        hidden = _latest(times, fraction)
    elif is_classification:
        hidden = _of_each_class(y, fraction, rng)
    else:
        hidden = _any_rows(len(y), fraction, rng)
    if (hidden | unused).all() or not hidden.any():
        raise CompetitionError(
            f"fraction = {fraction} of {len(hidden)} rows hides "
            f"{'all' if hidden.any() else 'none'} of them; choose another fraction"
        )
    return hidden, unused


def refuse_one_class(y: NDArray[Any], classes: tuple[str, ...], metric: str) -> None:
    """Raise where hidden labels of a binary target are all the same.

    Raises
    ------
    CompetitionError
        Saying which label it is, and what to do.
    """
    if len(classes) != 2 or len(np.unique(y)) == 2:
        return
    raise CompetitionError(
        f"{metric} cannot be measured on the {len(y)} rows that would be hidden: all "
        f"of them are {classes[int(y[0])]!r}; hide more with --fraction, or another "
        "draw with --seed, where train.csv has enough rows of the other class"
    )


def _whole_groups(
    groups: NDArray[Any], fraction: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Hide groups in random order as long as they fit into the fraction."""
    codes, names = pd.factorize(groups, use_na_sentinel=False)
    order = rng.permutation(len(names))
    sizes = np.bincount(codes, minlength=len(names))[order]
    wanted = fraction * len(codes)
    chosen = order[np.cumsum(sizes) - sizes / 2 <= wanted]
    return np.isin(codes, chosen)


def _latest(times: NDArray[Any], fraction: float) -> NDArray[np.bool_]:
    """Hide the latest rows; rows of one moment stay together."""
    ranks = pd.Series(times).rank(method="min", na_option="top").to_numpy()
    cut = len(ranks) - max(1, round(fraction * len(ranks)))
    return ranks > np.sort(ranks)[cut] - 0.5


def _of_each_class(
    y: NDArray[Any], fraction: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Hide a share of each class, and leave one row of it to learn from."""
    hidden = np.zeros(len(y), dtype=bool)
    for label in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == label))
        n_hidden = min(int(fraction * len(rows) + rng.random()), len(rows) - 1)
        hidden[rows[:n_hidden]] = True
    return hidden


def _any_rows(
    n_rows: int, fraction: float, rng: np.random.Generator
) -> NDArray[np.bool_]:
    """Hide a share of all rows."""
    hidden = np.zeros(n_rows, dtype=bool)
    hidden[rng.permutation(n_rows)[: round(fraction * n_rows)]] = True
    return hidden
