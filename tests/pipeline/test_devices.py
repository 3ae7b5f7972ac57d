"""Members on a GPU, at its boundary: no test here has one."""

import pytest

from ensemble_kit.catalog import MODELS
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.hashing import fingerprint
from ensemble_kit.models.boosting.catboost_boosting import CatBoostClassifier
from ensemble_kit.pipeline import devices
from ensemble_kit.pipeline.devices import on_device, why_not
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline

TABLES = {
    "level1": {
        "light": {"model": "lightgbm", "params": {"num_leaves": 8}},
        "extreme": {"model": "xgboost"},
        "cat": {"model": "catboost"},
        "words": {"model": "text_cnn"},
        "linear": {"model": "logistic_strong"},
        "own": {"model": "xgboost", "params": {"device": "cpu"}},
    },
    "level2": {"blend": {"model": "mean"}},
}


def gpus(monkeypatch, number):
    monkeypatch.setattr(devices, "count_gpus", lambda: number)
    return parse_pipeline(TABLES, "here")


def params(moved):
    return {m.name: dict(m.params) for m in moved.pipeline.members}


@pytest.mark.parametrize("asked", ["auto", "cpu"])
def test_without_a_gpu_nothing_changes(monkeypatch, asked):
    pipeline = gpus(monkeypatch, 0)
    assert on_device(pipeline, asked).pipeline is pipeline
    for shipped in ("quick", "standard", "best"):
        recipe = load_pipeline(shipped)
        assert on_device(recipe, asked).pipeline is recipe


def test_cuda_without_a_gpu_and_unknown_devices_are_told(monkeypatch):
    pipeline = gpus(monkeypatch, 0)
    with pytest.raises(PipelineError, match="there is no GPU here that CUDA can use"):
        on_device(pipeline, "cuda")
    with pytest.raises(PipelineError, match="auto, cpu, cuda; found 'tpu'"):
        on_device(pipeline, "tpu")


@pytest.mark.parametrize("asked", ["auto", "cuda"])
def test_a_gpu_is_taken_by_what_can_use_it_and_keyed_apart(monkeypatch, asked):
    pipeline = gpus(monkeypatch, 1)
    found = params(on_device(pipeline, asked, trial=lambda spec: ""))
    assert found["light"] == {"device": "gpu", "num_leaves": 8}
    assert found["extreme"] == found["words"] == {"device": "cuda"}
    assert found["cat"] == {"task_type": "GPU"}
    assert found["own"] == {"device": "cpu"} and found["linear"] == {}
    moved = on_device(pipeline, asked, trial=lambda spec: "").pipeline
    pairs = zip(pipeline.members, moved.members, strict=True)
    differ = {
        before.name
        for before, after in pairs
        if fingerprint(before.model_facts("binary"))
        != fingerprint(after.model_facts("binary"))
    }
    assert differ == {"light", "extreme", "cat", "words"}


def test_a_library_that_has_no_gpu_stays_and_says_why(monkeypatch):
    pipeline = gpus(monkeypatch, 1)

    def trial(spec):
        return "no OpenCL" if spec.name == "lightgbm" else ""

    moved = on_device(pipeline, "auto", trial)
    assert params(moved)["light"] == {"num_leaves": 8}
    assert moved.notes == ("lightgbm stays on the CPU: no OpenCL",)


def test_the_cpu_is_asked_of_what_would_take_a_gpu_by_itself(monkeypatch):
    found = params(on_device(gpus(monkeypatch, 1), "cpu"))
    assert found["words"] == {"device": "cpu"}
    assert found["light"] == {"num_leaves": 8} and found["cat"] == {}


@pytest.mark.parametrize("name", ["catboost", "text_cnn"])
def test_a_trial_says_what_a_library_says(name):
    assert why_not(MODELS[name])


def test_catboost_is_not_told_on_a_gpu_what_it_knows_on_a_cpu_alone():
    model = CatBoostClassifier(task_type="GPU", subsample=0.8)
    told = model._library().get_params()
    assert "rsm" not in told and told["bootstrap_type"] == "Bernoulli"
    assert "task_type" not in CatBoostClassifier()._library().get_params()


@pytest.mark.parametrize("name", ["lightgbm", "xgboost", "catboost"])
def test_every_gpu_parameter_is_one_of_the_model(name):
    spec = MODELS[name]
    for kind in ("binary", "regression"):
        assert not spec.unknown_parameters(kind, spec.gpu)
