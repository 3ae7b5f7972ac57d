import os

import numpy as np
import pytest

from ensemble_kit.competition import (
    check_submission,
    load_competition,
    write_submission,
)
from ensemble_kit.exceptions import SubmissionError


def uniform(competition):
    n_outputs = competition.task.n_outputs
    return np.full((len(competition.X_test), n_outputs), 1 / n_outputs)


@pytest.fixture
def competition(folder):
    return load_competition(folder())


@pytest.fixture
def labels(folder):
    sample = "id,target\n" + "".join(f"{i:03d},no\n" for i in range(60, 72))
    return load_competition(folder(sample=sample))


def test_rows_are_joined_by_id_not_by_place(competition, tmp_path):
    predictions = uniform(competition)
    predictions[:, 1] = np.arange(12) / 16
    predictions[:, 0] = 1 - predictions[:, 1]
    path = write_submission(competition, predictions, tmp_path / "out" / "s.csv")
    lines = path.read_text().splitlines()
    assert lines[:2] == ["id,target", "071,0.6875"] and lines[-1] == "060,0.0"


def test_what_was_written_is_read_back_to_the_last_bit(competition, tmp_path):
    p = np.random.default_rng(0).random(12)
    predictions = np.column_stack([1 - p, p])
    path = write_submission(competition, predictions, tmp_path / "s.csv")
    assert (check_submission(competition, path)[::-1, 1] == p).all()


def test_the_most_probable_or_a_decided_label_is_written(labels, tmp_path):
    predictions = uniform(labels) + [0.1, -0.1]
    path = write_submission(labels, predictions, tmp_path / "s.csv")
    assert path.read_text().splitlines()[1] == "060,no"
    decided = ["yes"] * 12
    path = write_submission(labels, predictions, tmp_path / "s.csv", labels=decided)
    assert path.read_text().splitlines()[1] == "060,yes"
    with pytest.raises(SubmissionError, match="maybe"):
        write_submission(labels, predictions, path, labels=["maybe"] * 12)


@pytest.mark.parametrize(
    ("train", "sample", "spelled"),
    [
        (["1.0", "0.0"], "0", "0"),
        (["1", "0"], "0.0", "0.0"),
        (["True", "False"], "False", "False"),
        (["1", "0"], "False", "False"),
        (["TRUE", "FALSE"], "", "FALSE"),
    ],
)
def test_labels_are_spelled_as_the_sample_spells_them(
    folder, tmp_path, train, sample, spelled
):
    rows = "".join(f"{i},{i % 7},{train[i % 2]}\n" for i in range(60))
    test = "id,a\n" + "".join(f"{i},1\n" for i in range(12))
    blank = "id,y\n" + "".join(f"{i},{sample}\n" for i in range(12))
    c = load_competition(folder("id,a,y\n" + rows, test, blank))
    path = write_submission(c, np.tile([0.9, 0.1], (12, 1)), tmp_path / "s.csv")
    assert path.read_text().splitlines()[1] == f"0,{spelled}"


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda p: p[:-1], r"\(11, 2\) found, \(12, 2\) expected"),
        (lambda p: p[:, :1], r"\(12, 1\) found"),
        (lambda p: p * np.nan, "12 rows are not finite; ids: 060"),
        (lambda p: p * 3, "outside"),
        (lambda p: p * 0.9, "do not sum to 1"),
    ],
)
def test_wrong_predictions_write_nothing(competition, tmp_path, change, words):
    with pytest.raises(SubmissionError, match=words):
        write_submission(competition, change(uniform(competition)), tmp_path / "s.csv")
    assert [p.name for p in tmp_path.iterdir() if "s.csv" in p.name] == []


def test_a_crash_while_writing_leaves_the_old_file(competition, tmp_path, monkeypatch):
    path = write_submission(competition, uniform(competition), tmp_path / "s.csv")
    before = path.read_bytes()

    def crash(handle):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", crash)
    with pytest.raises(OSError, match="no space"):
        write_submission(competition, uniform(competition), path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.glob(".s.csv*")] == []


def test_the_sample_itself_is_accepted(competition):
    assert check_submission(
        competition, competition.folder / "sample_submission.csv"
    ).shape == (12, 2)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.replace("id,target", "target,id"), "in that order"),
        (lambda t: t.replace("060,0.5\n", ""), "1 ids are missing: 060"),
        (lambda t: t + "999,0.5\n", "1 ids were not asked for: 999"),
        (lambda t: t + "060,0.5\n", "1 ids repeat: 060"),
        (lambda t: t.replace("060,0.5\n", "").replace("t\n", "t\n060,0.5\n"), "order"),
        (lambda t: t.replace("060,0.5", "060,"), "no finite numbers; ids: 060"),
        (lambda t: t.replace("060,0.5", "060,1.5"), "outside"),
        (lambda t: t.replace("060,0.5", "60,0.5"), "were not asked for: 60"),
        (lambda t: "", "empty"),
    ],
)
def test_a_wrong_file_is_refused_with_ids(competition, tmp_path, change, words):
    text = (competition.folder / "sample_submission.csv").read_text()
    (tmp_path / "s.csv").write_text(change(text))
    with pytest.raises(SubmissionError, match=words):
        check_submission(competition, tmp_path / "s.csv")


def test_labels_that_are_no_classes_are_refused(labels, tmp_path):
    text = (labels.folder / "sample_submission.csv").read_text()
    (tmp_path / "s.csv").write_text(text.replace("060,no", "060,nope"))
    with pytest.raises(SubmissionError, match="'nope'; ids: 060"):
        check_submission(labels, tmp_path / "s.csv")
