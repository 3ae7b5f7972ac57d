"""Every competition.toml loads, and names what its competition has."""

from pathlib import Path

import pytest

from ensemble_kit.competition.declared.settings import load_settings
from ensemble_kit.competition.guessing.known import known_metric
from ensemble_kit.metrics import METRICS

FILES = sorted((Path(__file__).parents[2] / "competitions").glob("*/competition.toml"))
DEMOS = {"breast-cancer", "docstrings", "spoken-numbers"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_settings_load_and_name_their_folder(file):
    settings = load_settings(file)
    assert settings.name == file.parent.name
    assert settings.metric in METRICS
    assert None not in (settings.id, settings.target, settings.task)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_the_metric_is_the_one_that_the_competition_is_known_for(file):
    name = file.parent.name
    known = None if name in DEMOS else load_settings(file).metric
    assert known_metric(name) == known


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.parent.name)
def test_settings_say_where_the_data_comes_from(file):
    name, text = file.parent.name, file.read_text(encoding="utf-8")
    if name in DEMOS:
        assert f"python competitions/{name}/prepare.py" in text
    else:
        assert f"kaggle competitions download -c {name}" in text
        assert f"{name}.zip" in text


def test_the_demos_and_twenty_known_competitions_are_there():
    assert {file.parent.name for file in FILES} > DEMOS
    assert len(FILES) == 23
