import numpy as np
import pytest

from ensemble_kit.competition import load_competition, score_submission
from ensemble_kit.exceptions import SubmissionError

SOLUTION = "id,y\n3,b\n1,a\n2,c\n"


@pytest.fixture
def files(tmp_path):
    def write(submission, solution=SOLUTION):
        (tmp_path / "sub.csv").write_text(submission)
        (tmp_path / "sol.csv").write_text(solution)
        return tmp_path / "sub.csv", tmp_path / "sol.csv"

    return write


def test_labels_are_joined_by_id(files):
    paths = files("id,y\n1,a\n2,b\n3,b\n")
    assert score_submission(*paths, "accuracy") == pytest.approx(2 / 3)


def test_class_columns_in_any_order_meet_labels(files):
    paths = files("id,c,a,b\n1,.1,.7,.2\n2,.5,.25,.25\n3,.1,.1,.8\n")
    expected = -np.log([0.7, 0.5, 0.8]).mean()
    assert score_submission(*paths, "log_loss") == pytest.approx(expected)


@pytest.mark.parametrize(
    ("solution", "submission"),
    [
        (('"$1,200.50"', "$800"), ("1201.5", "801")),
        (("12.5%", "8 %"), ("13.5", "9.0")),
        (('"1.200,5"', '"8,25"'), ("1201.5", "9.25")),
        (('"$1,200.50"', "$800"), ('"$1,201.50"', "$801")),
    ],
)
def test_numbers_with_marks_are_numbers(files, solution, submission):
    sub, sol = (
        "id,y\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
        for cells in (submission, solution)
    )
    assert score_submission(*files(sub, sol), "mae") == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("cells", "metric", "score"),
    [
        (("0.2", "0.9", "0.3", "0.8"), "auc", 1.0),
        (("-5", "2", "-4", "9"), "auc", 1.0),
        (("0", "1", "1", "1"), "accuracy", 0.75),
        (("0.0", "1.0", "1.0", "1.0"), "accuracy", 0.75),
        (("0.2", "0.9", "0.6", "0.8"), "accuracy", 0.75),
    ],
)
def test_one_column_of_a_binary_target(files, cells, metric, score):
    rows = "".join(f"{i},{cell}\n" for i, cell in enumerate(cells))
    paths = files("id,y\n" + rows, "id,y\n0,0\n1,1\n2,0\n3,1\n")
    assert score_submission(*paths, metric) == score


def test_values_are_scored_in_their_own_units(files):
    paths = files("id,y\n1,2\n2,4\n", "id,y,Usage\n1,1,Public\n2,4,Private\n")
    assert score_submission(*paths, "mae") == 0.5


def test_the_competition_says_which_class_is_positive(files, folder):
    c = load_competition(folder(competition__toml='positive = "no"\n'))
    paths = files("id,target\n1,0.9\n2,0.1\n", "id,target\n1,no\n2,yes\n")
    assert score_submission(*paths, "auc", c) == 1.0
    assert score_submission(*paths, "auc") == 0.0


@pytest.mark.parametrize(
    ("submission", "metric", "words"),
    [
        ("id,y\n1,a\n2,b\n", "accuracy", "1 ids are missing: 3"),
        ("id,y\n1,a\n2,b\n3,b\n4,b\n", "accuracy", "were not asked for: 4"),
        ("key,z\n1,a\n", "accuracy", "share no column"),
        ("id,y\n1,a\n2,b\n3,b\n", "acuracy", "'accuracy'"),
        ("id,y\n1,a\n2,b\n3,b\n", "rmse", "no numbers"),
        (
            "id,a,b,z\n1,1,0,0\n2,1,0,0\n3,1,0,0\n",
            "log_loss",
            "not the classes a, b, c",
        ),
        ("id,a,b,c\n1,1,1,0\n2,1,0,0\n3,x,0,0\n", "log_loss", "no finite numbers"),
    ],
)
def test_files_that_do_not_fit_are_refused(files, submission, metric, words):
    with pytest.raises(SubmissionError) as caught:
        score_submission(*files(submission), metric)
    assert words in str(caught.value)


def test_the_id_is_the_column_whose_cells_match_whatever_the_order(tmp_path):
    solution, submission = tmp_path / "solution.csv", tmp_path / "submission.csv"
    solution.write_text("id,target\n7,0\n8,1\n9,1\n10,0\n")
    submission.write_text("target,id\n0.9,9\n0.8,8\n0.1,10\n0.2,7\n")
    assert score_submission(submission, solution, "auc") == 1.0
    solution.write_text("target,id\n0,7\n1,8\n1,9\n0,10\n")
    assert score_submission(submission, solution, "auc") == 1.0


def test_an_id_that_is_missing_is_told_of_the_id_column(tmp_path):
    solution, submission = tmp_path / "solution.csv", tmp_path / "submission.csv"
    solution.write_text("id,target\n7,0\n8,1\n9,1\n10,0\n")
    submission.write_text("target,id\n1,9\n0,8\n1,10\n")
    with pytest.raises(SubmissionError, match="1 ids are missing: 7"):
        score_submission(submission, solution, "accuracy")


@pytest.mark.parametrize("metric", ["auc", "rmse"])
def test_an_empty_cell_is_the_fault_of_the_solution(tmp_path, metric):
    solution, submission = tmp_path / "solution.csv", tmp_path / "submission.csv"
    solution.write_text("id,target\n7,0\n8,\n9,1\n")
    submission.write_text("id,target\n7,0.2\n8,0.8\n9,0.9\n")
    with pytest.raises(SubmissionError) as caught:
        score_submission(submission, solution, metric)
    assert str(caught.value) == (
        "solution.csv: 1 of 3 rows have an empty cell in the target's column "
        "'target'; ids: 8"
    )


def test_a_solution_of_one_class_is_not_the_fault_of_the_submission(tmp_path):
    solution, submission = tmp_path / "solution.csv", tmp_path / "submission.csv"
    solution.write_text("id,target\n7,1\n8,1\n9,1\n")
    submission.write_text("id,target\n7,0.2\n8,0.8\n9,0.9\n")
    with pytest.raises(SubmissionError, match="the solution's target is '1' in every"):
        score_submission(submission, solution, "auc")


def test_texts_are_scored_as_they_are_written(files):
    paths = files(
        'id,y\n2,"2"\n1,one two\n3,\n4,No\n', "id,y\n1,one two\n2,2\n3,\n4,no\n"
    )
    assert score_submission(*paths, "exact_match") == 0.75
    assert score_submission(*paths, "edit_distance") == 0.25
    two = files("id,y,z\n1,a,b\n", "id,y\n1,a\n")
    with pytest.raises(SubmissionError, match="one column of texts"):
        score_submission(*two, "exact_match")


@pytest.mark.parametrize(
    "spell",
    [
        "{}.0".format,
        "{:05}".format,
        " {} ".format,
        "'{}".format,
        "\u200b{}".format,
    ],
)
def test_ids_are_paired_by_what_they_say(files, spell):
    rows = [(1, "a"), (2, "b"), (3, "b")]
    lines = "".join(f"{spell(number)},{label}\n" for number, label in rows)
    solution = SOLUTION
    for number, _ in rows:
        solution = solution.replace(f"\n{number},", f"\n{spell(number)},")
    plain = "id,y\n1,a\n2,b\n3,b\n"
    for paths in (f"id,y\n{lines}", SOLUTION), (plain, solution):
        score = score_submission(*files(*paths), "accuracy")
        assert score == pytest.approx(2 / 3)


def test_ids_that_say_the_same_are_not_paired(files):
    with pytest.raises(SubmissionError, match="not asked for: 01"):
        score_submission(*files("id,y\n1,a\n01,b\n3,b\n"), "accuracy")


@pytest.mark.parametrize("header", ["ID,y", "row_id,y", "y_is_not,label"])
def test_the_id_is_found_under_another_name(files, header):
    paths = files(f"{header}\n1,a\n2,b\n3,b\n")
    assert score_submission(*paths, "accuracy") == pytest.approx(2 / 3)


def test_a_column_of_row_numbers_without_a_name_is_no_prediction(files):
    paths = files(",id,y\n0,1,a\n1,2,b\n2,3,b\n")
    assert score_submission(*paths, "accuracy") == pytest.approx(2 / 3)
