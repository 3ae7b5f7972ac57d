"""Schedules that are only imagined."""

from dataclasses import replace
from pathlib import Path

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.timed.forecast import forecast
from ensemble_kit.store.store import Store

SMALL = Path(__file__).parents[2] / "small.toml"


@pytest.fixture
def imagine(competition_folder, tmp_path):
    """Return a function that forecasts the small pipeline."""
    competition = load_competition(competition_folder())
    store = Store(tmp_path / "store")

    def forecast_small(limit=None, megabytes=None, jobs=2):
        prepared = prepare_run(competition, load_pipeline(SMALL), limit)
        return forecast(prepared, store, jobs, megabytes)

    return forecast_small


def test_every_fit_is_done_once_and_upper_levels_come_last(imagine):
    lines = {line.member: line for line in imagine()}
    assert len(lines) == 7 and all(x.n_done == x.n_fits == 3 for x in lines.values())
    lower = max(end for name in ("trees", "words") for _, end in lines[name].spans)
    assert min(begin for begin, _ in lines["blend"].spans) >= lower


def test_more_workers_are_done_sooner(imagine):
    one, four = (
        max(line.spans[-1][1] for line in imagine(jobs=jobs)) for jobs in (1, 4)
    )
    assert four < one


def test_a_limit_that_is_too_short_leaves_fits_undone(imagine):
    lines = imagine(0.3)
    assert sum(line.n_done for line in lines) < sum(line.n_fits for line in lines)
    assert all(line.spans == () or line.spans[0][0] < 0.3 for line in lines)


def test_a_member_without_room_is_left_out_with_the_reason(imagine):
    lines = imagine(None, 450.0)
    assert lines and all(line.n_fits == 3 for line in lines if not line.reason)
    reasons = {line.reason for line in imagine(None, 300.0) if line.reason}
    assert any("the limit is 300 MB (--memory-limit)" in reason for reason in reasons)


def test_a_model_for_few_rows_is_left_out_only_under_a_time_limit(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder(n_rows=2400))
    process = Member("process", "gaussian_process")
    pipeline = replace(load_pipeline(SMALL), members=(process,))
    store = Store(tmp_path / "store")
    (free,) = forecast(prepare_run(competition, pipeline), store, 1)
    (limited,) = forecast(prepare_run(competition, pipeline, 600.0), store, 1)
    assert free.n_fits == 3 and limited.n_fits == 0
    assert "1,600 training rows are too many" in limited.reason
