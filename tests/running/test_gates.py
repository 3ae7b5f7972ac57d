"""Gates in pipelines: level-2 members that read columns of the table."""

import tomllib
from dataclasses import replace

import numpy as np
import pytest

from calls import run_in
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.store.store import Store

FILE = """
[folds]
n_splits = 2

[level1.linear]
model = "ridge"
features = "linear"

[level1.trees]
model  = "extra_trees"
params = { n_estimators = 5 }

[level2.switch]
when      = "number < 0 and gappy is not missing"
then      = "linear"
otherwise = "trees"

[level2.rule]
when = "colour == 'a'"

[level2.colours]
segment = "colour"
params  = { min_rows = 20 }

[level2.gate]
model  = "gated_blend"
params = { columns = ["number", "colour"] }

[level2.all_columns]
model = "gated_blend"

[submit]
member = "gate"
"""


def parsed(text):
    return parse_pipeline(tomllib.loads(text), "p.toml")


PIPELINE = parsed(FILE)


def run(competition, out, pipeline=PIPELINE):
    return run_in(out, competition, pipeline, keep="store")


@pytest.fixture
def competition(competition_folder):
    """Return a small competition."""
    return load_competition(competition_folder())


def test_a_switch_takes_one_member_where_its_rule_holds(competition, tmp_path):
    found = run(competition, tmp_path)
    assert not found.failures and len(found.results) == 7
    X = competition.X
    holds = ((X["number"] < 0) & X["gappy"].notna()).to_numpy()
    linear, trees, switch = (
        found.matrix.member(name)[0] for name in ("linear", "trees", "switch")
    )
    assert np.allclose(switch, np.where(holds[:, None], linear, trees))


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["multiclass", "regression"])
def test_gates_are_for_every_task(competition_folder, tmp_path, kind):
    found = run(load_competition(competition_folder(kind)), tmp_path)
    assert not found.failures and np.isfinite(found.test).all()


def test_short_keys_are_the_long_ones_written_shorter():
    long = FILE.replace('segment = "colour"', 'model = "segment_blend"').replace(
        "{ min_rows = 20 }", '{ column = "colour", min_rows = 20 }'
    )
    assert parsed(long).members == PIPELINE.members
    assert parsed(dump_pipeline(PIPELINE)).members == PIPELINE.members


@pytest.mark.slow
def test_a_kept_gate_predicts_later_rows_to_the_bit(competition, tmp_path):
    for member in ("switch", "colours", "gate", "all_columns"):
        submit = replace(PIPELINE.submit, member=member)
        found = run(competition, tmp_path, replace(PIPELINE, submit=submit))
        folder = prepare_folder(tmp_path / member)
        write_run(found, folder)
        assert export_models(found, Store(tmp_path / "store"), folder) == []
        again = load_run(folder).predict_file(
            competition.folder / "test.csv", tmp_path / "again.csv"
        )
        assert again.read_bytes() == (folder / "submission.csv").read_bytes(), member


def test_every_mistake_of_a_gate_is_told():
    text = FILE.replace('"linear"\notherwise', '"liner"\notherwise')
    text = text.replace("colour == 'a'", "colour = 'a'").replace(
        'segment = "colour"', 'segment = ""'
    )
    with pytest.raises(PipelineError) as error:
        parsed(text)
    message = str(error.value)
    assert "p.toml has 3 problems" in message and "did you mean 'linear'?" in message
    assert "level2.rule.when" in message and "level2.colours.segment" in message


def test_a_gate_has_no_place_on_level_1():
    with pytest.raises(PipelineError, match="a gate stands above level 1"):
        parsed('[level1.a]\nmodel = "gated_blend"\n')


def test_a_column_that_is_not_there_ends_the_call_at_once(competition, tmp_path):
    pipeline = parsed(FILE.replace("colour == 'a'", "color == 'a'"))
    with pytest.raises(PipelineError, match="did you mean 'colour'"):
        run(competition, tmp_path, pipeline)


def test_a_side_that_was_left_out_leaves_its_gate_out(competition, tmp_path):
    text = FILE.replace(
        '[level1.trees]\nmodel  = "extra_trees"\nparams = { n_estimators = 5 }',
        '[level1.other]\nmodel = "ridge"\n\n[level1.trees]\nmodel = "ridge"\n'
        'features = "pairs"\n\n[features.pairs]\npair = "text_pairs"',
    )
    assert text != FILE
    found = run(competition, tmp_path, parsed(text))
    assert "trees" in found.failures and "'trees'" in found.failures["switch"]
