"""Pictures of frequent words beside a run's report."""

import json
from dataclasses import replace

import pytest

from calls import SMALL, call, run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.word_map import draw_word_maps, texts_used

pytestmark = pytest.mark.usefixtures("in_this_process", "few_draws")


@pytest.fixture
def run(competition_folder, tmp_path):
    competition = load_competition(competition_folder())
    return run_in(tmp_path, competition, load_pipeline(SMALL))


def with_text_named(run, name):
    X, X_test = (
        frame.rename(columns={"note": name})
        for frame in (run.competition.X, run.competition.X_test)
    )
    return replace(run, competition=replace(run.competition, X=X, X_test=X_test))


def test_only_texts_that_a_fitted_member_reads_are_drawn(run):
    assert texts_used(run) == ["note"]
    without = [replace(member, texts=()) for member in run.pipeline.members]
    gated = replace(run, pipeline=replace(run.pipeline, members=tuple(without)))
    assert texts_used(gated) == []
    assert texts_used(replace(run, results=())) == []


def test_the_same_run_draws_the_same_bytes(run, tmp_path):
    pictures = []
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        assert draw_word_maps(run, tmp_path / name) == {"note": "words-note.png"}
        pictures.append((tmp_path / name / "words-note.png").read_bytes())
    assert pictures[0].startswith(b"\x89PNG")
    assert pictures[0] == pictures[1]


def test_a_picture_of_a_hostile_column_stays_in_the_folder(run, tmp_path):
    hostile = with_text_named(run, "../a (b)](c")
    assert draw_word_maps(hostile, tmp_path)["../a (b)](c"] == "words-_a_b_c.png"
    assert (tmp_path / "words-_a_b_c.png").is_file()


@pytest.mark.parametrize("command", ["submit", "holdout"])
def test_the_report_links_its_word_maps(command, competition_folder, tmp_path):
    folder = competition_folder(n_rows=160)
    call(command, folder, "-p", SMALL, "-o", tmp_path, "--word-maps")
    report = next((tmp_path / "runs").glob("*/report.md"))
    assert "![frequent words](words-note.png)" in report.read_text()
    assert (report.parent / "words-note.png").is_file()
    facts = json.loads(report.with_suffix(".json").read_text())
    assert facts["word_maps"] == {"note": "words-note.png"}


def test_word_maps_are_no_part_of_a_time_limit(competition_folder):
    with pytest.raises(PipelineError, match="--word-maps takes a time"):
        call("submit", competition_folder(), "--time-limit", "60s", "--word-maps")
