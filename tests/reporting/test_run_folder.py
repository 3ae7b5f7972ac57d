"""Where runs are written: nothing that differs is written over."""

import json
import os
import runpy
import shlex
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import Submit
from ensemble_kit.reporting.run_folder import publish, turn, work_folder
from ensemble_kit.reporting.submitting import Request, run_path, submit_run
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.store.store import Store
from network_disk import make_network_disk

FAULTS = runpy.run_path(str(Path(__file__).parents[1] / "store" / "damage.py"))
SMALL = Path(__file__).parents[1] / "small.toml"


@pytest.fixture
def submit(competition_folder, tmp_path):
    """Return a function that submits with one of two members."""
    competition, pipeline = load_competition(competition_folder()), load_pipeline(SMALL)

    def run(member="trees", sections=no_sections, progress=None, **resources):
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
                sections=sections,
            ),
            progress,
        )

    return run


def no_sections(run, folder):
    return {}


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def contents(folder):
    return {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_the_same_run_again_leaves_the_folder_and_every_byte(submit, tmp_path):
    first = submit().folder
    before = contents(first)
    assert submit().folder == first
    assert contents(first) == before
    assert names(first.parent) == ["small"]


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


def test_an_unfinished_run_makes_room_for_a_finished_one(tmp_path):
    wanted = tmp_path / "run"
    wanted.mkdir()
    (wanted / "manifest.json").write_text(json.dumps({"stopped": "early"}))
    with work_folder(wanted) as folder:
        (folder / "manifest.json").write_text("{}")
        assert publish(folder, wanted, is_finished_run=True) == wanted
    assert (wanted / "manifest.json").read_text() == "{}"


def test_a_run_has_its_name_only_when_it_is_written(submit, tmp_path):
    seen = []

    def look(run, folder):
        seen.append([path.name for path in tmp_path.glob("runs/[!.]*")])
        return {}

    submit(sections=look)
    assert seen == [[]]


def test_nothing_is_left_beside_a_run(submit, tmp_path):
    folder = submit().folder
    assert names(folder.parent) == ["small"]
    assert "work" not in names(folder)


def test_the_second_of_two_equal_runs_waits_and_says_for_whom(tmp_path):
    wanted, told = tmp_path / "run", []
    answers = iter([False, True])
    with (
        turn(wanted, waits=True),
        pytest.raises(KeyboardInterrupt),
        turn(wanted, True, told.append, lambda: next(answers)),
    ):
        pass
    assert told == [
        f"waiting for process {os.getpid()} on {socket.gethostname()}, which makes "
        f"{wanted}; Ctrl-C leaves"
    ]


def test_a_run_with_a_time_limit_goes_on_beside_an_equal_one(tmp_path):
    told = []
    with turn(tmp_path / "run", True), turn(tmp_path / "run", False, told.append):
        assert told[0].endswith("makes run too: both share the store")


def test_equal_runs_that_end_together_leave_one_folder(submit, tmp_path):
    first = submit().folder
    with work_folder(first) as folder:
        shutil.copytree(first, folder, dirs_exist_ok=True)
        assert publish(folder, first, is_finished_run=True) == first
    assert names(first.parent) == ["small"]


def damage(folder):
    """Flip one bit of the largest model of a folder."""
    path = max(folder.glob("**/data.npy"), key=lambda path: path.stat().st_size)
    FAULTS["flip"](path)


def test_a_run_shares_no_file_with_the_store(submit):
    models = submit().folder / "models"
    links = {path.stat().st_nlink for path in models.rglob("*.npy")}
    assert links == {1}


def test_damaged_models_of_the_store_are_fitted_again_and_said(submit, tmp_path):
    folder = submit().folder
    before, notes = contents(folder), []
    damage(tmp_path / "store" / "kept")
    shutil.rmtree(folder)
    again = submit(progress=Progress(on_note=notes.append)).folder
    assert notes == ["1 kept models are damaged and fitted again"]
    assert again == folder and load_run(folder).chosen == "trees"
    models = {path for path in before if "models" in path.parts}
    after = contents(folder)
    assert {after[path] for path in models} == {before[path] for path in models}


def test_predicting_with_a_damaged_model_names_the_command_that_heals_it(
    submit, tmp_path
):
    folder = submit().folder
    sound = contents(folder)
    damage(folder / "models")
    with pytest.raises(RunError) as caught:
        load_run(folder)
    command = str(caught.value).rpartition("again with: ")[2]
    assert shlex.split(command) == [
        *("ensemble-kit", "submit", str(tmp_path / "small")),
        *("--pipeline", str(folder / "pipeline.toml"), "--output", str(tmp_path)),
    ]
    assert submit().folder == folder and contents(folder) == sound


def test_the_recorded_pipeline_names_the_same_folder_as_the_command_did(
    submit, tmp_path
):
    written = submit()
    data, pipeline = tmp_path / "small", written.run.pipeline
    parts = load_competition(data), load_pipeline(written.folder / "pipeline.toml")
    assert run_path(data, *parts) == run_path(data, load_competition(data), pipeline)


@pytest.mark.parametrize("name", ["report.json", "manifest.json", "oof.csv"])
def test_links_in_a_run_are_not_followed(submit, name):
    folder = submit(keep="nowhere").folder
    FAULTS["become_link"](folder / name)
    with pytest.raises(RunError, match=name):
        load_run(folder).errors()


def test_the_page_names_the_folder_that_the_run_is_in_at_the_end(submit):
    written = submit()
    page = (written.folder / "report.html").read_text()
    assert str(written.folder) in page and "/.work/" not in page


@pytest.mark.parametrize("every", [2, 3])
def test_a_disk_over_a_network_that_loses_answers_changes_no_byte(
    submit, tmp_path, monkeypatch, every
):
    expected = (submit().folder / "submission.csv").read_bytes()
    for name in ("store", "runs"):
        shutil.move(tmp_path / name, tmp_path / f"{name}-whole")
    with monkeypatch.context() as patch:
        make_network_disk(patch, tmp_path, every)
        first, second = submit().folder, submit().folder
    assert first == second
    assert (first / "submission.csv").read_bytes() == expected
    assert names(first) == names(tmp_path / "runs-whole" / first.name)
    assert not Store(tmp_path / "store").check(next(iter(Store(tmp_path / "store"))))
