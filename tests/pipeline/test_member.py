"""What a member's fits follow from."""

import pytest

from ensemble_kit.hashing import fingerprint_file
from ensemble_kit.pipeline.member import Block, Member


def test_a_file_of_vectors_that_changes_is_another_fact(tmp_path):
    path = tmp_path / "vectors.vec"
    member = Member("net", "text_gru", params={"pretrained": str(path)})
    found = []
    for line in ("good 1 0", "good 0 1"):
        path.write_text(line, encoding="utf-8")
        found.append(member.model_facts("binary"))
    assert found[0]["file"] != found[1]["file"]
    assert found[0]["params"] == found[1]["params"]


def test_vectors_that_are_no_file_add_no_fact():
    assert "file" not in Member("net", "text_gru").model_facts("binary")
    assert "file" not in Member("trees", "lightgbm").model_facts("binary")


@pytest.mark.parametrize(
    ("role", "featurizer", "nested"),
    [("text", "pretrained", False), ("pair", "pretrained_pair", True)],
)
def test_features_follow_from_what_stands_in_their_file(
    tmp_path, role, featurizer, nested
):
    path = tmp_path / "vectors.vec"
    params = {"path": str(path)}
    block = Block(role, featurizer, {"params": params} if nested else params)
    path.write_text("good 1 0", encoding="utf-8")
    first, again = block.facts(), block.facts()
    assert first == again and first["file"] == fingerprint_file(path)
    path.write_text("good 0 1", encoding="utf-8")
    changed = block.facts()
    assert changed == {**first, "file": changed["file"]}
    assert changed["file"] != first["file"]
