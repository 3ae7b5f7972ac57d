"""The stack guard of a run: combinations compared before one is submitted."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from ensemble_kit.blending.greedy_blend import GreedyBlend
from ensemble_kit.blending.guard import compare_blends
from ensemble_kit.catalog import MODELS
from ensemble_kit.metrics import Metric
from ensemble_kit.model_spec import MOST_COMPLEX
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import AUTO, Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels, lower_members
from ensemble_kit.running.run import MemberResult
from ensemble_kit.work.workspace import Source

BEST_SINGLE = "best single"
N_FOLDS = 5
FEWEST_ROWS = 4 * N_FOLDS


def with_candidates(pipeline: Pipeline, kind: str) -> Pipeline:
    """Return a pipeline that has every blend the guard compares, where it chooses.

    They stand on all members of level 1, at the highest level, so that no member of
    the pipeline's own takes them for its input.
    """
    level1 = tuple(member.name for member in pipeline.at_level(1))
    if pipeline.submit.member != AUTO or len(level1) < 2:
        return pipeline
    level = max(2, *pipeline.levels)
    inputs = () if level == 2 else level1
    names = {member.name for member in pipeline.members}
    there = {m.model for m in pipeline.members if m.level > 1 and not m.inputs}
    added = [
        Member(_free(model, names), model, level, inputs=inputs)
        for model, spec in MODELS.items()
        if spec.compared and model not in there and spec.supports(kind)
    ]
    return replace(pipeline, members=(*pipeline.members, *added))


def _free(name: str, taken: set[str]) -> str:
    """Return a name that no member has."""
    return _free(f"auto_{name}", taken) if name in taken else name


def guard(
    levels: FittedLevels,
    matrix: OOFMatrix,
    results: Sequence[MemberResult],
    metric: Metric,
    redraw: bool,
    max_rows: int | None = None,
) -> pd.DataFrame | None:
    """Return the guard's table of a run's combinations, or None without any.

    Blends of level 1 are fitted anew in repeated folds of the out-of-fold rows; any
    other member is judged by the out-of-fold predictions that it has.

    Parameters
    ----------
    levels, matrix, results
        What has been fitted, its predictions and its scores.
    metric : Metric
        In the scale that members are fitted in.
    redraw : bool
        Whether rows may be split at random. Where not (groups, time, given folds),
        the folds of the run are used, once.
    max_rows : int, optional
        See ``compare_blends``.

    Returns
    -------
    DataFrame
        See ``compare_blends``; the index names members, and ``model`` is a name of
        the registry, or "best single".
    """
    source = levels.graph.source
    singles = [result for result in results if result.level == 1]
    upper = sorted((r for r in results if r.level > 1), key=_complexity)
    if not (singles and upper):
        return None
    sign = -1 if metric.greater_is_better else 1
    best = min(singles, key=lambda result: (sign * result.score, result.name))
    candidates: dict[str, Any] = {best.name: GreedyBlend(metric=metric, max_steps=1)}
    names = [result.name for result in singles]
    for result in upper:
        blend = _refittable(levels, result.name, names, source)
        oof = matrix.member(result.name)[0]
        candidates[result.name] = oof if blend is None else blend
    given = {n: c for n, c in candidates.items() if isinstance(c, np.ndarray)}
    used = [matrix.select(names).oof, *(oof[:, None] for oof in given.values())]
    finite = np.isfinite(np.concatenate(used, axis=1)).all(axis=(1, 2))
    seen = np.flatnonzero(finite)
    folds = N_FOLDS if redraw else levels.graph.folds(1).among(seen).pairs
    if not folds or len(seen) < FEWEST_ROWS:
        return None
    candidates |= {name: oof[seen] for name, oof in given.items()}
    weights = source.weights
    table = compare_blends(
        matrix.select(names).oof[seen],
        source.y[seen],
        metric.at(seen),
        folds,
        candidates,
        max_rows=max_rows,
        sample_weight=None if weights is None else weights[seen],
        known=levels.graph.folds(1).known[seen],
    )
    table.insert(0, "model", [BEST_SINGLE, *(result.model for result in upper)])
    return table


def guard_facts(table: pd.DataFrame | None) -> tuple[Mapping[str, Any], ...]:
    """Return the rows of a guard's table as plain data."""
    if table is None:
        return ()
    rows = table.rename_axis("member").reset_index().to_dict("records")
    return tuple(
        {str(k): v.item() if isinstance(v, np.generic) else v for k, v in row.items()}
        for row in rows
    )


def _complexity(result: MemberResult) -> tuple[int, int]:
    """Return what sorts members from simple to intricate."""
    known = result.model in MODELS  # an estimator that is handed over is in none
    return result.level, MODELS[result.model].complexity if known else MOST_COMPLEX


def _refittable(
    levels: FittedLevels, name: str, level1: list[str], source: Source
) -> BaseEstimator | None:
    """Return the unfitted blend of all members of level 1; None for any other member.

    Blends are cheap, but for trees of several classes; of models nobody knows.
    """
    member = levels.fits[name].member
    lower = [below.member.name for below in lower_members(member, levels)]
    most = member.spec.refit_outputs
    is_costly = most is not None and source.n_outputs > most
    if member.spec.family != "blend" or is_costly or lower != level1:
        return None
    return member.spec.build(source.kind, member.params, seed=0)
