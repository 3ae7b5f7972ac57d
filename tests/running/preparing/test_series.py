"""Runs on series: what is told to members, what they can see, what they reach."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.blending import ConvexBlend
from ensemble_kit.competition.checks.checking import check_competition
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.reporting.page.scored_rows import ScoredRows
from ensemble_kit.reporting.page.series import series_figures
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.explaining.fold_models import FoldModels, folds_of_rows
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

READERS = {"lightgbm_lags", "ridge_lags", "seasonal_naive", "ets", "arima"}
READERS |= {"lightgbm_after_ets"}
N_SHOPS, N_DAYS, N_TEST = 40, 24, 2
PIPELINE = {
    "level1": {
        "lags": {"model": "ridge", "features": "linear_lags"},
        "naive": {"model": "seasonal_naive"},
        "steps": {"model": "recursive"},
    },
    "submit": {"member": "best"},
}
CHANGES = {"model": "lightgbm_differenced"}
WITH_TREES = {**PIPELINE, "level1": {**PIPELINE["level1"], "trees": CHANGES}}


def autoregressive(share=0.8, n_test=N_TEST, seed=0):
    """Return shops whose value keeps a share of the day before, and the test flags."""
    random = np.random.default_rng(seed)
    noise = random.normal(size=(N_SHOPS, N_DAYS + 20))
    values = np.zeros_like(noise)
    for day in range(1, values.shape[1]):
        values[:, day] = share * values[:, day - 1] + noise[:, day]
    days = pd.date_range("2024-01-01", periods=N_DAYS)
    table = pd.DataFrame(
        {
            "shop": np.repeat([f"s{k:02d}" for k in range(N_SHOPS)], N_DAYS),
            "day": np.tile(days, N_SHOPS),
            "y": values[:, 20:].ravel(),
        }
    )
    table.insert(0, "row", [f"r{number}" for number in range(len(table))])
    return table, (table.day >= days[-n_test]).to_numpy()


def competition_of(folder, table, is_test):
    folder.mkdir()
    table[~is_test].to_csv(folder / "train.csv", index=False)
    table[is_test].drop(columns="y").to_csv(folder / "test.csv", index=False)
    sample = table.loc[is_test, ["row"]].assign(y=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return load_competition(folder, metric="rmse")


@pytest.fixture
def series(tmp_path):
    return competition_of(tmp_path / "shops", *autoregressive())


def run_on(competition, path, tables=PIPELINE):
    pipeline = parse_pipeline(tables, "a test")
    return run_pipeline(competition, pipeline, Store(path), Resources(0, path / "work"))


def test_members_are_told_the_columns_and_how_far_the_test_looks_ahead(series):
    prepared = prepare_run(series, load_pipeline("standard"))
    members = {member.name: member for member in prepared.pipeline.members}
    assert members.keys() >= READERS
    assert members["ets"].params == {"time": "day", "groups": ["shop"]}
    blocks = prepared.pipeline.recipes["lags"].blocks
    assert [b.params for b in blocks if b.featurizer == "lags"] == [
        {"time": "day", "groups": ["shop"], "length": N_TEST, "gap": 0}
    ]
    told = "series of each shop along 'day': the test looks 1 to 2 steps ahead"
    assert any(note.startswith(told) for note in prepared.notes)


def test_check_tells_of_series_their_seasons_and_what_is_odd(tmp_path):
    table, is_test = autoregressive()
    gone = table.day.isin(table.day.unique()[5:9])
    gone |= (table["shop"] == "s00") & (table.day > table.day[0]) & ~is_test
    told = check_competition(
        competition_of(tmp_path / "odd", table[~gone], is_test[~gone])
    )
    lines = [finding.message for finding in told if finding.subject == "series"]
    assert lines == [
        "40 series; steps of a season: none found; the test looks 1 to 2 steps ahead",
        "18% of the steps between first and last have no row",
        "1 have one training row alone",
    ]


def test_where_rows_are_no_series_nothing_is_left_of_them(series):
    plain = prepare_run(replace(series, series=()), load_pipeline("standard"))
    names = {member.name for member in plain.pipeline.members}
    assert not names & READERS and "lightgbm" in names
    assert not any("series" in note for note in plain.notes)


def test_blends_of_series_go_by_windows_and_others_are_as_they_were(series):
    def convex(competition):
        prepared = prepare_run(competition, load_pipeline("standard"))
        (found,) = (m for m in prepared.pipeline.members if m.name == "convex")
        return found

    assert convex(series).params["windows"] is True
    assert "windows" not in convex(replace(series, series=())).params


def test_a_run_weighs_members_of_series_by_what_their_models_knew(series, tmp_path):
    level2 = {"level2": {"convex": {"model": "convex_blend"}}}
    run = run_on(series, tmp_path / "store", {**PIPELINE, **level2})
    names = [name for name in run.matrix.members if name != "convex"]
    oof, test = run.matrix.select(names).oof, run.matrix.select(names).test
    seen = np.isfinite(oof).all(axis=(1, 2))
    known = run.folds.known[seen]
    assert len(np.unique(known)) == len(run.folds) > 2
    blend = ConvexBlend("rmse", windows=True)
    blend.fit(oof[seen], series.y[seen], known=known)
    told = run.matrix.member("convex")[1][:, 0]
    assert told == pytest.approx(blend.predict(test))
    plain = ConvexBlend("rmse").fit(oof[seen], series.y[seen])
    assert np.abs(plain.predict(test) - told).max() > 1e-4


def test_a_test_before_the_end_of_train_leaves_them_out_and_says_so(tmp_path):
    table, _ = autoregressive()
    is_test = (table.day < table.day.min() + pd.Timedelta(days=5)).to_numpy()
    competition = competition_of(tmp_path / "first", table, is_test)
    competition = replace(competition, series=("day", "shop"))
    prepared = prepare_run(competition, load_pipeline("standard"))
    assert not {member.name for member in prepared.pipeline.members} & READERS
    told = [note for note in prepared.notes if note.startswith("warning: series: no")]
    assert len(told) == 1 and "'day'" in told[0]


def test_lags_find_what_a_value_keeps_of_the_day_before(tmp_path):
    table, is_test = autoregressive(n_test=1)
    run = run_on(competition_of(tmp_path / "one", table, is_test), tmp_path / "store")
    scores = {result.name: result.score for result in run.results}
    assert scores["lags"] < 1.1 < 1.3 < table.y.std()
    assert scores["steps"] < 1.1
    # Models of early folds look back from the last training rows, too.
    member = list(run.matrix.members).index("lags")
    figures = series_figures(ScoredRows(run))
    assert [f.title for f in figures][:2] == ["Mean of all series", "shop s00"]
    labels = {"target", "predicted out of fold", "forecast"}
    assert {row[0] for row in figures[0].rows} == labels
    errors = run.matrix.test[:, member, 0] - table.y[is_test]
    assert np.sqrt(np.mean(errors**2)) < 1.2


def test_forecasts_of_a_run_leave_the_range_of_what_a_fold_has_seen(tmp_path):
    steps = np.arange(200)
    days = pd.date_range("2024-01-01", periods=200)
    noise = np.random.default_rng(0).normal(size=200)
    table = pd.DataFrame({"row": steps, "day": days, "y": 100 + 2.0 * steps + noise})
    competition = competition_of(tmp_path / "trend", table, steps >= 180)
    level1 = {"steps": {"model": "recursive"}, "trees": CHANGES}
    tables = {"level1": level1, "submit": {"member": "steps"}}
    run = run_on(competition, tmp_path / "store", tables)
    assert np.abs(table.y[180:] - table.y[179]).max() > 12
    for member in level1:
        found = competition.task.restore(run.matrix.member(member)[1][:, 0])
        assert np.abs(found - table.y[180:]).max() < 12


def test_odd_series_go_through_a_run_and_are_told(tmp_path):
    table, is_test = autoregressive()
    lost = table.day.isin(table.day.unique()[5:9])  # of every shop
    lost |= (table["shop"] == "s00") & (table.day > table.day[0]) & ~is_test
    lost |= (table["shop"] == "s01") & ~is_test
    again = table[(table["shop"] == "s02") & ~is_test & ~lost].assign(y=50.0)
    again["row"] = "again " + again["row"]
    table, is_test = table[~lost], is_test[~lost]
    rows = pd.concat([again, table], ignore_index=True)
    folder = tmp_path / "odd"
    competition_of(folder, rows, np.append(np.zeros(len(again), bool), is_test))
    (folder / "competition.toml").write_text('series = ["day", "shop"]\n')
    competition = load_competition(folder, metric="rmse")
    assert any("rows share day and shop" in note for note in competition.notes)
    run = run_on(competition, tmp_path / "store")
    forecast = dict(
        zip(
            competition.X_test["shop"].astype(str),
            competition.task.restore(run.matrix.member("naive")[1][:, 0]),
            strict=True,
        )
    )
    assert np.isfinite(run.matrix.test).all() and not run.failures
    only = table.y[(table["shop"] == "s00") & ~is_test].iloc[0]
    assert forecast["s00"] == pytest.approx(only)  # of one point
    assert forecast["s02"] > 20  # the mean of what shares a time
    assert abs(forecast["s01"]) < 5  # of no point: the mean of all series


def test_the_report_draws_the_seasons_that_are_there(tmp_path):
    table, is_test = autoregressive(share=0.0)
    table["y"] += 9 * (table.day.dt.day_of_week == 5)
    run = run_on(competition_of(tmp_path / "one", table, is_test), tmp_path / "store")
    (figure,) = [
        f for f in series_figures(ScoredRows(run)) if f.title.startswith("Season")
    ]
    assert figure.title == "Season of 7 steps"
    above = [y for _, y in figure.rows]
    assert len(above) == 7 and sorted(above)[-1] > 6 > 1 > sorted(above)[-2]


def test_no_prediction_follows_from_a_target_of_its_time_or_a_later_one(tmp_path):
    table, is_test = autoregressive()
    competition = competition_of(tmp_path / "a", table, is_test)
    before = run_on(competition, tmp_path / "store", WITH_TREES)
    cut = table.day.unique()[16]
    table.loc[table.day >= cut, "y"] = (
        table.y[table.day >= cut].sample(frac=1, random_state=0).to_numpy()
    )
    competition = competition_of(tmp_path / "b", table, is_test)
    after = run_on(competition, tmp_path / "store", WITH_TREES)
    seen = (table.day <= cut).to_numpy()[~is_test]
    oof = before.matrix.oof[seen], after.matrix.oof[seen]
    assert np.isfinite(oof[0]).any()
    assert np.array_equal(*oof, equal_nan=True)
    later = before.matrix.oof[~seen], after.matrix.oof[~seen]
    assert not np.array_equal(*later, equal_nan=True)


@pytest.mark.parametrize("test", ["mean", "latest", "refit"])
def test_models_of_a_fold_are_explained_by_what_the_fold_knew(series, tmp_path, test):
    tables = {**PIPELINE, "submit": {"member": "lags", "test": test}}
    resources = Resources(0, tmp_path / "work", keep="store")
    store = Store(tmp_path / "store")
    run = run_pipeline(series, parse_pipeline(tables, "a test"), store, resources)
    target = prepare_folder(tmp_path / "run")
    write_run(run, target)
    export_models(run, store, target)
    models = FoldModels(load_run(target).predictor)
    oof = run.matrix.member("lags")[0]
    of_rows = folds_of_rows(load_run(target).oof())
    assert of_rows.max() > 0
    for fold in range(of_rows.max() + 1):
        rows = np.flatnonzero(of_rows == fold)
        again = models.predict(series.X.iloc[rows].reset_index(drop=True), fold)
        assert np.array_equal(again, oof[rows])


def test_permuted_targets_are_not_predicted(tmp_path):
    table, is_test = autoregressive()
    table["y"] = table.y.sample(frac=1, random_state=1).to_numpy()
    competition = competition_of(tmp_path / "chance", table, is_test)
    run = run_on(competition, tmp_path / "store", WITH_TREES)
    scores = {result.name: result.score for result in run.results}
    checked = np.isfinite(run.matrix.oof[:, 0, 0])
    assert scores["lags"] > 0.98 * competition.y[checked].std()
    assert scores["steps"] > 0.98 * competition.y[checked].std()
    assert scores["trees"] > 0.98 * competition.y[checked].std()
