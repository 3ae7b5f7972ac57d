"""Write the docstrings competition from the libraries installed beside the kit.

Which library does a public function, method or class come from: numpy, pandas,
scikit-learn or scipy? What is given is the opening of its docstring (everything
above its first section, with the names of the libraries masked) and facts of its
signature and of the rest of its docstring.

Run ``python prepare.py``; the same installed versions give the same bytes.
"""

import argparse
import importlib
import inspect
import pkgutil
import re
import sys
import warnings
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import connected_components
from sklearn.feature_extraction.text import TfidfVectorizer

LIBRARIES = {
    "numpy": "numpy",
    "pandas": "pandas",
    "sklearn": "scikit-learn",
    "scipy": "scipy",
}
# Tests, build tools, vendored copies and generated wrappers: nobody's writing.
SKIPPED = {"conftest", "distutils", "externals", "f2py", "testing", "tests", "typing"}
SKIPPED |= {"blas", "lapack", "cython_special"}
TEST_SHARE = 0.3
SEED = 0
# Cosine similarity of word counts from which two openings are one family.
NEAR_IDENTICAL = 0.8
# Rows kept of one family: hundreds of lines from one template teach nothing.
FAMILY_ROWS = 5

SECTION = re.compile(r"^(?P<title>[A-Z][A-Za-z ]+)\n[-=]{3,}[ ]*$", re.MULTILINE)
LIBRARY_NAME = re.compile(
    r"scikit[-_\s]*learn|sklearn|numpy|scipy|pandas|\b(?:np|npt|pd|sp)\b", re.IGNORECASE
)
OWN_SIGNATURE = re.compile(r"\A(?:\w[\w.]*\([^\n]*\)(?: ->[^\n]*)?\s*(?:\n|\Z)\s*)+")
# Generated notices list names in the order of a set, another one in every process.
DEPRECATION = re.compile(
    r"^([ ]*)\.\. deprecated::.*\n(?:(?:\1[ ]+.*)?(?:\n|\Z))*", re.M
)
WORD = re.compile(r"[A-Za-z]{2,}")
VERSION = re.compile(r"\b\d+\.\d+(?:\.\d+)*\b")


def public_modules(package):
    """Yield a package and its importable public modules, in alphabetical order."""
    yield package
    for found in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        if found.name.startswith("_") or found.name in SKIPPED:
            continue
        try:
            module = importlib.import_module(f"{package.__name__}.{found.name}")
        except (ImportError, AttributeError):
            continue  # a module for a platform or library that is not here
        if found.ispkg:
            yield from public_modules(module)
        else:
            yield module


def public_members(owner):
    """Yield the (name, object) pairs that a module or class defines in public."""
    for name in sorted(vars(owner)):
        if not name.startswith("_"):
            member = inspect.getattr_static(owner, name)
            if isinstance(member, (staticmethod, classmethod)):
                member = member.__func__
            yield name, member


def belongs(member, library):
    """Tell whether a callable was written in the library and not only imported."""
    home = getattr(member, "__module__", None)
    return home is None or str(home).split(".")[0] == library


def callables(library):
    """Yield (name, kind, object) for every documented callable of a library."""
    for module in public_modules(importlib.import_module(library)):
        for name, member in public_members(module):
            if not callable(member) or not belongs(member, library):
                continue
            if not inspect.isclass(member):
                yield name, "function", member
                continue
            yield name, "class", member
            for method_name, method in public_members(member):
                if callable(method) and not inspect.isclass(method):
                    yield method_name, "method", method


def masked(text):
    """Return the text without library names, their aliases and version numbers."""
    text = VERSION.sub("VERSION", LIBRARY_NAME.sub("LIBRARY", text))
    return " ".join(text.split())


def opening(docstring):
    """Return what stands above the first section of a numpydoc docstring."""
    first = SECTION.search(docstring)
    text = docstring[: first.start()] if first else docstring
    text = DEPRECATION.sub("", text)
    # C functions open with their own signature, which the columns already hold.
    return masked(OWN_SIGNATURE.sub("", text.lstrip()))


def docstring_facts(docstring):
    """Return counts and flags of a docstring's form."""
    titles = {match["title"].strip() for match in SECTION.finditer(docstring)}
    return {
        # Words, not characters: some examples print numbers drawn at import.
        "n_words": len(WORD.findall(docstring)),
        "n_lines": docstring.count("\n") + 1,
        "n_sections": len(titles),
        "has_examples": int("Examples" in titles),
        "has_notes": int("Notes" in titles),
        "has_references": int("References" in titles),
        "has_see_also": int("See Also" in titles),
    }


def signature_facts(member):
    """Return counts and categories of a signature; empty where it has none."""
    try:
        signature = inspect.signature(member)
    except (TypeError, ValueError):
        return {}  # many functions written in C
    parameters = list(signature.parameters.values())
    kinds = [parameter.kind for parameter in parameters]
    named = [p for p in parameters if p.name not in {"self", "cls"}]
    empty = inspect.Parameter.empty
    return {
        "n_parameters": len(named),
        "n_defaults": sum(p.default is not empty for p in named),
        "n_keyword_only": kinds.count(inspect.Parameter.KEYWORD_ONLY),
        "n_annotated": sum(p.annotation is not empty for p in named),
        "has_args": int(inspect.Parameter.VAR_POSITIONAL in kinds),
        "has_kwargs": int(inspect.Parameter.VAR_KEYWORD in kinds),
        "first_parameter": named[0].name if named else None,
        "last_parameter": named[-1].name if named else None,
        "returns": return_annotation(signature),
    }


def return_annotation(signature):
    """Return the masked return annotation, None where there is none."""
    returns = signature.return_annotation
    if returns is inspect.Signature.empty:
        return None
    name = returns if isinstance(returns, str) else inspect.formatannotation(returns)
    return masked(name).removeprefix("LIBRARY.")[:40]


@cache
def described(docstring):
    """Return a docstring's opening and facts; many names share one docstring."""
    docstring = inspect.cleandoc(docstring)
    return opening(docstring), docstring_facts(docstring)


def describe(library, name, kind, member):
    """Return one row of the competition, None where nothing is documented."""
    docstring = getattr(member, "__doc__", None)
    if not isinstance(docstring, str):
        return None
    description, facts = described(docstring)
    if not description:
        return None
    row = {"description": description, "name": masked(name), "kind": kind}
    row |= signature_facts(member) | facts
    return row | {"library": LIBRARIES[library]}


def collect():
    """Return all rows, each description once and of one library only."""
    rows = [
        describe(library, *found)
        for library in LIBRARIES
        for found in callables(library)
    ]
    table = pd.DataFrame([row for row in rows if row is not None])
    table = table.drop_duplicates(["description", "library"])
    return table.drop_duplicates("description", keep=False, ignore_index=True)


def families(descriptions):
    """Return a number per row, the same for near-identical descriptions."""
    counts = TfidfVectorizer(use_idf=False, token_pattern=r"\w+", dtype=np.float32)
    vectors = counts.fit_transform(descriptions)
    alike = vectors @ vectors.T
    alike.data[alike.data < NEAR_IDENTICAL] = 0
    alike.eliminate_zeros()
    return connected_components(alike, directed=False)[1]


def split(table):
    """Return train and test with shuffled rows; no family stands in both."""
    rng = np.random.default_rng(SEED)
    table = table.iloc[rng.permutation(len(table))].reset_index(drop=True)
    family = pd.Series(families(table["description"]))
    table.insert(0, "family", rng.permutation(family.max() + 1)[family])
    table = table[table.groupby("family").cumcount() < FAMILY_ROWS]
    table.insert(0, "id", [f"f{row:05d}" for row in range(len(table))])
    in_test = (rng.random(family.max() + 1) < TEST_SHARE)[table["family"]]
    return table[~in_test], table[in_test]


def write(folder, train, test):
    """Write the four files of the competition."""
    sample = test[["id"]].copy()
    for label in sorted(LIBRARIES.values()):
        sample[label] = 1 / len(LIBRARIES)
    files = {
        "train": train,
        "test": test.drop(columns="library"),
        "sample_submission": sample,
        "solution": test[["id", "library"]],
    }
    for name, frame in files.items():
        frame.to_csv(folder / f"{name}.csv", index=False, lineterminator="\n")


def main():
    """Write the competition's files beside this one, or into --output."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=Path(__file__).parent)
    folder = parser.parse_args().output
    folder.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings():
        # Walking a library touches names that it has deprecated.
        warnings.simplefilter("ignore")
        train, test = split(collect())
    write(folder, train, test)
    sys.stdout.write(f"{folder}: {len(train)} training and {len(test)} test rows\n")


if __name__ == "__main__":
    main()
