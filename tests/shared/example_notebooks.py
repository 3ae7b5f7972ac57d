"""The notebooks of examples/, read and run as a kernel would."""

import json
from pathlib import Path

EXAMPLES = Path(__file__).parents[2] / "examples"


def code_cells(name):
    """Return the code cells of a notebook."""
    text = (EXAMPLES / f"{name}.ipynb").read_text(encoding="utf-8")
    return [cell for cell in json.loads(text)["cells"] if cell["cell_type"] == "code"]


def run_notebook(name):
    """Run all code cells in one namespace, and return it."""
    namespace = {"__name__": "__main__"}
    for cell in code_cells(name):
        exec(compile("".join(cell["source"]), cell["id"], "exec"), namespace)
    return namespace
