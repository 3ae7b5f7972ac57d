"""The vote command: the figures of the library, in 80 columns."""

import pandas as pd
import pytest

from calls import call
from ensemble_kit.cli.terminal.tables import CallError
from ensemble_kit.voting.voters import VoteError


def test_three_voters_at_seven_tenths_are_answered_with_the_four_cases():
    result = call("vote", "0.7", "0.7", "0.7")
    assert result.exit_code == 0
    lines = result.output.splitlines()
    assert lines[0] == "accuracy of the vote: 0.784"
    for cases in ("3        0.3430", "2        0.4410", "1        0.1890"):
        assert cases in result.output
    assert "0        0.0270" in result.output
    assert max(map(len, lines)) <= 80


def test_a_correlation_a_target_and_a_picture(tmp_path):
    picture = tmp_path / "vote.svg"
    asked = ["0.7", "0.7", "0.7", "--correlation", "0.3", "--target", "0.9", "--plot"]
    result = call("vote", *asked, picture)
    assert result.output.startswith("accuracy of the vote: 0.731662")
    assert "No number of voters" in result.output
    assert picture.read_bytes().startswith(b"<?xml")


def test_weights_classes_ties_and_silence_reach_the_calculator():
    assert (
        "vote: 0.9\n" in call("vote", "0.9", "0.6", "0.6", "--weights", "3,1,1").output
    )
    assert "vote: 0.49" in call("vote", "0.4", "0.4", "0.5", "--classes", 4).output
    assert "vote: 0.36\n" in call("vote", "0.6", "0.6", "--ties", "wrong").output
    assert (
        "vote: 0.796\n" in call("vote", "0.6", "0.6", "0.6", "--abstain", "0.2").output
    )


def test_a_target_is_answered_with_a_number_of_voters():
    assert (
        "17 voters of accuracy 0.7 reach 0.95."
        in call("vote", "0.7", "--target", 0.95).output
    )


@pytest.fixture
def measured(tmp_path):
    ids = [f"{row:02d}" for row in range(10)]
    right = pd.DataFrame({"id": ids, "y": list("aabbaabbab")})
    right.to_csv(tmp_path / "truth.csv", index=False)
    for name, wrong in (("one", [0, 1]), ("two", [2]), ("three", [0, 3, 4])):
        labels = right.copy()
        labels.loc[wrong, "y"] = "c"
        labels.iloc[::-1].to_csv(tmp_path / f"{name}.csv", index=False)
    return [tmp_path / f"{name}.csv" for name in ("one", "two", "three", "truth")]


def test_files_beside_the_right_labels_are_measured(measured):
    *files, truth = measured
    result = call("vote", *files, "--truth", truth)
    assert result.exit_code == 0
    assert result.output.startswith("accuracy of the vote: 0.9\n")
    for part in ("10 rows", "if the voters were independent", "both wrong", "Yule Q"):
        assert part in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_probabilities_are_measured_by_their_likelier_class(tmp_path):
    truth = pd.DataFrame({"id": list("abcd"), "y": [1, 0, 1, 0]})
    truth.to_csv(tmp_path / "truth.csv", index=False)
    for name, chances in (("p", [0.9, 0.2, 0.4, 0.1]), ("q", [0.6, 0.7, 0.8, 0.3])):
        truth.assign(y=chances).to_csv(tmp_path / f"{name}.csv", index=False)
    files = [tmp_path / f"{name}.csv" for name in "pq"]
    result = call("vote", *files, "--truth", tmp_path / "truth.csv", "--ties", "wrong")
    assert result.output.startswith("accuracy of the vote: 0.5\n")


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (["0.7", "x"], CallError, "voters: expected numbers"),
        (["0.7", "1.7"], VoteError, "accuracy 1.7"),
        (["0.7", "--weights", "1;2"], CallError, "--weights: expected numbers"),
        (["0.7", "0.6", "--correlation", "2"], VoteError, "correlation"),
        (["0.7", "--target", "2"], VoteError, "target"),
    ],
)
def test_wrong_calls_raise_what_the_command_line_turns_into_a_message(
    arguments, error, message
):
    with pytest.raises(error, match=message):
        call("vote", *arguments)
