"""Any value at any key of competition.toml: a message, never a traceback."""

import json

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ensemble_kit.competition.declared.settings import (
    CHOICES,
    ROLES,
    SCALARS,
    parse_settings,
)
from ensemble_kit.competition.loading import load_competition
from ensemble_kit.exceptions import CompetitionError

VALUES = st.sampled_from(
    ["5", "-1.5", "nan", "true", "[]", "[[]]", "{a = 1}", '"\\u0000"', '"x"', '""']
    + ["2020-01-01", '["a", 1]', '"undefined"', '"hex"', '"utf-8"', "inf"]
)


def toml(text):
    """Return a TOML string."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
VALUES |= TEXTS.map(toml)
# What a folder knows, and what it might mistake for something.
KNOWN = ["id", "size", "kind", "target", "train.csv", "test.csv", "a", "no", "auc"]
KNOWN += [
    "",
    ".",
    "..",
    "/etc/passwd",
    "train.csv/",
    "\n",
    '"',
    ",",
    "utf-16",
    "\ufeff",
]
KNOWN += [*ROLES, *(choice for choices in CHOICES.values() for choice in choices)]
PLACES = [*SCALARS, *(f"columns.{name}" for name in ("id", "size", "target", "none"))]


@settings(
    max_examples=80,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.dictionaries(st.sampled_from(PLACES), st.sampled_from(KNOWN) | TEXTS))
@example({"separator": '"'})
@example({"encoding": "utf-16"})
@example({"train": "test.csv", "test": "train.csv"})
@example({"id": "target", "target": "id"})
def test_any_texts_at_any_keys_are_a_competition_or_a_message(folder, declared):
    lines = [f"{key} = {toml(value)}" for key, value in declared.items()]
    try:
        load_competition(folder(competition__toml="\n".join(lines)))
    except CompetitionError as error:
        assert str(error)


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
