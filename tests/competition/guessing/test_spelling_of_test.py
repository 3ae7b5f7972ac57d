"""Test files that are written otherwise than train: each is read by itself."""

import re
import tomllib

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import CompetitionError

VALUES = np.random.default_rng(0).normal(10, 3, 100).round(2)
MORE = {"noise": np.random.default_rng(1).normal(size=100).round(3)}.items()
GERMAN = str.maketrans(",.", ".,")


def competition(folder, of_train, of_test, values=VALUES, toml=None, more=()):
    """Return a competition of one column, spelled by a function in each file."""
    table = pd.DataFrame({"id": range(100), "size": values, **dict(more)})
    train = table[:70].assign(size=[of_train(v) for v in values[:70]])
    test = table[70:].assign(size=[of_test(v) for v in values[70:]])
    files = [
        part.to_csv(index=False, sep=";")
        for part in (train.assign(y=[0, 1] * 35), test, table[["id"]][70:].assign(y=0))
    ]
    others = {} if toml is None else {"competition__toml": toml}
    return load_competition(folder(*files, **others))


@pytest.mark.parametrize(
    ("of_train", "of_test"),
    [
        ("{:.2f}".format, lambda v: f"{v:.2f}".replace(".", ",")),
        (lambda v: f"{v:.2f}".replace(".", ","), "{:.2f}".format),
        ("{:,.3f}".format, lambda v: f"{v:,.3f}".translate(GERMAN)),
        ("{:.3f}".format, lambda v: f"{v:.3f}".replace(".", ",")),
        ("{:.4f}".format, lambda v: f"{100 * v:.2f}%"),
        (lambda v: f"${v:.2f}", lambda v: f"{v:.2f} €".replace(".", ",")),
    ],
)
def test_numbers_of_the_test_file_are_read_in_its_own_form(folder, of_train, of_test):
    found = competition(folder, of_train, of_test)
    np.testing.assert_allclose(found.X["size"], VALUES[:70], atol=0.01)
    np.testing.assert_allclose(found.X_test["size"], VALUES[70:], atol=0.01)
    (line,) = [note for note in found.notes if "'size'" in note]
    assert line.startswith("warning: ") and "written otherwise in test" in line


def test_thousands_in_the_test_file_alone_are_no_decimals(folder):
    values = (VALUES * 1000).round()
    german = "{:,.0f}".format
    found = competition(
        folder, "{:.0f}".format, lambda v: german(v).translate(GERMAN), values
    )
    assert list(found.X_test["size"]) == list(values[70:])


def test_truths_are_numbers_where_the_test_file_has_numbers(folder):
    truths = VALUES > 10
    found = competition(folder, str, lambda v: str(int(v)), truths)
    assert list(found.X_test["size"]) == list(truths[70:])


def test_the_same_numbers_have_the_same_key_as_ever(folder):
    """What both files have in one form is no matter of this."""
    plain = competition(folder, "{:.2f}".format, "{:.2f}".format)
    marked = competition(folder, "{:.2f}".format, lambda v: f"${v:.2f}")
    assert not any("otherwise" in note for note in (*plain.notes, *marked.notes))
    np.testing.assert_allclose(marked.X_test["size"], VALUES[70:])


def test_categories_in_other_letters_are_those_of_train(folder):
    levels = np.array(["Omsk", "New York", "Ufa"])[np.arange(100) % 3]
    found = competition(
        folder, str, lambda v: f" {v.upper()}".replace(" Y", "Y"), levels
    )
    assert list(found.X_test["size"]) == list(levels[70:])
    assert any("in other letters or blanks" in note for note in found.notes)


def test_categories_of_which_the_test_file_has_none_are_told_loudly(folder):
    levels = np.array(["Yes", "No"])[np.arange(100) % 2]
    found = competition(folder, str, lambda v: v[0], levels)
    (line,) = [note for note in found.notes if "'size'" in note]
    assert line.startswith("warning: ") and "'Yes' and 'No'" in line


@pytest.mark.parametrize("spell", ["{}.0", "{:05d}", " {} "])
def test_ids_of_another_type_are_paired_by_what_they_say(folder, spell):
    files = [
        "id,a,y\n" + "".join(f"{i},{i % 7},{i % 2}\n" for i in range(60)),
        "id,a\n" + "".join(f"{i},{i % 5}\n" for i in range(60, 72)),
        "id,y\n" + "".join(f"{spell.format(i)},0\n" for i in range(71, 59, -1)),
    ]
    found = load_competition(folder(*files))
    wanted = [spell.format(i) for i in range(60, 72)]
    assert list(found.ids) == wanted and set(found.template.ids) == set(wanted)
    assert any("paired by what they say" in note for note in found.notes)


def test_a_sample_of_ids_alone_is_refused_with_what_it_lacks(folder):
    with pytest.raises(ValueError, match="one column, 'id'"):
        load_competition(folder(sample="id\n060\n061\n"))


def test_classes_that_differ_in_capitals_alone_are_told_loudly(folder):
    train = "id,a,y\n" + "".join(f"{i},{i % 7},{'nN'[i % 2]}o\n" for i in range(60))
    found = load_competition(folder(train, "id,a\n60,1\n", None))
    assert any("in capitals or blanks alone" in note for note in found.notes)


@pytest.mark.parametrize("pair", [("\u00e9", "e\u0301"), ("a", "a\u200b")])
def test_classes_that_look_the_same_are_told_loudly(folder, pair):
    train = "id,a,y\n" + "".join(f"{i},{i % 7},{pair[i % 2]}\n" for i in range(60))
    found = load_competition(folder(train, "id,a\n60,1\n", None))
    (line,) = [note for note in found.notes if "classes apart" in note]
    assert line.startswith("warning: ") and ascii(pair[1]) in line


def test_numbers_that_may_be_moments_are_told_loudly(folder):
    moments = np.random.default_rng(0).integers(1.5e9, 1.6e9, 100)
    found = competition(folder, str, str, moments)
    (line,) = [note for note in found.notes if "'size'" in note]
    assert line.startswith("warning: ") and "seconds since 1970" in line


def test_two_files_of_one_hand_are_in_one_encoding(folder):
    """Few letters in the test file: alone they read as another encoding's."""
    path = folder()
    for name, words in (
        ("train", ["żółw", "gęś", "ćma", "źródło"]),
        ("test", ["łódź"]),
    ):
        n, head = (60, "id,a,y") if name == "train" else (12, "id,a")
        end = ",1" if name == "train" else ""
        rows = [f"{name}{i},{words[i % len(words)]}{end}" for i in range(n)]
        rows[0] = rows[0].replace(",1", ",0")
        (path / f"{name}.csv").write_bytes(
            "\n".join([head, *rows, ""]).encode("cp1250")
        )
    (path / "sample_submission.csv").unlink()
    assert set(load_competition(path).X_test["a"].astype(str)) == {"łódź"}


def test_a_unit_that_train_alone_writes_is_told_loudly(folder):
    found = competition(folder, "{:.1f} kg".format, "{:.1f}".format)
    assert any("other characters around" in note for note in found.notes)


def test_shortened_numbers_are_told_loudly_beside_plain_ones(folder):
    def shortened(value):
        return f"{value:.1f}k" if value > 8 else f"{10 * value:.0f}"

    found = competition(folder, shortened, shortened)
    assert any("other characters around" in note for note in found.notes)


@pytest.mark.parametrize(
    "write",
    [
        "{:.2f}:1".format,
        "{:.1f}/10".format,
        "[{:.2f}]".format,
        "{:.2f} DR".format,
        lambda v: f"{v:.2f}" if v % 2 < 1 else f"{v:.2f}".replace(".", ","),
        lambda v: f"{v:.1f}" if v % 2 < 1 else f"{v:.1f}*",
    ],
)
def test_amounts_in_a_form_that_is_not_read_are_told_loudly(folder, write):
    found = competition(folder, write, write, more=MORE)
    (line,) = [note for note in found.notes if "other characters around" in note]
    assert line.startswith("warning: ") and "size_number" in line


@pytest.mark.parametrize(
    "write",
    [
        "{:.0f} kcal".format,
        "~{:.0f}".format,
        "{:.0f}°".format,
        lambda v: f"<{v:.0f}" if v % 3 < 2 else f"{v:.0f}",
        lambda v: f"{v:.0f} to {1.2 * v:.0f}",
        lambda v: f"{v / 1000:.2f} thousand" if v > 1000 else f"{v:.0f}",
    ],
)
def test_whole_amounts_in_a_form_that_is_not_read_are_told_loudly(folder, write):
    rows = np.random.default_rng(0).permutation(10_000)[:100]
    found = competition(folder, write, write, rows, more=MORE)
    (line,) = [note for note in found.notes if "other characters around" in note]
    assert line.startswith("warning: ")


def test_texts_of_number_words_are_not_told_loudly(folder):
    rows = np.random.default_rng(0).permutation(10_000)[:100]

    def write(value):
        return f"{value:.0f} {value + 7:.0f} {value // 2:.0f}"

    found = competition(folder, write, write, rows, more=MORE)
    assert not any("other characters around" in note for note in found.notes)


def test_codes_with_numbers_that_are_left_out_are_not_told_loudly(folder):
    rows = np.random.default_rng(0).permutation(10_000)[:100]
    found = competition(
        folder, "row_{:.0f}".format, "row_{:.0f}".format, rows, more=MORE
    )
    assert not any("other characters around" in note for note in found.notes)


def test_plain_numbers_that_are_left_out_as_declared_are_not_told_of(folder):
    toml = '[columns]\nsize = "drop"\n'
    with pytest.raises(CompetitionError, match="so says") as caught:
        competition(folder, "{:.2f}".format, "{:.2f}".format, toml=toml)
    assert "other characters" not in str(caught.value)


def test_the_column_that_a_warning_proposes_holds_the_numbers(folder):
    kilograms = "{:.2f} kg".format
    found = competition(folder, kilograms, kilograms, more=MORE)
    line = next(note for note in found.notes if "other characters" in note)
    (made,) = re.findall("them: (.*) below", line)
    overrides = tomllib.loads(f"[columns]\n{made}")
    again = load_competition(found.folder, overrides=overrides)
    assert again.roles["size_number"] == "number"
    assert again.X["size_number"].tolist() == VALUES[:70].tolist()


def test_a_day_that_stands_for_never_is_told_loudly(folder):
    def write(value):
        day = np.datetime64("2015-01-01") + int(value * 100)
        return "9999-12-31" if value < 7 else str(day)

    found = competition(folder, write, write)
    assert found.roles["size"] == "datetime"
    (line,) = [note for note in found.notes if "far from all other dates" in note]
    assert line.startswith("warning: ")


@pytest.mark.parametrize("word", ["", "NA", "many"])
def test_a_column_that_test_has_not_is_told_loudly(folder, word):
    found = competition(folder, "{:.2f}".format, lambda v: word)
    (line,) = [note for note in found.notes if "does not reach the test" in note]
    assert line.startswith("warning: column 'size'") and "100% of the test" in line


def test_a_column_that_both_files_mostly_lack_is_no_matter(folder):
    found = competition(folder, lambda v: "" if v > 7 else f"{v}", lambda v: "")
    assert not any("does not reach the test" in note for note in found.notes)
