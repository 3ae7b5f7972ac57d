"""Members that fine-tune an encoder, in whole runs: keys, bytes, time and leakage."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.features.encoders.encoder_folders import ENCODERS, Card
from ensemble_kit.features.encoders.encoder_networks import Bert
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.member import Member
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.timed.forecast import forecast
from ensemble_kit.store.store import Store
from tiny_encoders import tiny_encoder, write_encoder

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")


def pipeline_on(encoder, probe=False, **params):
    """Return a pipeline with a fine-tuned member, a plain one and their mean."""
    given = {"encoder": str(encoder), "epochs": 1, "layers": 1, **params}
    if probe:
        given = {"encoder": str(encoder), **params}
    tables = {
        "folds": {"n_splits": 3},
        "level1": {
            "tuned": {"model": "text_bert", "params": given, "probe": probe},
            "plain": {"model": "ridge", "features": "sparse_text", "probe": False},
        },
        "level2": {"blend": {"model": "mean"}},
        "submit": {"member": "blend"},
    }
    return parse_pipeline(tables, "the test")


def tuned_of(run):
    """Return the fine-tuned member's out-of-fold predictions."""
    return run.matrix.member("tuned")[0]


def test_a_run_is_the_same_bytes_for_any_number_of_workers(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder())
    pipeline = pipeline_on(tiny_encoder())
    alone = run_in(tmp_path / "alone", competition, pipeline)
    together = run_in(tmp_path / "together", competition, pipeline, jobs=2)
    assert alone.failures == together.failures == {}
    assert alone.test.tobytes() == together.test.tobytes()
    assert alone.matrix.oof.tobytes() == together.matrix.oof.tobytes()


def test_the_probe_decides_for_every_fold(competition_folder, tmp_path):
    competition = load_competition(competition_folder())
    run = run_in(tmp_path, competition, pipeline_on(tiny_encoder(), probe=True))
    store = Store(tmp_path / "store")
    fits = [facts for key in store if (facts := store.facts(key))]
    found = [f["probed"] for f in fits if f["key"].get("work") == "fit"]
    tuned = [probed for probed in found if probed]
    assert run.failures == {}
    assert len(tuned) == 3
    assert all(probed == tuned[0] for probed in tuned)
    assert {"layers", "epochs", "temperature"} <= tuned[0].keys()


def test_the_files_of_the_encoder_are_part_of_the_key(tmp_path):
    folder = write_encoder(tmp_path / "encoder", seed=0)
    member = Member("tuned", "text_bert", params={"encoder": str(folder)})
    first = member.model_facts("binary")
    write_encoder(folder, seed=1)
    assert member.model_facts("binary")["file"] != first["file"]
    assert "file" not in Member("plain", "ridge").model_facts("binary")


def test_a_permuted_target_leaves_it_at_chance(competition_folder, tmp_path):
    competition = load_competition(competition_folder(n_rows=300))
    y = np.random.default_rng(5).permutation(competition.y)
    permuted = replace(competition, y=y, fingerprint="permuted")
    run = run_in(tmp_path, permuted, pipeline_on(tiny_encoder()))
    assert abs((tuned_of(run).argmax(axis=1) == y).mean() - 0.5) < 0.1


def test_what_is_predicted_of_a_row_does_not_follow_from_its_target(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder("regression"))
    pipeline = pipeline_on(tiny_encoder())
    first = run_in(tmp_path / "first", competition, pipeline)
    y = competition.y.copy()
    y[11] += 50.0
    changed = replace(competition, y=y, fingerprint="changed")
    second = run_in(tmp_path / "second", changed, pipeline)
    assert (tuned_of(first)[11] == tuned_of(second)[11]).all()
    assert (tuned_of(first) != tuned_of(second)).any()


def test_labels_of_hidden_rows_never_reach_the_layers(competition_folder, tmp_path):
    whole = load_competition(competition_folder("regression"))
    first, hidden = whole.hide(0.3, seed=0)
    is_hidden = ~whole.X["number"].isin(first.X["number"]).to_numpy()
    assert is_hidden.sum() == len(hidden)
    turned = replace(whole, y=np.where(is_hidden, whole.y + 9, whole.y))
    second, other = turned.hide(0.3, seed=0)
    assert (hidden != other).all()
    runs = [
        run_in(tmp_path / name, competition, pipeline_on(tiny_encoder()))
        for name, competition in (("first", first), ("second", second))
    ]
    assert runs[0].test.tobytes() == runs[1].test.tobytes()


def test_the_second_run_of_a_competition_trains_nothing(
    competition_folder, tmp_path, monkeypatch
):
    competition = load_competition(competition_folder())
    pipeline = pipeline_on(tiny_encoder())
    first = run_in(tmp_path, competition, pipeline)

    def refuse(self, ids, n_layers):
        raise AssertionError("a text is read again")

    monkeypatch.setattr(Bert, "read", refuse)
    second = run_in(tmp_path, competition, pipeline)
    assert second.failures == {}
    assert second.test.tobytes() == first.test.tobytes()


def test_later_rows_get_the_bits_of_the_run(competition_folder, tmp_path):
    folder = competition_folder()
    competition, store = load_competition(folder), Store(tmp_path / "store")
    pipeline = pipeline_on(tiny_encoder())
    run = run_in(tmp_path, competition, pipeline, keep="store")
    target = prepare_folder(tmp_path / "run")
    write_run(run, target)
    assert export_models(run, store, target) == []
    load_run(target).predict_file(folder / "test.csv", tmp_path / "new.csv")
    again = (tmp_path / "new.csv").read_bytes()
    assert again == (target / "submission.csv").read_bytes()


def test_a_folder_that_cannot_be_used_is_told_before_any_fit(
    competition_folder, tmp_path
):
    folder = write_encoder(tmp_path / "encoder")
    (folder / "model.safetensors").unlink()
    competition = load_competition(competition_folder())
    with pytest.raises(PipelineError, match=r"level1\.tuned\.params: the encoder"):
        run_in(tmp_path, competition, pipeline_on(folder))


def test_a_missing_package_leaves_it_out(competition_folder, tmp_path, monkeypatch):
    monkeypatch.setitem(ENCODERS, "minilm", Card("no_such_package", "model", ("en",)))
    competition = load_competition(competition_folder())
    run = run_in(tmp_path, competition, pipeline_on("minilm"))
    assert "ensemble_kit[encoders]" in run.failures["tuned"]
    assert "plain" in run.matrix.members


def test_an_english_encoder_does_not_learn_from_another_language(
    competition_folder, tmp_path, monkeypatch
):
    path = write_encoder(tmp_path / "model")
    monkeypatch.setitem(ENCODERS, "minilm", Card("tiny", path.name, ("en",)))
    monkeypatch.setattr(
        "ensemble_kit.features.encoders.encoder_folders._packaged", lambda card: path
    )
    competition = load_competition(competition_folder())
    russian = [
        f"Мы не знали, что это так и было у них {n}" for n in range(len(competition.X))
    ]
    X = competition.X.assign(note=pd.Series(russian, dtype=competition.X["note"].dtype))
    run = run_in(tmp_path, replace(competition, X=X), pipeline_on("minilm"))
    assert "has read English alone" in run.failures["tuned"]


def test_a_run_without_the_time_for_it_leaves_it_out(competition_folder, tmp_path):
    competition = load_competition(competition_folder())
    pipeline = pipeline_on(tiny_encoder(), probe=True)

    def planned(limit):
        prepared = prepare_run(competition, pipeline, limit)
        lines = forecast(prepared, Store(tmp_path / "store"), jobs=1)
        return {line.member: line for line in lines}

    short, long = planned(20.0), planned(6000.0)
    assert "training its encoder is predicted to take" in short["tuned"].reason
    assert short["plain"].n_done == 3
    assert long["tuned"].n_done >= 3 and not long["tuned"].reason
