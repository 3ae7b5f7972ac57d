"""What members name and the data lack is told for all of them, before any fit."""

import pytest

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.running.preparing.member_mistakes import refuse_mistakes


def test_the_mistakes_of_all_members_of_every_level_are_told(source):
    members = [
        Member("near", "knn", params={"neighbours": 3}),
        Member("words", "ridge", texts=("nite",)),
        Member("rule", "rule_blend", 2, params={"when": "color == 'a'", "then": 0}),
        Member("upper", "lightgbm", 3, params={"leaves": 4, "n_estimators": 10}),
    ]
    with pytest.raises(PipelineError) as raised:
        refuse_mistakes(members, source, {})
    _, *lines = str(raised.value).splitlines()
    assert len(lines) == 4
    hints = ("n_neighbors", "note", "colour", "num_leaves")
    for line, member, hint in zip(lines, members, hints, strict=True):
        assert line.startswith(f"  level{member.level}.{member.name}.")
        assert f"did you mean {hint!r}?" in line


def test_what_is_no_parameter_for_this_kind_of_task_is_told(source):
    member = Member("svm", "linear_svm", params={"epsilon": 0.1})
    with pytest.raises(PipelineError, match="level1.svm.params: .* 'epsilon'"):
        refuse_mistakes([member], source, {})


def test_values_that_a_model_of_scikit_learn_refuses_are_told(source):
    member = Member("line", "logistic_regression", params={"C": "x"})
    with pytest.raises(PipelineError, match=r"level1.line.params: .* 'C' parameter"):
        refuse_mistakes([member], source, {})


@pytest.mark.parametrize(
    ("role", "featurizer", "is_nested"),
    [("text", "pretrained", False), ("pair", "pretrained_pair", True)],
)
def test_a_file_of_vectors_that_is_not_there_is_told(
    source, tmp_path, role, featurizer, is_nested
):
    params = {"path": str(tmp_path / "gone.vec")}
    block = Block(role, featurizer, {"params": params} if is_nested else params)
    recipe = Recipe("mine", (block,))
    member = Member("line", "logistic_regression", features="mine")
    told = rf"features.mine.{role}.{featurizer}: .*gone.vec: no such file"
    with pytest.raises(PipelineError, match=told):
        refuse_mistakes([member], source, {"mine": recipe})
