from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.declared.schema import ColumnSchema
from ensemble_kit.competition.guessing.roles import guess_role
from ensemble_kit.tables import numbers
from ensemble_kit.tables.dates import (
    guess_date_form,
    looks_dated,
    parse_dates,
    six_digits,
)
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
        ("1\u202f234\u202f567", 1234567.0),
        ("1\u2009234.5", 1234.5),
        ("\u221212.5", -12.5),
        ("1.5e3", 1500.0),
        ("12,34", np.nan),
        ("12,34,567.5", 1234567.5),
        ("CHF 1\u2019234.50", 1234.5),
        ("1,234.50-", -1234.5),
        ("Rs. 1,234", 1234.0),
        ("C$12", 12.0),
        ("\u0661\u0662\u066b\u0665", 12.5),
        ("$(2,765.67)", -2765.67),
        ("\u201312.5", -12.5),
        ("12.5 -", -12.5),
        ('="12.5"', 12.5),
        ("'12.5", 12.5),
        ("1.2D+03", 1200.0),
        ("1.2\u00d710^4", 12000.0),
        ("CHF 100.\u2013", 100.0),
        ("Rs 73,272/-", 73272.0),
        ("%26.7", 26.7),
        ("\uff11\uff12\uff0e\uff15", 12.5),
        ("\u200b12.5", 12.5),
        ("12,345\uc6d0", 12345.0),
        ("12.50 dollars", 12.5),
        ("5D-2", np.nan),
        ("12.5.2", np.nan),
        ("foo", np.nan),
        ("", np.nan),
    ],
)
def test_numbers_with_marks_and_a_point(written, number):
    np.testing.assert_equal(parse_numbers(cells(written), "point")[0], number)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        ("1.234,56", 1234.56),
        ("3,14", 3.14),
        ("12 345,0 ₽", 12345.0),
        ("1.5", np.nan),
        ("1 234,50 zł", 1234.5),
        ("1,038E+01", 10.38),
        ("kr 100,-", 100.0),
        ("12,50 euros", 12.5),
    ],
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


def test_a_span_below_0_is_read_as_python_and_pandas_write_it():
    spans = [timedelta(hours=-1), timedelta(days=-3, seconds=7), timedelta(hours=30)]
    for write in (str, lambda span: str(pd.Timedelta(span))):
        read = parse_numbers(cells(*map(write, spans)), "duration")
        assert read.tolist() == [span.total_seconds() for span in spans]


@pytest.mark.parametrize(
    ("written", "iso"),
    [
        ("{0:%b}'{0:%y}", "2011-10-01"),
        ("{0:%m.%Y}", "2011-10-01"),
        ("{0:%YM%m}", "2011-10-01"),
        ("{0:%Y-%m-%d-%H-%M-%S}", "2011-10-05T14:07:09"),
        ("Week {0:%V} {0:%G}", "2011-10-03"),
        ("{0:%G} wk {0:%V}", "2011-10-03"),
    ],
)
def test_months_weeks_and_stamps_are_dates_without_a_name_that_says_so(written, iso):
    days = [datetime(2010 + i % 9, 1 + i % 12, 6) for i in range(50)]
    days.insert(0, datetime(2011, 10, 5, 14, 7, 9))
    column = joint(*map(written.format, days))
    assert guess_role(column).role == "datetime"
    values = ColumnSchema.of(column, "datetime").values(column)
    assert values[0] == np.datetime64(iso)


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


@pytest.mark.parametrize("month", ["października", "Ekim", "жовтня", "října", "marts"])
def test_months_are_read_in_many_languages(month):
    written = [f"{day} {month} 2011" for day in range(1, 29)]
    form = guess_date_form(cells(*written))
    dates = parse_dates(cells(*written), form)
    assert set(dates.astype("datetime64[M]").astype(int) % 12) == {
        2 if month == "marts" else 9
    }


def test_days_and_months_are_told_apart_by_all_cells():
    form = guess_date_form(cells("01/02/2020", "25/02/2020"))
    assert form == "%d/%m/%Y"


def stamps(form, n=60, days=37):
    """Return moments some days and minutes apart, in one form."""
    first = pd.Timestamp("2012-01-02 00:07")
    moments = [first + k * pd.Timedelta(days=days, minutes=97) for k in range(n)]
    return [moment.strftime(form) for moment in moments]


def test_dates_in_several_forms_are_read_each_in_its_own():
    iso, ours = stamps("%Y-%m-%d %H:%M"), stamps("%d/%m/%Y %H:%M")
    mixed = cells(*iso[::2], *ours[1::2])
    dates = parse_dates(mixed, guess_date_form(mixed))
    expected = np.array([*iso[::2], *iso[1::2]], dtype="datetime64[us]")
    np.testing.assert_array_equal(dates, expected)


def test_a_separator_that_leaves_the_day_open_follows_one_that_does_not():
    mixed = cells("01-02-12", "03-02-12", "02/25/12", "02/26/12", "02/27/12")
    dates = parse_dates(mixed, guess_date_form(mixed)).astype("datetime64[D]")
    assert dates.tolist()[:2] == [
        pd.Timestamp("2012-01-02").date(),
        pd.Timestamp("2012-03-02").date(),
    ]


def test_two_digits_that_take_more_values_are_days_not_years():
    written = cells(*(stamps("%y/%m/%d", days=7)))
    dates = parse_dates(written, guess_date_form(written))
    assert dates[0] == np.datetime64("2012-01-02")


@pytest.mark.parametrize("stand_in", ["0000-00-00", "00/00/0000", "unknown", "never"])
def test_what_stands_in_for_a_date_does_not_keep_dates_from_being_read(stand_in):
    form = guess_date_form(
        cells(*stamps("%d.%m.%y"), stand_in), np.array([1] * 60 + [9])
    )
    assert form == "uniform %d.%m.%y"


def test_days_and_months_that_contradict_each_other_are_not_read():
    halves = [*stamps("%d/%m/%Y")[::2], *stamps("%m/%d/%Y")[1::2]]
    assert guess_date_form(cells(*halves)) is None
    assert looks_dated(cells(*halves)).all()


@pytest.mark.parametrize(
    "value",
    ["1.2.12.7", "555-123-4567", "12 of 30", "1 2 3", "v1.10.2", "16:9", "may 5 rooms"],
)
def test_what_has_figures_between_marks_does_not_look_like_a_date(value):
    assert not looks_dated(cells(value)).any()
    assert guess_date_form(cells(value, value)) is None


@pytest.mark.parametrize(
    "written",
    [
        [f"Set {k}" for k in range(1, 31)],
        [f"Gen {k}" for k in range(1, 13)],
        [f"{k % 12 + 1}-{k}" for k in range(4000, 4090)],
        [f"{k}A" for k in range(1, 13)],
        [f"{k}.{k + 1}.{k + 2}" for k in range(1, 9)],
    ],
)
def test_names_with_numbers_are_no_dates(written):
    assert guess_date_form(cells(*written)) is None


@pytest.mark.parametrize("value", ["A/5 21171", "E25", "12-34-foo", "1.2.3.4", "hi"])
def test_other_cells_are_no_dates(value):
    assert guess_date_form(cells(value, value)) is None


def written_days(first, last, form):
    """Return days from one year to another in a form, and the days."""
    rng = np.random.default_rng(0)
    days = pd.date_range(f"{first}-01-01", f"{last}-12-31")
    days = days[np.sort(rng.choice(len(days), 200, replace=False))]
    return cells(*days.strftime(form)), days.to_numpy().astype("datetime64[D]")


@pytest.mark.parametrize("form", ["%d.%m.%y", "%m/%d/%y", "%d-%b-%y", "%y-%m-%d"])
@pytest.mark.parametrize(
    "years", [(1945, 2002), (1945, 1960), (1930, 2015), (1970, 2024), (2010, 2020)]
)
def test_years_of_two_digits_do_not_lie_ahead(form, years):
    written, days = written_days(*years, form)
    read = parse_dates(written, guess_date_form(written))
    np.testing.assert_array_equal(read.astype("datetime64[D]"), days)


@pytest.mark.parametrize("form", ["%y%m%d", "%d%m%y", "%m%d%y"])
@pytest.mark.parametrize("years", [(2009, 2014), (1948, 1999)])
def test_dates_in_six_digits_are_read_in_their_order(form, years):
    written, days = written_days(*years, form)
    read = parse_dates(written, six_digits(written))
    np.testing.assert_array_equal(read.astype("datetime64[D]"), days)


def test_numbers_of_six_digits_are_no_dates_where_they_count_on():
    assert six_digits(cells(*map(str, range(120601, 120631)))) is None
    assert six_digits(cells("201201", "201300")) is None


def test_days_of_a_spreadsheet_are_days():
    read = parse_dates(cells("41078", "41078.75"), "excel").astype("datetime64[h]")
    assert list(map(str, read)) == ["2012-06-18T00", "2012-06-18T18"]


def test_texts_with_digits_are_no_numbers_and_nobody_looks_for_marks_in_them(
    monkeypatch,
):
    texts = ["we paid $5 to 100 people and they all said thanks", "5 " * 60 + "dollars"]
    written = ["US$ 1,234.50", "1,234 rubles", "(5,000 dollars)"]
    read = parse_numbers(np.array(written, dtype=object), "point")
    assert read.tolist() == [1234.5, 1234.0, -5000.0]
    monkeypatch.setattr(numbers, "_without_marks", None)
    assert np.isnan(parse_numbers(np.array(texts, dtype=object), "point")).all()
    digits = np.array(["1" * 200], dtype=object)
    assert parse_numbers(digits, "point") == float("1" * 200)
