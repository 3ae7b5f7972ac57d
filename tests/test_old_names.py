"""Modules under the names that they had before."""

from pathlib import Path

import ensemble_kit
import ensemble_kit.running.finished.loaded_run
from ensemble_kit import old_names
from ensemble_kit.old_names import current, first
from ensemble_kit.stacking.members.member_kinds import LabelMember
from ensemble_kit.store.persistence_classes import class_of


def test_every_old_name_leads_to_a_module_of_today():
    files = {current(f"ensemble_kit.{old}") for old in old_names._NOW}
    root = Path(ensemble_kit.__file__).parents[1]
    lost = [name for name in files if not find_module(root, name)]
    assert not lost


def find_module(root: Path, name: str) -> bool:
    """Return whether a file of the package has this name."""
    return root.joinpath(*name.split(".")).with_suffix(".py").exists()


def test_a_module_is_imported_once_under_both_names():
    from ensemble_kit.running import loaded_run as under_its_old_name

    assert under_its_old_name is ensemble_kit.running.finished.loaded_run


def test_keys_name_a_module_that_moved_twice_as_they_did_first():
    path = "ensemble_kit.running.finished.predicting:Predictor"
    assert first(path) == "ensemble_kit.pipeline.predicting:Predictor"
    for old in ("pipeline.predicting", "running.predicting"):
        assert current(f"ensemble_kit.{old}:Predictor") == path


def test_a_stored_class_is_found_by_the_name_it_had():
    for path in ("stacking.member_kinds", "stacking.members.member_kinds"):
        assert class_of(f"ensemble_kit.{path}:LabelMember") is LabelMember
