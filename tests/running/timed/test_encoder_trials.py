"""In a limited run an encoder is tried on some rows, and begun where it is worth it."""

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from calls import run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.features.encoders import encoders, kept_vectors
from ensemble_kit.features.encoders.encoders import Encoder, encoder_of
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.run_pipeline import Resources
from ensemble_kit.running.timed import encoder_trials, limited_run
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.timed.timed_run import run_within
from ensemble_kit.store.store import Store
from ensemble_kit.work import execute
from ensemble_kit.work.judging import encoder_trial
from ensemble_kit.work.judging.encoder_trial import JudgedRows
from tiny_encoders import tiny_encoder

pytest.importorskip("tokenizers")
pytest.importorskip("safetensors")
N_ROWS, N_TEST = 360, 60
ON_VECTORS = {"linear", "boosted"}


@pytest.fixture(autouse=True)
def nothing_is_free(monkeypatch):
    """Ask about encoders however soon they are done."""
    monkeypatch.setattr(encoder_trials, "FREE_SHARE", 0.0)
    encoders._cache.cache_clear()


@pytest.fixture
def encoded(monkeypatch):
    """Return the list of all texts that are encoded; chunks are small."""
    monkeypatch.setattr(kept_vectors, "CHUNK_CHARACTERS", 500)
    seen, encode = [], Encoder.encode

    def watched(self, texts):
        seen.extend(text for text in texts if text)
        return encode(self, texts)

    monkeypatch.setattr(Encoder, "encode", watched)
    return seen


@pytest.fixture
def competition(tmp_path):
    """Return a function that makes a competition of random letters and a number.

    Its target is what the encoder's vectors say, or the number alone.
    """

    def make(told_by, name="letters"):
        rng, folder = np.random.default_rng(0), tmp_path / name
        letters = np.array(list("abcdefgh  "))
        texts = ["".join(rng.choice(letters, 12)) for _ in range(N_ROWS + N_TEST)]
        vectors = encoder_of(tiny_encoder()).encode(texts).astype(float)
        number = rng.normal(size=len(texts))
        centred = vectors - vectors.mean(axis=0)
        said = centred @ np.linalg.svd(centred, full_matrices=False)[2][0]
        truth = said if told_by == "vectors" else number + rng.normal(size=len(texts))
        table = pd.DataFrame({"id": range(len(texts)), "note": texts, "number": number})
        table["target"] = (truth > np.median(truth)).astype(int)
        folder.mkdir()
        table[:N_ROWS].to_csv(folder / "train.csv", index=False)
        test = table[N_ROWS:]
        test.drop(columns="target").to_csv(folder / "test.csv", index=False)
        sample = test[["id"]].assign(target=0.5)
        sample.to_csv(folder / "sample_submission.csv", index=False)
        return load_competition(folder)

    return make


def pipeline():
    params = {"encoder": tiny_encoder()}
    components = {"sentence_components": {**params, "n_components": 8}}
    tables = {
        "folds": {"n_splits": 3},
        "features": {
            "read": {"text": {"sentence_encoder": params}},
            "parts": {"number": "passthrough", "text": components},
            "numbers": {"number": "standard"},
        },
        "level1": {
            "linear": {"model": "ridge", "features": "read", "probe": False},
            "boosted": {
                "model": "lightgbm",
                "features": "parts",
                "params": {"n_estimators": 10},
            },
            "plain": {"model": "ridge", "features": "numbers", "probe": False},
            "words": {"model": "ridge", "features": "sparse_text", "probe": False},
        },
        "level2": {"blend": {"model": "mean"}},
        "submit": {"member": "blend"},
    }
    return parse_pipeline(tables, "the test")


def limited(competition, tmp_path, jobs=0, declared=None):
    return run_within(
        competition,
        declared or pipeline(),
        Store(tmp_path / "store"),
        Resources(jobs, tmp_path / "work"),
        Clock(time.monotonic(), 600.0),
    )


def texts_of(competition):
    return {*competition.X["note"], *competition.X_test["note"]}


def test_an_encoder_that_tells_nothing_is_not_begun(competition, tmp_path, encoded):
    given = competition("number")
    encoded.clear()
    run = limited(given, tmp_path)
    assert run.failures.keys() == ON_VECTORS
    for reason in run.failures.values():
        assert reason.startswith(f"encoder {tiny_encoder()} left out: it takes ")
        assert "off the squared error on rows of the first fold" in reason
    assert {"plain", "words"} <= set(run.matrix.members)
    assert len({*encoded} & texts_of(given)) < len(texts_of(given)) / 2


@pytest.mark.parametrize("jobs", [0, pytest.param(2, marks=pytest.mark.slow)])
def test_an_encoder_that_tells_much_is_begun_and_told_of(competition, tmp_path, jobs):
    run = limited(competition("vectors"), tmp_path, jobs)
    assert run.failures == {}
    assert set(run.matrix.members) >= ON_VECTORS
    told = [note for note in run.notes if f"encoder {tiny_encoder()} kept" in note]
    assert ["(tried)" in note for note in told] == [True, False]


def test_a_first_fold_that_lifts_nothing_leaves_out_all_members_on_the_encoder(
    competition, tmp_path, monkeypatch
):
    monkeypatch.setattr(limited_run, "gain_of_first_fold", lambda *_: (0.001, 0.002))
    run = limited(competition("vectors"), tmp_path)
    assert run.failures.keys() == ON_VECTORS
    assert "it takes +0.0010 ± 0.0020 off" in run.failures["boosted"]


def test_an_encoder_that_turns_out_slow_is_left_out_after_a_few_rows(
    competition, tmp_path, monkeypatch, encoded
):
    measured = []

    def slow(facts, source):
        measured.append(facts.n_rows)
        cost = {"encode_seconds": 60.0, "n_characters": 1000}
        return {each["file"]: cost for each in facts.encoders}

    given = competition("vectors")
    monkeypatch.setattr(execute, "measure_encoders", slow)
    monkeypatch.setattr(limited_run, "ENCODING_SHARE", 2e-3)
    encoded.clear()
    run = limited(given, tmp_path)
    assert run.failures.keys() == ON_VECTORS
    assert "encoding its texts is predicted to take" in run.failures["linear"]
    assert measured == [encoder_trials.N_MEASURED]
    assert not {*encoded} & texts_of(given)


def test_a_trial_that_fails_leaves_the_other_members(
    competition, tmp_path, monkeypatch
):
    def fails(*_):
        raise ValueError("no such thing")

    monkeypatch.setattr(encoder_trial, "vectors_of", fails)
    run = limited(competition("vectors"), tmp_path)
    assert run.failures.keys() == ON_VECTORS
    assert "has failed" in run.failures["linear"]
    assert {"plain", "words"} <= set(run.matrix.members)


def test_members_on_an_encoder_alone_are_compared_with_nobody(competition, tmp_path):
    whole = pipeline()
    members = tuple(m for m in whole.members if m.name in {*ON_VECTORS, "blend"})
    alone = replace(whole, members=members)
    run = limited(competition("number"), tmp_path, declared=alone)
    assert run.failures == {} and set(run.matrix.members) >= ON_VECTORS


def test_an_encoder_that_is_soon_done_is_not_asked_about(
    competition, tmp_path, monkeypatch
):
    monkeypatch.setattr(encoder_trials, "FREE_SHARE", 0.05)
    run = limited(competition("number"), tmp_path)
    assert run.failures == {} and not any("encoder" in note for note in run.notes)


def test_a_run_over_again_decides_alike_from_the_store(competition, tmp_path):
    given = competition("number")
    first, again = (limited(given, tmp_path) for _ in range(2))
    assert again.n_fitted == 0 and again.failures == first.failures
    assert (again.test == first.test).all()


def test_a_replay_gives_the_bytes_of_the_run(competition, tmp_path):
    given = competition("vectors")
    run = limited(given, tmp_path)
    replayed = run_in(tmp_path / "replay", given, run.pipeline)
    assert replayed.test.tobytes() == run.test.tobytes()


def judged(kind, weights=None):
    """Return rows, and predictions that know half of what is to be known."""
    rng = np.random.default_rng(3)
    known, other = rng.normal(size=(2, 400))
    value = known + other + rng.normal(size=400)
    y = value if kind == "regression" else (value > 0).astype(np.intp)
    share = 1 / (1 + np.exp(-1.2 * known))
    outputs = known[:, None] if kind == "regression" else np.c_[1 - share, share]
    return JudgedRows(y, outputs.shape[1], 0, weights), outputs[:, None, :], other


@pytest.mark.parametrize("kind", ["binary", "regression"])
@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 2.0, 400)])
def test_vectors_gain_only_where_they_tell_what_members_leave_over(kind, weights):
    rows, predictions, other = judged(kind, weights)
    without = rows.losses(predictions)
    noise = np.random.default_rng(4).normal(size=(400, 30)).astype(np.float32)
    gain, error = rows.gain(without, rows.losses(predictions, noise))
    assert gain < error
    noise[:, 7] = other
    gain, error = rows.gain(without, rows.losses(predictions, noise))
    assert gain > 3 * error


def test_what_members_tell_already_is_no_gain():
    rows, predictions, _ = judged("binary")
    noise = np.random.default_rng(4).normal(size=(400, 30)).astype(np.float32)
    noise[:, 7] = np.log(predictions[:, 0, 1] / predictions[:, 0, 0])
    gain, error = rows.gain(rows.losses(predictions), rows.losses(predictions, noise))
    assert gain < error
