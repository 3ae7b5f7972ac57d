"""What a member's fits follow from."""

from ensemble_kit.pipeline.member import Member


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
