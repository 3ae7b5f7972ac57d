"""The examples of the pages on single parts give what the pages say."""

import doctest
from importlib import import_module
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PARTS = ("features", "models", "blending", "voting", "splitting")


@pytest.mark.parametrize("part", PARTS)
def test_examples_of_a_part_run_and_print_what_the_page_shows(part):
    page = str(DOCS / f"part_{part}.md")
    found = doctest.testfile(page, module_relative=False)
    assert found.attempted > 4
    assert found.failed == 0


@pytest.mark.parametrize("part", PARTS)
def test_examples_import_from_the_place_that_the_page_names(part):
    text = (DOCS / f"part_{part}.md").read_text(encoding="utf-8")
    assert f"from ensemble_kit.{part} import " in text
    assert import_module(f"ensemble_kit.{part}").__all__
