"""``submit`` and ``score`` on a folder whose target is a text."""

import pytest

from calls import call
from ensemble_kit.cli.options import RunOptions
from ensemble_kit.cli.text_submission import submit_texts
from ensemble_kit.exceptions import CompetitionError, PipelineError, RunError
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence
from ensemble_kit.running.texts import text_members

pytestmark = pytest.mark.usefixtures("in_this_process")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(text_members, "EPOCHS", 1)
    rows = "".join(f"{n},w{n % 5},{n % 5}\n" for n in range(12))
    (tmp_path / "train.csv").write_text("id,said,written\n" + rows)
    (tmp_path / "test.csv").write_text("id,said\n20,w1\n21,w4\n")
    (tmp_path / "solution.csv").write_text("id,written\n20,1\n21,4\n")
    (tmp_path / "competition.toml").write_text('task = "text"\ntarget = "written"\n')
    return tmp_path


def test_submit_writes_a_submission_that_score_reads(folder):
    done = call("submit", folder, "--pipeline", "quick", "--jobs", "1")
    (run,) = (folder / "runs").iterdir()
    assert f"wrote {run / 'submission.csv'}" in " ".join(done.stdout.split("\n"))
    assert "12 training rows, 2 test rows; exact_match" in done.stdout
    assert "weight" in done.stdout
    told = call(
        "score",
        run / "submission.csv",
        folder / "solution.csv",
        "--metric",
        "exact_match",
    )
    assert told.stdout == "exact_match 1.000000\n"


def test_options_that_texts_do_not_have_are_refused_at_once(folder):
    with pytest.raises(PipelineError, match="2 problems") as caught:
        call("submit", folder, "--memory-limit", "1G", "--word-maps")
    assert "--memory-limit: not there where the target is a text" in str(caught.value)


def test_a_run_of_texts_keeps_its_limit_predicts_explains_and_compares(folder):
    limited = ("--time-limit", "5m", "--pipeline", "quick", "--jobs", "1")
    assert "wrote" in call("submit", folder, *limited).stdout
    (run,) = (folder / "runs").iterdir()
    call("predict", run, folder / "test.csv", "-o", folder / "later.csv")
    wanted = (run / "submission.csv").read_bytes()
    assert (folder / "later.csv").read_bytes() == wanted
    told = call("explain", run, "--row", "20").stdout
    assert told.startswith("20: '1'")
    assert "of the votes" in told
    with pytest.raises(RunError, match="no columns to shuffle; --row ID"):
        call("explain", run)
    with pytest.raises(PipelineError, match="--interval: not there"):
        call("predict", run, folder / "test.csv", "-o", "x.csv", "--interval", "90%")
    same = call("compare", run, run).stdout
    assert "no difference that can be told from noise" in " ".join(same.split())


def test_a_run_of_texts_that_is_stopped_early_says_what_is_kept(folder, monkeypatch):
    happened = "ensemble_kit.running.watched.interrupts.Interrupts.happened"
    monkeypatch.setattr(happened, lambda self: True)
    with pytest.raises(KeyboardInterrupt, match="the same command goes on from there"):
        submit_texts(folder, RunOptions(pipeline="quick", jobs=1))
    assert list((folder / "store").glob("*/*/entry.json"))


def test_a_stopped_run_of_texts_leaves_a_partial_submission(folder, monkeypatch):
    asked = iter([False] * 9)  # all folds of the first member, one of the next
    happened = "ensemble_kit.running.watched.interrupts.Interrupts.happened"
    monkeypatch.setattr(happened, lambda self: next(asked, True))
    with pytest.raises(KeyboardInterrupt, match="the same command goes on"):
        submit_texts(folder, RunOptions(pipeline="quick", jobs=1))
    (run,) = (folder / "runs").iterdir()
    assert (run / "submission-partial.csv").is_file()
    assert not (run / "submission.csv").exists()


def test_an_unknown_pipeline_of_texts_is_refused_with_a_hint(folder):
    with pytest.raises(PipelineError, match="did you mean 'standard'"):
        call("submit", folder, "--pipeline", "standart")


def test_check_tells_what_it_understood_of_texts(folder):
    with (folder / "test.csv").open("a") as test:
        test.write("22,ж\n")
    with (folder / "train.csv").open("a") as train:
        train.write("13,w0,8\n14,same,same\n")
    told = call("check", folder).stdout
    for words in (
        "14 rows to learn from, 3 to write",
        "2 in the middle, 4 at most; of targets: 1 in the middle, 4 at most",
        "7.1% of the targets are their sources",
        "1 sources have more than one target",
        "1 characters of test sources are not in train: ж",
    ):
        assert words in told


def test_a_holdout_scores_rows_whose_texts_were_hidden(folder, tmp_path):
    done = call(
        "holdout", folder, "-p", "quick", "--jobs", "1", "--fraction", "0.4",
        "--repeats", "2",
    )  # fmt: skip
    assert done.stdout.count("exact_match on 5 hidden rows") == 2
    assert "over 2 holdouts" in done.stdout
    assert len(list((folder / "runs").glob("holdout-quick-*"))) == 2


def test_other_commands_say_which_read_texts(folder):
    with pytest.raises(CompetitionError, match="check, submit, holdout and score"):
        call("init", folder)


@pytest.mark.parametrize("name", text_members.PIPELINES)
def test_members_differ_in_tokens_sizes_or_seeds(name):
    members = text_members.text_members(name, seed=3)
    nets = [m for m in members.values() if isinstance(m, SequenceToSequence)]
    assert {"nearest", "copy"} < set(members)
    assert len({m.random_state for m in nets}) == len(nets)
