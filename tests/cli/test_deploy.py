"""ensemble-kit submit, deploy and then predict, in this process."""

from pathlib import Path

import pytest

from calls import SMALL, call

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("in_this_process", "few_draws")]


def test_a_run_is_deployed_and_predicts_with_fewer_members(
    competition_folder, tmp_path
):
    folder = competition_folder(n_rows=160)
    out = call("submit", folder, "-p", SMALL, "-o", tmp_path).stdout
    run = Path(next(line for line in out.splitlines() if "submission.csv" in line))
    small = tmp_path / "few"
    told = call("deploy", run.parent, "-o", small, "--within", "3").stdout
    assert told.startswith("members    4 -> ") and told.endswith(f"{small}\n")
    assert "these very models have no score" in told
    call("predict", small, folder / "test.csv", "-o", tmp_path / "new.csv")
    text = (tmp_path / "new.csv").read_bytes()
    assert text == (small / "submission.csv").read_bytes()


def test_a_holdout_is_deployed_with_both_scores(competition_folder, tmp_path):
    folder = competition_folder(n_rows=160)
    call("holdout", folder, "-p", SMALL, "-o", tmp_path)
    (run,) = (tmp_path / "runs").glob("holdout-*")
    told = call("deploy", run).stdout
    assert "hidden rows, which no model has seen" in told
    assert (run / "deployed" / "report.json").is_file()
    runs = call("runs", tmp_path).stdout
    assert runs.count("holdout-") == 1
