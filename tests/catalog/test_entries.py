"""A model of the catalog is one entry of ten lines at most."""

import ast

import pytest

from ensemble_kit.catalog import ENTRIES, text_featurizers, text_vectors

MOST_LINES = 10
TEXTS = (text_featurizers, text_vectors)
FAMILIES = [module for module in ENTRIES if module not in TEXTS]


def entries(module):
    """Return the calls that add an entry, at a module's top level."""
    with open(module.__file__, encoding="utf-8") as stream:
        tree = ast.parse(stream.read())
    return [
        node
        for node in tree.body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]


@pytest.mark.parametrize("module", FAMILIES, ids=lambda m: m.__name__)
def test_an_entry_has_ten_lines_at_most(module):
    lengths = {
        node.lineno: node.end_lineno - node.lineno + 1 for node in entries(module)
    }
    assert lengths
    assert {at: n for at, n in lengths.items() if n > MOST_LINES} == {}
