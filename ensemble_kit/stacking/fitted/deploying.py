"""A fitted stack made small and quick: few members, each fitted once on all rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.member import Member, Recipe
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.processes import one_thread
from ensemble_kit.running.deploying.blending import (
    INSTEAD,
    NAME,
    Blending,
    blend_like,
    is_refittable,
)
from ensemble_kit.running.deploying.refitting import settled
from ensemble_kit.running.finished.fitted_ensemble import FittedEnsemble
from ensemble_kit.running.finished.loaded_run import distinct
from ensemble_kit.running.preparing.metric_objectives import steer
from ensemble_kit.running.run import MemberResult
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitted.scored_members import ScoredMembers
from ensemble_kit.stacking.fitting import FittedStack, fit_on_all_rows, make_source
from ensemble_kit.stacking.members.wiring import Setting, Wiring
from ensemble_kit.work.workspace import Source


@dataclass(frozen=True)
class Stated:
    """What a stack was fitted from: its members, as the engine takes them.

    Parameters
    ----------
    members : sequence of Member
        Of all levels.
    recipes : mapping of str to Recipe
    given : mapping of str to object
        Estimators that are no names, by token.
    """

    members: Sequence[Member]
    recipes: Mapping[str, Recipe]
    given: Mapping[str, Any]


@dataclass(frozen=True)
class FittedRows:
    """A stack that has been fitted, on the rows that it used.

    Parameters
    ----------
    stated : Stated
    ensemble : FittedEnsemble
    scored : ScoredMembers
    folds : Folds
        Of all rows.
    chosen : str
        The member that predicts.
    """

    stated: Stated
    ensemble: FittedEnsemble
    scored: ScoredMembers
    folds: Folds
    chosen: str

    @cached_property
    def planned(self) -> dict[str, Mapping[str, Any]]:
        """Return the members behind what is predicted, by name."""
        return {member["name"]: member for member in self.ensemble.members}

    @cached_property
    def level1(self) -> tuple[str, ...]:
        """Return those of level 1."""
        return tuple(n for n, m in self.planned.items() if m["level"] == 1)

    @cached_property
    def by_name(self) -> dict[str, Member]:
        """Return the members that were stated, searching nothing any more."""
        probed = {result.name: result.probed for result in self.scored.results}
        return {m.name: settled(m, probed.get(m.name, {})) for m in self.stated.members}

    def source(self, table: Any) -> Source:
        """Return the rows, as blends and members are fitted to them."""
        used, scored = self.scored.used, self.scored
        weights = None if scored.weights is None else scored.weights[used]
        y, task = scored.y[used], scored.task
        return make_source(table, y, task, Folds((), len(used)), weights, n_later=1)

    def oof(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Return out-of-fold predictions, of shape (n_rows, n_members, n_outputs)."""
        return self.scored.matrix.select(names).oof[self.scored.used]

    def blending(self, source: Source) -> Blending:
        """Return how members are blended: as by the final model, if it is a blend."""
        scored, names = self.scored, distinct(NAME, self.by_name)
        final = self.by_name[self.chosen]
        if not set(self.planned[self.chosen]["inputs"]) <= set(self.level1):
            final = replace(final, model=INSTEAD, params={})
        blend = blend_like(final, self.level1, names, source.n_outputs)
        stated = Pipeline(NAME, (blend,), submit=Submit(blend.name))
        last = steer(stated, scored.metric, source.kind).members[-1]
        folds = self.folds.among(scored.used)
        return Blending(last, source, scored.metric, folds)


def deployed(
    fitted: FittedRows,
    table: Any,
    within: float,
    seed: int,
    n_jobs: int | None,
) -> tuple[FittedStack, str]:
    """Return a stack of the fewest members, fitted on all rows, and what was done.

    Parameters
    ----------
    fitted : FittedRows
    table : table of shape (n_used_rows, n_columns)
        The rows it was fitted on.
    within : float
        How many standard errors its score out of fold may lose.
    seed : int
    n_jobs : int, optional
    """
    source, n_all = fitted.source(table), len(fitted.level1)
    if fitted.planned[fitted.chosen]["level"] == 1:
        ensemble = _refitted(fitted, source, fitted.level1, seed, n_jobs)
        reason = f"{fitted.chosen} alone predicts: it stays"
        return _below_the_same(fitted, ensemble), reason
    blending = fitted.blending(source)
    names = _pruned(fitted, blending, within)
    if names is None:
        ensemble = _refitted(fitted, source, fitted.level1, seed, n_jobs)
        reason = f"no blend of fewer members is as good: all {n_all} stay"
        return _below_the_same(fitted, ensemble), reason
    ensemble = _refitted(fitted, source, names, seed, n_jobs)
    reason = f"{len(names)} of {n_all} members kept, with weights anew"
    return _blended(fitted, ensemble, blending, names), reason


def _pruned(
    fitted: FittedRows, blending: Blending, within: float
) -> tuple[str, ...] | None:
    """Return the members that stay, None where no blend is as good.

    Raises
    ------
    PipelineError
        When that takes members that cannot be fitted on all rows by themselves.
    """
    members = fitted.by_name
    names = tuple(n for n in fitted.level1 if is_refittable(members[n]))
    unfit = [name for name in fitted.level1 if name not in names]
    found = None
    if names:
        submitted = fitted.oof([fitted.chosen])[:, 0]
        with one_thread():
            found = blending.pruned(fitted.oof(names), submitted, within, names)
    if found is None and unfit:
        raise PipelineError(
            f"deploy: {', '.join(unfit)} cannot be fitted on all rows, and without "
            f"that more than {within:g} standard errors are lost"
        )
    return None if found is None else found[0]


def _refitted(
    fitted: FittedRows,
    source: Source,
    names: Sequence[str],
    seed: int,
    n_jobs: int | None,
) -> FittedEnsemble:
    """Return members of level 1, fitted on all rows."""
    members = fitted.by_name
    bases = {members[name].offset for name in names}
    wanted = [m for n, m in members.items() if n in {*names, *bases} and m.level == 1]
    stated = fitted.stated
    wiring = Wiring(
        Setting(source.kind != "regression"),
        wanted,
        dict(stated.recipes),
        dict(stated.given),
    )
    every = fit_on_all_rows(source, wiring, fitted.scored.metric, seed, n_jobs)
    return replace(every, members=[m for m in every.members if m["name"] in names])


def _below_the_same(fitted: FittedRows, below: FittedEnsemble) -> FittedStack:
    """Return the models above level 1 as they are, over members of all rows."""
    upper = [m for m in fitted.ensemble.members if m["level"] > 1]
    both = {**fitted.ensemble.fitted, **below.fitted}
    ensemble = replace(below, members=[*below.members, *upper], fitted=both)
    names = [str(member["name"]) for member in ensemble.members]
    results = tuple(r for r in fitted.scored.results if r.name in names)
    return FittedStack(
        ensemble, _matrix(fitted, [r.name for r in results]), results, fitted.chosen
    )


def _blended(
    fitted: FittedRows,
    below: FittedEnsemble,
    blending: Blending,
    names: Sequence[str],
) -> FittedStack:
    """Return members of all rows, blended by weights fitted out of fold."""
    name, tensor = blending.member.name, fitted.oof(names)
    with one_thread():
        blend, oof = blending.fitted(tensor), blending.out_of_fold(tensor)
    ensemble = replace(
        below,
        members=[*below.members, blending.planned(names, name)],
        fitted={**below.fitted, name: blend},
    )
    known = _matrix(fitted, names)
    matrix = OOFMatrix(
        (*known.members, name),
        np.concatenate([known.oof, oof[:, None]], axis=1),
        np.empty((0, len(known.members) + 1, oof.shape[1])),
    )
    result = MemberResult(name, blending.member.model, "stack", 2, np.nan, (), 0.0)
    results = [r for r in fitted.scored.results if r.name in names]
    final = blending.scored(result, oof)
    return FittedStack(ensemble, matrix, (*results, final), name)


def _matrix(fitted: FittedRows, names: Sequence[str]) -> OOFMatrix:
    """Return out-of-fold predictions of the rows that were used."""
    known = fitted.scored.matrix.select(names)
    return replace(known, oof=known.oof[fitted.scored.used])


def refuse_other_rows(scored: ScoredMembers, target: NDArray[Any]) -> None:
    """Raise where rows are not those that a stack was fitted on.

    Raises
    ------
    ValueError
    """
    if not np.array_equal(scored.y, target):
        raise ValueError(
            f"deploy takes the rows that were fitted: {len(scored.y)} of them; found "
            f"{len(target)}, or another y"
        )


def refuse_undeployable(stack: Any, within: float) -> None:
    """Raise where there is nothing that could be fitted on all rows.

    Raises
    ------
    PipelineError
    """
    mistakes = {
        "members that are fitted already (cv='prefit') are fitted to no other rows": (
            stack.cv == "prefit" if isinstance(stack.cv, str) else False
        ),
        "a target of several columns has a stack for each: deploy these, targets_": (
            hasattr(stack, "targets_")
        ),
        "a run of the command line is deployed by ensemble-kit deploy": (
            hasattr(stack, "_run")
        ),
        f"within is a number of standard errors, 0 or more; found {within:g}": (
            not (np.isfinite(within) and within >= 0)
        ),
    }
    for told, is_so in mistakes.items():
        if is_so:
            raise PipelineError(f"deploy: {told}")
