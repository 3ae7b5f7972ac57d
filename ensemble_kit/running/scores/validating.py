"""How far the scores of level 2 can be believed: its scheme, and another beside it."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.metrics import Metric
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.level_fitting import Progress, collect, fit_level
from ensemble_kit.running.preparing.schemes import BESIDE, Arrangement, is_fair
from ensemble_kit.running.run import MemberResult
from ensemble_kit.running.scores.scoring import honest_labels
from ensemble_kit.running.texts.text_filter import filter_texts
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.pool import Pool
from ensemble_kit.work.workspace import Source, Workspace

Array = NDArray[np.float64]
N_BLOCKS = 20
MOST_ROWS = 200_000  # that check: more of them take longer and tell no more


def fit_checks(
    planned: Arrangement,
    pipeline: Pipeline,
    levels_of: Callable[[Graph], FittedLevels],
    workspace: Workspace,
    pool: Pool,
    progress: Progress,
) -> dict[str, Array]:
    """Fit what only checks level 2, and return its predictions of the rows that check.

    Returns
    -------
    dict of ndarray of shape (n_rows, n_outputs)
        By member above level 1; NaN where a row checks nothing. Members that failed
        in a round are left out.
    """
    checked: dict[str, Array] = {}
    for at, graph in enumerate(planned.checks):
        levels = levels_of(graph)
        filtered = filter_texts(pipeline, levels, workspace, pool, progress)
        for level in filtered.levels:
            if progress.is_interrupted():
                return {}
            fit_level(filtered.at_level(level), levels, workspace, pool, progress)
        if not levels.fits:
            return {}
        matrix = collect(levels)
        upper = {n for n, fits in levels.fits.items() if fits.member.level > 1}
        parts = {name: matrix.member(name)[0] for name in upper}
        if at:
            parts = {
                n: _joined(checked[n], p) for n, p in parts.items() if n in checked
            }
        checked = parts
    return checked


def validation_facts(
    planned: Arrangement,
    results: Sequence[MemberResult],
    matrix: OOFMatrix,
    checked: Mapping[str, Array],
    metric: Metric,
) -> dict[str, Any]:
    """Return how level 2 was checked, as plain data.

    Returns
    -------
    dict
        Empty without a level 2. ``scheme``; ``is_fair``: whether the rows that check
        level 2 were new to the models it was fitted on; ``n_rows`` that check, drawn
        from all where these are more than 200,000;
        ``members``: dicts of ``member`` and ``score``. Where another scheme was set
        beside, ``twin``, ``twin_is_fair``, and for each member its ``twin_score``,
        ``flattery`` (how much better the leaky scheme makes it look, in units of the
        metric's error) and the ``standard_error`` of that.
    """
    run = {r.name: matrix.member(r.name)[0] for r in results if r.level > 1}
    if not run:
        return {}
    source, twin = planned.source, {}
    if checked:
        run = {name: run[name] for name in run if name in checked}
        twin = {name: checked[name] for name in run}
    fair, twin_fair = is_fair(planned.main), False
    if checked:
        twin_fair = all(is_fair(graph) for graph in planned.checks)
    if checked and planned.scheme in BESIDE:
        run, twin, fair, twin_fair = twin, run, twin_fair, fair
    every = np.concatenate([*run.values(), *twin.values()], axis=1)
    rows = np.flatnonzero(np.isfinite(every).all(axis=1))
    if len(rows) < N_BLOCKS:
        return {}
    if len(rows) > MOST_ROWS:
        rows = np.sort(np.random.default_rng(0).permutation(rows)[:MOST_ROWS])
    scorer = _Scorer(source, metric, rows)
    members = [
        {"member": name, "score": scorer.score(values)}
        | (_beside(scorer, values, twin[name], fair) if twin else {})
        for name, values in run.items()
    ]
    facts = {
        "scheme": planned.scheme if checked or not planned.checks else planned.twin,
        "is_fair": fair,
        "n_rows": len(rows),
        "members": members,
    }
    if twin:
        facts |= {"twin": planned.twin, "twin_is_fair": twin_fair}
    return facts


def _joined(first: Array, second: Array) -> Array:
    """Return the predictions of two rounds, which check different rows."""
    return np.where(np.isfinite(first), first, second)


def _beside(
    scorer: "_Scorer", values: Array, other: Array, fair: bool
) -> dict[str, float]:
    """Return the other scheme's score, and what the leaky one of both gains."""
    gaps = scorer.errors(values) - scorer.errors(other)
    gain = scorer.error(values) - scorer.error(other)
    return {
        "twin_score": scorer.score(other),
        "flattery": gain if fair else -gain,
        "standard_error": float(np.std(gaps, ddof=1) / len(gaps) ** 0.5),
    }


class _Scorer:
    """Scores some rows, and blocks of them, by one metric."""

    def __init__(self, source: Source, metric: Metric, rows: NDArray[np.intp]):
        self.source = source
        self.metric = metric
        self.rows = rows
        order = np.random.default_rng(0).permutation(rows)
        self.blocks = np.array_split(order, N_BLOCKS)

    def score(self, values: Array) -> float:
        """Return the score of all the rows."""
        return self._score(self._decided(values), self.rows)

    def error(self, values: Array) -> float:
        """Return the error of all the rows; lower is better."""
        return self._sign * self.score(values)

    def errors(self, values: Array) -> Array:
        """Return the error of each block of rows."""
        decided = self._decided(values)
        scores = [self._score(decided, rows) for rows in self.blocks]
        return self._sign * np.array(scores)

    @property
    def _sign(self) -> int:
        return -1 if self.metric.greater_is_better else 1

    def _decided(self, values: Array) -> NDArray[Any]:
        """Return labels where the metric takes them, decided by other rows."""
        if self.metric.consumes != "label":
            return values
        seen = np.full_like(values, np.nan)
        seen[self.rows] = values[self.rows]
        folds = Folds(((self.rows, self.rows),), len(values))
        y, weights = self.source.y, self.source.weights
        return honest_labels(seen, y, folds, self.metric, weights)

    def _score(self, decided: NDArray[Any], rows: NDArray[np.intp]) -> float:
        y, weights = self.source.y[rows], self.source.weights
        metric = self.metric.at(rows)
        score = metric.score_labels if metric.consumes == "label" else metric
        return score(y, decided[rows], None if weights is None else weights[rows])
