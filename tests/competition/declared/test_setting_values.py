"""Any value at any key of competition.toml: a message, never a traceback."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ensemble_kit.competition.declared.settings import SCALARS, parse_settings
from ensemble_kit.exceptions import CompetitionError

VALUES = st.sampled_from(
    ["5", "-1.5", "nan", "true", "[]", "[[]]", "{a = 1}", '"\\u0000"', '"x"', '""']
    + ["2020-01-01", '["a", 1]', '"undefined"', '"hex"', '"utf-8"', "inf"]
)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(st.sampled_from([*SCALARS, "columns", "columns.a", "other"]), VALUES)
def test_any_value_at_any_key_is_settings_or_a_message(key, value):
    try:
        parse_settings(f"{key} = {value}\n")
    except CompetitionError as error:
        assert key.split(".")[0] in str(error)


@pytest.mark.parametrize("name", ["undefined", "hex", "no such"])
def test_an_encoding_that_is_none_is_refused(name):
    with pytest.raises(CompetitionError, match="no text encoding named"):
        parse_settings(f'encoding = "{name}"\n')


def test_nesting_without_end_is_a_message():
    with pytest.raises(CompetitionError, match="deeply"):
        parse_settings("name = " + "[" * 5000 + "]" * 5000)
