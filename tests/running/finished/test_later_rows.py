"""Cells of later rows, in the training file's spelling and in others."""

import warnings

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.declared.schema import ColumnSchema, Schema
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import CompetitionError, PredictionWarning
from ensemble_kit.running.finished.later_rows import (
    as_cells,
    known_categories,
    read_later_rows,
)


def read(column, values):
    """Return a column of later rows as it is read, and what is told of it."""
    schema = Schema((column,))
    cells = as_cells(pd.DataFrame({column.name: values}), schema)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", PredictionWarning)
        X = read_later_rows(schema, cells, "new.csv", known_categories(schema))
    return X[column.name], "".join(str(warning.message) for warning in caught)


@pytest.mark.parametrize(
    ("form", "written", "numbers"),
    [
        ("plain", ["1.25%", "-0.5%"], [1.25, -0.5]),
        ("plain", ["1,25", "-0,5"], [1.25, -0.5]),
        ("plain", ["0,512", "1,024"], [0.512, 1.024]),
        ("plain", ["1,200", "3,400.5"], [1200, 3400.5]),
        ("plain", ["$5", "1.5"], [5, 1.5]),
        ("point", ["1.234,5", "1.234"], [1234.5, 1234]),
        ("comma", ["1.5", "2.25"], [1.5, 2.25]),
        ("plain", ["2,5", "1.5", "3.5"], [2.5, 1.5, 3.5]),
        ("boolean", ["1", "0"], [1, 0]),
        ("plain", ["True", "false"], [1, 0]),
        ("plain", ["1:00:00", "2h 5m"], [3600, 7500]),
        ("duration", ["90", "75"], [90, 75]),
    ],
)
def test_numbers_in_another_form_are_read_and_counted(form, written, numbers):
    values, told = read(ColumnSchema("n", "number", form), written)
    np.testing.assert_allclose(values, numbers)
    assert "column 'n':" in told and "are written otherwise than in training" in told


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("ISO8601", ["18.06.2012 19:21", "01.02.2012 00:00"]),
        ("ISO8601", ["06/18/2012 07:21 PM", "02/01/2012 12:00 AM"]),
        ("uniform %d.%m.%y %H:%M", ["2012-06-18 19:21", "2012-02-01 00:00"]),
        ("%d/%m/%Y %H:%M", ["20120618192100Z", "20120201000000Z"]),
        ("ISO8601", ["1340047260", "1328054400"]),
    ],
)
def test_dates_in_another_form_are_read_and_counted(form, written):
    values, told = read(ColumnSchema("d", "datetime", form), written)
    assert values.tolist() == [
        pd.Timestamp("2012-06-18 19:21"),
        pd.Timestamp("2012-02-01"),
    ]
    assert "column 'd': 2 of 2 cells are written otherwise than in training" in told


@pytest.mark.parametrize("form", ["uniform %d.%m.%y | %d.%m.%y %H:%M", "clock %H:%M"])
def test_dates_of_a_frame_are_read_in_the_form_of_the_files(form):
    moments = pd.to_datetime(["2012-06-18 19:21", "2012-02-01 00:05"])
    values, told = read(ColumnSchema("d", "datetime", form), moments)
    assert told == ""
    assert values.dt.hour.tolist() == [19, 0]


def test_categories_in_other_letters_and_blanks_are_the_known_ones():
    column = ColumnSchema("c", "category", categories=("New York", "omsk", "7"))
    values, told = read(column, [" OMSK", "new  york", "7.0", "omsk", "perm"])
    assert values.tolist()[:4] == ["omsk", "New York", "7", "omsk"]
    assert values.isna().tolist() == [False] * 4 + [True]
    assert "2 of 5 cells hold a known category in another spelling" in told
    assert "1 of 5 cells hold a category that the run has not seen: 'perm'" in told


def test_categories_that_differ_by_case_alone_stay_apart():
    column = ColumnSchema("c", "category", categories=("a", "A", "007", "7"))
    values, told = read(column, ["a", "A", "007", "7", "07"])
    assert values.tolist()[:4] == ["a", "A", "007", "7"]
    assert values.isna()[4] and "has not seen: '07'" in told


def test_cells_in_the_training_form_are_told_nothing_of():
    column = ColumnSchema("n", "number", "plain")
    assert read(column, ["1.5", "", "NA"])[1] == ""


@pytest.mark.parametrize(
    ("column", "written"),
    [
        (ColumnSchema("n", "number", "plain"), ["abc", "def"]),
        (ColumnSchema("n", "datetime", "ISO8601"), ["soon", "later"]),
    ],
)
def test_a_column_of_which_nothing_is_read_in_any_form_is_an_error(column, written):
    with pytest.raises(CompetitionError, match="'n': 2 of 2 cells cannot be read"):
        read(column, written)


def test_dates_of_zeros_are_missing_in_later_rows_too():
    column = ColumnSchema("d", "datetime", "ISO8601")
    values, told = read(column, ["0000-00-00", "0000-00-00"])
    assert values.isna().all() and told == ""


def test_later_rows_get_the_same_columns(competition_folder):
    c = load_competition(competition_folder())
    schema = c.schema.from_plain(c.schema.to_plain())
    rows = pd.read_csv(c.folder / "test.csv", dtype="str").assign(colour="new")
    known = known_categories(schema)
    with pytest.warns(PredictionWarning, match="colour"):
        X = read_later_rows(schema, as_cells(rows, schema), "new.csv", known)
    assert X.dtypes.equals(c.X.dtypes)
    assert X["colour"].isna().all()
    cells = as_cells(rows.drop(columns="colour"), schema)
    with pytest.raises(CompetitionError, match="column 'colour' is missing"):
        read_later_rows(schema, cells, "new.csv", known)


def test_what_two_forms_read_is_read_among_the_numbers_of_training():
    column = ColumnSchema("n", "number", "plain", span=(0.0, 1.0))
    assert list(read(column, ["12.5%", "50%"])[0]) == [0.125, 0.5]
    column = ColumnSchema("n", "number", "plain", span=(5.0, 20.0))
    values, told = read(column, ["10,380", "9,130"])
    assert list(values) == [10.38, 9.13] and "'10,380' is read as 10.38" in told
    column = ColumnSchema("n", "number", "plain", span=(5000.0, 20000.0))
    values, told = read(column, ["10.380", "9.130"] * 3)
    assert list(values) == [10380, 9130] * 3 and "written otherwise" in told
    assert list(read(column, ["10.380"])[0]) == [10.38]  # of one row nobody can tell


def test_a_column_that_is_empty_as_never_in_training_is_told():
    column = ColumnSchema("n", "number", "plain", gaps=0.1)
    assert "empty in all 5 rows, as 10% of" in read(column, [""] * 5)[1]
    assert read(column, [""])[1] == "" and read(column, ["", "", "1"])[1] == ""
    assert read(ColumnSchema("n", "number", "plain", gaps=0.9), [""] * 5)[1] == ""


def test_days_of_a_later_file_are_all_in_the_order_that_some_are_surely_in():
    """3 May and 5 March look alike; 13 March comes first where it stands as 03.13."""
    days = ["03.05.2015", "04.01.2015", "03.13.2015", "03.19.2015", "12.11.2015"]
    values, told = read(ColumnSchema("d", "datetime", "%d.%m.%Y"), days)
    assert values.dt.month.tolist() == [3, 4, 3, 3, 12]
    assert "5 of 5 cells are written otherwise" in told
