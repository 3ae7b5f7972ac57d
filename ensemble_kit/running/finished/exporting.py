"""What a finished run takes along, so that it can predict rows that come later."""

import os
import shutil
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ensemble_kit.decisions.decision import Decision
from ensemble_kit.exceptions import RegistryError, StoreError
from ensemble_kit.files import share_blocks
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.running.finished.fitted_ensemble import plan_keys
from ensemble_kit.running.run import Run
from ensemble_kit.running.scores.submission_choice import decision_of
from ensemble_kit.store.fitted_objects import write_kept
from ensemble_kit.store.store import Store

SCHEMA = 1
PLAN = "plan"
DECISION = "decision"
MODELS = "models"
COPIED_BYTES = 2**28
VERSIONED = ("pandas", "lightgbm", "xgboost", "catboost", "torch")


def export_models(run: Run, store: Store, folder: Path) -> list[str]:
    """Put the fitted members behind a submission into a run's folder.

    Up to `COPIED_BYTES` they are copies, so that a fault of the disk hits the run's or
    the store's; more than that shares its blocks where the disk can share them until
    one is written to, and is linked where it cannot. The plan is written last: without
    it there is nothing to load.

    Parameters
    ----------
    run : Run
    store : Store
        Where the run has kept what it fitted.
    folder : Path
        The run's; what ``models`` below it held is taken away.

    Returns
    -------
    list of str
        Why the run cannot predict later rows; empty when it can.
    """
    fitted, models = Store(store.folder / "kept"), Store(folder / MODELS)
    shutil.rmtree(models.folder, ignore_errors=True)
    keys = plan_keys(run.plan)
    reasons = _reasons(fitted, keys)
    if reasons:
        return reasons
    if not keys:
        return ["it submits predictions that were made elsewhere"]
    try:
        take = _copy if _size(fitted, keys) <= COPIED_BYTES else _share
        for key in keys:
            _take_entry(fitted.path(key), models.path(key), take)
        facts = plan_facts(run)
        if has_decision(facts):
            write_kept(models, DECISION, _decision(run))
        models.write(PLAN, {}, facts)
    except OSError as error:
        raise StoreError(f"cannot write into {models.folder}: {error}") from error
    return []


def drop_damaged(run: Run, store: Store) -> list[str]:
    """Take damaged models of a run out of the store, every byte checked.

    Returns
    -------
    list of str
        Their keys: what they hold has to be fitted again.
    """
    fitted = Store(store.folder / "kept")
    there = [key for key in plan_keys(run.plan) if key in fitted]
    return [key for key in there if not fitted.is_sound(key)]


def take_kept(folder: Path, kept: Store, key: str) -> None:
    """Copy a fitted object of a run's folder into a store that lacks it.

    Raises
    ------
    StoreError
        When it is missing or damaged.
    """
    if key in kept:
        return
    models = Store(folder / MODELS)
    if fault := models.check(key):
        raise StoreError(f"the model {key} of {folder} cannot be taken over: {fault}")
    _take_entry(models.path(key), kept.path(key), _copy)


def models_fault(folder: Path) -> str:
    """Return what is wrong with the models in a run's folder, every byte checked.

    Nothing is taken away. It is empty where all are sound.
    """
    models = Store(folder / MODELS)
    try:
        facts = models.load(PLAN).facts
        keys = [*plan_keys(facts["members"]), *([DECISION] * has_decision(facts))]
    except (StoreError, RegistryError, LookupError, TypeError) as error:
        return f"the plan cannot be read: {error}"
    faults = (models.check(key) for key in keys)
    return next(filter(None, faults), "")


def has_decision(facts: Mapping[str, Any]) -> bool:
    """Return whether labels are more than the likeliest class, by a plan's facts."""
    return facts["decides"] or METRICS[facts["metric"]].consumes == "label"


def plan_facts(run: Run) -> dict[str, Any]:
    """Return everything but the fitted objects, as plain data."""
    competition = run.competition
    template = {**asdict(competition.template), "ids": ()}
    settings = competition.settings
    derived = [column.to_plain() for column in competition.derived]
    more = {"derived": derived} if derived else {}
    return {
        "schema": SCHEMA,
        "name": competition.name,
        "members": list(run.plan),
        "chosen": run.chosen,
        "task": asdict(competition.task),
        "metric": competition.metric.name,
        "columns": competition.schema.to_plain(),
        "template": template,
        "id_column": competition.id_column,
        "target": competition.target,
        "encoding": settings.encoding,
        "separator": settings.separator,
        "header": settings.header is not False,
        "test_columns": list(competition.test_columns),
        "decides": run.labels is not None,
        "versions": library_versions(*VERSIONED),
        **more,
    }


def _reasons(fitted: Store, keys: list[str]) -> list[str]:
    """Return why not everything is there, each reason once."""
    reasons = []
    for key in keys:
        if key not in fitted:
            reasons.append("its models were not kept while they were fitted")
        elif not (fitted.path(key) / "data.npy").is_file():
            entry = fitted.read(key)
            reasons.append(entry.facts["refused"] if entry else "a model is damaged")
    return list(dict.fromkeys(reasons))


def _decision(run: Run) -> Decision:
    """Return what turns probabilities into labels, fitted as for the submission."""
    oof, _ = run.matrix.member(run.chosen)
    decision = copy(decision_of(run.result(run.chosen), run.competition, oof))
    # A metric is kept by its name.
    return decision.set_params(metric=run.competition.metric.name)


def _size(fitted: Store, keys: Iterable[str]) -> int:
    """Return the bytes that all entries take together."""
    files = (path for key in keys for path in fitted.path(key).iterdir())
    return sum(path.stat().st_size for path in files)


def _take_entry(
    source: Path, target: Path, take: Callable[[Path, Path], object]
) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        take(path, target / path.name)


def _copy(source: Path, target: Path) -> None:
    shutil.copyfile(source, target, follow_symlinks=False)


def _share(source: Path, target: Path) -> None:
    """Share a file's blocks until one is written to, link it, or copy it."""
    if share_blocks(source, target):
        return
    try:
        os.link(source, target)
    except OSError:
        _copy(source, target)
