"""Members' scores on rows they were not fitted on."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.decisions.decision import Decision, held_labels
from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.running.run import MemberResult
from ensemble_kit.splitting.folds import Folds, Rows
from ensemble_kit.store.store import Entry, Results
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.workspace import Source

N_PARTS = 5


def score_members(
    fits: Mapping[str, MemberFits],
    matrix: OOFMatrix,
    source: Source,
    metric: Metric,
    store: Results,
    known: dict[Any, MemberResult] | None = None,
) -> tuple[MemberResult, ...]:
    """Return every member's scores and costs, in the order of the matrix.

    Where members were not validated on the same rows, those that all share count.
    What is ``known`` is not scored again; what is new is noted there.
    """
    shared, known = matrix.is_validated, {} if known is None else known
    results = []
    for name, member_fits in fits.items():
        key = (name, tuple(member_fits.keys), shared.tobytes())
        if key not in known:
            oof = matrix.member(name)[0]
            known[key] = _result(member_fits, oof, shared, source, metric, store)
        results.append(known[key])
    return tuple(results)


def _result(
    fits: MemberFits,
    oof: NDArray[np.float64],
    shared: NDArray[np.bool_],
    source: Source,
    metric: Metric,
    store: Results,
) -> MemberResult:
    member = fits.member
    seen = shared if shared.any() else np.asarray(np.isfinite(oof).all(axis=1))
    folds = source.numbered(_judged_by(fits, source))
    entries = [entry for key in fits.keys if (entry := store.read(key)) is not None]
    costs = [entry.facts["cost"] for entry in entries]
    labels = None
    if metric.consumes == "label":
        labels = honest_labels(oof, source.y, folds, metric, source.weights)
    score, fold_scores = score_rows(oof, source, folds, metric, seen, labels)
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
        curves=_curves(entries[0], store),
        labels=labels,
    )


def _judged_by(fits: MemberFits, source: Source) -> tuple[int, ...]:
    """Return the splits whose scores are told: of several draws, the first.

    Predictions are means over draws; all members are judged by the same rows.
    """
    if fits.member.folds is None:
        return fits.splits
    return fits.splits[: len(source.folds)]


def _curves(entry: Entry, store: Results) -> tuple[Any, ...]:
    """Return what the probe of a fit saw; nothing where there was none."""
    key = entry.facts["key"]["inputs"].get("probe")
    probe = store.read(key) if key else None
    return tuple(probe.facts.get("curves", ())) if probe is not None else ()


def score_rows(
    oof: NDArray[Any],
    source: Source,
    folds: Folds,
    metric: Metric,
    seen: NDArray[np.bool_],
    labels: NDArray[np.int64] | None,
) -> tuple[float, tuple[float, ...]]:
    """Return the score of some validated rows, and of each fold's among them.

    Where the metric takes ``labels``, they are those of `honest_labels`.
    """
    y, weights = source.y, source.weights
    parts = [valid[seen[valid]] for _, valid in folds]
    parts = [np.flatnonzero(seen), *(part for part in parts if len(part))]
    judged = oof if labels is None else labels
    scores = []
    for rows in parts:
        own = metric.at(rows)
        score = own if labels is None else own.score_labels
        part = None if weights is None else weights[rows]
        scores.append(score(y[rows], judged[rows], part))
    return scores[0], tuple(scores[1:])


def honest_labels(
    oof: NDArray[Any],
    y: NDArray[Any],
    folds: Folds,
    metric: Metric,
    weights: NDArray[np.float64] | None = None,
) -> NDArray[np.int64]:
    """Return each row's label, decided by the rows of the other folds.

    Where there is but one fold, fifths of it stand for folds.
    """
    seen = np.isfinite(oof).all(axis=1)
    parts = [valid for _, valid in folds]
    if len(parts) == 1:
        order = np.random.default_rng(0).permutation(parts[0])
        parts = [part for part in np.array_split(order, N_PARTS) if len(part)]
    pairs = [(_without(seen, valid), valid) for valid in parts]
    return held_labels(Decision(metric), oof, y, pairs, weights)


def _without(seen: NDArray[np.bool_], rows: Rows) -> Rows:
    """Return the rows that are seen but for some."""
    left = seen.copy()
    left[rows] = False
    return np.flatnonzero(left)
