"""The end of a limited run is kept time for: by rule of thumb, then as rehearsed."""

import time
from types import SimpleNamespace

import numpy as np
import pytest

from calls import SMALL
from ensemble_kit.competition import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.timed import ending
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.ending import DECIDING_SHARE, Ending
from ensemble_kit.running.timed.limited_run import LimitedRun
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.running.timed.worth import Cost
from ensemble_kit.store.store import Store

RECIPES = load_pipeline(SMALL).recipes
MEMBERS = (
    Member("boosted", "lightgbm", features="plain", params={"n_estimators": 10}),
    Member("linear", "ridge", features="linear"),
    Member("trees", "extra_trees", features="plain", params={"n_estimators": 5}),
    Member("blend", "greedy_blend", level=2),
)


def limited(folder, tmp_path, rehearse=lambda run: None):
    pipeline = Pipeline("few", MEMBERS, RECIPES, FoldSpec(n_splits=3), Submit("blend"))
    return run_within(
        load_competition(folder),
        pipeline,
        Store(tmp_path / "store"),
        Resources(0, tmp_path / "work"),
        Clock(time.monotonic(), 600),
        rehearse=rehearse,
    )


@pytest.fixture
def sooner(monkeypatch):
    """Let the end be rehearsed as soon as there are two members."""
    monkeypatch.setattr(ending, "REHEARSED_AT", 0.0)


def test_the_end_is_rehearsed_once_and_changes_no_prediction(
    competition_folder, tmp_path, sooner
):
    folder, heard = competition_folder(), []
    run = limited(folder, tmp_path / "with", heard.append)
    assert len(heard) == 1 and len(heard[0].matrix.members) == 2
    plain = limited(folder, tmp_path / "without")
    assert np.array_equal(run.test, plain.test) and run.failures == plain.failures


def test_what_was_measured_is_kept_for_the_end(competition_folder, tmp_path, sooner):
    kept = []
    take = Ending.note

    def note(self, level_2, writing, thumb):
        before = self.of_level_1(())
        take(self, 0.2, 0.3, thumb)
        kept.append(self.of_level_1(()) - before)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ending, "note", note)
        limited(competition_folder(), tmp_path)
    assert kept[0] > 3.0  # seconds that are for fits now


def made_ending(n_members, clock):
    source = SimpleNamespace(n_outputs=2, y=np.zeros(10))
    levels = SimpleNamespace(
        fits=dict.fromkeys(range(n_members)), graph=SimpleNamespace(source=source)
    )
    return Ending(levels, clock, 2)


def test_more_members_take_longer_at_level_2_and_new_workers_are_thought_of():
    found = made_ending(4, Clock(0.0, 100.0, reading=2.0))
    found.note(3.0, 1.0, 3.0)
    assert found.in_turn() == 3.0 and found.level_2() == 3.0  # here, one by one
    found.levels.fits = dict.fromkeys(range(12))
    assert found.in_turn() == 9.0 and found.level_2() == 9.0 / 2 + 2.0


def test_time_is_kept_for_labels_that_are_decided_and_rows_that_are_compared():
    source = SimpleNamespace(
        n_outputs=2,
        y=np.zeros(1_000_000),
        X=np.zeros((1_000_000, 30)),
        X_test=np.zeros((100_000, 30)),
    )
    levels = SimpleNamespace(
        fits=dict.fromkeys(range(5)), graph=SimpleNamespace(source=source)
    )
    kept = {}
    for decides_labels in (False, True):
        ending = Ending(levels, Clock(0.0, 240.0), 2, decides_labels)
        ending.seconds_per_score = 4.0
        kept[decides_labels] = ending.thumb(3)
    assert kept[True] - kept[False] == pytest.approx(4.0 * DECIDING_SHARE * (5 + 3))
    assert kept[False] > 40.0  # five members of a million rows
    busy = Ending(levels, Clock(0.0, 240.0, slowness=2.0), 2)
    assert busy.thumb(3) == pytest.approx(2.0 * kept[False])  # on a busy machine


def test_level_2_is_fitted_here_where_all_workers_would_start_anew():
    found = made_ending(4, Clock(0.0, 100.0, reading=2.0))
    found.note(1.0, 1.0, 3.0)
    run = SimpleNamespace(ending=found, pool=SimpleNamespace(size=2), n_ended=2)
    run.clock = found.clock
    assert LimitedRun._is_quicker_here(run)
    run.n_ended = 1
    assert not LimitedRun._is_quicker_here(run)


def test_a_short_run_goes_by_rules_of_thumb():
    now = time.monotonic()
    found = made_ending(4, Clock(now - 30.0, 44.0))
    assert not found.is_due(())


def test_a_member_that_cannot_be_completed_any_more_is_not_begun():
    graph = SimpleNamespace(nodes={"a": "a", "b": "b"})
    levels = SimpleNamespace(costs=SimpleNamespace(seconds=lambda n: 4.0), graph=graph)
    run = SimpleNamespace(
        levels=levels, pool=SimpleNamespace(size=2), _has_many_rows=False
    )
    fits, now = SimpleNamespace(keys=["a", "b"]), time.monotonic()
    assert LimitedRun._finds_time(run, fits, now + 60.0)
    assert not LimitedRun._finds_time(run, fits, now + 3.0)


def test_the_latest_end_of_level_1_keeps_nothing_for_surprises():
    found = made_ending(4, Clock(0.0, 100.0, reading=2.0))
    table = np.zeros((10, 2))
    found.levels.graph.source = SimpleNamespace(
        n_outputs=2, y=np.zeros(10), X=table, X_test=table
    )
    found.note(2.0, 3.0, found.thumb(1))
    assert found.of_level_1(()) < found.latest_of_level_1(()) < 100.0 - 3.0


def beside_one(costs, fits=("good",), seconds=10.0):
    """Return whose fits are done where some members are complete and others begun."""
    done, now = [], time.monotonic()
    names = ("good", *costs)
    run = SimpleNamespace(
        levels=SimpleNamespace(
            fits=dict.fromkeys(fits), failures={}, take_complete=lambda planned: None
        ),
        planned={name: SimpleNamespace(keys=[f"{name} 2"]) for name in names},
        progress=SimpleNamespace(is_interrupted=lambda: False),
        ending=SimpleNamespace(latest_of_level_1=lambda upper: now + seconds),
        worth=SimpleNamespace(costs=lambda begun: {n: costs[n] for n in begun}),
        pool=SimpleNamespace(size=2),
        _upper=(),
        _work=lambda keys, priority, deadline: done.extend(keys),
    )
    LimitedRun._complete_second(run)
    return done


def test_beside_a_single_member_the_cheapest_begun_is_completed_for_a_blend():
    costs = {"long": Cost(12.0, 4.0), "short": Cost(6.0, 3.0, {"features": 2.0})}
    assert beside_one(costs) == ["short 2"]
    assert beside_one(costs, seconds=2.0) == []  # it would be late
    assert beside_one({"other": costs["short"]}, fits=("good", "better")) == []
