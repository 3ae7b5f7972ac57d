"""What a finished run takes along, so that it can predict rows that come later."""

import os
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from ensemble_kit.decisions.decision import Decision
from ensemble_kit.exceptions import StoreError
from ensemble_kit.pipeline.member import library_versions
from ensemble_kit.running.fitted_ensemble import plan_keys
from ensemble_kit.running.run import Run
from ensemble_kit.store.fitted_objects import write_kept
from ensemble_kit.store.store import Store

SCHEMA = 1
PLAN = "plan"
DECISION = "decision"
MODELS = "models"
VERSIONED = ("pandas", "lightgbm", "xgboost", "catboost", "torch")


def export_models(run: Run, store: Store, folder: Path) -> list[str]:
    """Put the fitted members behind a submission into a run's folder.

    They are hard links to what the store keeps, copies on another disk. The plan is
    written last: without it there is nothing to load.

    Parameters
    ----------
    run : Run
    store : Store
        Where the run has kept what it fitted.
    folder : Path
        The run's folder; what ``models`` below it held is taken away.

    Returns
    -------
    list of str
        Why the run cannot predict later rows; empty when it can.
    """
    kept, models = Store(store.folder / "kept"), Store(folder / MODELS)
    shutil.rmtree(models.folder, ignore_errors=True)
    keys = plan_keys(run.plan)
    reasons = _reasons(kept, keys)
    if reasons:
        return reasons
    try:
        for key in keys:
            _link_entry(kept.path(key), models.path(key))
        if _decides(run):
            write_kept(models, DECISION, _decision(run))
        models.write(PLAN, {}, plan_facts(run))
    except OSError as error:
        raise StoreError(f"cannot write into {models.folder}: {error}") from error
    return []


def _decides(run: Run) -> bool:
    """Return whether labels are more than the likeliest class."""
    return run.labels is not None or run.competition.metric.consumes == "label"


def plan_facts(run: Run) -> dict[str, Any]:
    """Return everything but the fitted objects, as plain data."""
    competition = run.competition
    template = {**asdict(competition.template), "ids": ()}
    settings = competition.settings
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
        "decides": run.labels is not None,
        "versions": library_versions(*VERSIONED),
    }


def _reasons(kept: Store, keys: list[str]) -> list[str]:
    """Return why not everything is there, each reason once."""
    found = []
    for key in keys:
        if key not in kept:
            found.append("its models were not kept while they were fitted")
        elif not (kept.path(key) / "data.npy").is_file():
            entry = kept.read(key)
            found.append(entry.facts["refused"] if entry else "a model is damaged")
    return list(dict.fromkeys(found))


def _decision(run: Run) -> Decision:
    """Return what turns probabilities into labels, fitted as for the submission."""
    oof, _ = run.matrix.member(run.chosen)
    seen = np.isfinite(oof).all(axis=1)
    return Decision(run.competition.metric.name).fit(oof[seen], run.competition.y[seen])


def _link_entry(source: Path, target: Path) -> None:
    """Link an entry's files, or copy them where links are not possible."""
    target.mkdir(parents=True)
    for path in source.iterdir():
        try:
            os.link(path, target / path.name)
        except OSError:
            shutil.copyfile(path, target / path.name)
