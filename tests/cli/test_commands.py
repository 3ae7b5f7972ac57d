"""Every command on a small competition, in this process."""

import json
import tomllib
from pathlib import Path

import pandas as pd
import pytest

from calls import SMALL, call
from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS
from ensemble_kit.quantities import parse_duration
from ensemble_kit.running.explaining import room

pytestmark = pytest.mark.usefixtures("in_this_process", "few_draws")


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("models", "lightgbm"),
        ("featurizers", "tfidf"),
        ("metrics", "log_loss"),
        ("pipelines", "quick"),
    ],
)
def test_a_list_fits_80_columns_and_names_what_there_is(command, name):
    lines = call(command).stdout.splitlines()
    assert any(line.startswith(name) for line in lines)
    assert max(map(len, lines)) <= 80


def test_the_list_of_models_says_which_are_for_numbers_or_classes_alone():
    rows = [line.split()[:3] for line in call("models").stdout.splitlines()]
    predicts = {row[0]: row[2] for row in rows if len(row) == 3}
    assert predicts["ridge_strong"] == predicts["elastic_net"] == "numbers"
    assert predicts["logistic_regression"] == "classes"
    assert predicts["ridge"] == "both"


@pytest.mark.parametrize(
    "options", [["--backend", "ray"], ["--scheduler", "HOST:6379"], ["--backend", "x"]]
)
def test_a_backend_and_the_address_of_its_machines_go_together(
    options, competition_folder
):
    with pytest.raises(PipelineError, match="processes or dask or ray"):
        call("submit", competition_folder(), "-p", SMALL, *options)


def test_init_writes_settings_with_reasons(competition_folder):
    folder = competition_folder()
    call("init", folder)
    text = (folder / "competition.toml").read_text()
    assert 'target = "target"' in text and "#" in text


def test_check_tells_what_it_understood(competition_folder):
    assert "binary" in call("check", competition_folder()).stdout


@pytest.mark.slow
def test_submit_then_score_then_replay(competition_folder, tmp_path):
    folder = competition_folder()
    out = call("submit", folder, "-p", SMALL, "-o", tmp_path).stdout
    path = Path(next(line for line in out.splitlines() if "submission.csv" in line))
    assert "← submitted" in out and path.is_file()
    solution = tmp_path / "solution.csv"
    lines = path.read_text().splitlines()
    labels = [f"{line.partition(',')[0]},{at % 2}" for at, line in enumerate(lines[1:])]
    solution.write_text("\n".join(["id,target", *labels]))
    assert "auc 0." in call("score", path, solution, "--metric", "auc").stdout
    assert "the same bytes" in call("replay", path.parent).stdout


@pytest.mark.slow
@pytest.mark.usefixtures("few_rounds")
def test_a_time_limited_run_submits_and_can_be_replayed(competition_folder, tmp_path):
    folder = competition_folder()
    out = call(
        "submit", folder, "-p", SMALL, "-o", tmp_path, "--time-limit", "300s"
    ).stdout
    path = Path(next(line for line in out.splitlines() if "submission.csv" in line))
    record = tomllib.loads((path.parent / "pipeline.toml").read_text())
    n_folds = 3 * record["folds"]["n_repeats"]  # time was left
    assert max(m["folds"] for m in record["level1"].values()) == n_folds > 3
    assert {m["folds"] for m in record["level2"].values()} == {3}
    assert "the same bytes" in call("replay", path.parent).stdout


@pytest.mark.slow
def test_holdout_prints_a_score_with_its_interval(competition_folder, tmp_path):
    folder = competition_folder(n_rows=160)
    out = call("holdout", folder, "-p", SMALL, "-o", tmp_path).stdout
    assert "hidden rows" in out and "95 % interval" in out
    report = next((tmp_path / "runs").glob("holdout-*/report.json"))
    assert json.loads(report.read_text())["holdout"]["n_rows"] == 32


def test_plan_counts_what_is_to_do(competition_folder, tmp_path):
    out = call("plan", competition_folder(), "-p", SMALL, "-o", tmp_path).stdout
    assert "21 fits to do" in out and "never fitted" in out


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("30s", 30), ("10m", 600), ("1.5h", 5400)]
)
def test_a_duration_is_read(text, seconds):
    assert parse_duration(text) == seconds


@pytest.mark.parametrize("text", ["", "0", "ten", "5w", "-3s"])
def test_what_is_no_duration_is_refused(text):
    with pytest.raises(PipelineError, match="a time is written"):
        parse_duration(text)


@pytest.mark.slow
def test_tune_prints_what_can_be_pasted(competition_folder, tmp_path):
    folder = competition_folder()
    arguments = ("-p", SMALL, "-o", tmp_path, "--trials", "2")
    out = call("tune", folder, "logistic_regression", *arguments).stdout
    pasted = tmp_path / "pasted.toml"
    pasted.write_text(f"{out}\n[folds]\nn_splits = 3\n")
    plan = call("plan", folder, "-p", pasted, "-o", tmp_path)
    assert out.startswith("# auc") and "0 fits to do" in plan.stdout


def test_plan_names_members_fitted_for_the_metric(competition_folder, tmp_path):
    folder = competition_folder("regression")
    out = call("plan", folder, "-p", SMALL, "-o", tmp_path, "--metric", "mae").stdout
    assert "fitted for mae: " in out and "objective = l1" in out


@pytest.mark.slow
def test_init_and_the_report_tell_the_language_of_texts(competition_folder, tmp_path):
    folder = competition_folder()
    for name in ("train.csv", "test.csv"):
        table = pd.read_csv(folder / name, dtype="str")
        english = "it was not the one that they had seen in the house with us: "
        table.assign(note=english + table["note"]).to_csv(folder / name, index=False)
    assert "text note: English" in call("init", folder).stdout
    call("submit", folder, "-p", SMALL, "-o", tmp_path)
    (report,) = tmp_path.glob("runs/*/report.md")
    assert "- text note: English" in report.read_text()


def test_no_language_is_told_of_words_that_are_of_none(competition_folder):
    assert "text note" not in call("init", competition_folder()).stdout


def test_score_takes_a_metric_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(METRICS, "_entries", dict(METRICS))
    (tmp_path / "own_score_metric.py").write_text(
        "import numpy as np\n"
        "from ensemble_kit.metrics import METRICS, Metric\n"
        "def worst(y, p, weights=None):\n"
        "    return np.abs(y - p).max()\n"
        "METRICS.add(Metric('worst_error', worst, False, 'value', 0.0, "
        "frozenset({'regression'})))\n"
    )
    (tmp_path / "truth.csv").write_text("id,y\n1,2\n2,5\n")
    (tmp_path / "guess.csv").write_text("y,id\n5.5,2\n1.75,1\n")
    files = [tmp_path / "guess.csv", tmp_path / "truth.csv"]
    custom = ["--custom", tmp_path / "own_score_metric.py"]
    assert (
        call("score", *files, "--metric", "worst_error", *custom).stdout
        == "worst_error 0.500000\n"
    )


@pytest.mark.slow
def test_a_run_is_explained_at_once_where_it_is_asked_for(competition_folder, tmp_path):
    pipeline = tmp_path / "tiny.toml"
    pipeline.write_text(
        '[level1.linear]\nmodel = "ridge"\nfeatures = "numbers"\n'
        '[features.numbers]\nnumber = "impute"\n'
    )
    done = call("submit", competition_folder(), "-p", pipeline, "--explain")
    assert "The score surely needs number" in done.stdout
    page = next((tmp_path / "small" / "runs").glob("*/report.html")).read_text()
    assert "Loss by column" in page and "Not measured yet" not in page
    with pytest.raises(PipelineError, match="--explain needs the models"):
        call("submit", tmp_path, "--explain", "--no-keep-models")


@pytest.mark.slow
@pytest.mark.usefixtures("few_rounds")
def test_a_limited_run_is_explained_where_that_can_be_done_in_time(
    competition_folder, tmp_path, monkeypatch
):
    (tmp_path / "tiny.toml").write_text('[level1.linear]\nmodel = "ridge"\n')
    command = ("submit", competition_folder(), "-p", tmp_path / "tiny.toml")
    limited = (*command, "--explain", "--time-limit", "300s")
    done = call(*limited)
    assert "The score surely needs number" in done.stdout
    (folder,) = (tmp_path / "small" / "runs").glob("tiny-*")
    facts = json.loads((folder / "explain.json").read_text())
    assert facts["n_rows"] >= 100 and facts["repeats"] == 5
    assert "the same bytes" in call("replay", folder).stdout
    monkeypatch.setattr(room, "SAFETY", 1e9)
    assert "not explained: it would take about" in call(*limited).stderr
