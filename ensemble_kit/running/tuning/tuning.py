"""A search for better parameters of one model, on the folds and store of its runs."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any

from ensemble_kit.catalog import MODELS
from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import PipelineError, RunError, did_you_mean
from ensemble_kit.metrics import Metric
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.level_fitting import Progress, collect, fit_level
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.preparing.schemes import without_checks
from ensemble_kit.running.run import MemberResult
from ensemble_kit.running.run_pipeline import Resources, open_pool
from ensemble_kit.running.scores.scoring import score_members
from ensemble_kit.running.tuning.studies import Space, Study
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.pool import Pool


class Interrupted(Exception):
    """A stop was asked for while a trial was going on."""


@dataclass(frozen=True)
class Trial:
    """Parameters that were tried, and how they did.

    Parameters
    ----------
    name : str
        "default", "tuned" (the registry's second set) or the number of the trial.
    member : Member
    result : MemberResult, optional
        None where it could not be fitted.
    failure : str
        Why it could not.
    """

    name: str
    member: Member
    result: MemberResult | None
    failure: str = ""


@dataclass(frozen=True)
class Tuning:
    """Every trial of a search, and the best one.

    Parameters
    ----------
    trials : list of Trial
        The default first.
    metric : Metric
    """

    trials: list[Trial]
    metric: Metric

    @property
    def best(self) -> Trial:
        """Return the trial with the best score; the earliest of equals.

        Raises
        ------
        RunError
            When no trial could be fitted.
        """
        return self._best[0]

    @property
    def best_result(self) -> MemberResult:
        """Return the scores of the best trial."""
        return self._best[1]

    @property
    def _best(self) -> tuple[Trial, MemberResult]:
        sign = -1 if self.metric.greater_is_better else 1
        scored = [(one, one.result) for one in self.trials if one.result is not None]
        if not scored:
            raise RunError("no trial could be fitted; the lines above say why")
        return min(scored, key=lambda pair: sign * pair[1].score)

    def folds_won(self) -> tuple[int, int]:
        """Return in how many folds the best beats the default, and of how many."""
        first = self.trials[0].result
        if first is None:
            return 0, 0
        sign = 1 if self.metric.greater_is_better else -1
        pairs = zip(self.best_result.fold_scores, first.fold_scores, strict=True)
        won = [sign * (ours - theirs) > 0 for ours, theirs in pairs]
        return sum(won), len(won)


def tunable_member(pipeline: Pipeline, name: str, features: str | None) -> Member:
    """Return the member to tune: the pipeline's by that name, or a model's own.

    Raises
    ------
    PipelineError
        When there is no such model or member, no such feature set, or nothing to
        search.
    """
    known = {m.name: m for m in pipeline.at_level(1)}
    if name not in known and name not in MODELS:
        hint = did_you_mean(name, [*known, *MODELS])
        raise PipelineError(
            f"no member of level 1 and no model is named {name!r}{hint} "
            "(list: ensemble-kit models)"
        )
    member = known.get(name, Member(name, name))
    if features is not None and features not in pipeline.recipes:
        hint = did_you_mean(features, pipeline.recipes)
        raise PipelineError(f"no feature set named {features!r}{hint}")
    if not space_of(member):
        others = ", ".join(n for n, spec in MODELS.items() if spec.search_space)
        raise PipelineError(
            f"model {member.model!r} has no search space, so there is nothing to tune; "
            f"these have one: {others}"
        )
    return replace(member, features=features or member.features, seeds=(0,))


def space_of(member: Member) -> Space:
    """Return the ranges of a member's model that it does not fix itself."""
    space = member.spec.search_space
    return {name: r for name, r in space.items() if name not in member.params}


def tune_member(
    competition: Competition,
    pipeline: Pipeline,
    member: Member,
    store: Store,
    resources: Resources,
    n_trials: int,
    progress: Progress,
    on_trial: Callable[[Trial], None] = lambda trial: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Tuning:
    """Search a member's space; what an earlier call has tried is taken up.

    Trials are drawn by Optuna's tree-structured Parzen estimator. Trials and fits are
    kept in the store, and the seed of a draw follows from its number: a search that
    was interrupted goes on as if it had not been.

    Parameters
    ----------
    n_trials : int
        In all, earlier calls included; beside the default and the second set of
        defaults.
    should_stop : callable
        Asked before each trial.
    """
    submit = replace(pipeline.submit, test="mean")  # a trial predicts no test rows
    alone = without_checks(replace(pipeline, members=(member,), submit=submit))
    prepared = prepare_run(competition, alone)
    graph, metric = prepared.graph, prepared.metric
    (member,) = prepared.pipeline.members
    tuning = Tuning([], metric)
    with open_pool(prepared.source, store, resources) as (workspace, pool):
        workspace.holds = True  # every trial takes the same matrices
        desk = Desk(graph, store, workspace, pool, progress, metric)

        def measure(name: str, params: Mapping[str, Any]) -> float | None:
            tried = replace(member, params={**params, **member.params})
            trial = desk.measure(name, tried)
            tuning.trials.append(trial)
            on_trial(trial)
            return None if trial.result is None else trial.result.score

        study = Study.open(store, graph, member, space_of(member), metric)
        with suppress(Interrupted):
            measure("default", {})
            if member.spec.tuned:
                measure("tuned", member.spec.tuned)
            for number in range(n_trials):
                if should_stop():
                    break
                study.make(number, measure)
    return tuning


@dataclass(frozen=True)
class Desk:
    """What measuring one member takes."""

    graph: Graph
    store: Store
    workspace: Any
    pool: Pool
    progress: Progress
    metric: Metric

    def measure(self, name: str, member: Member) -> Trial:
        """Fit a member on every fold and score it."""
        levels, source = FittedLevels(self.graph, self.store), self.graph.source
        fit_level([member], levels, self.workspace, self.pool, self.progress)
        if self.progress.is_interrupted():
            raise Interrupted
        if levels.missing:
            return Trial(name, member, None, levels.missing[member.name])
        matrix = collect(levels)
        (result,) = score_members(levels.fits, matrix, source, self.metric, self.store)
        return Trial(name, member, result)
