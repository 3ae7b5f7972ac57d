"""A folder whose target is a text: what is read, noted and refused."""

import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.competition.text_competition import (
    is_text_competition,
    load_text_competition,
)
from ensemble_kit.exceptions import CompetitionError

TOML = 'task = "text"\ntarget = "written"\n'
TRAIN = "id,said,written\n1,one two,12\n2,two,2\n3,two one,\n4, a ,a\n"
TEST = "id,said\n9,one\n8,two\n"
SAMPLE = "id,written\n8,?\n9,?\n"


@pytest.fixture
def write(tmp_path):
    def folder(toml=TOML, train=TRAIN, test=TEST, sample=SAMPLE):
        files = {"train": train, "test": test, "sample_submission": sample}
        for name, text in files.items():
            if text:
                (tmp_path / f"{name}.csv").write_text(text)
        (tmp_path / "competition.toml").write_text(toml)
        return tmp_path

    return folder


def test_texts_are_read_as_they_are_written_and_rows_without_one_are_left_out(write):
    assert is_text_competition(write())
    c = load_text_competition(write())
    assert c.X.tolist() == ["one two", "two", " a "]
    assert c.y.tolist() == ["12", "2", "a"]
    assert c.X_test.tolist() == ["one", "two"]
    assert c.metric.name == "exact_match"
    assert c.notes == (
        "train: 1 rows have no target and are left out",
        "1 test rows have a source that stands in train",
    )


def test_a_submission_has_the_rows_of_the_sample_in_its_order(write, tmp_path):
    c = load_text_competition(write())
    path = c.write_submission(['one, "1"', "2"], tmp_path / "out.csv")
    assert path.read_text() == 'id,written\n8,2\n9,"one, ""1"""\n'


def test_without_a_sample_a_submission_has_the_rows_of_test(write, tmp_path):
    c = load_text_competition(write(sample=""))
    path = c.write_submission(["1", "2"], tmp_path / "out.csv")
    assert path.read_text() == "id,written\n9,1\n8,2\n"


def test_several_columns_are_joined_and_dropped_ones_are_not(write):
    train = "id,kind,said,x,written\n1,n,one,5,1\n2,m,two,6,2\n"
    test = "id,kind,said,x\n9,n,one,5\n8,m,,6\n"
    c = load_text_competition(
        write(TOML + '[columns]\nx = "drop"\n', train=train, test=test)
    )
    assert c.X.tolist() == ["n | one", "m | two"]
    assert c.X_test.tolist() == ["n | one", "m | "]
    assert any("sources are the columns kind, said" in note for note in c.notes)


def test_the_fingerprint_follows_from_bytes_and_declarations(write):
    first = load_text_competition(write()).fingerprint
    assert load_text_competition(write()).fingerprint == first
    other = load_text_competition(write(TOML + 'metric = "chrf"\n'))
    assert other.fingerprint != first
    changed = load_text_competition(write(train=TRAIN.replace("12", "21")))
    assert changed.fingerprint != first


def test_what_a_text_cannot_have_is_refused_at_once(write):
    toml = TOML + 'metric = "auc"\nweights = "w"\ntransform = "log1p"\n'
    with pytest.raises(CompetitionError, match="3 problems") as caught:
        load_text_competition(write(toml))
    assert "one of exact_match, edit_distance, bleu, chrf" in str(caught.value)
    with pytest.raises(CompetitionError, match="did you mean 'chrf'"):
        load_text_competition(write(TOML + 'metric = "chrff"\n'))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"train": "id,said,written\n1,a,b\n2,c,\n"}, "1 rows have a text"),
        ({"test": "id,other\n9,x\n8,y\n"}, "no source is left"),
        (
            {"sample": "id,written,z\n8,?,?\n9,?,?\n"},
            "one column of texts are",
        ),
        ({"toml": TOML + '[columns]\nsaids = "text"\n'}, "do not share 'saids'"),
        ({"sample": "id,written\n7,?\n"}, "asks for 1 ids"),
    ],
)
def test_what_cannot_be_used_is_named(write, more, words):
    with pytest.raises(CompetitionError, match=words):
        load_text_competition(write(**more))


def test_a_folder_of_texts_is_told_to_go_to_submit(write):
    with pytest.raises(CompetitionError, match="check, submit, holdout and"):
        load_competition(write())


def test_hidden_rows_are_training_rows_and_no_group_is_parted(write):
    rows = [f"{n},said {n},{n},{n // 3}" for n in range(30)]
    train = "id,said,written,g\n" + "\n".join(rows) + "\n"
    c = load_text_competition(
        write(TOML + 'groups = "g"\n', train=train, test="id,said\n99,a\n", sample="")
    )
    shown, truth = c.hide(0.3, seed=1)
    assert sorted([*shown.y, *truth]) == sorted(c.y)
    assert shown.X_test.tolist() == [f"said {n}" for n in truth]
    assert shown.wanted["id"].tolist() == truth.tolist()
    hidden = {int(n) // 3 for n in truth}
    assert not hidden & {int(n) // 3 for n in shown.y}
    assert shown.fingerprint != c.fingerprint
    with pytest.raises(CompetitionError, match="hides none"):
        c.hide(0.001)


def test_a_metric_of_texts_says_that_the_target_is_one(write):
    folder = write(sample="")
    (folder / "competition.toml").unlink()
    assert not is_text_competition(folder)
    assert not is_text_competition(folder, "accuracy")
    assert is_text_competition(folder, "chrf")
    c = load_text_competition(folder, "chrf")
    assert (c.target, c.metric.name, c.X_test.tolist()) == (
        "written",
        "chrf",
        ["one", "two"],
    )
    with pytest.raises(CompetitionError, match="by its task or its metric"):
        load_competition(folder, metric="chrf")
    (folder / "competition.toml").write_text('task = "multiclass"\n')
    assert not is_text_competition(folder, "chrf")
