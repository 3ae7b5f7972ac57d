"""A limited run ends with a valid submission, however short the time."""

import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd

from calls import SMALL
from ensemble_kit.competition import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import FoldSpec, Pipeline, Submit
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.scores import scoring
from ensemble_kit.running.timed import ending, limited_run
from ensemble_kit.running.timed.clock import Clock, seconds_to_explain
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.running.timed.worth import Cost, Worth
from ensemble_kit.store.store import Store

RECIPES = load_pipeline(SMALL).recipes
TWO = (
    Member("boosted", "lightgbm", features="plain", params={"n_estimators": 10}),
    Member("linear", "ridge", features="linear"),
)


def limited(folder, tmp_path, seconds, progress=None, members=TWO):
    return run_within(
        load_competition(folder),
        Pipeline("two", members, RECIPES, FoldSpec(n_splits=3), Submit("best")),
        Store(tmp_path / "store"),
        Resources(0, tmp_path / "work"),
        Clock(time.monotonic(), seconds),
        progress,
    )


def test_without_any_time_the_shares_of_the_classes_are_submitted(
    competition_folder, tmp_path
):
    run = limited(competition_folder(), tmp_path, 1e-6)
    share = run.competition.y.mean()
    assert run.chosen == "prior"
    assert abs(run.test[:, 1] - share).max() < 0.01
    assert run.failures == dict.fromkeys(["boosted", "linear"], "no time for it")


def test_with_time_nobody_falls_back(competition_folder, tmp_path):
    run = limited(competition_folder(), tmp_path, 600)
    assert set(run.matrix.members) == {"boosted", "linear"} and not run.failures


def test_where_fits_are_long_no_more_is_begun_than_two_that_fill_the_time(
    competition_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(limited_run, "LONG_FIT_SHARE", 0.0)
    monkeypatch.setattr(Worth, "have_room", lambda *_: False)
    members = (*TWO, Member("late", "ridge", features="plain"))
    run = limited(competition_folder(), tmp_path, 600, members=members)
    assert set(run.matrix.members) == {"boosted", "linear"}
    assert run.failures == {"late": "no time for it"}


def test_a_first_fold_that_is_stored_while_costs_are_looked_up_is_no_surprise():
    costs = {name: Cost(9.0, 9.0) for name in ("slow", "slower")}
    worth = SimpleNamespace(
        costs=lambda planned: costs,
        best=lambda planned, metric: list(planned),
        have_room=lambda known, seconds, n_workers: set(known) != set(costs),
    )
    run = SimpleNamespace(
        worth=worth,
        planned=dict.fromkeys(("just stored", "slow", "slower")),
        clock=SimpleNamespace(limit=10.0),
        pool=SimpleNamespace(size=2),
        _end_of_level_1=time.monotonic() + 10.0,
        _has_many_rows=False,
    )
    assert limited_run.LimitedRun._is_enough(run, None)


def growing(folder):
    """Write days on which a value grows, the last fifth of them to be predicted."""
    rng, n_days = np.random.default_rng(0), 300
    days = pd.date_range("2020-01-01", periods=n_days).astype(str)
    number = rng.normal(size=n_days)
    target = 0.03 * np.arange(n_days) + number
    table = pd.DataFrame({"day": days, "number": number, "target": target})
    table.insert(0, "id", range(n_days))
    train, test = table[:240], table[240:]
    train.to_csv(folder / "train.csv", index=False)
    test.drop(columns="target").to_csv(folder / "test.csv", index=False)
    sample = test[["id"]].assign(target=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return folder, test["target"].to_numpy()


def test_of_windows_in_time_the_latest_model_predicts_the_test(tmp_path):
    folder, hidden = growing(tmp_path)
    competition, errors = load_competition(folder), {}
    for test in ("auto", "mean"):
        pipeline = Pipeline("one", TWO[:1], RECIPES, FoldSpec(), Submit("best", test))
        place = tmp_path / test
        resources = Resources(0, place / "work")
        clock, store = Clock(time.monotonic(), 600), Store(place / "store")
        run = run_within(competition, pipeline, store, resources, clock)
        errors[run.pipeline.submit.test] = np.abs(run.test.ravel() - hidden).mean()
        sizes = [len(train) for train, _ in run.folds]
        assert sizes == sorted(sizes, reverse=test == "auto")
    assert errors["latest"] < 0.9 * errors["mean"]


def test_a_model_for_few_rows_is_not_begun_on_many(competition_folder, tmp_path):
    folder = competition_folder(n_rows=2400)  # 1,600 in a fold
    members = Member("process", "gaussian_process"), Member("linear", "ridge")
    run = limited(folder, tmp_path, 600, members=members)
    assert run.failures.keys() == {"process"}
    assert "(at most 1,500)" in run.failures["process"]


def test_a_limited_run_over_again_takes_everything_from_the_store(
    competition_folder, tmp_path
):
    folder = competition_folder()
    first, again = (limited(folder, tmp_path, 600) for _ in range(2))
    assert first.n_fitted > 0 and again.n_fitted == 0
    assert again.n_stored > 0 and (again.test == first.test).all()


def test_texts_are_counted_once_for_all_rounds(competition_folder, tmp_path):
    counted = []

    def on_event(event, node, facts):
        if event == "done" and node.kind == "count":
            counted.append(node.key)

    limited(competition_folder(), tmp_path, 600, Progress(on_event=on_event))
    assert counted and len(set(counted)) == len(counted)


def test_the_longer_data_takes_to_read_the_earlier_fits_end():
    quick, slow = Clock(0, 120, reading=1), Clock(0, 120, reading=40)
    assert slow.reserve(0.0) > quick.reserve(0.0) > 0


def test_what_level_2_takes_is_kept_and_no_more_than_a_share_of_the_limit():
    clock = Clock(0, 240, reading=1)
    assert clock.reserve(0.2) < clock.reserve(2.0) < 8
    assert clock.reserve(1000.0) == 0.08 * 240
    assert Clock(0, 4).reserve(1000.0) == 1.0


def test_two_members_are_blended_where_level_2_finds_no_time(
    competition_folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(ending, "LEAST_TO_CHOOSE", 1e9)
    blend = Member("greedy", "greedy_blend", level=2)
    run = limited(competition_folder(), tmp_path, 600, members=(*TWO, blend))
    assert set(run.matrix.members) == {"boosted", "linear", "mean"}
    assert run.failures == {"greedy": "no time for it"}


def test_members_are_scored_once_however_often_a_run_tells(
    competition_folder, tmp_path, monkeypatch
):
    scored = []

    score_rows = scoring.score_rows

    def listen(oof, *others):
        scored.append(oof.tobytes())
        return score_rows(oof, *others)

    monkeypatch.setattr(scoring, "score_rows", listen)
    monkeypatch.setattr(limited_run, "LEAST_WAIT", 0.0)
    monkeypatch.setattr(limited_run, "WAIT_SHARE", 0.0)
    limited(competition_folder(), tmp_path, 600)
    assert len(scored) > 2 and len(set(scored)) == len(scored)


def test_a_run_that_is_explained_is_over_before_the_exit():
    clock = Clock(100, 240, to_explain=seconds_to_explain(240))
    assert (clock.end, clock.exit) == (316, 340)
    assert seconds_to_explain(36_000) == 120
    assert clock.leaving == 339 > replace(clock, reading=10).leaving
