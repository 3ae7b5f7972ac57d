"""What a run has used, as a pipeline that fits exactly that."""

from dataclasses import replace
from typing import Any

from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.run import Run
from ensemble_kit.work.member_fits import MemberFits
from ensemble_kit.work.node import FitFacts, OffsetFacts


def recorded(run: Run, levels: FittedLevels) -> Pipeline:
    """Return the pipeline that fits exactly what a run has used.

    What the probes found is written down as parameters, so that doing it again
    depends on no clock; how many draws of the folds there were, too.
    """
    n_folds, most = _folds(levels)
    members = tuple(
        replace(
            fits.member,
            params={**_probed(fits, levels), **fits.member.params},
            inputs=_inputs(fits, levels),
            probe=False,
            base=None,
            folds=fits.member.folds or (n_folds if most > n_folds else None),
        )
        for fits in levels.fits.values()
    )
    submit = replace(run.pipeline.submit, member=run.chosen)
    draws = run.pipeline.folds.n_repeats * most // n_folds
    folds = replace(run.pipeline.folds, n_repeats=draws)
    members = (*_bases(levels), *members)
    return replace(run.pipeline, members=members, submit=submit, folds=folds)


def _folds(levels: FittedLevels) -> tuple[int, int]:
    """Return how many folds there are, and the most that a member was fitted on."""
    n_folds = len(levels.graph.source.folds)
    asked = [fits.member.folds or n_folds for fits in levels.fits.values()]
    return n_folds, max([n_folds, *asked])


def _bases(levels: FittedLevels) -> list[Member]:
    """Return what members begin from that is no complete member itself."""
    bases = {}
    for fits in levels.fits.values():
        base, facts = fits.member.base, levels.graph.nodes[fits.keys[0]].facts
        if base is None or base.name in levels.fits or not isinstance(facts, FitFacts):
            continue
        offset = levels.graph.nodes[str(facts.inputs.offset)].facts
        probe = offset.probe if isinstance(offset, OffsetFacts) else None
        entry = levels.store.read(probe) if probe else None
        probed = entry.facts["params"] if entry is not None else {}
        params = {**probed, **base.params}
        bases[base.name] = replace(base, params=params, probe=False)
    return list(bases.values())


def _probed(fits: MemberFits, levels: FittedLevels) -> dict[str, Any]:
    entry = levels.store.read(fits.keys[0])
    return dict(entry.facts["probed"]) if entry is not None else {}


def _inputs(fits: MemberFits, levels: FittedLevels) -> tuple[str, ...]:
    """Return the members below, by name, in the order they were joined in."""
    if fits.member.level == 1 or fits.member.inputs:
        return tuple(name for name in fits.member.inputs if name in levels.fits)
    below = fits.member.level - 1
    return tuple(n for n, f in levels.fits.items() if f.member.level == below)
