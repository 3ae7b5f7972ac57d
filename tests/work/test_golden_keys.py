"""Keys of work stay what they are: a store that was written is read for ever."""

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.given_estimators import GivenMember, GivenRecipe
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.workspace import Source

NUMBERS = Recipe("numbers", (Block("number", "passthrough"),))
WORDS = Recipe("words", (Block("number", "standard"), Block("text", "tfidf")))
RECIPES = {
    "raw": Recipe("raw"),
    "numbers": NUMBERS,
    "words": WORDS,
    "given": GivenRecipe("given", token="transformer-1", as_array=True),
}
TREES = Member("trees", "extra_trees", params={"n_estimators": 9}, features="numbers")
LINEAR = Member("linear", "ridge", features="words", seeds=(0, 1))
BOOSTED = Member("boosted", "lightgbm", features="numbers")
MEAN = Member("mean", "mean", level=2)
STACKED = Member("stacked", "ridge", 2, {"alpha": 1.0}, "stack_logits", "numbers")
GATED = Member("gated", "gated_blend", 2, {"then": "boosted", "otherwise": "trees"})
GIVEN = GivenMember(
    "given", "Model", features="given", token="model-1", accepts=("nan",)
)


def make_source(with_text=True):
    rows = np.arange(12)
    table = pd.DataFrame({"a": rows / 2.0, "b": 1.0 - rows})
    if with_text:
        table["note"] = pd.array([f"word{n} more" for n in rows], dtype="string")
    pairs = tuple((np.flatnonzero(rows % 3 != n), rows[n::3]) for n in range(3))
    return Source(
        X=table,
        X_test=table.iloc[:4],
        y=rows % 2,
        folds=Folds(pairs, 12),
        kind="binary",
        n_outputs=2,
        fingerprint="data",
    )


def graph_of(name):
    """Return a graph with all work of one case in it."""
    graph = Graph(
        make_source(name != "without text"),
        RECIPES,
        seed=7 if name == "another seed" else 0,
        refit=name == "refit",
        probe_seconds=30.0 if name == "a limit for probes" else None,
        transductive=name == "transductive",
        level1=(0, 1) if name == "splits of its own" else None,
    )
    members, single = MEMBERS[name], name == "single precision"
    lower = [graph.fits(one, single=single) for one in members if one.level == 1]
    for member in members:
        if member.level == 2:
            graph.fits(member, lower, single)
    if name == "text filters":
        judge = {"name": "lightgbm", "params": {"n_estimators": 20}}
        text = Recipe("text", (Block("text", "tfidf"),))
        graph.weighing(judge, NUMBERS, text)
        network = Member("net", "text_cnn").model_facts("binary")
        graph.weighing(judge, NUMBERS, text, network=network, columns=["note"])
    return graph


MEMBERS = {
    "without text": (TREES, BOOSTED, MEAN),
    "with text": (LINEAR, Member("some", "ridge", features="words", texts=("note",))),
    "level 2": (TREES, BOOSTED, STACKED, GATED),
    "refit": (BOOSTED, MEAN),
    "transductive": (LINEAR,),
    "single precision": (LINEAR,),
    "a limit for probes": (BOOSTED,),
    "another seed": (TREES,),
    "splits of its own": (TREES, MEAN),
    "given objects": (GIVEN, MEAN),
    "text filters": (),
}
GOLDEN = {
    "without text": [
        "features 0e01ccc74539069f",
        "features c2803b6558accdb7",
        "features 17a46b582ae903c9",
        "fit 5c9256d512d65441",
        "fit de402c1621d9945f",
        "fit 14fd6f9010c770d8",
        "probe 67eb486cc8fa2258",
        "fit 95ec4486374833ed",
        "fit 5dac6ccdf78d1787",
        "fit 04e31b869a33366b",
        "meta 020c7e20b9f41526",
        "fit b09184c0db3e6717",
        "fit d9c5def60ec3becb",
        "fit 86d5b217199abd37",
    ],
    "with text": [
        "count 52b6dace614cb80b",
        "features 615c0b5d2b40d860",
        "features f726b3bbcec8e8a1",
        "features aadbb1367afc305a",
        "probe b60a44023aed5078",
        "fit 46b70f67376185f0",
        "fit e97319e1262c5c39",
        "fit 4a178743dc889d7d",
        "fit 510d9708f27cdd31",
        "fit a8bb998500943aa6",
        "fit 092832df94b1f497",
        "features cdffc652328be663",
        "features 685caa26cb9b3fa3",
        "features 4fa5e2c1a3c40c79",
        "probe 16ba62a8ce1077bf",
        "fit 6c12bd31b72108e1",
        "fit 0aa5e8255a60e6ac",
        "fit 8bca90b703a7605d",
    ],
    "level 2": [
        "features 0e01ccc74539069f",
        "features c2803b6558accdb7",
        "features 17a46b582ae903c9",
        "fit 5c9256d512d65441",
        "fit de402c1621d9945f",
        "fit 14fd6f9010c770d8",
        "probe 67eb486cc8fa2258",
        "fit 95ec4486374833ed",
        "fit 5dac6ccdf78d1787",
        "fit 04e31b869a33366b",
        "meta 020c7e20b9f41526",
        "probe 2dd9846c4dd3f9cc",
        "fit a7d167449c23a516",
        "fit 9fb0a778835ba0b2",
        "fit f5437bb4c0335b5d",
        "fit 2d898616d7441e21",
        "fit da70d8afe6ad31ff",
        "fit 639c02a929de23ec",
    ],
    "refit": [
        "features 0e01ccc74539069f",
        "features c2803b6558accdb7",
        "features 17a46b582ae903c9",
        "features ae090829c505ce05",
        "probe 67eb486cc8fa2258",
        "fit 378e508d0c672ac4",
        "fit 16de12926f659d1a",
        "fit 27ac786b3677317f",
        "fit d61afa81e199f16c",
        "meta b08262e738c60920",
        "fit f436a70e7857e386",
        "fit eb94992d49be8dfe",
        "fit a453d3deb11265e0",
        "fit 00b126514cd10507",
    ],
    "transductive": [
        "count 52b6dace614cb80b",
        "features 56bf12f5bfd70fd9",
        "features c511a330e2b89af2",
        "features 14099114f7483f22",
        "probe 2287ea34e8fc966e",
        "fit 2039eec449632f7a",
        "fit 9c2e595b2c493983",
        "fit 88ec16f65193d68a",
        "fit dae585996d13ae54",
        "fit f4fbfd6edb664def",
        "fit 851de0bbd2496925",
    ],
    "single precision": [
        "count 52b6dace614cb80b",
        "features 6a880d505accf05a",
        "features 4521d50883f78db2",
        "features 66c761c141329bd7",
        "probe cae843fbdd218edb",
        "fit 1f929485d00a228d",
        "fit 5dee35de29a306dd",
        "fit a731a35af856f18c",
        "fit 3e02de6c7f837854",
        "fit e61d760499d279e4",
        "fit 67ebe72ca48ce0c7",
    ],
    "a limit for probes": [
        "features 0e01ccc74539069f",
        "features c2803b6558accdb7",
        "features 17a46b582ae903c9",
        "probe cac8341c0933df16",
        "fit ff3d6971971b3b5d",
        "fit 42bbe78b0ba5055c",
        "fit 2d3a95660aee8472",
    ],
    "another seed": [
        "features d2a31f802569c64b",
        "features 204eb64f6edad599",
        "features 10675fb14b32f992",
        "fit d0e7da684e35e262",
        "fit c5a190ad000debf4",
        "fit 015965411be0231f",
    ],
    "splits of its own": [
        "features 0e01ccc74539069f",
        "features c2803b6558accdb7",
        "fit 5c9256d512d65441",
        "fit de402c1621d9945f",
        "meta 3b644fdca573501c",
        "fit 9fa6afa294321006",
        "fit 1188c12a1513d79c",
        "fit 0368e0a1251ac392",
        "fit 0b82f794657eac21",
    ],
    "given objects": [
        "features 6cc2537e29d443bb",
        "features c90ef803e2136e7c",
        "features 40ce66d84ddb7b4c",
        "fit b4f3b0c7edd2f587",
        "fit edb3a82c5187b1c3",
        "fit d387d44f81d2e7d8",
        "meta a6343e50f24acd07",
        "fit 9be06f91e0a3224d",
        "fit 90b6485ed157eca8",
        "fit c056c4797b06664f",
    ],
    "text filters": ["gate 8be7039acf4c0193", "gate 95cecb1d401a4b0b"],
}


@pytest.mark.parametrize("name", MEMBERS)
def test_a_key_is_what_it_always_was(name, monkeypatch):
    for module in ("pipeline.member", "work.given_estimators"):
        path = f"ensemble_kit.{module}.library_versions"
        monkeypatch.setattr(path, lambda *_: {"numpy": "1"})
    nodes = graph_of(name).nodes.values()
    assert [f"{node.kind} {node.key[:16]}" for node in nodes] == GOLDEN[name]
