"""A finished run as an object."""

import contextlib
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import ensemble_kit
from calls import WHOLE
from changed_data import changed
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import (
    CompetitionError,
    EnsembleKitError,
    PredictionWarning,
    RunError,
)
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import Submit
from ensemble_kit.reporting.comparing import compare_runs
from ensemble_kit.reporting.submitting import Request, submit_run
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.finished.predicting import load_predictor
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.store.store import Store

ROW = {"number": 0.3, "gappy": None, "colour": "a", "note": "red old old"}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Return a run of labels, loaded, and the competition's folder."""
    root = tmp_path_factory.mktemp("loaded")
    rng = np.random.default_rng(0)
    table = pd.DataFrame(
        {
            "id": [f"{number:03d}" for number in range(160)],
            "number": rng.normal(size=160),
            "gappy": np.where(rng.random(160) < 0.2, np.nan, rng.random(160)),
            "colour": rng.choice(list("abc"), 160),
            "note": [" ".join(rng.choice(["red", "old", "new"], 3)) for _ in "a" * 160],
        }
    )
    labels = np.where(table["number"] + (table["colour"] == "a") > 0.5, "yes", "no")
    table[:120].assign(kind=labels[:120]).to_csv(root / "train.csv", index=False)
    table[120:].to_csv(root / "test.csv", index=False)
    sample = table[["id"]][120:].assign(kind="no")
    sample.to_csv(root / "sample_submission.csv", index=False)
    members = [m for m in load_pipeline(WHOLE).members if m.name in NAMES]
    pipeline = replace(
        load_pipeline(WHOLE), members=tuple(members), submit=Submit("greedy")
    )
    resources = Resources(0, Path(), keep="store")
    competition, store = load_competition(root), Store(root / "store")
    request = Request(competition, pipeline, store, resources, root / "runs" / "one")
    written = submit_run(request)
    return load_run(written.folder), written.run, root


NAMES = ("boosted", "words", "greedy")


def test_what_the_run_knew_is_told(made):
    loaded, run, _ = made
    found = loaded.leaderboard["score"].to_dict()
    assert found == {result.name: result.score for result in run.results}
    assert loaded.leaderboard.index[loaded.leaderboard["submitted"]].item() == "greedy"
    assert loaded.weights == run.weights
    assert list(loaded.oof()["id"]) == list(run.competition.train_ids)
    assert np.array_equal(loaded.test()["greedy:yes"], run.test[:, 1])
    assert loaded.report().startswith("# ")


def test_labels_are_decided_as_in_the_submission(made):
    loaded, run, root = made
    rows = pd.read_csv(root / "test.csv", dtype=str, keep_default_na=False)
    assert list(loaded.predict(rows)) == list(run.labels)
    assert loaded.predict_proba(rows).tobytes() == run.test.tobytes()


def test_a_dict_a_list_and_a_frame_of_numbers_are_the_same_rows(made):
    loaded, _, root = made
    frame = pd.read_csv(root / "test.csv")[:3]
    expected = loaded.predict_proba(frame)
    rows = frame.to_dict("records")
    assert np.array_equal(loaded.predict_proba(rows), expected)
    assert np.allclose(loaded.predict_proba(rows[0]), expected[:1], rtol=1e-12)
    assert loaded.predict(rows[0]).shape == (1,)


def test_models_are_read_once(made, monkeypatch):
    loaded, _, _ = made
    monkeypatch.setattr(Store, "read", lambda *_: pytest.fail("read again"))
    assert loaded.predict_proba(ROW).shape == (1, 2)


def test_cells_that_are_lost_are_counted_per_column(made):
    loaded, _, _ = made
    rows = [ROW, {**ROW, "number": "much", "colour": "z"}, {**ROW, "colour": "z"}]
    with pytest.warns(PredictionWarning) as caught:
        loaded.predict(rows)
    told = str(caught[0].message)
    assert "column 'number': 1 of 3 cells cannot be read as number: 'much'" in told
    assert "column 'colour': 2 of 3 cells hold a category that the run" in told


def test_a_column_that_reads_in_no_row_is_an_error(made):
    loaded, _, _ = made
    rows = [{**ROW, "number": "much", "gappy": "?"}] * 2
    with pytest.raises(CompetitionError, match="'number': 2 of 2 cells cannot be read"):
        loaded.predict(rows)
    with pytest.raises(CompetitionError, match="a dict from column to cell"):
        loaded.predict([1, 2])


def test_the_worst_rows_come_first_with_their_cells(made):
    loaded, run, _ = made
    worst = loaded.errors(7)
    oof, _ = run.matrix.member("greedy")
    own = oof[np.arange(120), run.competition.y]
    assert list(worst.index) == list(run.competition.train_ids[np.argsort(own)[:7]])
    assert np.allclose(worst["loss"], -np.log(np.sort(own)[:7]))
    assert {"fold", "kind", "predicted", "number", "note"} <= set(worst.columns)


def test_data_that_are_not_the_runs_are_refused(made, tmp_path):
    loaded, _, root = made
    for name in ("train.csv", "test.csv", "sample_submission.csv"):
        shutil.copy(root / name, tmp_path)
    assert len(loaded.errors(3, data=tmp_path)) == 3
    text = (tmp_path / "train.csv").read_text().replace("red", "blue")
    (tmp_path / "train.csv").write_text(text)
    with pytest.raises(RunError, match="are not those of the run"):
        loaded.errors(data=tmp_path)


def test_one_call_makes_the_run_that_the_parts_make(made, tmp_path):
    loaded, _, root = made
    pipeline = load_pipeline(WHOLE)
    members = tuple(m for m in pipeline.members if m.name in NAMES)
    pipeline = replace(pipeline, members=members, submit=Submit("greedy"))
    more = {"store": root / "store", "output": tmp_path, "jobs": 0}
    found = ensemble_kit.run(root, pipeline, **more)
    assert found.folder.parent == tmp_path / "runs"
    assert found.oof().equals(loaded.oof())
    assert np.array_equal(found.predict_proba(ROW), loaded.predict_proba(ROW))


def test_a_matrix_shows_its_members_without_running_their_names():
    oof = np.array([[[0.5, 0.5]], [[np.nan, np.nan]]])
    shown = OOFMatrix(("<b>x</b>",), oof, oof)._repr_html_()
    assert "&lt;b&gt;x&lt;/b&gt;" in shown and "<b>x" not in shown
    assert "2 rows, 1 members" in shown


def test_a_notebook_shows_names_without_running_them(made):
    loaded, _, _ = made
    facts = {**loaded.facts, "reason": "<script>alert(1)</script>"}
    shown = replace(loaded, facts=facts)._repr_html_()
    assert "<script>" not in shown and "&lt;script&gt;" in shown
    assert "greedy" in repr(loaded)


def read_all(run, root, other):
    """Let whoever reads a run's folder read it."""
    load_predictor(run).predict_file(root / "test.csv", root / "later.csv")
    compare_runs(run, other)
    loaded = load_run(run)
    _ = loaded.leaderboard, loaded.weights, loaded.report(), loaded.test()
    _ = repr(loaded), loaded.errors(1)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.data())
@pytest.mark.filterwarnings("ignore:predictions may differ")
def test_a_changed_run_is_read_or_told_with_one_message(made, tmp_path_factory, data):
    """The plan of its models, its report or its manifest holds something else."""
    loaded, _, root = made
    run = tmp_path_factory.mktemp("changed") / "runs" / "one"
    shutil.copytree(loaded.folder, run)
    name = data.draw(st.sampled_from(["plan", "report.json", "manifest.json"]))
    if name == "plan":
        models = Store(run / "models", durable=False)
        facts = data.draw(changed(models.load("plan").facts))
        shutil.rmtree(models.path("plan"))  # what is there is not written over
        models.write("plan", {}, facts if isinstance(facts, dict) else {"x": facts})
    else:
        facts = data.draw(changed(json.loads((run / name).read_text())))
        (run / name).write_text(json.dumps(facts))
    with contextlib.suppress(EnsembleKitError, OSError):
        read_all(run, root, loaded.folder)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("encoding", ..., "no 'encoding'"),
        ("test_columns", ["id", {}], r"test_columns\[1\] is {}"),
        ("versions", {"pandas": 3}, "versions.pandas is 3"),
    ],
)
def test_a_plan_that_no_run_writes_is_refused(made, tmp_path, name, value, told):
    loaded, _, _ = made
    shutil.copytree(loaded.folder / "models", tmp_path / "run" / "models")
    models = Store(tmp_path / "run" / "models")
    facts = models.load("plan").facts
    changed_facts = {k: v for k, v in facts.items() if k != name or value is not ...}
    if value is not ...:
        changed_facts[name] = value
    shutil.rmtree(models.path("plan"))  # what is there is not written over
    models.write("plan", {}, changed_facts)
    with pytest.raises(RunError, match=told):
        load_predictor(tmp_path / "run")


@pytest.mark.parametrize(
    "data", [b"id,a\n1,2\n3,4,5,6\n", b"\xff\xfe,", b"", b"id\n1\n"]
)
def test_a_damaged_table_of_predictions_is_told_with_its_name(made, tmp_path, data):
    loaded, _, _ = made
    run = tmp_path / "run"
    shutil.copytree(loaded.folder, run)
    (run / "oof.csv").write_bytes(data)
    with pytest.raises(RunError, match=r"oof\.csv is damaged"):
        load_run(run).oof()
