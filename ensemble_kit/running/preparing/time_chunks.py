"""Time in chunks, as long as the period to predict where that is known."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.spec import Validation
from ensemble_kit.running.preparing.sources import as_numbers

MOST_CHUNKS = 10
CHUNKS = 5


def chunks_of(competition: Competition, asked: Validation) -> NDArray[np.intp]:
    """Return the number of each row's chunk of time, the earliest 0.

    Few distinct times are the chunks themselves. Where nobody asks for a number, they
    are as long as the test rows reach beyond training, counted back from its end.

    Raises
    ------
    PipelineError
        When rows have no time.
    """
    if competition.times is None:
        raise PipelineError(
            "validation.scheme: schemes of time need the time of every row; name its "
            "column as time in competition.toml"
        )
    times = as_numbers(competition.times)
    names, periods = np.unique(times, return_inverse=True)
    if len(names) <= (asked.n_chunks or MOST_CHUNKS):
        return periods
    length = 0.0 if asked.n_chunks else _test_length(competition, times)
    if length <= 0:
        return _even(times, asked.n_chunks or CHUNKS)
    back = np.floor((times.max() - times) / length + 1e-9).astype(np.intp)
    return np.unique(-np.minimum(back, MOST_CHUNKS - 1), return_inverse=True)[1]


def _test_length(competition: Competition, times: NDArray[Any]) -> float:
    """Return how far the test rows reach beyond training, 0 where none knows."""
    name = competition.settings.time
    if not name or name not in competition.X_test:
        return 0.0
    column = competition.X_test[name].dropna()
    if not len(column) or isinstance(column.dtype, pd.CategoricalDtype):
        return 0.0
    return float(as_numbers(column).max() - times.max())


def _even(times: NDArray[Any], n_chunks: int) -> NDArray[np.intp]:
    """Return chunks of about as many rows; rows of one moment stay together."""
    ranks = pd.Series(times).rank(method="min").to_numpy() - 1
    numbers = (ranks * n_chunks / len(times)).astype(np.intp)
    return np.unique(numbers, return_inverse=True)[1]
