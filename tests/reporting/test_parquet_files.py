"""Predictions as Parquet: the very numbers of the CSV files, read back by the kit."""

from importlib import import_module

import pandas as pd
import pyarrow.parquet
import pytest

from calls import call
from ensemble_kit.tables.reading import read_table
from ensemble_kit.tables.writing import table_bytes

OPTIONS = import_module("ensemble_kit.cli.options")
RECIPE = """
[folds]
n_splits = 2
[level1.one]
model = "logistic_strong"
[level1.two]
model = "naive_bayes"
[level2.blend]
model = "mean"
[submit]
member = "blend"
"""


@pytest.fixture(scope="module")
def made(write_competition, tmp_path_factory):
    """Return a competition's folder, and that of a run with Parquet files."""
    root = tmp_path_factory.mktemp("made")
    folder, recipe = write_competition(root / "small"), root / "two.toml"
    recipe.write_text(RECIPE, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(OPTIONS, "count_cores", lambda: 0)
        call("submit", folder, "-p", recipe, "-o", root / "out", "--parquet")
    (run,) = (root / "out" / "runs").glob("two-*")
    return folder, run


@pytest.mark.usefixtures("in_this_process")
def test_parquet_files_hold_what_csv_files_hold_and_are_read_back(made, tmp_path):
    folder, run = made
    for name in ("oof", "test_predictions", "submission"):
        parts = [read_table(run / f"{name}{end}").frame for end in (".csv", ".parquet")]
        pd.testing.assert_frame_equal(*parts)
    schema = pyarrow.parquet.read_schema(run / "submission.parquet")
    assert [str(kind) for kind in schema.types] == ["string", "double"]
    later = tmp_path / "later.parquet"
    call("predict", run, folder / "test.csv", "-o", later)
    assert later.read_bytes() == (run / "submission.parquet").read_bytes()
    solution = tmp_path / "solution.csv"
    answer = read_table(later).frame
    answer.assign(target=[str(at % 2) for at in range(len(answer))]).to_csv(
        solution, index=False
    )
    scores = [
        call("score", run / f"submission{end}", solution, "--metric", "auc").stdout
        for end in (".csv", ".parquet")
    ]
    assert scores[0] == scores[1]
    blended = tmp_path / "blend.parquet"
    call("blend", run / "submission.parquet", later, "-o", blended)
    assert len(read_table(blended).frame) == len(answer)


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_friends_parquet_files_are_a_member(made, tmp_path):
    folder, run = made
    files = f"{run / 'oof.parquet'},{run / 'test_predictions.parquet'}"
    recipe = tmp_path / "alone.toml"
    recipe.write_text(RECIPE.split("[level2")[0], encoding="utf-8")
    text = recipe.read_text(encoding="utf-8").replace("[level1.two]", "[level1.three]")
    recipe.write_text(text, encoding="utf-8")
    more = ("--oof", f"two={files}", "--trust")
    out = call("submit", folder, "-p", recipe, "-o", tmp_path / "again", *more).stdout
    assert "two" in out and "three" in out


def test_equal_tables_are_equal_bytes_in_every_form(tmp_path):
    frame = pd.DataFrame({"id": ["a", "b"], "value": ["0.1", "2.5"]})
    for name in ("x.csv", "x.csv.gz", "x.parquet"):
        path = tmp_path / name
        data = table_bytes(frame, path, ["value"])
        assert data == table_bytes(frame.copy(), path, ["value"])
        path.write_bytes(data)
        pd.testing.assert_frame_equal(read_table(path).frame, frame.astype("str"))
