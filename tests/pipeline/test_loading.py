import tomllib
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.catalog import MODELS
from ensemble_kit.custom_files import load_custom_file
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import (
    load_pipeline,
    parse_pipeline,
    shipped_pipelines,
)


@pytest.mark.parametrize("name", sorted(shipped_pipelines()))
def test_a_shipped_pipeline_is_dumped_and_read_without_a_loss(name):
    pipeline = load_pipeline(name)
    text = dump_pipeline(pipeline)
    again = parse_pipeline(tomllib.loads(text), "again")
    assert again.members == pipeline.members and again.submit == pipeline.submit
    assert dump_pipeline(again) == text


@pytest.mark.parametrize(
    "member",
    [
        {"level1": {"d": {"model": "lightgbm_detrended", "features": "trees"}}},
        {"level2": {"d": {"model": "lightgbm_detrended"}}},
    ],
)
def test_what_is_detrended_stands_on_features_that_begin_with_the_trend(member):
    level1 = {"ridge": {"model": "ridge"}, **member.pop("level1", {})}
    with pytest.raises(PipelineError, match="features that begin with datetime"):
        parse_pipeline({"level1": level1, **member}, "here")
    parse_pipeline({"level1": {"d": {"model": "lightgbm_detrended"}}}, "here")


PARAMS = st.dictionaries(
    st.text(min_size=1, max_size=8),
    st.one_of(
        st.booleans(),
        st.integers(-(2**62), 2**62),
        st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8),
        st.lists(st.integers(0, 9), max_size=3),
    ),
    max_size=4,
)


@settings(deadline=None)
@given(params=PARAMS, seeds=st.lists(st.integers(0, 99), min_size=1, max_size=3))
def test_any_parameters_survive_the_file(params, seeds):
    tables = {"level1": {"a": {"model": "ridge", "params": params, "seeds": seeds}}}
    pipeline = parse_pipeline(tables, "made", is_trusted=True)
    again = parse_pipeline(
        tomllib.loads(dump_pipeline(pipeline)), "again", is_trusted=True
    )
    assert again.members == pipeline.members


def test_all_mistakes_are_told_at_once():
    tables = {
        "folds": {"n_split": 5},
        "level1": {"a": {"model": "lightgmb"}, "b": {"model": "ridge", "seed": 1}},
        "features": {"mine": {"number": "standrad", "txt": "tfidf"}},
        "sumbit": {},
    }
    with pytest.raises(PipelineError) as error:
        parse_pipeline(tables, "p.toml")
    message = str(error.value)
    assert message.startswith("p.toml has 6 problems:")
    for hint in ("n_splits", "lightgbm", "seeds", "standard", "text", "submit"):
        assert f"did you mean {hint!r}?" in message


def test_wiring_and_parameters_are_told_with_the_other_mistakes():
    tables = {
        "seed": "x",
        "folds": {"n_split": 5},
        "level1": {
            "a": {"model": "lightgmb"},
            "b": {"model": "ridge", "params": {"alhpa": 1.0}},
            "c": {"model": 3},
        },
        "level2": {
            "d": {"model": "mean", "inputs": ["a", "b", "c"]},
            "e": {"model": "mean", "inputs": ["ab"]},
        },
        "submit": {"member": "bb"},
    }
    with pytest.raises(PipelineError) as error:
        parse_pipeline(tables, "p.toml")
    _, *lines = str(error.value).splitlines()
    assert [line.split(":")[0].strip() for line in lines] == [
        "seed",
        "level1.c.model",
        "level1.a.model",
        "folds.n_split",
        "level2.e.inputs",
        "submit.member",
        "level1.b.params",
    ]
    assert "no parameter 'alhpa'; did you mean 'alpha'?" in lines[-1]


def test_a_parameter_of_one_kind_of_task_alone_waits_for_the_task():
    params = {"params": {"epsilon": 0.1}}
    tables = {"level1": {"a": {"model": "linear_svm", **params}}}
    assert parse_pipeline(tables, "p.toml").members[0].params == {"epsilon": 0.1}


def test_a_class_that_a_custom_file_lacks_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(MODELS, "_entries", dict(MODELS))
    path = tmp_path / "lacks_a_class.py"
    path.write_text("")
    load_custom_file(path)
    paths = dict.fromkeys(("classifier", "regressor"), "lacks_a_class:Mine")
    MODELS.add(replace(MODELS["ridge"], name="mine", **paths))
    with pytest.raises(PipelineError, match="'mine' cannot be loaded: .*'Mine'"):
        parse_pipeline({"level1": {"a": {"model": "mine"}}}, "p.toml")


def test_names_that_lead_nowhere_are_told():
    tables = {
        "level1": {"gru": {"model": "ridge", "features": "lines"}},
        "level2": {"stack": {"model": "mean", "inputs": ["gur"]}},
        "submit": {"member": "stak"},
    }
    with pytest.raises(PipelineError) as error:
        parse_pipeline(tables, "p.toml")
    for hint in ("'linear'", "no member named 'gur'", "'stack'"):
        assert hint in str(error.value)


def test_an_unknown_pipeline_is_answered_with_the_nearest():
    with pytest.raises(PipelineError, match="did you mean 'quick'"):
        load_pipeline("quik")


def test_a_broken_file_is_named(tmp_path):
    path = tmp_path / "broken.toml"
    path.write_text("level1 = [")
    with pytest.raises(PipelineError, match="broken.toml is not valid TOML"):
        load_pipeline(path)


def test_a_transductive_pipeline_stays_one(tmp_path):
    tables = {"transductive": True, "level1": {"a": {"model": "ridge"}}}
    pipeline = parse_pipeline(tables, "here")
    (tmp_path / "again.toml").write_text(dump_pipeline(pipeline))
    assert load_pipeline(tmp_path / "again.toml").transductive
    assert not load_pipeline("best").transductive


def test_files_that_name_the_text_filter_as_before_are_read():
    tables = {"text_gate": True, "level1": {"one": {"model": "ridge"}}}
    assert parse_pipeline(tables, "here").text_filter
