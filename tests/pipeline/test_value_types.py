"""Any value at any key of a pipeline file: a message, never a traceback."""

import string
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.pipeline.value_types import MEMBER, SETTINGS

NAMES = st.text(string.ascii_letters + "_.\0 é", max_size=8)
SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(), NAMES, st.dates())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3)
    ),
    max_leaves=6,
)
PLACES = (
    [(key,) for key in SETTINGS[""]]
    + [(table, key) for table, known in SETTINGS.items() if table for key in known]
    + [("validation", key) for key in ("fraction", "n_chunks", "first", "compare")]
    + [("level1",), ("level1", "m"), ("features", "f"), ("features", "f", "text")]
    + [("level1", "m", key) for key in MEMBER]
)


def pipeline_with(place, value):
    tables = {"level1": {"m": {"model": "ridge"}}}
    inner = tables
    for key in place[:-1]:
        inner = inner.setdefault(key, {})
    inner[place[-1]] = value
    return tables


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.sampled_from(PLACES), VALUES)
def test_any_value_at_any_key_gives_a_pipeline_or_a_message(place, value):
    try:
        parse_pipeline(pipeline_with(place, value), "made.toml")
    except PipelineError as error:
        assert "made.toml" in str(error)


@pytest.mark.parametrize("n_splits", [-1, 0, 1, 1.5, float("nan"), "x", True])
def test_folds_are_two_or_more_whole_ones(n_splits):
    with pytest.raises(
        PipelineError, match=r"folds\.n_splits: expected a whole number"
    ):
        parse_pipeline(pipeline_with(("folds", "n_splits"), n_splits), "made.toml")


def test_every_value_of_a_wrong_type_is_told_at_once():
    tables = {"level1": 5, "features": 5, "seed": "x"}
    with pytest.raises(PipelineError, match="3 problems"):
        parse_pipeline(tables, "made.toml")


def test_values_that_nest_too_deeply_are_a_message(tmp_path):
    path = tmp_path / "deep.toml"
    path.write_text("name = " + "[" * 5000 + "]" * 5000)
    with pytest.raises(PipelineError, match="deep"):
        load_pipeline(path)


WAYS_OUT = ["../../x/y", "/tmp/x", "a/b", "a\\b", "..", ".hidden", "", "x" * 101]
WAYS_OUT += ["語" * 80, "a\nb", "a\0b", "\u202eab", "a b"]


@pytest.mark.parametrize("name", WAYS_OUT)
def test_no_name_of_a_pipeline_file_leads_out_of_a_folder(name):
    member = ("level1", name), {"model": "ridge"}
    for place, value in ((("name",), name), member):
        with pytest.raises(PipelineError, match="no dot in front"):
            parse_pipeline(pipeline_with(place, value), "made.toml")


@pytest.mark.parametrize("name", ["базовый-2.1", "हिन्दी_मॉडल", "α" * 100, "a.b"])
def test_names_of_every_script_are_names(name):
    tables = {"name": name, "level1": {name: {"model": "ridge"}}}
    assert parse_pipeline(tables, "made.toml").name == name


def test_a_file_of_any_name_is_a_pipeline_whose_name_can_be_a_folder(tmp_path):
    path = tmp_path / "my first try.toml"
    path.write_text('[level1.m]\nmodel = "ridge"\n')
    assert load_pipeline(path).name == "my_first_try"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), [date(2020, 1, 1)]])
def test_parameters_that_no_key_can_hold_are_told_with_their_place(value):
    tables = pipeline_with(("level1", "m", "params"), {"alpha": value})
    with pytest.raises(PipelineError, match=r"level1\.m\.params: expected a table"):
        parse_pipeline(tables, "made.toml")
