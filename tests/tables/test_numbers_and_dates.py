import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.tables.dates import guess_date_form, parse_dates
from ensemble_kit.tables.numbers import parse_numbers


def cells(*values):
    return np.array(values, dtype=object)


def joint(*values, name="x"):
    return JointColumn.of(name, pd.Series(values, dtype="str"), None)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("$1,234.56", 1234.56),
        ("($7,890.00)", -7890.0),
        ("-$12.34", -12.34),
        ("(-1,234.56)", -1234.56),
        ("10%", 10.0),
        ("+1,234", 1234.0),
        ("€ 12", 12.0),
        ("1 234 567", 1234567.0),
        ("1.5e3", 1500.0),
        ("12,34", np.nan),
        ("foo", np.nan),
        ("", np.nan),
    ],
)
def test_numbers_with_marks_and_a_point(written, number):
    np.testing.assert_equal(parse_numbers(cells(written), "point")[0], number)


@pytest.mark.parametrize(
    ("written", "number"),
    [("1.234,56", 1234.56), ("3,14", 3.14), ("12 345,0 ₽", 12345.0), ("1.5", np.nan)],
)
def test_numbers_with_a_decimal_comma(written, number):
    np.testing.assert_equal(parse_numbers(cells(written), "comma")[0], number)


@pytest.mark.parametrize(
    ("values", "form"),
    [
        (("1", "-2.5", "NA", ""), "plain"),
        (("True", "false", "?"), "boolean"),
        (("1,234", "$5"), "point"),
        (("3,14", "1.234,5"), "comma"),
    ],
)
def test_the_form_of_numbers_is_told_from_all_cells(values, form):
    assert joint(*values).number_form == (form, 1.0)


def test_joint_columns_hold_distinct_cells_without_blanks_around():
    column = joint(" a", "a ", "b", "")
    assert column.cells.tolist() == ["a", "b", ""]
    assert column.codes.tolist() == [0, 0, 1, 2]
    assert column.counts.tolist() == [2, 1, 1]


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("2019-07-01", "2019-07-01"),
        ("2019-07-01T05:06:07Z", "2019-07-01T05:06:07"),
        ("3/20/09 23:54", "2009-03-20T23:54"),
        ("20/3/2009", "2009-03-20"),
        ("31.12.2020", "2020-12-31"),
        ("21-Mar-2017", "2017-03-21"),
        ("Wed Aug 27 13:08:45 +0000 2008", "2008-08-27T13:08:45"),
    ],
)
def test_dates_are_told_by_a_format_that_reads_them_all(written, iso):
    form = guess_date_form(cells(written))
    assert parse_dates(cells(written), form)[0] == np.datetime64(iso)


def test_days_and_months_are_told_apart_by_all_cells():
    form = guess_date_form(cells("01/02/2020", "25/02/2020"))
    assert form == "%d/%m/%Y"


@pytest.mark.parametrize("value", ["A/5 21171", "E25", "12-34-foo", "1.2.3.4", "hi"])
def test_other_cells_are_no_dates(value):
    assert guess_date_form(cells(value, value)) is None
