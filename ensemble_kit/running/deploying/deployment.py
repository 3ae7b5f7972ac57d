"""A finished run as few members, each fitted once on all training rows.

The members behind what was submitted are pruned to those that its score needs
(`ensemble_kit.running.deploying.pruning`), fitted on all rows, and blended with weights
fitted on the out-of-fold predictions that the run has left. A final model that is no
plain blend of level 1 makes way for a convex blend where nothing is lost by that; else
the models above level 1 stay as they are, over all members.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ensemble_kit.competition.competition import Competition
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.hashing import fingerprint, fingerprint_array
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.processes import one_thread
from ensemble_kit.running.deploying.blending import (
    INSTEAD,
    NAME,
    Blending,
    blend_like,
    is_refittable,
    weights_of,
)
from ensemble_kit.running.deploying.pruning import Loss
from ensemble_kit.running.deploying.refitting import Refitted, refit, settled
from ensemble_kit.running.finished.exporting import take_kept
from ensemble_kit.running.finished.fitted_ensemble import FittedEnsemble, plan_keys
from ensemble_kit.running.finished.loaded_run import LoadedRun, distinct
from ensemble_kit.running.finished.run_files import REPORT, plain_file
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.preparing.prepare import PreparedRun, prepare_run
from ensemble_kit.running.preparing.schemes import without_checks
from ensemble_kit.running.run import MemberResult, Run
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.fitted_objects import read_kept, write_kept
from ensemble_kit.store.store import Store
from ensemble_kit.untrusted import shape_fault

Array = NDArray[Any]


@dataclass(frozen=True)
class Deployment:
    """What a run has become.

    Parameters
    ----------
    run : Run
        With the members that stay; its out-of-fold predictions are of models of the
        folds, its test predictions of those that were fitted on all rows.
    members : tuple of str
        All members of level 1 that the submission stood on.
    loss : Loss, optional
        What the blend of those that stay loses out of fold beside what was submitted;
        None where nothing was pruned.
    reason : str
        In words, what was done.
    """

    run: Run
    members: tuple[str, ...]
    loss: Loss | None
    reason: str


def deploy(
    loaded: LoadedRun,
    competition: Competition,
    store: Store,
    resources: Resources,
    within: float = 1.0,
    progress: Progress | None = None,
) -> Deployment:
    """Prune a finished run's members and fit what stays on all rows.

    Parameters
    ----------
    loaded : LoadedRun
        That has come to its end.
    competition : Competition
        The run's.
    store : Store
        Where what is fitted is kept.
    resources : Resources
    within : float
        How many standard errors may be lost out of fold.
    progress : Progress, optional

    Raises
    ------
    RunError
        When what was submitted stands on predictions that nothing here can make of
        all rows, or a member cannot be fitted.
    """
    whole = _Whole(loaded, competition)
    choice = _choose(whole, within)
    prepared = whole.prepared
    refitted = refit(prepared, choice.members, store, resources, progress or Progress())
    with one_thread():
        return _Ending(whole, choice, refitted, store).deployment()


@dataclass(frozen=True)
class _Choice:
    """The members that stay, and the blend that is to be fitted on them, if one is."""

    members: tuple[str, ...]
    loss: Loss | None
    reason: str

    @property
    def is_blended(self) -> bool:
        return self.loss is not None


@dataclass(frozen=True)
class _Whole:
    """A finished run, as far as it is pruned and fitted again."""

    loaded: LoadedRun
    competition: Competition

    @cached_property
    def board(self) -> dict[str, Mapping[str, Any]]:
        """Return the leaderboard's facts by member."""
        return {row["name"]: row for row in self.loaded.facts["leaderboard"]}

    def _probed(self, name: str) -> Mapping[str, Any]:
        """Return the rounds, epochs or penalties that the run has found for a member.

        Raises
        ------
        RunError
            When the report holds something else in their place.
        """
        probed = self.board.get(name, {}).get("probed") or {}
        if fault := shape_fault(probed, {str: int | float}, f"probed of {name}"):
            folder = self.loaded.folder
            raise RunError(f"{folder} is no run's folder: in {REPORT}, {fault}")
        return probed

    @cached_property
    def pipeline(self) -> Pipeline:
        """Return what the run has recorded, every member settled."""
        path = plain_file(self.loaded.folder, "pipeline.toml")
        try:
            pipeline = without_checks(load_pipeline(path))
        except PipelineError as error:
            raise RunError(
                "the run has recorded nothing that could be fitted again, as where its "
                f"time was over before a member was complete: {error}"
            ) from error
        members = tuple(
            settled(member, self._probed(member.name)) for member in pipeline.members
        )
        return replace(pipeline, members=members, text_filter=False)

    @cached_property
    def living(self) -> dict[str, Member]:
        """Return the members that the run has scored, in their order."""
        living = {m.name: m for m in self.pipeline.members if m.name in self.board}
        if self.loaded.chosen not in living:
            raise RunError(
                f"pipeline.toml of {self.loaded.folder} has no member "
                f"{self.loaded.chosen!r:.80}, which the run has submitted"
            )
        return living

    def below(self, name: str) -> list[str]:
        """Return the members that a member takes its input from."""
        member = self.living[name]
        if member.level == 1:
            return []
        if member.inputs:
            return [each for each in member.inputs if each in self.living]
        levels = {m.level for m in self.living.values() if m.level < member.level}
        under = max(levels, default=0)
        return [n for n, m in self.living.items() if m.level == under]

    @cached_property
    def level1(self) -> tuple[str, ...]:
        """Return the members of level 1 that the submission stands on."""
        found, waiting = set(), [self.loaded.chosen]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting.extend(self.below(name))
        return tuple(n for n, m in self.living.items() if n in found and m.level == 1)

    @cached_property
    def unfit(self) -> tuple[str, ...]:
        """Return those of them that cannot be fitted on all rows."""
        return tuple(n for n in self.level1 if not is_refittable(self.living[n]))

    @cached_property
    def candidates(self) -> tuple[str, ...]:
        """Return those that can, and that have a weight where there are weights."""
        weights = self.loaded.weights.get(self.loaded.chosen, {})
        fit_for_it = [name for name in self.level1 if name not in self.unfit]
        weighed = [name for name in fit_for_it if weights.get(name, 1.0) != 0]
        return tuple(weighed or fit_for_it)

    @cached_property
    def blend(self) -> Member:
        """Return what is to blend the members that stay: as the run did, if it can."""
        chosen, n_outputs = self.loaded.chosen, self.competition.task.n_outputs
        final, name = self.living[chosen], distinct(NAME, self.living)
        if not set(self.below(chosen)) <= set(self.level1):
            final = replace(final, model=INSTEAD, params={})
        return blend_like(final, self.candidates, name, n_outputs)

    @cached_property
    def prepared(self) -> PreparedRun:
        """Return what would fit all candidates, with what they begin from."""
        names = dict.fromkeys((*self.level1, *self.candidates))
        names = {name: None for name in names if name not in self.unfit}
        bases = {self.living[name].offset for name in names}
        level1 = [m for m in self.pipeline.at_level(1) if m.name in {*names, *bases}]
        blends = [self.blend] if len(self.candidates) else []
        last = blends[-1].name if blends else self.loaded.chosen
        pipeline = replace(
            self.pipeline,
            members=(*level1, *blends),
            submit=Submit(last, "refit"),
            pseudo=None,
        )
        return prepare_run(self.competition, pipeline)

    @cached_property
    def folds(self) -> Folds:
        """Return the folds that scores are told of: of several draws, the first."""
        folds, n_draws = self.prepared.source.folds, self.pipeline.folds.n_repeats
        if len(folds) % n_draws:
            return folds
        return Folds(folds.pairs[: len(folds) // n_draws], folds.n_rows)

    @cached_property
    def blending(self) -> Blending:
        """Return how the members that stay are blended."""
        prepared, last = self.prepared, self.prepared.pipeline.members[-1]
        return Blending(last, prepared.source, prepared.metric, self.folds)

    def tensor(self, names: Sequence[str]) -> NDArray[np.float64]:
        """Return out-of-fold predictions, of shape (n_rows, n_members, n_outputs)."""
        return np.stack([self.oof(name) for name in names], axis=1)

    @cached_property
    def table(self) -> pd.DataFrame:
        """Return oof.csv, proved to be of these rows."""
        table, ids = self.loaded.oof(), self.competition.train_ids
        if table.iloc[:, 0].fillna("").tolist() != list(map(str, ids)):
            raise RunError(
                f"{self.loaded.folder / 'oof.csv'} has other rows than train"
            )
        return table

    def oof(self, name: str) -> NDArray[np.float64]:
        """Return a member's out-of-fold predictions in the scale of its fits."""
        task = self.competition.task
        columns = [f"{name}:{label}" for label in task.classes] or [name]
        values = self.table[columns].to_numpy(dtype=np.float64)
        return values if task.is_classification else task.encode(values)


def _choose(whole: _Whole, within: float) -> _Choice:
    """Return the members that stay."""
    chosen, unfit = whole.loaded.chosen, ", ".join(whole.unfit)
    if not whole.candidates:
        raise RunError(
            f"the run of {whole.loaded.folder} submits {chosen}, which stands on "
            f"what cannot be fitted on all rows here ({unfit}); submit another member"
        )
    if whole.living[chosen].level == 1:
        return _Choice((chosen,), None, f"{chosen} alone was submitted: it stays")
    pruned = _pruned(whole, within)
    n_all = len(whole.level1)
    if pruned is not None:
        names, loss = pruned
        how = "weights anew" if whole.blend.model == _model(whole) else "convex weights"
        told = f"{len(names)} of {n_all} members kept, with {how}"
        return _Choice(names, loss, told)
    if unfit:
        raise RunError(
            f"the run of {whole.loaded.folder} submits {chosen}, which stands on what "
            f"cannot be fitted on all rows here ({unfit}), and without that more than "
            f"{within:g} standard errors are lost; a larger --within takes that"
        )
    reason = f"no blend of fewer members is as good: all {n_all} stay below {chosen}"
    return _Choice(whole.level1, None, reason)


def _model(whole: _Whole) -> str:
    return whole.living[whole.loaded.chosen].model


def _pruned(whole: _Whole, within: float) -> tuple[tuple[str, ...], Loss] | None:
    """Return the fewest members whose blend loses no more than noise, if any does."""
    names, submitted = whole.candidates, whole.oof(whole.loaded.chosen)
    with one_thread():
        found = whole.blending.pruned(whole.tensor(names), submitted, within, names)
    return None if found is None else (found[0], found[1].loss)


@dataclass(frozen=True)
class _Ending:
    """What follows once the members are fitted: the blend, and what it predicts."""

    whole: _Whole
    choice: _Choice
    refitted: Refitted
    store: Store

    def deployment(self) -> Deployment:
        """Return the run of what stays."""
        whole, competition = self.whole, self.whole.competition
        plan = (*self.refitted.plan, *self._upper())
        chosen = str(plan[-1]["name"])
        oofs = {str(m["name"]): self._oof(str(m["name"])) for m in plan}
        tests = self._predicted(plan)
        matrix = OOFMatrix.join(list(oofs), [(oofs[n], tests[n]) for n in oofs])
        task, y = competition.task, competition.y
        labels = None
        if competition.template.form == "label":
            codes = decide_labels(
                competition.metric, oofs[chosen], y, tests[chosen], competition.weights
            )
            labels = task.decode(codes)
        test = tests[chosen]
        run = Run(
            competition=competition,
            pipeline=self._pipeline(chosen),
            folds=whole.folds,
            matrix=matrix,
            results=tuple(self._result(name, oof) for name, oof in oofs.items()),
            failures={},
            chosen=chosen,
            reason=self.choice.reason,
            test=test if task.is_classification else task.restore(test),
            labels=labels,
            weights=self._weights(chosen),
            notes=(),
            seconds=0.0,
            n_fitted=self.refitted.n_fitted,
            n_stored=self.refitted.n_stored,
            plan=plan,
        )
        return Deployment(run, whole.level1, self.choice.loss, self.choice.reason)

    @property
    def _kept(self) -> Store:
        return Store(self.store.folder / "kept")

    def _upper(self) -> list[dict[str, Any]]:
        """Return the plan of what stands on level 1, its models where they are kept."""
        if self.choice.is_blended:
            return [self._blended()]
        loaded = self.whole.loaded
        if self.whole.living[loaded.chosen].level == 1:
            return []
        upper = [
            {name: value for name, value in member.items() if name != "fold_fits"}
            for member in loaded.predictor.facts["members"]
            if member["level"] > 1
        ]
        for key in plan_keys(upper):
            take_kept(loaded.folder, self._kept, key)
        return upper

    @cached_property
    def _tensor(self) -> NDArray[np.float64]:
        return self.whole.tensor(self.choice.members)

    @cached_property
    def _blend(self) -> tuple[Any, tuple[int, float, float]]:
        return self.whole.blending.fitted(self._tensor)

    def _blended(self) -> dict[str, Any]:
        """Keep the blend fitted on the members' out-of-fold rows; return its plan."""
        blending, competition = self.whole.blending, self.whole.competition
        facts = {
            "work": NAME,
            "data": competition.fingerprint,
            "model": blending.member.model_facts(blending.kind),
            "fits": plan_keys(self.refitted.plan),
            "rows": fingerprint_array(self._tensor),
        }
        key = fingerprint(facts)
        if key not in self._kept:
            write_kept(self._kept, key, self._blend)
        return blending.planned(self.choice.members, key)

    def _oof(self, name: str) -> NDArray[np.float64]:
        """Return out-of-fold predictions: a member's own, or those of the new blend."""
        if self.choice.is_blended and name == self.whole.blend.name:
            return self.whole.blending.out_of_fold(self._tensor)
        return self.whole.oof(name)

    def _predicted(self, plan: Sequence[Mapping[str, Any]]) -> dict[str, Array]:
        """Return what every member predicts of the test rows."""
        task, kept = self.whole.competition.task, self._kept
        fitted = {key: read_kept(kept, key) for key in plan_keys(plan)}
        ensemble = FittedEnsemble(plan, fitted, task.kind, task.n_outputs)
        return ensemble.predict(self.whole.competition.X_test)

    def _weights(self, chosen: str) -> dict[str, dict[str, float]]:
        """Return the weights of the members, where their blend has some."""
        if not self.choice.is_blended:
            known = self.whole.loaded.weights
            return {chosen: known[chosen]} if chosen in known else {}
        weights = weights_of(self._blend[0], self.choice.members)
        return {chosen: weights} if weights else {}

    def _result(self, name: str, oof: NDArray[np.float64]) -> MemberResult:
        """Return a member's score on rows that its models of folds have not seen."""
        known = self.whole.board.get(name, {})
        result = MemberResult(
            name=name,
            model=known.get("model", self.whole.blend.model),
            features=known.get("features", "stack"),
            level=known.get("level", 2),
            score=np.nan,
            fold_scores=(),
            seconds=known.get("seconds", 0.0),
            probed=known.get("probed", {}),
        )
        return self.whole.blending.scored(result, oof)

    def _pipeline(self, chosen: str) -> Pipeline:
        """Return the pipeline that fits what stays."""
        whole, kept = self.whole, self.choice.members
        if self.choice.is_blended:
            last = whole.prepared.pipeline.members[-1]
            upper = [replace(last, inputs=kept)]
        else:
            names = {str(member["name"]) for member in self._upper()}
            upper = [m for n, m in whole.living.items() if n in names]
        bases = {whole.living[name].offset for name in kept}
        level1 = [m for m in whole.pipeline.at_level(1) if m.name in {*kept, *bases}]
        return replace(
            whole.pipeline,
            members=(*level1, *upper),
            submit=Submit(chosen, "refit"),
            pseudo=None,
        )
