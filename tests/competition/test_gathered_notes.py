from ensemble_kit.competition import load_competition
from ensemble_kit.competition.gathered_notes import gather


def test_hundreds_of_constant_columns_are_one_note(folder):
    names = [f"f{i}" for i in range(40)]
    head = ",".join(["id", "size", *names])
    train = f"{head},y\n" + "".join(
        f"{i},{i % 7},{','.join('5' * 40)},{i % 2}\n" for i in range(60)
    )
    test = f"{head}\n" + "".join(
        f"{i},{i % 7},{','.join('5' * 40)}\n" for i in range(60, 72)
    )
    (note,) = load_competition(folder(train, test, None)).notes
    assert note == (
        "40 columns are left out: constant in all training rows (f0, f1, f2, f3, f4 "
        "and 35 more)"
    )


def test_notes_that_differ_in_their_numbers_are_gathered_with_the_first():
    notes = [f"column 'c{i}': {i} infinite values are missing" for i in range(1, 4)]
    assert gather([*notes, "else"]) == (
        "3 columns: such as 'c1': 1 infinite values are missing (c1, c2, c3)",
        "else",
    )


def test_two_notes_stay_two_and_names_with_quotes_are_names():
    notes = ["column 'a' is left out: x", 'column "b\'c" is left out: x']
    assert gather(notes) == tuple(notes)
    assert gather([*notes, "column 'd' is left out: x"]) == (
        "3 columns are left out: x (a, b'c, d)",
    )


def test_notes_of_files_are_gathered_too():
    notes = [f"train.csv: column {i} has no name; called 'unnamed_{i}'" for i in "345"]
    assert gather(notes) == (f"{notes[0]} (and 2 notes like it)",)
