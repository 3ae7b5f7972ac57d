"""Runs that predict rows which come later."""

import shutil
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import WHOLE
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import CompetitionError, RunError
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.pipeline.spec import Submit
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.fitted_ensemble import plan_keys
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

SHALLOW = Submit("shallow")
WITHOUT_PICKLE = """
import pickle, socket, sys

def refuse(*arguments, **more):
    raise AssertionError("refused")

pickle.load = pickle.loads = pickle.Unpickler = socket.socket.connect = refuse
from ensemble_kit.running.finished.loaded_run import load_run
load_run(sys.argv[1]).predict_file(sys.argv[2], sys.argv[3])
"""


def submit(folder, out, keep="store", how=SHALLOW, **changes):
    """Run the whole pipeline and write its folder, as ``submit`` does."""
    pipeline = replace(load_pipeline(WHOLE), submit=how, **changes)
    store = Store(out / "store")
    resources = Resources(0, out / "work", keep=keep)
    run = run_pipeline(load_competition(folder), pipeline, store, resources)
    target = prepare_folder(out / "run")
    write_run(run, target)
    return run, target, export_models(run, store, target)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "member"), [("binary", "shallow"), ("regression", "blend")]
)
def test_a_fresh_process_without_pickle_or_data_gives_the_same_bytes(
    competition_folder, tmp_path, kind, member
):
    folder = competition_folder(kind)
    _, target, reasons = submit(folder, tmp_path / "out", how=Submit(member))
    moved, test = tmp_path / "moved to", tmp_path / "later.csv"
    shutil.copytree(target, moved)
    shutil.copy(folder / "test.csv", test)
    shutil.rmtree(folder)
    shutil.rmtree(tmp_path / "out")
    command = [sys.executable, "-c", WITHOUT_PICKLE, moved, test, tmp_path / "new.csv"]
    subprocess.run(command, check=True)
    assert reasons == []
    again = (tmp_path / "new.csv").read_bytes()
    assert again == (moved / "submission.csv").read_bytes()


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """Return a run of labels, its folder, and the competition's."""
    root = tmp_path_factory.mktemp("predicting")
    folder = write_labels(root)
    pipeline_members = ("boosted", "words", "blend")
    members = [m for m in load_pipeline(WHOLE).members if m.name in pipeline_members]
    run, target, _ = submit(folder, root, how=Submit("blend"), members=tuple(members))
    return run, target, folder


def write_labels(root):
    """Write a competition whose submission holds labels."""
    rng = np.random.default_rng(0)
    number = rng.normal(size=160)
    words = np.where(rng.random(160) < 0.5, "red apple pie", "green pear cake today")
    table = pd.DataFrame({"id": range(160), "number": number, "note": words})
    table["note"] += [f" {word}" for word in rng.choice(list("abcdefgh"), 160)]
    labels = np.where(number + (words == "red apple pie") > 0.5, "yes", "no")
    table[:120].assign(kind=labels[:120]).to_csv(root / "train.csv", index=False)
    table[120:].to_csv(root / "test.csv", index=False)
    sample = table[["id"]][120:].assign(kind="no")
    sample.to_csv(root / "sample_submission.csv", index=False)
    return root


def test_labels_are_decided_as_for_the_submission(finished, tmp_path):
    _, target, folder = finished
    written = load_run(target).predict_file(folder / "test.csv", tmp_path / "new.csv")
    assert written.read_bytes() == (target / "submission.csv").read_bytes()


def test_a_refit_on_all_rows_predicts_later_rows(tmp_path):
    folder = write_labels(tmp_path)
    names, how = ("boosted", "words", "blend"), Submit("blend", test="refit")
    members = tuple(m for m in load_pipeline(WHOLE).members if m.name in names)
    run, target, _ = submit(folder, tmp_path, how=how, members=members)
    rows = pd.read_csv(folder / "test.csv", dtype=str, keep_default_na=False)
    assert {len(member["fits"]) for member in run.plan} == {1}
    loaded = load_run(target)
    assert loaded.predict_proba(rows).tobytes() == run.test.tobytes()
    # Models that only explain stay on the disk.
    assert len(loaded.predictor.ensemble.fitted.objects) < len(plan_keys(run.plan))


def test_a_row_is_predicted_alike_whatever_stands_beside_it(finished):
    run, target, folder = finished
    rows = pd.read_csv(folder / "test.csv", dtype=str, keep_default_na=False)
    found = load_run(target).predict_proba(rows[5:9])
    assert np.allclose(found, run.test[5:9], rtol=1e-12)


def test_new_ids_stand_in_the_order_of_their_file(finished, tmp_path):
    _, target, folder = finished
    rows = pd.read_csv(folder / "test.csv", dtype=str)[:4].assign(id=list("dbca"))
    rows.to_csv(tmp_path / "rows.csv", index=False)
    load_run(target).predict_file(tmp_path / "rows.csv", tmp_path / "new.csv")
    written = pd.read_csv(tmp_path / "new.csv", dtype=str)
    assert list(written["id"]) == list("dbca")
    assert set(written["kind"]) <= {"yes", "no"}


def test_a_missing_column_and_repeated_ids_are_named(finished, tmp_path):
    _, target, folder = finished
    rows = pd.read_csv(folder / "test.csv", dtype=str)
    with pytest.raises(CompetitionError, match="'note' is missing"):
        load_run(target).predict(rows.drop(columns="note"))
    rows.assign(id="7").to_csv(tmp_path / "rows.csv", index=False)
    with pytest.raises(CompetitionError, match="'7' stands in several rows"):
        load_run(target).predict_file(tmp_path / "rows.csv", tmp_path / "new.csv")


def test_a_damaged_model_is_refused(finished, tmp_path):
    _, target, folder = finished
    shutil.copytree(target, tmp_path / "run")
    path = max((tmp_path / "run").rglob("data.npy"), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    rows = pd.read_csv(folder / "test.csv", dtype=str)
    with pytest.raises(RunError, match="is missing or damaged"):
        load_run(tmp_path / "run").predict(rows)


def test_a_run_without_models_says_so_when_it_is_to_predict(finished, tmp_path):
    _, target, _ = finished
    with pytest.raises(RunError, match="is no run's folder"):
        load_run(tmp_path)
    shutil.copy(target / "report.json", tmp_path)
    with pytest.raises(RunError, match="--no-keep-models"):
        load_run(tmp_path).predict({"number": 1})


@pytest.mark.slow
def test_models_that_were_not_kept_are_fitted_again(competition_folder, tmp_path):
    folder, members = competition_folder(), load_pipeline(WHOLE).members[:1]
    options = {"how": Submit("trees"), "members": members}
    first, _, reasons = submit(folder, tmp_path, keep="nowhere", **options)
    second, _, no_reasons = submit(folder, tmp_path, **options)
    assert reasons == ["its models were not kept while they were fitted"]
    assert no_reasons == [] and second.n_fitted == 3
    assert first.test.tobytes() == second.test.tobytes()
    assert submit(folder, tmp_path, **options)[0].n_fitted == 0
