"""What tests of runs share."""

import pytest

from ensemble_kit.running.preparing import further_folds


@pytest.fixture(autouse=True)
def one_draw_of_folds(monkeypatch):
    """Let no limited run draw its folds anew; tests of that ask for it."""
    monkeypatch.setattr(further_folds, "MOST_DRAWS", 1)
