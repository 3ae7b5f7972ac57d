"""Members on a pretrained encoder: each text is encoded once, and what cannot be is
told."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import MissingDependencyError, PipelineError
from ensemble_kit.features.encoders import encoders, kept_vectors
from ensemble_kit.features.encoders.encoder_folders import ENCODERS, Card
from ensemble_kit.features.encoders.encoders import Encoder
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.fitted_levels import FittedLevels
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.preparing.prepare import prepare_run
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.texts.text_filter import plan_weighings
from ensemble_kit.running.timed import encoding
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.forecast import forecast
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store import housekeeping
from ensemble_kit.store.store import Store
from tiny_encoders import tiny_encoder, write_encoder

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")


def pipeline_on(encoder, **more):
    params = {"encoder": str(encoder)}
    tables = {
        "folds": {"n_splits": 3},
        "features": {
            "read": {"text": {"sentence_encoder": params}},
            "parts": {
                "number": "passthrough",
                "text": {"sentence_components": {**params, "n_components": 4}},
                "pair": {"sentence_encoder_pair": {"params": params}},
            },
        },
        "level1": {
            "linear": {"model": "ridge", "features": "read", "probe": False},
            "boosted": {
                "model": "lightgbm",
                "features": "parts",
                "params": {"n_estimators": 10},
            },
            "plain": {"model": "ridge", "features": "sparse_text", "probe": False},
        },
        "level2": {"blend": {"model": "mean"}},
        "submit": {"member": "blend"},
    }
    return parse_pipeline({**tables, **more}, "the test")


def texts_of(competition):
    return {*competition.X["note"], *competition.X_test["note"]}


@pytest.fixture
def encoded(monkeypatch):
    """Return the list of all texts that are encoded; chunks are small."""
    seen, encode = [], Encoder.encode

    def watched(self, texts):
        seen.extend(text for text in texts if text)
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", watched)
    monkeypatch.setattr(kept_vectors, "CHUNK_CHARACTERS", 2000)
    encoders._cache.cache_clear()
    return seen


def test_a_text_is_encoded_once_for_all_folds_members_and_runs(
    competition_folder, tmp_path, encoded
):
    competition = load_competition(competition_folder())
    pipeline = pipeline_on(tiny_encoder())
    first = run_in(tmp_path, competition, pipeline)
    assert first.failures == {}
    assert sorted(encoded) == sorted(texts_of(competition))
    encoders._cache.cache_clear()
    later = replace(pipeline, folds=replace(pipeline.folds, n_splits=4))
    run_in(tmp_path, competition, later)
    assert len(encoded) == len(texts_of(competition))


def test_a_run_that_was_stopped_goes_on_where_it_was(
    competition_folder, tmp_path, encoded
):
    competition = load_competition(competition_folder())
    pipeline, seen = pipeline_on(tiny_encoder()), []

    def on_event(event, node, facts):
        seen.extend([node.kind] * (event == "done"))

    def is_interrupted():
        return seen.count("encode") >= 2

    from ensemble_kit.exceptions import RunError

    with pytest.raises(RunError):
        progress = Progress(on_event=on_event, is_interrupted=is_interrupted)
        run_in(tmp_path, competition, pipeline, progress)
    assert 0 < len(encoded) < len(texts_of(competition))
    encoders._cache.cache_clear()
    run_in(tmp_path, competition, pipeline)
    assert sorted(encoded) == sorted(texts_of(competition))


@pytest.mark.slow
def test_workers_give_the_bytes_of_one_process(competition_folder, tmp_path):
    competition = load_competition(competition_folder())
    pipeline = pipeline_on(tiny_encoder())
    alone = run_in(tmp_path / "alone", competition, pipeline)
    together = run_in(tmp_path / "together", competition, pipeline, jobs=2)
    assert alone.test.tobytes() == together.test.tobytes()
    assert alone.matrix.oof.tobytes() == together.matrix.oof.tobytes()


def test_a_missing_package_leaves_its_members_out(
    competition_folder, tmp_path, monkeypatch
):
    monkeypatch.setitem(ENCODERS, "minilm", Card("no_such_package", "model", ("en",)))
    competition = load_competition(competition_folder())
    run = run_in(tmp_path, competition, pipeline_on("minilm", text_filter=True))
    assert run.failures.keys() == {"linear", "boosted"}
    assert "ensemble_kit[encoders]" in run.failures["linear"]
    assert set(run.matrix.members) >= {"plain", "blend"}
    with pytest.raises(MissingDependencyError):
        load_pipeline("best").recipes["vectors"].facts()


def test_a_folder_that_cannot_be_used_is_told_before_any_fit(
    competition_folder, tmp_path
):
    folder = write_encoder(tmp_path / "encoder")
    (folder / "model.safetensors").unlink()
    competition = load_competition(competition_folder())
    with pytest.raises(PipelineError, match=r"features\.read\.text: the encoder"):
        run_in(tmp_path, competition, pipeline_on(folder))


def test_texts_in_another_language_are_not_given_to_an_english_encoder(
    competition_folder, tmp_path, monkeypatch
):
    path = write_encoder(tmp_path / "model")
    card = Card("tiny", path.name, ("en",))
    monkeypatch.setitem(ENCODERS, "minilm", card)
    monkeypatch.setattr(
        "ensemble_kit.features.encoders.encoder_folders._packaged", lambda card: path
    )
    competition = load_competition(competition_folder())
    russian = [
        f"Мы не знали, что это так и было у них {n}" for n in range(len(competition.X))
    ]
    X = competition.X.assign(note=pd.Series(russian, dtype=competition.X["note"].dtype))
    run = run_in(tmp_path, replace(competition, X=X), pipeline_on("minilm"))
    assert (
        "has read English alone (note: all letters are cyrillic"
        in (run.failures["linear"])
    )
    X = X.assign(more=competition.X["note"])
    X_test = competition.X_test.assign(more=competition.X_test["note"])
    both = replace(competition, X=X, X_test=X_test, fingerprint="both")
    prepared = prepare_run(both, pipeline_on("minilm", text_filter=True))
    levels = FittedLevels(prepared.graph, Store(tmp_path / "other"))
    member, reason = encoding.reason_to_skip(prepared.pipeline.members[0], levels)
    assert (member.texts, reason) == (("more",), "")
    weighings = plan_weighings(prepared.pipeline, prepared.graph)
    assert [weighing.members for weighing in weighings] == [("plain",)]


def limited(folder, tmp_path, seconds=600.0):
    return run_within(
        load_competition(folder),
        pipeline_on(tiny_encoder()),
        Store(tmp_path / "store"),
        Resources(0, tmp_path / "work"),
        Clock(time.monotonic(), seconds),
    )


def test_what_cannot_be_encoded_in_time_is_left_out(
    competition_folder, tmp_path, monkeypatch, encoded
):
    monkeypatch.setattr(encoding, "ENCODING_SHARE", 0.0)
    run = limited(competition_folder(), tmp_path)
    assert run.failures.keys() == {"linear", "boosted"}
    assert "encoding its texts is predicted to take" in run.failures["linear"]
    assert len(encoded) < len(texts_of(run.competition))
    assert "plain" in run.matrix.members


def test_what_can_be_encoded_in_time_is_fitted(competition_folder, tmp_path, encoded):
    run = limited(competition_folder(), tmp_path)
    assert run.failures == {}
    assert sorted(encoded) == sorted(texts_of(run.competition))


def test_a_preview_tells_what_would_be_left_out(competition_folder, tmp_path):
    competition = load_competition(competition_folder())
    prepared = prepare_run(competition, pipeline_on(tiny_encoder()), 0.01)
    lines = forecast(prepared, Store(tmp_path / "store"), jobs=1)
    reasons = {line.member: line.reason for line in lines}
    assert "too much of" in reasons["linear"] and "too much of" in reasons["boosted"]


def test_a_permuted_target_leaves_members_on_vectors_at_chance(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder(n_rows=300))
    y = np.random.default_rng(5).permutation(competition.y)
    permuted = replace(competition, y=y, fingerprint="permuted")
    run = run_in(tmp_path, permuted, pipeline_on(tiny_encoder()))
    for name in ("linear", "boosted"):
        hits = run.matrix.member(name)[0].argmax(axis=1) == y
        assert abs(hits.mean() - 0.5) < 0.1


def members_of_every_kind():
    """Return a pipeline with all that an encoder's vectors are for."""
    params = {"encoder": tiny_encoder()}
    text = {"sentence_encoder": params}
    tables = {
        "folds": {"n_splits": 3},
        "features": {
            "read": {"text": text},
            "beside": {"text": ["tfidf", text]},
            "told": {"number": "passthrough", "text": {"sentence_scores": params}},
            "pairs": {
                "number": "passthrough",
                "pair": {"sentence_pair_components": {"params": params}},
            },
        },
        "level1": {
            "logistic": {"model": "logistic_regression", "features": "read"},
            "machine": {"model": "kernel_svm", "features": "read"},
            "process": {"model": "gaussian_process", "features": "read"},
            "nearest": {"model": "knn_cosine", "features": "read"},
            "network": {"model": "sparse_mlp", "features": "beside"},
            "scores": {"model": "lightgbm", "features": "told"},
            "between": {"model": "lightgbm", "features": "pairs"},
            "tuned": {
                "model": "text_bert",
                "params": {**params, "epochs": 1, "layers": 1},
            },
        },
        "level2": {"blend": {"model": "mean"}},
        "submit": {"member": "blend"},
    }
    return parse_pipeline(tables, "the test")


def test_a_permuted_target_leaves_every_kind_of_member_at_chance(
    competition_folder, tmp_path
):
    competition = load_competition(competition_folder(n_rows=300))
    y = np.random.default_rng(5).permutation(competition.y)
    parts = [
        X.assign(other=X["note"].to_numpy()[::-1])
        for X in (competition.X, competition.X_test)
    ]
    permuted = replace(
        competition, X=parts[0], X_test=parts[1], y=y, fingerprint="permuted"
    )
    run = run_in(tmp_path, permuted, members_of_every_kind())
    assert run.failures == {}
    for name in members_of_every_kind().at_level(1):
        hits = run.matrix.member(name.name)[0].argmax(axis=1) == y
        assert abs(hits.mean() - 0.5) < 0.1, name.name


def test_vectors_are_looked_after_with_the_store(competition_folder, tmp_path, encoded):
    run_in(
        tmp_path, load_competition(competition_folder()), pipeline_on(tiny_encoder())
    )
    store = Store(tmp_path / "store")
    files = [stored.vectors for stored in housekeeping.list_vectors(store)]
    assert len(files) > 1
    files[0].write_bytes(files[0].read_bytes()[:-1])
    assert list(housekeeping.find_damaged(store).values()) == ["damaged vectors"]
    assert len(list(housekeeping.list_vectors(store))) == len(files) - 1
    housekeeping.prune(store, time.time() + 9.0, max_seconds=1.0)
    assert not list(housekeeping.list_vectors(store))


def test_later_rows_are_encoded_once_and_get_the_bits_of_the_run(
    competition_folder, tmp_path, encoded
):
    folder = competition_folder()
    competition, store = load_competition(folder), Store(tmp_path / "store")
    run = run_in(tmp_path, competition, pipeline_on(tiny_encoder()), keep="store")
    target = prepare_folder(tmp_path / "run")
    write_run(run, target)
    assert export_models(run, store, target) == []
    encoded.clear()
    encoders._cache.cache_clear()
    load_run(target).predict_file(folder / "test.csv", tmp_path / "new.csv")
    again = (tmp_path / "new.csv").read_bytes()
    assert again == (target / "submission.csv").read_bytes()
    assert sorted(encoded) == sorted(set(competition.X_test["note"]))
