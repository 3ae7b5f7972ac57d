"""A run deployed: few members, fitted once on all rows, told honestly."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ensemble_kit
from calls import SMALL
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.pipeline.spec import Submit
from ensemble_kit.reporting.deploying import deploy_run
from ensemble_kit.reporting.replaying import replay_run
from ensemble_kit.running.deploying import blending
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.finished.run_files import command_of
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.preparing import further_folds
from ensemble_kit.running.timed import limited_run
from ensemble_kit.store.store import Store
from ensemble_kit.work.workspace import ALL_ROWS

FILES = ("submission.csv", "oof.csv", "test_predictions.csv", "pipeline.toml")


def pipeline_of(chosen, **changes):
    """Return the small pipeline that submits a member."""
    return replace(load_pipeline(SMALL), submit=Submit(chosen), **changes)


@pytest.fixture(scope="module")
def folder(write_competition, tmp_path_factory):
    """Return the folder of a small competition."""
    return write_competition(tmp_path_factory.mktemp("made") / "small", "binary", 200)


@pytest.fixture(scope="module")
def made(folder):
    """Return a run that submits a mean of four members."""
    return ensemble_kit.run(folder, pipeline_of("blend"), jobs=0)


@pytest.fixture(scope="module")
def deployed(made, tmp_path_factory):
    """Return the run deployed, and the work that it took."""
    worked = []
    progress = Progress(on_event=lambda event, node, _: worked.append((event, node)))
    place = tmp_path_factory.mktemp("deployed") / "small"
    before = {path.name for path in (made.folder / ".." / "..").glob("store/*/*")}
    done = deploy_run(made.folder, place, jobs=0, progress=progress)
    return done, worked, before


def models_in(folder):
    paths = sorted(path for path in (folder / "models").rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


def test_members_are_fitted_on_all_rows_and_folds_are_not_fitted(deployed):
    done, worked, _ = deployed
    fits = [node for event, node in worked if event == "done" and node.kind == "fit"]
    assert len(fits) == done.facts["n_fitted"] == len(done.facts["deployed"]["members"])
    assert {node.fold for _, node in worked if node.kind != "count"} == {ALL_ROWS}


def test_fewer_members_stay_and_their_score_is_within_its_noise(deployed):
    done, _, _ = deployed
    part = done.facts["deployed"]
    assert len(part["members"]) < len(part["members_before"]) == 4
    assert part["out_of_fold"]["loss"] <= part["out_of_fold"]["standard_error"]


def test_the_score_told_is_that_of_its_out_of_fold_table(deployed):
    done, _, _ = deployed
    oof = pd.read_csv(done.folder / "oof.csv")
    chosen = done.facts["chosen"]
    score = METRICS["auc"](
        oof["target"].to_numpy(), oof[[f"{chosen}:0", f"{chosen}:1"]].to_numpy()
    )
    assert done.facts["deployed"]["out_of_fold"]["deployed"] == score
    assert load_run(done.folder).leaderboard.loc[chosen, "score"] == score


def test_no_score_of_the_refitted_models_is_told_where_no_row_is_left(deployed):
    done, _, _ = deployed
    text = (done.folder / "report.md").read_text()
    assert "holdout" not in done.facts
    assert "these very models have no score" in text
    assert "by the models of the folds, not by these" in text


def test_the_same_call_fits_nothing_and_gives_the_same_bytes(made, deployed, tmp_path):
    done, _, _ = deployed
    again = deploy_run(made.folder, tmp_path / "again", jobs=0)
    assert again.facts["n_fitted"] == 0 and again.facts["n_stored"] > 0
    for name in FILES:
        assert (again.folder / name).read_bytes() == (done.folder / name).read_bytes()
    assert models_in(again.folder) == models_in(done.folder)


def test_without_the_store_it_comes_to_the_same_bytes(made, deployed, tmp_path):
    run = shutil.copytree(made.folder, tmp_path / "moved" / "run")
    again = deploy_run(run, tmp_path / "out", jobs=0, data=made.folder / "../..")
    assert again.facts["n_fitted"] == len(again.facts["deployed"]["members"])
    for name in FILES:
        there = (deployed[0].folder / name).read_bytes()
        assert (again.folder / name).read_bytes() == there


def test_it_predicts_its_test_rows_to_the_byte_away_from_all_else(
    deployed, folder, tmp_path
):
    done, _, _ = deployed
    place = shutil.copytree(done.folder, tmp_path / "elsewhere")
    shutil.copy(folder / "test.csv", tmp_path / "new.csv")
    load_run(place).predict_file(tmp_path / "new.csv", tmp_path / "out.csv")
    assert (tmp_path / "out.csv").read_bytes() == (
        done.folder / "submission.csv"
    ).read_bytes()


def test_its_pipeline_fits_the_very_same(deployed, folder, tmp_path):
    done, _, _ = deployed
    path = done.folder / "pipeline.toml"
    run = ensemble_kit.run(folder, path, jobs=0, output=tmp_path)
    text = (done.folder / "submission.csv").read_bytes()
    assert (run.folder / "submission.csv").read_bytes() == text
    mine, its = load_run(done.folder), run
    assert mine.leaderboard["score"].to_dict() == its.leaderboard["score"].to_dict()


def test_seconds_of_both_are_measured_on_the_same_rows(deployed):
    part = deployed[0].facts["deployed"]["predicting"]
    assert part["n_rows"] == 40 and 0 < part["deployed"] < part["run"]


@pytest.fixture(scope="module")
def hidden(folder):
    """Return a run with a holdout, deployed."""
    run = ensemble_kit.run(folder, pipeline_of("greedy"), jobs=0, holdout=0.3)
    return run, deploy_run(run.folder, jobs=0)


def test_a_holdout_scores_what_was_fitted_on_all_other_rows(hidden, folder):
    run, done = hidden
    _, y = load_competition(folder).hide(0.3, 0)
    predicted = pd.read_csv(done.folder / "test_predictions.csv")
    chosen = done.facts["chosen"]
    columns = predicted[[f"{chosen}:0", f"{chosen}:1"]].to_numpy()
    assert done.facts["holdout"]["score"] == METRICS["auc"](y, columns)
    assert done.facts["deployed"]["holdout_before"] == run.facts["holdout"]["score"]
    assert any("hidden rows" in line for line in done.lines())


def test_it_goes_into_the_runs_folder_by_default_and_leaves_nothing_beside(hidden):
    run, done = hidden
    assert done.folder == run.folder / "deployed"
    assert not (run.folder / ".work").exists()
    again = deploy_run(run.folder, jobs=0, within=50.0)  # in the place of the first
    assert again.facts["deployed"]["within"] == 50.0
    assert read_json(done.folder / "manifest.json")["within"] == 50.0


def read_json(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize("kind", ["regression", "multiclass"])
def test_values_and_many_classes_are_deployed(kind, write_competition, tmp_path):
    made = write_competition(tmp_path / "made", kind, 150)
    run = ensemble_kit.run(made, pipeline_of("greedy"), jobs=0)
    done = deploy_run(run.folder, jobs=0)
    load_run(done.folder).predict_file(made / "test.csv", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes()
    assert text == (done.folder / "submission.csv").read_bytes()


def test_labels_are_decided_by_the_blend_that_stays(write_competition, tmp_path):
    made = write_competition(tmp_path / "made", "binary", 200)
    sample = pd.read_csv(made / "sample_submission.csv", dtype=str).assign(target=0)
    sample.to_csv(made / "sample_submission.csv", index=False)
    run = ensemble_kit.run(made, pipeline_of("greedy"), jobs=0, metric="f1")
    done = deploy_run(run.folder, jobs=0)
    oof = pd.read_csv(done.folder / "oof.csv")
    score = METRICS["f1"].score_labels(
        oof["target"].to_numpy(), oof[done.facts["chosen"]].to_numpy()
    )
    assert score == done.facts["deployed"]["out_of_fold"]["deployed"]
    load_run(done.folder).predict_file(made / "test.csv", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes()
    assert text == (done.folder / "submission.csv").read_bytes()


def test_a_single_member_is_fitted_once_and_stays(folder):
    run = ensemble_kit.run(folder, pipeline_of("boosted"), jobs=0)
    done = deploy_run(run.folder, jobs=0)
    assert done.facts["chosen"] == "boosted"
    assert done.facts["deployed"]["members"] == ["boosted"]
    assert done.facts["deployed"]["out_of_fold"]["loss"] is None


def test_a_final_model_that_is_no_blend_makes_way_for_convex_weights(folder, tmp_path):
    run = ensemble_kit.run(folder, pipeline_of("shallow"), jobs=0)
    done = deploy_run(run.folder, tmp_path / "out", jobs=0)
    board = {row["name"]: row for row in done.facts["leaderboard"]}
    assert board[done.facts["chosen"]]["model"] == "convex_blend"
    assert "convex weights" in done.facts["reason"]


def test_where_no_blend_is_as_good_the_final_models_stay(folder, tmp_path, monkeypatch):
    run = ensemble_kit.run(folder, pipeline_of("shallow"), jobs=0)
    monkeypatch.setattr(blending, "prune", lambda *_: None)
    done = deploy_run(run.folder, tmp_path / "out", jobs=0)
    assert done.facts["chosen"] == "shallow"
    assert len(done.facts["deployed"]["members"]) == 4
    assert done.facts["n_fitted"] + done.facts["n_stored"] == 4
    of_folds = run.predictor.facts["members"][-1]
    kept = load_run(done.folder).predictor.facts["members"][-1]
    assert kept["fits"] == of_folds["fits"]
    agreement = np.corrcoef(
        *(
            pd.read_csv(place / "submission.csv")["target"]
            for place in (run.folder, done.folder)
        )
    )[0, 1]
    assert agreement > 0.9


def test_permuted_labels_stay_at_chance(write_competition, tmp_path):
    made = write_competition(tmp_path / "made", "binary", 400)
    table = pd.read_csv(made / "train.csv", dtype=str, keep_default_na=False)
    table["target"] = np.random.default_rng(0).permutation(table["target"])
    table.to_csv(made / "train.csv", index=False)
    run = ensemble_kit.run(made, pipeline_of("greedy"), jobs=0, holdout=0.4)
    done = deploy_run(run.folder, jobs=0)
    assert abs(done.facts["deployed"]["out_of_fold"]["deployed"] - 0.5) < 0.1
    low, high = done.facts["holdout"]["interval"]
    assert low < 0.5 < high


def test_a_limited_run_is_deployed_without_fitting_a_fold(
    folder, tmp_path, monkeypatch
):
    monkeypatch.setattr(further_folds, "MOST_DRAWS", 1)
    monkeypatch.setattr(limited_run, "ROUNDS_OF_SEEDS", (2,))
    run = ensemble_kit.run(
        folder, pipeline_of("greedy"), jobs=0, time_limit="300s", output=tmp_path
    )
    worked = []
    progress = Progress(on_event=lambda event, node, _: worked.append(node))
    done = deploy_run(run.folder, jobs=0, progress=progress)
    assert {node.fold for node in worked if node.kind != "count"} == {ALL_ROWS}
    assert done.facts["n_fitted"] == len(done.facts["deployed"]["members"])


FOREIGN = {
    "folds": {"n_splits": 3},
    "level1": {
        "trees": {
            "model": "extra_trees",
            "features": "numbers",
            "params": {"n_estimators": 20},
        },
        "linear": {"model": "logistic_regression", "features": "numbers"},
    },
    "features": {"numbers": {"number": "impute"}},
    "level2": {"blend": {"model": "mean"}},
    "submit": {"member": "blend"},
}


def with_elsewhere(folder, place, quality):
    """Return a pipeline with a member whose predictions come from files."""
    competition, rng = load_competition(folder), np.random.default_rng(0)
    files = []
    for name, ids in (("oof", competition.train_ids), ("test", competition.ids)):
        known = competition.y if name == "oof" else np.full(len(ids), 0.5)
        share = np.clip(
            0.5 + quality * (known - 0.5) + 0.1 * rng.normal(size=len(ids)), 0.01, 0.99
        )
        path = place / f"{name}.csv"
        pd.DataFrame({"id": ids, "target": share}).to_csv(path, index=False)
        files.append(str(path))
    pipeline = json.loads(json.dumps(FOREIGN))
    pipeline["level1"]["elsewhere"] = dict(zip(("oof", "test"), files, strict=True))
    pipeline["level1"]["elsewhere"]["trust"] = True
    return parse_pipeline(pipeline, "made")


def test_what_was_predicted_elsewhere_goes_where_that_costs_nothing(folder, tmp_path):
    pipeline = with_elsewhere(folder, tmp_path, 0.0)
    run = ensemble_kit.run(folder, pipeline, jobs=0, output=tmp_path)
    done = deploy_run(run.folder, jobs=0)
    assert "elsewhere" in done.facts["deployed"]["members_before"]
    assert "elsewhere" not in done.facts["deployed"]["members"]
    load_run(done.folder).predict_file(folder / "test.csv", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes()
    assert text == (done.folder / "submission.csv").read_bytes()


def test_a_run_that_needs_what_was_predicted_elsewhere_is_refused(folder, tmp_path):
    pipeline = with_elsewhere(folder, tmp_path, 0.9)
    run = ensemble_kit.run(folder, pipeline, jobs=0, output=tmp_path)
    with pytest.raises(RunError, match=r"cannot be fitted .*elsewhere.*--within"):
        deploy_run(run.folder, jobs=0)
    alone = replace(pipeline, submit=Submit("elsewhere"))
    run = ensemble_kit.run(folder, alone, jobs=0, output=tmp_path, keep_models=False)
    with pytest.raises(RunError, match="submits elsewhere.*submit another member"):
        deploy_run(run.folder, jobs=0)


def test_members_that_learn_from_labels_of_others_are_not_refitted(folder, tmp_path):
    tables = {**FOREIGN, "pseudo": {"members": ["linear"]}}
    pipeline = parse_pipeline(tables, "made")
    run = ensemble_kit.run(folder, pipeline, jobs=0, output=tmp_path)
    done = deploy_run(run.folder, jobs=0, within=100.0)
    assert "linear_pseudo" in done.facts["deployed"]["members_before"]
    assert "linear_pseudo" not in done.facts["deployed"]["members"]


SERIES = {
    "level1": {
        "lags": {"model": "ridge", "features": "linear_lags"},
        "naive": {"model": "seasonal_naive"},
        "after": {"model": "ridge", "features": "linear_lags", "offset": "naive"},
    },
    "level2": {"blend": {"model": "greedy_blend"}},
    "submit": {"member": "blend"},
}


def test_series_are_forecast_by_what_was_fitted_on_all_of_them(tmp_path):
    rng, n_days = np.random.default_rng(0), 24
    days = pd.date_range("2024-01-01", periods=n_days).astype(str)
    shops = [f"s{k:02d}" for k in range(20)]
    values = rng.normal(size=(20, n_days)).cumsum(axis=1)
    table = pd.DataFrame(
        {
            "shop": np.repeat(shops, n_days),
            "day": np.tile(days, 20),
            "y": values.ravel(),
        }
    )
    table.insert(0, "row", [f"r{number}" for number in range(len(table))])
    is_test, made = (table["day"] >= days[-2]).to_numpy(), tmp_path / "series"
    made.mkdir()
    table[~is_test].to_csv(made / "train.csv", index=False)
    table[is_test].drop(columns="y").to_csv(made / "test.csv", index=False)
    sample = table.loc[is_test, ["row"]].assign(y=0.5)
    sample.to_csv(made / "sample_submission.csv", index=False)
    run = ensemble_kit.run(made, parse_pipeline(SERIES, "made"), jobs=0, metric="rmse")
    done = deploy_run(run.folder, jobs=0)
    assert len(done.facts["deployed"]["members"]) < 3
    load_run(done.folder).predict_file(made / "test.csv", tmp_path / "out.csv")
    text = (tmp_path / "out.csv").read_bytes()
    assert text == (done.folder / "submission.csv").read_bytes()
    both = [pd.read_csv(p / "submission.csv")["y"] for p in (run.folder, done.folder)]
    assert np.corrcoef(*both)[0, 1] > 0.95


def test_a_run_without_models_is_deployed_and_nothing_is_compared(folder, tmp_path):
    run = ensemble_kit.run(
        folder, pipeline_of("greedy"), jobs=0, output=tmp_path, keep_models=False
    )
    done = deploy_run(run.folder, jobs=0)
    assert done.facts["deployed"]["predicting"]["run"] is None
    assert "the run itself predicts nothing here" in done.lines()[-1]


def test_only_a_finished_run_of_a_table_is_deployed(made, deployed, tmp_path):
    with pytest.raises(RunError, match=r"no finished run: it has no manifest\.json"):
        deploy_run(tmp_path)
    copy = shutil.copytree(made.folder, tmp_path / "runs" / "copy")
    facts = read_json(copy / "manifest.json")
    stopped = {**facts, "stopped": "stopped after 1 of 3 folds"}
    (copy / "manifest.json").write_text(json.dumps(stopped))
    with pytest.raises(RunError, match="has not come to its end .stopped after 1 of 3"):
        deploy_run(copy)
    with pytest.raises(RunError, match=r"deployed already.*deploy the run it was made"):
        deploy_run(deployed[0].folder)
    joined = tmp_path / "runs" / "quick-targets-1a2b3c4d"
    joined.mkdir()
    with pytest.raises(RunError, match="several targets; its report.md names them"):
        deploy_run(joined)
    with pytest.raises(PipelineError, match="0 or more; found -1"):
        deploy_run(made.folder, within=-1.0)


def test_a_run_whose_time_was_over_too_soon_is_refused(made, tmp_path):
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    (copy / "pipeline.toml").write_text('[submit]\nmember = "linear"\n')
    with pytest.raises(RunError, match=r"(?s)before a member was complete: .*level1"):
        deploy_run(copy, jobs=0, data=made.folder / ".." / "..")


@pytest.mark.parametrize("name", ["oof.csv", "pipeline.toml", "report.json"])
def test_a_damaged_run_is_refused(name, made, tmp_path):
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    text = (copy / name).read_text()
    (copy / name).write_text(text[: len(text) // 2])
    with pytest.raises(RunError) as told:
        deploy_run(copy, jobs=0, data=made.folder / ".." / "..")
    assert name in str(told.value)


def test_damaged_models_are_refused_before_any_fit(made, tmp_path):
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    for path in (copy / "models").rglob("data.npy"):
        path.write_bytes(b"damaged")
    with pytest.raises(RunError, match="the models of .* are damaged"):
        deploy_run(copy, jobs=0)


def test_what_the_report_says_was_found_is_proved_to_be_numbers(made, tmp_path):
    copy = shutil.copytree(made.folder, tmp_path / "copy")
    facts = read_json(copy / "report.json")
    facts["leaderboard"][0]["probed"] = {"n_estimators": "many"}
    (copy / "report.json").write_text(json.dumps(facts))
    with pytest.raises(RunError, match="probed of .*'many'"):
        deploy_run(copy, jobs=0, data=made.folder / ".." / "..")


def test_nothing_else_is_written_over(made, tmp_path):
    place = tmp_path / "mine"
    place.mkdir()
    (place / "notes.txt").write_text("mine")
    with pytest.raises(RunError, match="is there and no deployed run.*--output"):
        deploy_run(made.folder, place)
    assert (place / "notes.txt").read_text() == "mine"


def test_other_commands_name_the_run_it_was_made_of(deployed, made, tmp_path):
    done, _, _ = deployed
    source = str(made.folder.resolve())
    with pytest.raises(RunError, match="replay the run it was made of") as told:
        replay_run(done.folder, tmp_path, jobs=0)
    assert source in str(told.value)
    with pytest.raises(RunError, match="explain the run it was made of"):
        load_run(done.folder).explain()
    words = command_of(done.folder)
    assert words.startswith(f"ensemble-kit deploy {source} --output")


def test_the_store_keeps_what_the_run_has_put_there(deployed, made):
    store = Store(Path(made.folder) / ".." / ".." / "store")
    fits = [fit for m in made.predictor.facts["members"] for fit in m["fits"]]
    assert all(store.read(fit["model"]) is not None for fit in fits)
