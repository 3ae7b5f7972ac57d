"""A fitted ensemble as plain data in a folder, and back: no pickle, no code."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_kit.exceptions import RunError, StoreError, problems
from ensemble_kit.metrics import METRICS
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.running.finished.exporting import VERSIONED
from ensemble_kit.running.finished.fitted_ensemble import (
    FittedEnsemble,
    plan_fault,
    plan_keys,
)
from ensemble_kit.running.finished.kept_run import warn_of_versions
from ensemble_kit.running.preparing.metric_objectives import metric_in_scale
from ensemble_kit.running.run import MemberResult
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking.fitted.scored_members import ScoredMembers
from ensemble_kit.store.fitted_objects import read_kept
from ensemble_kit.store.persistence import pack, unpack
from ensemble_kit.store.store import Store
from ensemble_kit.tasks import Task

SCHEMA = 1
STATE, PLAN = "state", "ensemble"
METRIC_GROUPS = "metric_groups"
TARGET = "target{}"  # the folder of one of several targets
# What is made of the fitted members again.
MADE = (
    "_ensemble",
    "_below",
    "_rules",
    "models_",
    "named_members_",
    "estimators_",
    "final_",
)
NOT_KEPT = ("_recorded",)  # what a later fit of these rows would be made from


def save_ensemble(ensemble: Any, path: Path | str) -> None:
    """Write a fitted ensemble into a new folder.

    Raises
    ------
    RunError
        When the folder is not empty, or with the members that the format does not
        know.
    """
    folder = Path(path)
    if folder.is_dir() and any(folder.iterdir()):
        raise RunError(f"{folder} is not empty: name a new folder")
    if hasattr(ensemble, "targets_"):
        _save_targets(ensemble, folder)
        return
    fitted: FittedEnsemble = ensemble._ensemble
    packed, mistakes = _packed(fitted)
    if mistakes:
        raise RunError(problems(str(folder), mistakes))
    store = Store(folder)
    for key, (tree, data) in packed.items():
        store.write(key, {"data": data}, {"object": tree})
    tree, data = pack(_state(ensemble))
    store.write(STATE, {"data": data}, {"object": tree})
    facts = {
        "schema": SCHEMA,
        "class": type(ensemble).__name__,
        "members": list(fitted.members),
        "kind": fitted.kind,
        "n_outputs": fitted.n_outputs,
        "versions": library_versions(*VERSIONED),
    }
    store.write(PLAN, {}, facts)


def _save_targets(ensemble: Any, folder: Path) -> None:
    """Write the stack of each target into a folder of its own, then what they share."""
    for place, stack in enumerate(ensemble.targets_):
        save_ensemble(stack, folder / TARGET.format(place))
    tree, data = pack(_known_params(ensemble, ensemble.targets_[0]))
    store = Store(folder)
    store.write(STATE, {"data": data}, {"object": tree})
    facts = {"schema": SCHEMA, "class": type(ensemble).__name__}
    store.write(PLAN, {}, {**facts, "n_targets": len(ensemble.targets_)})


def _packed(fitted: FittedEnsemble) -> tuple[dict[str, Any], list[str]]:
    """Return all fitted objects as plain data, and which members are not."""
    packed: dict[str, Any] = {}
    mistakes = []
    for member in fitted.members:
        try:
            for key in plan_keys([member]):
                if key not in packed:
                    packed[key] = pack(fitted.fitted[key])
        except StoreError as error:
            mistakes.append(f"{member['name']}: {error}")
    return packed, mistakes


def _state(ensemble: Any) -> dict[str, Any]:
    """Return what an ensemble is and has learnt, but for its members' models."""
    params = ensemble.get_params(deep=False)
    learnt = {
        name: _plain(value)
        for name, value in vars(ensemble).items()
        if name not in {*params, *MADE, *NOT_KEPT}
    }
    return {"params": _known_params(ensemble, ensemble), "learnt": learnt}


def _known_params(ensemble: Any, fitted: Any) -> dict[str, Any]:
    """Return the parameters that can be kept, members by their names at least."""
    params = ensemble.get_params(deep=False)
    known = {name: value for name, value in params.items() if _is_plain(value)}
    if "members" not in known:
        known["members"] = [m["name"] for m in fitted._ensemble.members]
    return known


def _is_plain(value: Any) -> bool:
    """Return whether a parameter can be kept; objects of strangers cannot."""
    try:
        pack(value)
    except StoreError:
        return False
    return True


def _plain(value: Any) -> Any:
    """Return a fitted attribute in terms that the format knows."""
    if isinstance(value, Task):
        return {"Task": asdict(value)}
    if isinstance(value, Folds):
        return {"Folds": [list(map(list, value.pairs)), value.n_rows]}
    if isinstance(value, ScoredMembers):
        return {"ScoredMembers": _plain_scores(value)}
    if isinstance(value, OOFMatrix):
        return {"OOFMatrix": [list(value.members), value.oof, value.test]}
    return value


def _object(value: Any) -> Any:
    """Return the attribute that `_plain` was given."""
    match value:
        case {"Task": facts}:
            return Task(**{**facts, "classes": tuple(facts["classes"])})
        case {"Folds": [pairs, n_rows]}:
            read = ((np.asarray(a), np.asarray(b)) for a, b in pairs)
            return Folds(tuple(read), n_rows)
        case {"ScoredMembers": facts}:
            return _scores(facts)
        case {"OOFMatrix": [members, oof, test]}:
            return OOFMatrix(tuple(members), oof, test)
    return value


def _plain_scores(scored: ScoredMembers) -> dict[str, Any]:
    """Return scored members as plain data; of the metric name and groups are enough."""
    whole = {field.name: getattr(scored, field.name) for field in fields(scored)}
    groups = scored.metric.groups
    return {
        **whole,
        "matrix": _plain(scored.matrix),
        "task": _plain(scored.task),
        "metric": scored.metric.name,
        "results": [vars(result) for result in scored.results],
        **({} if groups is None else {METRIC_GROUPS: groups}),
    }


def _scores(facts: Mapping[str, Any]) -> ScoredMembers:
    """Return what `_plain_scores` was given."""
    task, groups = _object(facts["task"]), facts.get(METRIC_GROUPS)
    metric = METRICS[facts["metric"]]
    parts: dict[str, Any] = {
        **{name: value for name, value in facts.items() if name != METRIC_GROUPS},
        "matrix": _object(facts["matrix"]),
        "task": task,
        "metric": metric_in_scale(
            metric if groups is None else metric.grouped(groups), task
        ),
        "results": tuple(MemberResult(**each) for each in facts["results"]),
    }
    return ScoredMembers(**parts)


def load_ensemble(kinds: Sequence[type], path: Path | str) -> Any:
    """Return the ensemble that `save_ensemble` wrote, of one of some classes.

    Raises
    ------
    RunError
        When there is none, or it is damaged or of another class.
    """
    store = Store(Path(path))
    try:
        facts = store.load(PLAN).facts
        if "n_targets" in facts:
            return _load_targets(store, facts, kinds, path)
        kind, fault = _checked(facts, kinds, path)
        entry = store.load(STATE)
        state = unpack(entry.facts["object"], entry.arrays["data"])
        if fault:
            raise RunError(f"{path}: {fault}")
        members = facts["members"]
        fitted = {key: read_kept(store, key) for key in plan_keys(members)}
        ensemble = kind(**state["params"])
        learnt = {name: _object(value) for name, value in state["learnt"].items()}
    except (StoreError, LookupError, TypeError) as error:
        raise RunError(f"{path} holds no ensemble that can be read: {error}") from error
    warn_of_versions(facts["versions"])
    vars(ensemble).update(learnt)
    ensemble._hold(FittedEnsemble(members, fitted, facts["kind"], facts["n_outputs"]))
    return ensemble


def _load_targets(
    store: Store, facts: Mapping[str, Any], kinds: Sequence[type], path: Path | str
) -> Any:
    """Return a stack of several targets, each read as one of a single target."""
    kind, _ = _checked({**facts, "members": []}, kinds, path)
    entry = store.load(STATE)
    ensemble = kind(**unpack(entry.facts["object"], entry.arrays["data"]))
    ensemble.targets_ = [
        load_ensemble(kinds, Path(path) / TARGET.format(place))
        for place in range(int(facts["n_targets"]))
    ]
    ensemble._take_from(ensemble.targets_[0])
    return ensemble


def _checked(
    facts: Mapping[str, Any], kinds: Sequence[type], path: Path | str
) -> tuple[type, str]:
    """Return the class of a saved ensemble, and what is wrong with its plan."""
    if facts.get("schema") != SCHEMA:
        raise RunError(
            f"{path} has format {facts.get('schema')!r}, this version reads {SCHEMA}"
        )
    known = {kind.__name__: kind for kind in kinds}
    if facts["class"] not in known:
        raise RunError(f"{path} holds a {facts['class']}, no {', no '.join(known)}")
    return known[facts["class"]], plan_fault(facts["members"])
