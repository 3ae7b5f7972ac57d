"""The blend command: a file, a table, or a refusal that leaves nothing."""

import gzip

import pandas as pd
import pytest

from calls import call
from ensemble_kit.cli.terminal.tables import CallError
from ensemble_kit.exceptions import SubmissionError


@pytest.fixture
def files(tmp_path):
    for name, chances in (("a", [0.2, 0.4]), ("b", [0.4, 0.8])):
        table = pd.DataFrame({"id": ["007", "12"], "target": chances})
        table.to_csv(tmp_path / f"{name}.csv", index=False)
    return [tmp_path / "a.csv", tmp_path / "b.csv"]


def test_the_blend_is_written_and_the_files_compared(files, tmp_path):
    output = tmp_path / "blend.csv"
    result = call(
        "blend", *files, "-o", output, "--weights", "3,1", "--how", "weighted"
    )
    assert result.exit_code == 0
    assert output.read_text() == "id,target\n007,0.25\n12,0.5\n"
    assert "a.csv" in result.output
    assert "spearman" in result.output
    assert "2 rows, weighted of 2 files" in result.output
    assert max(map(len, result.output.splitlines()[:-1])) <= 80


def test_the_same_files_give_the_same_bytes(files, tmp_path):
    outputs = [tmp_path / "first.csv", tmp_path / "again.csv"]
    for output in outputs:
        call("blend", *files, "-o", output, "--how", "logit")
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


def test_a_compressed_blend_is_the_same_bytes_too(files, tmp_path):
    outputs = [tmp_path / "first.csv.gz", tmp_path / "again.csv.gz"]
    for output in outputs:
        call("blend", *files, "-o", output)
    text = gzip.decompress(outputs[0].read_bytes())
    assert text.startswith(b"id,target\n007,")
    assert outputs[0].read_bytes() == outputs[1].read_bytes()


@pytest.mark.parametrize("name", ["nowhere/blend.csv", "blend.xlsx"])
def test_a_place_that_cannot_be_written_is_refused(files, tmp_path, name):
    with pytest.raises(CallError):
        call("blend", *files, "-o", tmp_path / name)


def test_a_refused_blend_leaves_nothing_behind(files, tmp_path):
    files[1].write_text("id,target\n007,0.1\n")
    with pytest.raises(SubmissionError, match=r"b\.csv: missing ids: 12"):
        call("blend", *files, "-o", tmp_path / "blend.csv")
    assert sorted(tmp_path.iterdir()) == files
