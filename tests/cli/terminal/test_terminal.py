"""What is printed: header, progress, result, and nothing that steers a terminal."""

import io
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console
from typer.testing import CliRunner

from ensemble_kit import cli
from ensemble_kit.cli import app, watching
from ensemble_kit.cli.options import RunOptions
from ensemble_kit.cli.terminal.leaderboard import leaderboard_table
from ensemble_kit.cli.terminal.printing import shown
from ensemble_kit.cli.terminal.result import result_lines
from ensemble_kit.cli.terminal.watching import floor_line
from ensemble_kit.exceptions import PipelineError, RunError
from ensemble_kit.metrics import METRICS
from ensemble_kit.running.level_fitting import Progress
from ensemble_kit.running.timed.clock import Clock
from ensemble_kit.running.watched.interrupts import Interrupts
from ensemble_kit.running.watched.progress import RunProgress

SMALL = Path(__file__).parents[2] / "small.toml"
MAIN = "from ensemble_kit.cli import main; main()"
TINY = """
[folds]
n_splits = 2
[level1.linear]
model = "ridge"
features = "numbers"
[level1.other]
model = "ridge"
params = { alpha = 5.0 }
features = "numbers"
[features.numbers]
number = "impute"
[level2.blend]
model = "mean"
[submit]
member = "blend"
"""


def call(*arguments):
    """Run a command and return what it printed and what it told meanwhile."""
    result = CliRunner().invoke(app, [str(argument) for argument in arguments])
    assert result.exit_code == 0, result.output
    return result.stdout, result.stderr


@pytest.fixture
def tiny(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(TINY)
    return path


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("\x1b[2J", "\\x1b[2J"),
        ("a\nb\tc\x85", "a\\x0ab\\x09c\\x85"),
        ("\u202eabc\u2066", "\\u202eabc\\u2066"),
        ("\ud800", "\\ud800"),
        ("Ünïcödé имя 名前", "Ünïcödé имя 名前"),
    ],
)
def test_what_steers_a_terminal_is_shown_as_an_escape(text, expected):
    assert shown(text) == expected


def test_a_long_name_is_cut_in_the_middle():
    assert shown("a" * 3000 + "b" * 3000) == "a" * 100 + "…" + "b" * 99


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process")
def test_a_run_tells_first_what_it_will_do_and_last_what_came_of_it(
    competition_folder, tiny, tmp_path
):
    folder = competition_folder()
    out, told = call("submit", folder, "-p", tiny, "-o", tmp_path)
    assert "120 rows to learn from, 40 to predict; columns: 2 number" in told
    assert "metric: auc, higher is better (a guess: " in told
    assert "pipeline tiny: 2 members and 1 combinations of them" in told
    assert "submitted: " in out and "the best single member, " in out
    following = out.partition("next:")[2].split()
    assert {"holdout", "predict", "kaggle"} <= set(following)
    assert Path(following[following.index("--pipeline") + 1]).is_file()


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process", "few_draws")
def test_runs_are_listed_and_compared(competition_folder, tiny, tmp_path):
    folder = competition_folder()
    call("submit", folder, "-p", tiny)
    tiny.write_text(TINY.replace("5.0", "50.0"))
    call("submit", folder, "-p", tiny)
    out, _ = call("runs", folder)
    assert out.count("tiny-") == 2 and max(map(len, out.splitlines())) <= 80
    out, _ = call("compare", *sorted(folder.glob("runs/*")))
    assert "95 % interval" in out and "on 120 rows" in out
    assert "pipeline: - " in out and "alpha = 50.0" in out


@pytest.mark.slow
@pytest.mark.usefixtures("in_this_process", "few_draws", "few_rounds")
def test_a_holdout_within_a_limit_scores_hidden_rows(
    competition_folder, tiny, tmp_path
):
    arguments = ("-p", tiny, "-o", tmp_path, "--repeats", 2)
    limit = ("--time-limit", "10min")
    out, told = call("holdout", competition_folder(), *arguments, *limit)
    assert "within 5m00s" in told
    assert out.count("hidden rows") == 2 and "over 2 holdouts: mean" in out


def test_the_version_and_the_doctor_answer():
    assert call("--version")[0].startswith("ensemble-kit 0.")
    out, _ = call("doctor")
    for name in ("Python ", "scikit-learn ", "extra text: ", "cores: ", "memory: "):
        assert name in out


def node(member, key):
    return SimpleNamespace(kind="fit", member=member, key=key, fold=0)


def test_progress_counts_members_of_a_total_that_does_not_grow():
    console = Console(file=io.StringIO(), force_terminal=False)
    progress = RunProgress(console, ["a", "b\x1b"], "auc")
    progress.on_plan([node("a", 1), node("a", 2), node("b\x1b", 3)])
    progress.on_event("done", node("a", 1), {})
    assert dict(progress.state())["members"] == "0 of 2 done"
    progress.on_event("done", node("a", 2), {})
    progress.on_score("a", 0.7)
    progress.on_score("b\x1b", 0.6)
    state = dict(progress.state())
    assert state["members"] == "1 of 2 done"
    assert state["best so far"] == "auc 0.70000 (a)"
    assert "\x1b" not in console.file.getvalue()


def test_the_first_ctrl_c_says_what_it_does():
    told = []
    with Interrupts(told.append) as interrupts:
        os.kill(os.getpid(), 2)
        assert interrupts.happened()
    assert told == ["stopping: what is done is kept; once more stops at once"]


def test_the_second_ctrl_c_says_how_to_go_on():
    with Interrupts(), pytest.raises(KeyboardInterrupt, match="same command goes on"):
        os.kill(os.getpid(), 2)
        os.kill(os.getpid(), 2)


@pytest.mark.parametrize("is_stopped", [True, False])
def test_a_run_stopped_before_its_first_member_says_how_to_go_on(
    monkeypatch, is_stopped
):
    def nothing(request, told):
        raise RunError("not one fit was finished")

    door = SimpleNamespace(submit_run=nothing)
    monkeypatch.setitem(sys.modules, "ensemble_kit.reporting.submitting", door)
    expected = KeyboardInterrupt if is_stopped else RunError
    words = "same command goes on" if is_stopped else "not one fit"
    with pytest.raises(expected, match=words):
        watching.submit_or_tell(None, Progress(is_interrupted=lambda: is_stopped))


def test_a_folder_that_cannot_be_written_is_one_message(monkeypatch, capsys):
    def refuse():
        raise PermissionError(13, "Permission denied", "/data/competition.toml")

    monkeypatch.setattr(cli, "app", refuse)
    with pytest.raises(SystemExit):
        cli.main()
    told = capsys.readouterr().err
    assert "/data/competition.toml" in told and "--output" in told
    assert told.count("\n") == 1


@pytest.mark.slow
@pytest.mark.parametrize("encoding", ["ascii", "cp1252"])
def test_letters_that_a_stream_lacks_are_replaced(competition_folder, encoding):
    folder = competition_folder(name="имя")
    surroundings = {**os.environ, "PYTHONIOENCODING": encoding}
    command = [sys.executable, "-c", MAIN, "check", str(folder)]
    done = subprocess.run(command, capture_output=True, env=surroundings)
    assert done.returncode in (0, 1) and b"Traceback" not in done.stderr
    assert b"???: 120 rows" in done.stdout


@pytest.mark.slow
def test_closed_streams_and_readers_that_leave_end_nothing(competition_folder):
    folder = competition_folder()
    command = f'"{sys.executable}" -c "{MAIN}"'
    closed = f"{command} init '{folder}' >&- 2>&- <&-"
    assert subprocess.run(closed, shell=True).returncode == 0
    assert (folder / "competition.toml").is_file()
    left = subprocess.run(
        f"({command} models; echo $? >&3) 3>&2 | true",
        shell=True,
        capture_output=True,
        text=True,
    )
    assert left.stderr == "0\n"


def test_a_deleted_folder_is_named(tmp_path):
    command = (
        f'mkdir "{tmp_path}/gone"; cd "{tmp_path}/gone"; rmdir "{tmp_path}/gone"; '
    )
    command += f'"{sys.executable}" -c "{MAIN}" models'
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.returncode == 2 and "has been deleted" in done.stderr


@pytest.mark.parametrize("limit", ["memory_limit", "fit_limit"])
def test_an_empty_limit_is_a_message_and_not_none(limit):
    with pytest.raises(PipelineError, match="found ''"):
        RunOptions(**{limit: ""}).resources()


def test_a_limit_below_what_starting_takes_is_warned_of():
    clock = Clock(start=0.0, limit=5.0, reading=4.0)
    assert clock.limit < clock.floor == 10.0
    assert "took 4.0s here; a limit below 10s may be" in floor_line(clock)


def printed_result(score, spread, unmeasured=""):
    """Return the leaderboard and the result of a run of one member."""
    result = SimpleNamespace(
        name="one", level=1, score=score, spread=spread, seconds=1.0
    )
    run = SimpleNamespace(
        competition=SimpleNamespace(metric=METRICS["rmse"], unmeasured=unmeasured),
        results=(result,),
        chosen="one",
        reason="the best",
        stopped="",
        result=lambda name: result,
    )
    console = Console(file=io.StringIO(), width=100)
    console.print(leaderboard_table(run))
    return console.file.getvalue() + "\n".join(result_lines(run))


def test_a_score_that_cannot_be_measured_is_not_shown():
    text = printed_result(0.885, 0.0, "rmse cannot be measured: one row alone")
    assert "rmse cannot be measured: one row alone" in text
    assert "0.88500" not in text and "folds vary" not in text


@pytest.mark.parametrize(
    ("score", "spread", "expected"),
    [
        (2.41293847e-9, 1.5e-10, ("2.41294e-09", "1.5e-10")),
        (73279963953072.625, 1e12, ("7.328e+13", "1e+12")),
        (0.88512, 0.00002, ("0.88512", "0.00002")),
    ],
)
def test_scores_of_any_size_have_significant_digits(score, spread, expected):
    text = printed_result(score, spread)
    assert all(text.count(number) == 2 for number in expected)
