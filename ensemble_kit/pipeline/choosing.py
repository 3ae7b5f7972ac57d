"""Which member is submitted, and how probabilities become labels."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.blending.decision import Decision
from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.run import MemberResult
from ensemble_kit.pipeline.spec import AUTO, BEST


def choose(
    wanted: str,
    results: Sequence[MemberResult],
    metric: Metric,
    table: pd.DataFrame | None,
) -> tuple[str, str]:
    """Return the member to submit, and why.

    Parameters
    ----------
    wanted : str
        A member's name, "best", or "auto": what the guard's table has chosen, and
        the best score where there is no table.
    results : sequence of MemberResult
    metric : Metric
    table : DataFrame, optional
        See `ensemble_kit.pipeline.guarding.guard`.
    """
    if any(result.name == wanted for result in results):
        return wanted, "the pipeline says so"
    gone = "" if wanted in (AUTO, BEST) else f"{wanted} was left out; "
    sign = -1 if metric.greater_is_better else 1
    best = min(results, key=lambda result: (sign * result.score, result.name)).name
    if wanted == BEST or table is None:
        return best, gone + "the best score on out-of-fold rows"
    name = str(table.index[table["chosen"]][0])
    top = str(table.index[table["loss_to_best"].argmin()])
    if name == top:
        return name, gone + "the best of the stack guard's comparison"
    return name, f"{gone}simpler than {top} and within one standard error of it"


def decide_labels(
    metric: Metric, oof: NDArray[Any], y: NDArray[Any], test: NDArray[Any]
) -> NDArray[np.int64]:
    """Return class numbers for the test rows, decided as the metric rewards it."""
    seen = np.isfinite(oof).all(axis=1)
    decision = Decision(metric).fit(oof[seen], y[seen])
    classes = np.asarray(decision.predict(test))
    return classes.astype(np.int64)
