"""Which member is submitted, judged on rows it was not fitted on."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.decision import Decision
from ensemble_kit.catalog import MODELS
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.oof.workspace import Source
from ensemble_kit.pipeline.run import MemberResult
from ensemble_kit.pipeline.spec import AUTO, BEST, Pipeline

N_BLOCKS = 20


def choose(
    pipeline: Pipeline,
    matrix: OOFMatrix,
    results: Sequence[MemberResult],
    source: Source,
    metric: Metric,
) -> tuple[str, str]:
    """Return the member to submit, and why.

    With "auto" it is the best of the simplest tier (one model, then blends, then
    models on predictions) that lies within one standard error of the best of all.
    The error is that of paired differences over blocks of rows.
    """
    wanted = pipeline.submit.member
    if wanted in matrix.members:
        return wanted, "the pipeline says so"
    gone = "" if wanted in (AUTO, BEST) else f"{wanted} was left out; "
    errors = {r.name: _error(r, metric) for r in results}
    best = min(errors, key=lambda name: (errors[name], name))
    if wanted == BEST:
        return best, "the best score on out-of-fold rows"
    seen = matrix.is_validated
    blocks = np.array_split(_shuffled(np.flatnonzero(seen)), N_BLOCKS)
    for tier in sorted({_tier(result) for result in results}):
        names = [r.name for r in results if _tier(r) == tier]
        name = min(names, key=lambda name: (errors[name], name))
        if name == best:
            return name, gone + "the best score on out-of-fold rows"
        gap, deviation = _paired(matrix, name, best, source, metric, blocks)
        if gap <= deviation:
            return name, (
                f"{gone}simpler than {best} and within one standard error of it"
            )
    return best, gone + "the best score on out-of-fold rows"


def decide_labels(
    metric: Metric, oof: NDArray[Any], y: NDArray[Any], test: NDArray[Any]
) -> NDArray[np.int64]:
    """Return class numbers for the test rows, decided as the metric rewards it."""
    seen = np.isfinite(oof).all(axis=1)
    decision = Decision(metric).fit(oof[seen], y[seen])
    classes = np.asarray(decision.predict(test))
    return classes.astype(np.int64)


def _error(result: MemberResult, metric: Metric) -> float:
    return -result.score if metric.greater_is_better else result.score


def _tier(result: MemberResult) -> int:
    """Return 0 for one model, 1 for weights on models, 2 for models on models."""
    if result.level == 1:
        return 0
    return 1 if MODELS[result.model].family == "blend" else 2


def _paired(
    matrix: OOFMatrix,
    name: str,
    best: str,
    source: Source,
    metric: Metric,
    blocks: Sequence[NDArray[np.intp]],
) -> tuple[float, float]:
    """Return the mean loss of one member against the best, and its standard error."""
    first, second = matrix.member(name)[0], matrix.member(best)[0]
    gaps = [
        metric.error(source.y[rows], first[rows])
        - metric.error(source.y[rows], second[rows])
        for rows in blocks
        if len(rows) > 1
    ]
    return float(np.mean(gaps)), float(np.std(gaps) / max(1, len(gaps) - 1) ** 0.5)


def _shuffled(rows: NDArray[np.intp]) -> NDArray[np.intp]:
    return np.random.default_rng(0).permutation(rows)
