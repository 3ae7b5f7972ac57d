"""Where runs are written: nothing that differs is written over."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import Submit
from ensemble_kit.reporting.run_folder import claimed_folder
from ensemble_kit.reporting.submitting import Request, submit_run
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.store.store import Store

SMALL = Path(__file__).parents[1] / "small.toml"


@pytest.fixture
def submit(competition_folder, tmp_path):
    """Return a function that submits with one of two members."""
    competition, pipeline = load_competition(competition_folder()), load_pipeline(SMALL)

    def run(member="trees", **resources):
        chosen = replace(
            pipeline, members=pipeline.members[:2], submit=Submit(member=member)
        )
        return submit_run(
            Request(
                competition,
                chosen,
                Store(tmp_path / "store"),
                Resources(0, Path(), **{"keep": "store", **resources}),
                tmp_path / "runs" / "small",
            )
        )

    return run


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_run_again_leaves_the_folder_and_every_byte(submit, tmp_path):
    first = submit().folder
    before = contents(first)
    assert submit().folder == first
    assert contents(first) == before
    assert [path.name for path in first.parent.iterdir()] == ["small"]


def test_a_run_that_differs_gets_a_folder_of_its_own(submit):
    first = submit("trees").folder
    before = contents(first)
    other = submit("boosted").folder
    assert other.name == "small-2" and contents(first) == before
    assert submit("trees").folder == first and submit("boosted").folder == other


def test_damaged_models_of_a_run_are_replaced_by_the_same_command(submit):
    folder = submit(keep="nowhere").folder
    assert not (folder / "models").exists()
    assert submit().folder == folder
    assert (folder / "models").is_dir()


def test_a_folder_that_is_held_is_left_to_its_holder(tmp_path):
    with claimed_folder(tmp_path / "run") as first:
        with claimed_folder(tmp_path / "run") as second:
            assert (first.name, second.name) == ("run", "run-2")
        assert (first / ".running").read_text().startswith("process ")
    with claimed_folder(tmp_path / "run") as again:
        assert again == first  # nothing was finished there


def test_an_unfinished_run_is_taken_up_again(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "manifest.json").write_text(json.dumps({"stopped": "early"}))
    with claimed_folder(tmp_path / "run") as folder:
        assert folder.name == "run"
