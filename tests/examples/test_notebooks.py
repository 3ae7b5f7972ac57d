"""What all notebooks have in common."""

import pytest

from example_notebooks import EXAMPLES, code_cells

NAMES = sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))


@pytest.mark.parametrize("name", NAMES)
def test_a_notebook_is_committed_without_outputs(name):
    assert all(not cell["outputs"] for cell in code_cells(name))
    assert all(cell["execution_count"] is None for cell in code_cells(name))
