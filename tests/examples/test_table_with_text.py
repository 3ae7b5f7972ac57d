"""The notebook on a table with text runs and ends in an accepted submission."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "table_with_text.ipynb"


@pytest.fixture(scope="module")
def names(tmp_path_factory):
    """Run all code cells in one namespace, as a kernel would."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    namespace: dict = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tempfile, "tempdir", str(tmp_path_factory.mktemp("notebook")))
        for cell in cells:
            if cell["cell_type"] == "code":
                exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
    return namespace


def test_the_docstrings_are_taken_for_text(names):
    assert names["competition"].roles["doc"] == "text"
    assert names["competition"].metric.name == "log_loss"


def test_the_stack_beats_its_members_and_chance(names):
    board = names["stack"].leaderboard_
    assert board["member"].iloc[0] == "final"
    assert names["score"] < 0.5 * np.log(3)


def test_the_submission_holds_the_probabilities_of_the_stack(names):
    assert np.allclose(names["checked"], names["probabilities"])


def test_the_notebook_is_committed_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in code)
    assert all(cell["execution_count"] is None for cell in code)
