"""What a run says of columns made for its members, and of texts that are not there."""

import numpy as np
import pandas as pd

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import standard_recipes
from ensemble_kit.pipeline.member import Member
from ensemble_kit.pipeline.spec import Pipeline, Submit
from ensemble_kit.running.fitted_levels import FittedLevels, plan_level
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store


def folder_of_differences(path):
    """Write a competition whose target follows from a difference of two numbers."""
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(900, 3)), columns=["a", "b", "c"]).round(4)
    table.insert(0, "id", range(len(table)))
    target = (table.a - table.b > 0).astype(int)
    path.mkdir()
    table[:800].assign(target=target[:800]).to_csv(path / "train.csv", index=False)
    table[800:].to_csv(path / "test.csv", index=False)
    sample = table[["id"]][800:].assign(target=0.5)
    sample.to_csv(path / "sample_submission.csv", index=False)
    return path


def test_a_member_on_vectors_of_texts_is_left_out_where_there_is_no_text(tmp_path):
    competition = load_competition(folder_of_differences(tmp_path / "differences"))
    member = Member("vectors", "lightgbm", features="components")
    pipeline = Pipeline("components", (member,), standard_recipes())
    levels = FittedLevels(prepare_run(competition, pipeline).graph, Store(tmp_path))
    assert plan_level([member], levels) == {}
    assert "has no column of the roles it takes" in levels.failures["vectors"]


def test_a_member_on_a_trend_is_left_out_where_there_is_no_date(tmp_path):
    competition = load_competition(folder_of_differences(tmp_path / "differences"))
    member = Member("detrended", "lightgbm_detrended")
    pipeline = Pipeline("trend", (member,), standard_recipes())
    levels = FittedLevels(prepare_run(competition, pipeline).graph, Store(tmp_path))
    assert plan_level([member], levels) == {}
    assert list(levels.failures) + list(levels.unsuited) == ["detrended"]


def trending_folder(path):
    """Write rows that grow day by day, the last fifth of them to be predicted."""
    rng, n_rows = np.random.default_rng(0), 500
    day, number = np.arange(n_rows), rng.normal(size=n_rows)
    table = pd.DataFrame({"id": rng.permutation(n_rows) * 7, "number": number})
    dates = pd.Timestamp("2022-01-01") + pd.to_timedelta(day, unit="D")
    table["when"] = dates.strftime("%Y-%m-%d")
    table["target"] = (0.05 * day + np.sign(number)).round(3)
    path.mkdir()
    table[:400].to_csv(path / "train.csv", index=False)
    table[400:].drop(columns="target").to_csv(path / "test.csv", index=False)
    return path, table["target"].to_numpy()[400:]


def test_a_blend_follows_a_trend_that_its_detrended_member_follows(tmp_path):
    folder, truth = trending_folder(tmp_path / "trend")
    params = {"n_estimators": 60, "learning_rate": 0.1}
    members = tuple(
        Member(name, name, params=params, probe=False)
        for name in ("lightgbm", "lightgbm_detrended")
    )
    blend = Member("blend", "convex_blend", level=2)
    pipeline = Pipeline(
        "trend", (*members, blend), standard_recipes(), submit=Submit("blend")
    )
    competition = load_competition(folder, metric="rmse")
    assert competition.drawing.kind == "later"
    run = run_pipeline(
        competition, pipeline, Store(tmp_path / "store"), Resources(0, tmp_path / "w")
    )
    errors = [np.abs(run.matrix.member(n)[1][:, 0] - truth) for n in run.matrix.members]
    plain, detrended, blended = (float(error.mean()) for error in errors)
    assert plain > 2 and detrended < 0.6 and blended < 0.6


def test_a_run_names_the_columns_it_has_made_also_when_all_is_stored(tmp_path):
    competition = load_competition(folder_of_differences(tmp_path / "differences"))
    members = (Member("plain", "lightgbm"), Member("made", "lightgbm", features="made"))
    pipeline = Pipeline("made", members, standard_recipes(), submit=Submit("best"))
    store, resources = Store(tmp_path / "store"), Resources(0, tmp_path / "work")
    notes = [
        run_pipeline(competition, pipeline, store, resources).notes for _ in range(2)
    ]
    told = [note for note in notes[0] if note.startswith("columns made for made")]
    assert len(told) == 1 and "a - b (5)" in told[0]
    assert notes[0] == notes[1]
