"""ensemble-kit submit and then predict, in this process."""

import shlex
from pathlib import Path

import pytest

from calls import call
from ensemble_kit.exceptions import RunError

TINY = """
[folds]
n_splits = 2
[level1.trees]
model = "extra_trees"
params = { n_estimators = 10 }
features = "numbers"
[features.numbers]
number = "impute"
"""


pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def submit(competition_folder, tmp_path):
    """Return a function that submits and returns the run's folder."""
    folder, pipeline = competition_folder(), tmp_path / "tiny.toml"
    pipeline.write_text(TINY)

    def run(*options):
        out = call("submit", folder, "-p", pipeline, *options).stdout
        path = next(line for line in out.splitlines() if "submission.csv" in line)
        return Path(path).parent, folder

    return run


def test_a_run_predicts_its_own_test_rows_to_the_byte(submit, tmp_path):
    run, folder = submit()
    out = call("predict", run, folder / "test.csv", "-o", tmp_path / "new.csv").stdout
    assert out.strip() == str(tmp_path / "new.csv")
    again = (tmp_path / "new.csv").read_bytes()
    assert again == (run / "submission.csv").read_bytes()


def test_a_run_without_models_names_the_switch(submit, tmp_path):
    run, folder = submit("--no-keep-models")
    assert not (run / "models").exists()
    with pytest.raises(RunError, match="--no-keep-models"):
        call("predict", run, folder / "test.csv", "-o", tmp_path / "new.csv")


def test_the_command_that_heals_a_run_names_all_that_it_was_made_with(submit, tmp_path):
    own = tmp_path / "my models.py"
    own.write_text("")
    store = tmp_path / "a store"
    run, folder = submit("--custom", own, "--store", store, "--metric", "log_loss")
    later = (folder / "test.csv", "-o", tmp_path / "new.csv")
    for path in (run / "models").rglob("*.npy"):
        path.write_bytes(b"damaged")
    with pytest.raises(RunError) as told:
        call("predict", run, *later)
    words = shlex.split(str(told.value).rpartition("again with: ")[2])
    for option, value in (("--custom", own), ("--store", store)):
        assert words[words.index(option) + 1] == str(value)
    assert words[words.index("--metric") + 1] == "log_loss"
    call(*words[1:])
    call("predict", run, *later)
    assert (tmp_path / "new.csv").read_bytes() == (run / "submission.csv").read_bytes()


def write_without_names(folder, is_nameless):
    """Write a competition whose columns have no names, or two of them none."""
    folder.mkdir()
    rows = [(k, k % 7 / 10, k * 5 % 9, k % 7 > 3, k % 4) for k in range(80)]
    lines = [",".join(map(str, row)) for row in rows]
    tests = [",".join(map(str, (*row[:3], row[4]))) for row in rows[60:]]
    train, test = lines[:60], tests
    if is_nameless:
        train, test = ["id,,b,y,", *train], ["id,,b,", *test]
    else:
        told = 'header = false\nid = "column_1"\ntarget = "column_4"\n'
        (folder / "competition.toml").write_text(told)
    (folder / "train.csv").write_text("\n".join(train))
    (folder / "test.csv").write_text("\n".join(test))
    return folder


@pytest.mark.parametrize("is_nameless", [True, False])
def test_files_without_names_are_predicted(tmp_path, is_nameless):
    folder = write_without_names(tmp_path / "made", is_nameless)
    (tmp_path / "tiny.toml").write_text(TINY)
    out = call("submit", folder, "-p", tmp_path / "tiny.toml").stdout
    path = Path(next(line for line in out.splitlines() if "submission.csv" in line))
    call("predict", path.parent, folder / "test.csv", "-o", tmp_path / "new.csv")
    assert (tmp_path / "new.csv").read_bytes() == path.read_bytes()
    call("predict", path.parent, folder / "train.csv", "-o", tmp_path / "seen.csv")
    assert len((tmp_path / "seen.csv").read_text().splitlines()) == 61
