"""Columns made by expressions are what pandas makes of the same cells."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.declared.joint_column import JointColumn
from ensemble_kit.competition.derived.evaluation import Evaluation
from ensemble_kit.competition.derived.expressions import (
    ExpressionError,
    parse_expression,
)
from ensemble_kit.competition.derived.functions import FUNCTIONS
from ensemble_kit.competition.derived.values import Cells, Reading, spelled
from ensemble_kit.exceptions import CompetitionError

CELLS = pd.DataFrame(
    {
        "a": ["1", "-2.5", "0", "", "40"],
        "b": ["2", "0", "3", "4", "1e3"],
        "name": ["Low, Mr. Al", "Ode, Mrs. Bo", "", "Ng, Miss. Cy", "Lee"],
        "tall one": ["1", "0", "1", "1", "0"],
        "sold": ["2020-03-01", "2021-01-01", "", "2019-12-31", "2020-02-29"],
        "built": ["2020-02-01 12:00", "2020-01-01", "2020-01-01", "", "2020-02-28"],
        "price": ["$1,000", "$20", "$3", "$1,000,000", "$7"],
    },
    dtype="str",
)
A = pd.Series([1, -2.5, 0, np.nan, 40])
B = pd.Series([2, 0, 3, 4, 1000.0])
SOLD = pd.to_datetime(CELLS["sold"], errors="coerce")
BUILT = pd.to_datetime(CELLS["built"], errors="coerce", format="ISO8601")
NAME = CELLS["name"].where(CELLS["name"] != "")
NUMBERS = {
    "a + b * 2 - 1": A + B * 2 - 1,
    "a / b": pd.Series([0.5, np.nan, 0, np.nan, 0.04]),
    "-a ** 2": -(A**2),
    "b // 3 + b % 3": B // 3 + B % 3,
    "-1 < a <= 40": [1, 0, 1, 0, 1],
    "a < 1 or not b > 3": [1, 1, 1, 0, 0],
    "a == 0 and true": [0, 0, 1, 0, 0],
    "a != 0": [1, 1, 0, 0, 1],
    "a in [0, 40]": [0, 0, 1, 0, 1],
    "a not in [0, -2.5]": [1, 0, 0, 0, 1],
    "name in ['Lee', \"Low, Mr. Al\"]": [1, 0, 0, 0, 1],
    "a is missing": [0, 0, 0, 1, 0],
    "name is not missing": [1, 1, 0, 1, 1],
    "`tall one` + 1": [2, 1, 2, 2, 1],
    "price / 1000": [1, 0.02, 0.003, 1000, 0.007],
    "a if b > 2 else b": [2, 0, 0, np.nan, 40],
    "where(a > 0, missing, a)": [np.nan, -2.5, 0, np.nan, np.nan],
    "sold < '2020-03-01'": [0, 0, 0, 1, 1],
    "sold > built": [1, 1, 0, 0, 1],
    "abs(a)": A.abs(),
    "sqrt(b)": np.sqrt(B),
    "log(b)": [np.log(2), np.nan, np.log(3), np.log(4), np.log(1000)],
    "log1p(b)": np.log1p(B),
    "log2(b + 1)": np.log2(B + 1),
    "log10(b + 1)": np.log10(B + 1),
    "exp(a)": np.exp(A),
    "expm1(a)": np.expm1(A),
    "floor(a)": np.floor(A),
    "ceil(a)": np.ceil(A),
    "sign(a)": np.sign(A),
    "sin(a)": np.sin(A),
    "cos(a)": np.cos(A),
    "round(a / 3, 2)": (A / 3).round(2),
    "min(a, b, 1)": [1, -2.5, 0, np.nan, 1],
    "max(a, b)": [2, 0, 3, np.nan, 1000],
    "sum(a, b, 1)": A + B + 1,
    "mean(a, b)": (A + B) / 2,
    "clip(a, 0, 2)": A.clip(0, 2),
    "len(name)": NAME.str.len(),
    "words(name)": NAME.str.split().str.len(),
    "count(name, 'e')": NAME.str.count("e"),
    "contains(name, 'Mrs.')": [0, 1, 0, 0, 0],
    "matches(name, '^L')": [1, 0, 0, 0, 1],
    "startswith(name, 'L')": [1, 0, 0, 0, 1],
    "endswith(name, 'o')": [0, 1, 0, 0, 0],
    "number(a)": A,
    "isna(name)": [0, 0, 1, 0, 0],
    "coalesce(a, b)": [1, -2.5, 0, 4, 40],
    "days(sold - built)": (SOLD - BUILT).dt.total_seconds() / 86400,
    "hours(sold - built)": (SOLD - BUILT).dt.total_seconds() / 3600,
    "minutes(sold - built)": (SOLD - BUILT).dt.total_seconds() / 60,
    "seconds(sold - built)": (SOLD - BUILT).dt.total_seconds(),
    "days(sold - date('2020-01-01'))": (SOLD - pd.Timestamp("2020-01-01")).dt.days,
    "year(sold)": SOLD.dt.year,
    "month(sold)": SOLD.dt.month,
    "day(sold)": SOLD.dt.day,
    "weekday(sold)": SOLD.dt.day_of_week,
    "yearday(sold)": SOLD.dt.day_of_year,
    "week(sold)": SOLD.dt.isocalendar().week,
    "hour(built)": BUILT.dt.hour,
    "minute(built)": BUILT.dt.minute,
}
TEXTS = {
    "lower(name)": NAME.str.lower(),
    "upper(name)": NAME.str.upper(),
    "strip(name + ' ')": NAME,
    r"extract(name, ', (\w+)\.')": ["Mr", "Mrs", "", "Miss", ""],
    r"extract(name, '\w+$')": ["Al", "Bo", "", "Cy", "Lee"],
    "replace(name, 'Mr', 'X')": NAME.str.replace("Mr", "X"),
    "name[0] + '-' + name[-2:]": ["L-Al", "O-Bo", "", "N-Cy", "L-ee"],
    "name[4]": [" ", " ", "", "M", ""],
    "text(a) + '!'": ["1!", "-2.5!", "0!", "", "40!"],
    "coalesce(name, 'nobody')[:2]": ["Lo", "Od", "no", "Ng", "Le"],
    "where(a > 0, 'up', 'not')": ["up", "not", "not", "not", "up"],
    "coalesce(sold, date('1999-01-02'))[:4]": ["2020", "2021", "1999", "2019", "2020"],
}


def evaluated(text: str) -> Cells:
    """Return the cells of an expression over the table above."""
    columns = {name: JointColumn.of(name, CELLS[name], None) for name in CELLS}
    cells = {n: Cells.of_column(c, Reading.of(c)) for n, c in columns.items()}
    return Evaluation(parse_expression(text), cells, len(CELLS)).cells()


@pytest.mark.parametrize("text", NUMBERS)
def test_numbers_are_those_of_pandas(text):
    wanted = np.asarray(pd.Series(NUMBERS[text]), dtype=np.float64)
    np.testing.assert_allclose(evaluated(text).numbers(), wanted, rtol=1e-12)


@pytest.mark.parametrize("text", TEXTS)
def test_texts_are_those_of_pandas(text):
    wanted = pd.Series(TEXTS[text], dtype=object)
    wanted = [None if pd.isna(cell) or cell == "" else cell for cell in wanted]
    assert evaluated(text).texts().tolist() == wanted


def test_every_function_is_tried():
    tried = {*NUMBERS, *TEXTS}
    assert [n for n in FUNCTIONS if not any(f"{n}(" in text for text in tried)] == []


def test_cells_are_written_in_the_shortest_form_that_reads_the_same():
    assert spelled(evaluated("b / 3"))[0] == repr(2 / 3)
    assert spelled(evaluated("b * 3")).tolist() == ["6", "0", "9", "12", "3000"]
    assert spelled(evaluated("b > 1"))[0] == "1"
    assert spelled(evaluated("built"))[0] == "2020-02-01 12:00:00"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a.lower()", "'a.lower' is no part of an expression: functions stand before"),
        ("__import__('os').system('x')", "is no part of an expression"),
        ("open('x')", "there is no function 'open'"),
        ("lgo(a)", "there is no function 'lgo'; did you mean 'log'?"),
        ("[x for x in a]", "is no part of an expression"),
        ("(lambda: 1)()", "is no part of an expression"),
        ("a & b", "'&' is no part of an expression: write and, or, not"),
        ("a > True", "write true"),
        ("a == missing", "write is missing"),
        ("a in b", "after in stands a list"),
        ("a in [b]", "a list holds numbers and texts alone"),
        ("a +", "from 'the end' on"),
        ("a; b", "from '; b' on"),
        ("'a", "a quotation mark is not closed"),
        ("min(a)", "min takes 2 or more arguments"),
        ("lower(a, b)", "lower takes 1 argument"),
        ("name[a]", "letters are taken by whole numbers"),
        ("+".join("a" * 300), "nested"),
        ("(" * 500 + "a" + ")" * 500, "cannot read"),
        (" ", "an expression is empty"),
        ("1j * a", "is no part of an expression"),
        ("a if b", "cannot read"),
        ("log(*a)", "arguments are given one by one"),
    ],
)
def test_what_is_no_expression_is_told_before_it_is_worked_out(text, told):
    with pytest.raises(ExpressionError, match=".") as caught:
        parse_expression(text)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name + 1 - 1", "numbers are expected"),
        ("name < 3", "'name' holds texts such as 'Low, Mr. Al'; numbers are expected"),
        ("sold - 3", "'sold' holds dates such as '2020-03-01'"),
        ("days(sold)", "the difference of two dates is expected"),
        ("sold - built > 3", "a span of time is compared"),
        ("extract(name, '(')", "is no regular expression"),
        ("extract(name, name)", "is a text in quotes, not a column"),
        ("sold < 'soon'", "'soon' is no date"),
        ("where(a > 0, sold, name)", "dates are expected"),
        ("round(a, b)", "is one number, not a column"),
    ],
)
def test_a_part_of_the_wrong_kind_is_named_with_what_it_holds(text, told):
    with pytest.raises(CompetitionError, match=".") as caught:
        spelled(evaluated(text))
    assert told in str(caught.value)
