"""Members' scores on rows they were not fitted on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.blending.decision import Decision
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.graph import MemberFits
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.oof.store import Store
from ensemble_kit.oof.workspace import Source
from ensemble_kit.pipeline.run import MemberResult


def score_members(
    fits: Mapping[str, MemberFits],
    matrix: OOFMatrix,
    source: Source,
    metric: Metric,
    store: Store,
) -> tuple[MemberResult, ...]:
    """Return every member's scores and costs, in the order of the matrix."""
    return tuple(
        _result(member_fits, matrix.member(name)[0], source, metric, store)
        for name, member_fits in fits.items()
    )


def _result(
    fits: MemberFits,
    oof: NDArray[np.float64],
    source: Source,
    metric: Metric,
    store: Store,
) -> MemberResult:
    member, seen = fits.member, np.isfinite(oof).all(axis=1)
    entries = [entry for key in fits.keys if (entry := store.read(key)) is not None]
    costs = [entry.facts["cost"] for entry in entries]
    score, fold_scores = score_rows(oof, source, metric, seen)
    return MemberResult(
        name=member.name,
        model=member.model,
        features=member.feature_set,
        level=member.level,
        score=score,
        fold_scores=fold_scores,
        seconds=sum(c["fit_seconds"] + c["predict_seconds"] for c in costs),
        peak_megabytes=max(c.get("peak_megabytes", 0.0) for c in costs),
        probed=entries[0].facts["probed"],
    )


def score_rows(
    oof: NDArray[Any], source: Source, metric: Metric, seen: NDArray[np.bool_]
) -> tuple[float, tuple[float, ...]]:
    """Return the score of all validated rows, and of each fold's.

    Where the metric takes labels, the decision for a fold's rows is fitted on the
    other folds' rows.
    """
    y, folds = source.y, source.folds
    if metric.consumes == "label":
        labels = honest_labels(oof, source, metric)
        return (
            metric.score_labels(y[seen], labels[seen]),
            tuple(metric.score_labels(y[v], labels[v]) for _, v in folds),
        )
    weights = source.weights
    return (
        metric(y[seen], oof[seen], None if weights is None else weights[seen]),
        tuple(
            metric(y[v], oof[v], None if weights is None else weights[v])
            for _, v in folds
        ),
    )


def honest_labels(
    oof: NDArray[Any], source: Source, metric: Metric
) -> NDArray[np.int64]:
    """Return each row's label, decided by the rows of the other folds."""
    seen = np.isfinite(oof).all(axis=1)
    labels = np.zeros(len(oof), dtype=np.int64)
    for _, valid in source.folds:
        others = seen.copy()
        others[valid] = False
        if others.any():
            decision = Decision(metric).fit(oof[others], source.y[others])
            labels[valid] = decision.predict(oof[valid])
        else:
            labels[valid] = oof[valid].argmax(axis=1)
    return labels
