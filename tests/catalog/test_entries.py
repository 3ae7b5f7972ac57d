"""A model of the catalog is one entry that says ten things at most."""

import ast

import pytest

from ensemble_kit.catalog import ENTRIES, text_featurizers, text_vectors

MOST_LINES = 10
TEXTS = (text_featurizers, text_vectors)
FAMILIES = [module for module in ENTRIES if module not in TEXTS]


def tree_of(module):
    with open(module.__file__, encoding="utf-8") as stream:
        return ast.parse(stream.read())


def inner_lines(node):
    """Return the lines between a statement's parentheses."""
    return max(1, node.end_lineno - node.lineno - 1)


def names_in(node):
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}


def entries(module):
    """Return the calls that add an entry, at a module's top level."""
    return [
        node
        for node in tree_of(module).body
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ]


def shared_objects():
    """Return the statements that give a name to what entries are made of."""
    return {
        target.id: node
        for module in FAMILIES
        for node in tree_of(module).body
        if isinstance(node, ast.Assign)
        for target in node.targets
    }


def lengths_of(module):
    """Return the lines of every entry with all that stands there for it alone."""
    shared = shared_objects()
    users = [names_in(node) for other in FAMILIES for node in entries(other)]
    users += [names_in(node.value) for node in shared.values()]
    alone = {name for name in shared if sum(name in used for used in users) == 1}

    def length(node):
        own = names_in(node.value) & alone
        return inner_lines(node) + sum(length(shared[name]) for name in own)

    return {node.lineno: length(node) for node in entries(module)}


@pytest.mark.parametrize("module", FAMILIES, ids=lambda m: m.__name__)
def test_an_entry_says_ten_things_at_most(module):
    lengths = lengths_of(module)
    assert lengths
    assert {at: n for at, n in lengths.items() if n > MOST_LINES} == {}


@pytest.mark.parametrize("module", FAMILIES, ids=lambda m: m.__name__)
def test_an_entry_unpacks_nothing(module):
    calls = [part for node in entries(module) for part in ast.walk(node)]
    unpacked = [k for part in calls for k in getattr(part, "keywords", ()) if not k.arg]
    assert unpacked == []
