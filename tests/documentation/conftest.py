"""The pages that people read: README, CONTRIBUTING and docs/."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.fixture(params=PAGES, ids=name_of)
def page(request: pytest.FixtureRequest) -> Path:
    """Return each page in turn."""
    return request.param


@pytest.fixture(scope="session")
def blocks() -> Callable[[Path, str], list[str]]:
    """Return a function that gives a page's code blocks of one language."""

    def read(path: Path, language: str) -> list[str]:
        text = path.read_text(encoding="utf-8")
        return [code for kind, code in FENCE.findall(text) if kind == language]

    return read


@pytest.fixture(scope="session")
def prose() -> Callable[[Path], str]:
    """Return a function that gives a page's text without its code blocks."""
    return lambda path: FENCE.sub("", path.read_text(encoding="utf-8"))
