"""The grammar of rules: what it says, what it refuses, and that it runs no code."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.blending import parse_rule
from ensemble_kit.exceptions import PipelineError

FRAME = pd.DataFrame(
    {
        "age": [10.0, 50.0, 70.0, None],
        "rooms": [1, 2, 3, 4],
        "city": pd.Series(["Ufa", "Omsk", None, "it's"], dtype="str"),
        "kind": pd.Categorical(["a", "b", "a", None]),
        "new": [True, False, True, False],
        "a name": [0, 1, 0, 1],
    }
)


@pytest.mark.parametrize(
    ("rule", "rows"),
    [
        ("age < 50", [0]),
        ("age <= 50", [0, 1]),
        ("age > 50", [2]),
        ("age >= 5e1", [1, 2]),
        ("rooms == 2", [1]),
        ("rooms != 2", [0, 2, 3]),
        ("age != 50", [0, 2]),
        ("rooms > -1", [0, 1, 2, 3]),
        ("city == 'Ufa'", [0]),
        ('city == "it\'s"', [3]),
        ("city != 'Ufa'", [1, 3]),
        ("city in ['Ufa', 'Omsk']", [0, 1]),
        ("city not in ['Ufa']", [1, 3]),
        ("not city in ['Ufa']", [1, 2, 3]),
        ("kind == 'a'", [0, 2]),
        ("new == true", [0, 2]),
        ("new != true", [1, 3]),
        ("age is missing", [3]),
        ("city is not missing", [0, 1, 3]),
        ("`a name` == 1", [1, 3]),
        ("age < 50 or rooms > 2", [0, 2, 3]),
        ("rooms > 1 and rooms < 4", [1, 2]),
        # "and" binds closer than "or", "not" closer than both
        ("rooms == 1 or rooms == 2 and age > 60", [0]),
        ("(rooms == 1 or rooms == 3) and age > 60", [2]),
        ("not rooms == 1 and rooms < 3", [1]),
        ("not (rooms == 1 and rooms < 3)", [1, 2, 3]),
        ("not not rooms == 1", [0]),
    ],
)
def test_a_rule_holds_for_the_rows_it_says(rule, rows):
    mask = parse_rule(rule).mask(FRAME)
    assert mask.dtype == bool
    assert np.flatnonzero(mask).tolist() == rows


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("", "expected a column, found 'the end'"),
        ("age", "expected a comparison, found 'the end'"),
        ("age <", "expected a number"),
        ("age < 'old'", "character 7: expected a number"),
        ("age < 50 rooms", "expected the end, 'and' or 'or', found 'rooms'"),
        ("age in []", "expected a number, a text"),
        ("age in [1 2]", "expected ']'"),
        ("(age < 1", "expected '\\)'"),
        ("age is 5", "expected 'missing'"),
        ("and < 5", "expected a column"),
        ("age < 5; import os", "cannot read"),
        ("__import__('os').system('id') == 0", "cannot read"),
        ("exec('1') == 0", "expected a comparison"),
        ("age.real < 5", "cannot read"),
        ("age + 1 < 5", "cannot read"),
        ("lambda: 0", "cannot read"),
        ("not " * 60 + "age < 1", "at most 50 nested parts"),
        ("(" * 60 + "age < 1" + ")" * 60, "at most 50 nested parts"),
    ],
)
def test_what_is_no_rule_is_refused_at_its_place(rule, message):
    with pytest.raises(PipelineError, match=message):
        parse_rule(rule)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("agee < 5", "no column 'agee'; did you mean 'age'"),
        ("city < 5", "cannot order"),
        ("city == 5", "text in quotes"),
        ("age == 'old'", "numbers, true or false"),
    ],
)
def test_a_rule_that_does_not_fit_the_columns_is_refused(rule, message):
    with pytest.raises(PipelineError, match=message):
        parse_rule(rule).mask(FRAME)


@given(
    st.text(alphabet="age<>=!()[]' \"`,and or not in is missing0123.-_", max_size=30)
)
@settings(max_examples=300, deadline=None)
def test_any_text_is_a_rule_or_a_refusal(text):
    try:
        mask = parse_rule(text).mask(FRAME)
    except PipelineError:
        return
    assert mask.shape == (4,)


numbers = st.integers(-3, 3)
comparisons = st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), numbers)
rules = st.recursive(
    comparisons.map(lambda c: (f"x {c[0]} {c[1]}", f"x {c[0]} {c[1]}")),
    lambda inner: st.one_of(
        inner.map(lambda r: (f"not ({r[0]})", f"~({r[1]})")),
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]}) and ({p[1][0]})", f"({p[0][1]}) & ({p[1][1]})")
        ),
        st.tuples(inner, inner).map(
            lambda p: (f"({p[0][0]}) or ({p[1][0]})", f"({p[0][1]}) | ({p[1][1]})")
        ),
    ),
    max_leaves=8,
)


@given(rules)
@settings(max_examples=60, deadline=None)
def test_rules_mean_what_pandas_makes_of_them(pair):
    frame = pd.DataFrame({"x": np.arange(-4, 5)})
    ours, theirs = pair
    expected = frame.eval(theirs, engine="python").to_numpy()
    assert np.array_equal(parse_rule(ours).mask(frame), expected)
