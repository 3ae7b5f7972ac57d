"""Derived columns stand in train, in test and in rows that come later."""

import pandas as pd
import pytest

from ensemble_kit import load_competition
from ensemble_kit.competition.declared.settings import dump_settings, parse_settings
from ensemble_kit.competition.derived.derived_columns import (
    DerivedColumn,
    derive_later,
)
from ensemble_kit.competition.derived.own_functions import OWN_FUNCTIONS, column
from ensemble_kit.exceptions import CompetitionError, RegistryError

MADE = {
    "double": "2 * size",
    "of_kind": "where(kind == 'a', double, -double)",
    "first": {"expression": "kind + '!'", "role": "text"},
}


def test_expressions_make_columns_of_train_and_test_at_once(folder):
    place = folder(competition__toml='[columns]\ndouble = "2 * size"\n')
    competition = load_competition(place)
    for X in (competition.X, competition.X_test):
        assert X["double"].tolist() == (2 * X["size"]).tolist()


def test_a_derived_column_may_read_another_wherever_it_stands(folder):
    turned = dict(reversed(MADE.items()))
    competition = load_competition(folder(), overrides={"columns": turned})
    sign = (competition.X["kind"] == "a") * 2 - 1
    assert (competition.X["of_kind"] == 2 * competition.X["size"] * sign).all()
    assert competition.roles["first"] == "text"


def test_settings_with_expressions_are_read_as_they_were_written(folder):
    competition = load_competition(folder(), overrides={"columns": MADE})
    written = parse_settings(dump_settings(competition.settings))
    assert written == competition.settings
    again = load_competition(competition.folder, settings=written)
    assert again.fingerprint == competition.fingerprint
    pd.testing.assert_frame_equal(again.X, competition.X)


def test_keys_follow_expressions_and_stay_where_there_are_none(folder):
    place = folder()
    plain, empty = load_competition(place), load_competition(place, overrides={})
    assert plain.fingerprint == empty.fingerprint
    found = {
        load_competition(place, overrides={"columns": {"x": text}}).fingerprint
        for text in ("size + 1", "size + 2")
    }
    assert len(found | {plain.fingerprint}) == 3


def test_all_mistakes_are_told_at_once(folder):
    wrong = {
        "a": "target + 1",
        "b": "b * 2",
        "c": "siz + 1",
        "size": "size + 1",
        "d": "e + 1",
        "e": "d + 1",
        "f": "kind * 2",
        "g": "open(kind)",
    }
    with pytest.raises(CompetitionError, match="has 9 problems") as caught:
        load_competition(folder(), overrides={"columns": wrong})
    for told in (
        "columns.a: it reads the target 'target'",
        "columns.b: it reads itself",
        "columns.c: there is no column 'siz'; did you mean 'size'?",
        "columns.size: train or test has a column of that name",
        "columns.d: it needs itself, by way of",
        "columns.f: 'kind' holds texts such as 'a'; numbers are expected",
        "columns.g: there is no function 'open'",
    ):
        assert told in str(caught.value)


def test_a_column_that_only_train_has_is_refused(folder):
    train = "id,a,seen,target\n" + "".join(
        f"{i},{i % 5},{i},{i % 2}\n" for i in range(40)
    )
    test = "id,a\n" + "".join(f"{i},{i % 3}\n" for i in range(40, 50))
    sample = "id,target\n" + "".join(f"{i},0\n" for i in range(40, 50))
    with pytest.raises(CompetitionError, match="'seen', which only train has"):
        load_competition(
            folder(train, test, sample), overrides={"columns": {"x": "seen + a"}}
        )


def test_a_division_by_zero_is_missing_and_told_with_its_number_of_rows(folder):
    wanted = {"columns": {"x": "size / (size - 0.5)"}}
    competition = load_competition(folder(), overrides=wanted)
    n_lost = int((competition.X["size"] == 0.5).sum())
    n_lost += int((competition.X_test["size"] == 0.5).sum())
    assert competition.X["x"].isna().any()
    (told,) = [note for note in competition.notes if "divides by zero" in note]
    assert f"'x' is missing in {n_lost} rows" in told


def test_later_rows_get_the_cells_that_the_test_file_got(folder):
    competition = load_competition(folder(), overrides={"columns": MADE})
    plain = [each.to_plain() for each in competition.derived]
    derived = [DerivedColumn.from_plain(each) for each in plain]
    rows = pd.read_csv(competition.folder / "test.csv", dtype="str")
    later = derive_later(derived, rows, competition.X, "later.csv")
    for name in MADE:
        assert later[name].tolist() == [
            str(cell).removesuffix(".0") for cell in competition.X_test[name]
        ]


def test_numbers_of_later_rows_are_read_in_the_form_of_the_first(folder):
    """1.000 alone would be one; beside 1.000.000 it is a thousand."""
    rows = [f"{i},1.00{i % 10}.000,{i % 2}\n" for i in range(40)]
    test = "id,price\n" + "".join(f"{i},2.000.000\n" for i in range(40, 50))
    sample = "id,target\n" + "".join(f"{i},0\n" for i in range(40, 50))
    place = folder("id,price,target\n" + "".join(rows), test, sample)
    wanted = {"columns": {"half": "price / 2"}}
    (half,) = load_competition(place, overrides=wanted).derived
    later = derive_later([half], pd.DataFrame({"price": ["1.000"]}), ["half"], "rows")
    assert later["half"].tolist() == ["500"]


def test_a_missing_source_of_a_later_row_is_named_unless_nothing_needs_it(folder):
    competition = load_competition(folder(), overrides={"columns": MADE})
    rows = pd.DataFrame({"kind": ["a"]})
    with pytest.raises(CompetitionError, match="'size' is missing, of which 'double'"):
        derive_later(competition.derived, rows, ["of_kind"], "rows")
    later = derive_later(competition.derived, rows, ["first"], "rows")
    assert later["first"].tolist() == ["a!"]


@pytest.fixture
def own():
    """Yield what adds functions of one's own for the length of a test."""
    before = set(OWN_FUNCTIONS)
    yield column
    for name in set(OWN_FUNCTIONS) - before:
        del OWN_FUNCTIONS._entries[name]


def test_a_function_of_ones_own_is_called_for_every_row(folder, own):
    @own
    def sized(size, kind):
        return f"{kind}{size:.0f}" if size > 1 else None

    wanted = {"columns": {"x": {"expression": "sized(size, kind)", "role": "text"}}}
    competition = load_competition(folder(), overrides=wanted)
    assert competition.X["x"].isna().sum() == (competition.X["size"] < 1).sum()
    assert competition.X["x"][1] == f"b{competition.X['size'][1]:.0f}"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda size: 1 / 0, r"f\(0.5,\) raises ZeroDivisionError.*\(row 1\)"),
        (lambda size: [size], r"f gives \[0.5\]; a number"),
        (lambda size: "x" if size > 1 else 1.0, "of one kind in all rows"),
    ],
)
def test_a_function_that_fails_is_named_with_its_row(folder, own, made, told):
    made.__name__ = "f"
    own(made)
    with pytest.raises(CompetitionError, match=told):
        load_competition(folder(), overrides={"columns": {"x": "f(size)"}})


def test_a_function_that_expressions_cannot_call_is_refused(own):
    def log(x):
        return x

    def named(x, *, base):
        return x

    with pytest.raises(RegistryError, match="expressions know 'log' already"):
        own(log)
    with pytest.raises(RegistryError, match="needs base by name"):
        own(named)
