"""What a run is going to fit: the front that every door shares.

A run, a run with a time limit, their previews, a search and a stack of estimators all
begin here, so that what is shown, searched and fitted cannot differ.
"""

import time
from dataclasses import dataclass, replace

import numpy as np

from ensemble_kit.competition.competition import Competition
from ensemble_kit.metrics import Metric
from ensemble_kit.metrics.own_metric import is_own
from ensemble_kit.pipeline.spec import LATEST, Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.preparing.foreign_members import take_foreign
from ensemble_kit.running.preparing.further_folds import draw_further
from ensemble_kit.running.preparing.member_mistakes import refuse_mistakes
from ensemble_kit.running.preparing.metric_objectives import (
    objective_notes,
    steer,
    working_metric,
)
from ensemble_kit.running.preparing.schemes import (
    Arrangement,
    are_windows,
    arrange,
    arrange_folds,
    without_checks,
)
from ensemble_kit.running.preparing.series import blended_by_window, for_series
from ensemble_kit.running.preparing.sources import make_source
from ensemble_kit.running.timed.few_folds import seconds_of_a_fold, with_few_folds
from ensemble_kit.running.timed.many_rows import (
    FIT_SHARE,
    PROBED_ROWS,
    has_many_rows,
)
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.store import Store
from ensemble_kit.work.costs import words_per_row
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.limits import Limits
from ensemble_kit.work.workspace import Source

PROBE_SHARE = 0.06  # of a time limit, for the probes of one member
LEAST_FOR_WEIGHING = 120.0
WORDS_PER_SECOND = 1000.0  # in all texts: more are not weighed in a limited run
SLOW = 1.0
NO_CHECKS = "a time limit leaves no room for fits that only check level 2"


@dataclass(frozen=True)
class PreparedRun:
    """A run before its first fit.

    Parameters
    ----------
    pipeline : Pipeline
        Every member told what the metric rewards; what a limit leaves no time for is
        gone.
    metric : Metric
        In the scale that members are fitted in.
    arrangement : Arrangement
        Sources, splits and graphs: what is fitted, and what checks level 2.
    limit : float, optional
        The seconds it has.
    notes : tuple of str
        What is otherwise than asked for.
    """

    pipeline: Pipeline
    metric: Metric
    arrangement: Arrangement
    limit: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def source(self) -> Source:
        """Return the data with the splits of all that is fitted."""
        return self.arrangement.source

    @property
    def graph(self) -> Graph:
        """Return the graph of what the run stands on."""
        return self.arrangement.main

    def begin(self, store: Store, limits: Limits | None = None) -> FittedLevels:
        """Return the state of a run that has fitted nothing yet, with its notes."""
        return FittedLevels(self.graph, store, limits, notes=[*self.notes])

    @property
    def objectives(self) -> tuple[str, ...]:
        """Return which members minimise what the metric rewards, in words."""
        return objective_notes(self.pipeline, self.metric)


def prepare_run(
    competition: Competition, pipeline: Pipeline, limit: float | None = None
) -> PreparedRun:
    """Return what a run of a pipeline on a competition is going to fit.

    Parameters
    ----------
    competition, pipeline
    limit : float, optional
        The seconds it has.

    Raises
    ------
    PipelineError
        When the folds, or the scheme that checks level 2, cannot split these rows, or
        with the mistakes of all members.
    """
    pipeline, of_series = for_series(pipeline, competition)
    pipeline, foreign = take_foreign(pipeline, competition)
    pipeline, few = _with_few_folds(pipeline, competition, limit)
    source = replace(make_source(competition, pipeline.folds), foreign=foreign)
    metric = working_metric(competition)
    own_notes = (*of_series, *few, *try_metric(metric, source))
    steered = blended_by_window(steer(pipeline, metric, source.kind))
    refuse_mistakes(steered.members, source, steered.recipes)
    if limit is None:
        arrangement = arrange(competition, steered, _latest_first(source, steered))
        return PreparedRun(steered, metric, arrangement, notes=own_notes)
    steered = _affordable(steered, source, limit)
    source = _latest_first(source, steered)
    arrangement = _arranged(competition, steered, source, limit)
    arrangement = draw_further(arrangement, competition, steered.folds)
    notes = (NO_CHECKS,) if steered.validation != pipeline.validation else ()
    return PreparedRun(steered, metric, arrangement, limit, (*own_notes, *notes))


def _with_few_folds(
    pipeline: Pipeline, competition: Competition, limit: float | None
) -> tuple[Pipeline, tuple[str, ...]]:
    """Return a pipeline with folds for long fits in few seconds, and a note of it."""
    if limit is None:
        return pipeline, ()
    asked, n_rows = pipeline.folds, len(competition.y)
    folds = with_few_folds(asked, seconds_of_a_fold(competition), limit)
    if folds == asked:
        return pipeline, ()
    note = (
        f"{folds.n_splits} folds in place of {asked.n_splits}: {n_rows:,} rows in "
        f"{limit:.0f} seconds leave each fit of more folds too little time"
    )
    return replace(pipeline, folds=folds), (note,)


def _arranged(
    competition: Competition, pipeline: Pipeline, source: Source, limit: float
) -> Arrangement:
    """Return what a limited run fits; of many rows, probes see a sample."""
    if not has_many_rows(source):
        return arrange(competition, pipeline, source, PROBE_SHARE * limit)
    arrangement = arrange(competition, pipeline, source, FIT_SHARE * limit)
    return replace(arrangement, main=replace(arrangement.main, probe_rows=PROBED_ROWS))


def prepare_stack(source: Source, pipeline: Pipeline, metric: Metric) -> PreparedRun:
    """Return what a pipeline is going to fit on data and folds that are given."""
    steered = steer(pipeline, metric, source.kind)
    refuse_mistakes(steered.members, source, steered.recipes)
    return PreparedRun(steered, metric, arrange_folds(steered, source))


def try_metric(metric: Metric, source: Source) -> tuple[str, ...]:
    """Call a metric of the user's own before anything is fitted.

    Returns
    -------
    tuple of str
        A note where one call takes long: a run makes hundreds of them.

    Raises
    ------
    RunError
        When it raises, or returns no finite number.
    """
    if not is_own(metric):
        return ()
    # Not all alike: a correlation with what does not vary is no number.
    y = np.random.default_rng(0).permutation(source.y)
    guess = y[:, None]
    if source.kind != "regression":
        guess = 0.8 * np.eye(source.n_outputs)[y] + 0.2 / source.n_outputs
    begin = time.perf_counter()
    metric(source.y, guess, source.weights)
    seconds = time.perf_counter() - begin
    if seconds < SLOW:
        return ()
    return (
        f"one call of the metric {metric.name!r} takes {seconds:.1f} seconds, and a "
        "run makes hundreds of them",
    )


def _latest_first(source: Source, pipeline: Pipeline) -> Source:
    """Return data whose largest fold is the first, where the latest predict the test.

    A limited run begins with one fold of all members, and may end with it.
    """
    if pipeline.submit.test != LATEST:
        return source
    pairs = sorted(source.folds, key=lambda pair: -len(pair[0]))
    return replace(source, folds=Folds(tuple(pairs), source.folds.n_rows))


def _affordable(pipeline: Pipeline, source: Source, limit: float) -> Pipeline:
    """Return a pipeline without what a limited run has no time for.

    No fits beyond those of the folds, and texts weighed only where that is soon done.
    """
    asked = pipeline.submit.test
    test = LATEST if asked != "mean" and are_windows(source.folds) else "mean"
    submit = replace(pipeline.submit, test=test)
    n_words = (len(source.y) + source.X_test.shape[0]) * words_per_row(source.X)
    has_time = limit >= max(LEAST_FOR_WEIGHING, n_words / WORDS_PER_SECOND)
    text_filter = pipeline.text_filter and has_time
    return without_checks(replace(pipeline, submit=submit, text_filter=text_filter))
