"""A run with columns of the user's own, replayed and predicted by it later."""

import pytest

import ensemble_kit
from calls import call
from small_pipelines import RIDGE

COLUMNS = """
[columns]
joined = "number * 2 + len(note)"
shade = { expression = "colour + '!'", role = "category" }
"""


@pytest.fixture
def run(competition_folder, tmp_path):
    pipeline = tmp_path / "mine.toml"
    pipeline.write_text(COLUMNS + RIDGE, encoding="utf-8")
    return ensemble_kit.run(competition_folder(), pipeline, jobs=0)


def test_a_run_predicts_the_test_file_again_to_the_byte(run, tmp_path):
    assert {"joined", "shade"} <= set(run.competition().X)
    data = run.competition().folder
    again = run.predict_file(data / "test.csv", tmp_path / "again.csv")
    assert again.read_bytes() == (run.folder / "submission.csv").read_bytes()


@pytest.mark.usefixtures("in_this_process")
def test_a_run_is_replayed_from_the_files_it_left(run):
    assert "the same bytes" in call("replay", run.folder).output
