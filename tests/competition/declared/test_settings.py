import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ensemble_kit.competition.declared.settings import (
    ROLES,
    CompetitionSettings,
    dump_settings,
    load_settings,
    parse_settings,
)
from ensemble_kit.exceptions import CompetitionError

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
NAUGHTY = [
    "",
    '"',
    "\\",
    "\x7f",
    "\x00",
    "a\nb",
    "'; DROP",
    "=cmd|x",
    "{}%s",
    "😀",
    "\u2028",
]


@given(NAMES, NAMES, st.dictionaries(NAMES, st.sampled_from(ROLES)), NAMES)
def test_load_of_dump_is_the_identity(name, target, columns, reason):
    reasons = {"target": reason, **{f"columns.{c}": reason for c in columns}}
    settings = CompetitionSettings(name=name, target=target, columns=columns)
    written = CompetitionSettings(**{**vars(settings), "reasons": reasons})
    assert parse_settings(dump_settings(written)) == settings


@pytest.mark.parametrize("name", NAUGHTY)
def test_hostile_column_names_survive(name):
    settings = CompetitionSettings(id=name, columns={name: "text"})
    assert parse_settings(dump_settings(settings)) == settings


def test_all_mistakes_are_told_at_once_with_suggestions():
    text = 'targte = "x"\ntask = "regresion"\nname = 3\n[columns]\na = "txt"\n'
    with pytest.raises(CompetitionError) as caught:
        parse_settings(text)
    message = str(caught.value)
    assert "has 4 problems" in message
    for hint in ("'target'", "'regression'", "found 3", "'text'"):
        assert hint in message


@pytest.mark.parametrize("text", ["a =", 'id = "x"\nid = "y"\n', "columns = 3\n"])
def test_what_is_no_settings_file_is_refused(text):
    with pytest.raises(CompetitionError, match=r"competition\.toml"):
        parse_settings(text)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(CompetitionError, match=r"gone\.toml"):
        load_settings(tmp_path / "gone.toml")


def test_facts_are_plain_data_without_reasons():
    settings = CompetitionSettings(name="n", id="id").settle("task", "binary", "why")
    facts = json.loads(json.dumps(settings.facts()))
    assert facts["task"] == "binary" and {"reasons", "name"}.isdisjoint(facts)
