"""The notebook on voting runs from top to bottom and shows the lecture's figures."""

import json
from pathlib import Path

import pytest

NOTEBOOK = Path(__file__).parents[2] / "examples" / "voting_theory.ipynb"


@pytest.fixture(scope="module")
def names():
    """Run all code cells in one namespace, as a kernel would."""
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    namespace: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
    return namespace


def test_three_voters_are_right_in_784_of_1000_cases(names):
    assert names["three"] == 0.784


def test_the_plot_has_a_line_for_each_correlation_and_the_target(names):
    lines = names["figure"].axes[0].lines
    assert len(lines) == len(names["correlations"]) + 1


def test_the_bounds_and_the_measured_cost_are_as_the_text_says(names):
    assert names["bounds"].lower == pytest.approx(0.55)
    assert names["bounds"].upper == pytest.approx(1.0)
    assert names["measured"].cost > 3 * names["measured"].standard_error


def test_the_notebook_is_committed_without_outputs():
    cells = json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert all(not cell["outputs"] for cell in code)
    assert all(cell["execution_count"] is None for cell in code)
