"""What tests of runs share."""

import pytest

from ensemble_kit.running.preparing import further_folds
from ensemble_kit.running.timed import forecast, limited_run


@pytest.fixture(autouse=True)
def one_draw_of_folds(monkeypatch):
    """Let no limited run draw its folds anew; tests of that ask for it.

    The members are fitted with two seeds and with four, which are rounds enough.
    """
    monkeypatch.setattr(further_folds, "MOST_DRAWS", 1)
    for module in (limited_run, forecast):  # the run, and what foresees it
        monkeypatch.setattr(module, "ROUNDS_OF_SEEDS", (2, 4))
