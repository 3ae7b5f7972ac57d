"""What a pipeline file looks like: a run's name follows from its bytes."""

import tomllib

from ensemble_kit.pipeline.dumping import dump_member, dump_pipeline
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.member import Member


def test_a_member_is_written_as_ever():
    params = {
        "learning_rate": 1e-05,
        "big": 4.2e16,
        "on": True,
        "words": [1, 2],
        "nested": {"a b": [0.5, {"deep": "x"}], "none": {}},
        'quo"te': 'tab\t, line\n, \\, \x7f, "é"',
    }
    member = Member("my model", "ridge", params=params, seeds=(0, 1))
    assert dump_member(member) == (
        '[level1."my model"]\n'
        'model = "ridge"\n'
        "seeds = [0, 1]\n"
        "\n"
        '[level1."my model".params]\n'
        "learning_rate = 1e-05\n"
        "big = 4.2e+16\n"
        "on = true\n"
        "words = [1, 2]\n"
        'nested = {"a b" = [0.5, {deep = "x"}], none = {}}\n'
        '"quo\\"te" = "tab\\t, line\\n, \\\\, \\u007f, \\"é\\""\n'
    )


def test_how_many_folds_a_member_takes_survives_the_file():
    tables = {"level1": {"linear": {"model": "ridge", "folds": 5}}}
    pipeline = parse_pipeline(tables, "here")
    again = parse_pipeline(tomllib.loads(dump_pipeline(pipeline)), "here")
    assert [member.folds for member in again.members] == [5]
