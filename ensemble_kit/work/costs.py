"""What a piece of work is going to take: seconds and megabytes, before it is done."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from statistics import median
from typing import Any

import pandas as pd

from ensemble_kit.catalog import FEATURIZERS, MODELS
from ensemble_kit.column_roles import ROLES, role_of
from ensemble_kit.features.encoders.encoder_folders import reads_from_a_table
from ensemble_kit.oof.matrix import Matrix
from ensemble_kit.pipeline.member import BlockFacts
from ensemble_kit.store.frames import is_text
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.node import (
    BalanceFacts,
    EncodeFacts,
    EncoderTrialFacts,
    FeaturesFacts,
    MetaFacts,
    ModelWorkFacts,
    Node,
    OffsetFacts,
    ProbeFacts,
)
from ensemble_kit.work.rates import Size, fit_megabytes, fit_seconds
from ensemble_kit.work.workspace import Source

PROBE_FITS = 2.0
SECONDS_PER_CELL = 4e-6
# Of a text, for an encoder of six layers and 384 numbers on one core of 2020.
SECONDS_PER_CHARACTER = 1.4e-4
TABLE_SHARE = 0.01  # of that, for a table of vectors, which has no layers
ENCODER_MEGABYTES = 700.0  # torch, and a small network
MAX_RATIO = 30.0


class CostModel:
    """Predicts what the pieces of a graph's work take.

    Parameters
    ----------
    graph : Graph
    store : Store, optional
        Its finished fits, of whatever data, correct the shipped rates.
    """

    def __init__(self, graph: Graph, store: Store | None = None):
        self.graph = graph
        self.n_all = len(graph.source.y) + graph.source.X_test.shape[0]
        self.columns = columns_by_role(graph.source)
        self.n_words = words_per_row(graph.source.X)
        self._ratios: dict[tuple[str, str], list[float]] = {}
        for facts in () if store is None else stored_work(store):
            self.learn(*_done(facts))

    def learn(self, model: str, cost: Mapping[str, float]) -> None:
        """Correct later predictions by what a fit of a model has taken.

        Or what it took to encode some texts, for which the encoder's file stands.
        """
        if "encode_seconds" in cost:
            expected = cost["n_characters"] * SECONDS_PER_CHARACTER + 0.02
            self._note("seconds", model, cost["encode_seconds"] / expected)
            return
        size = Size.measured(cost)
        seconds = cost["fit_seconds"] + cost["predict_seconds"]
        self._note("seconds", model, seconds / fit_seconds(model, size))
        if cost.get("peak_megabytes"):
            shipped = fit_megabytes(model, size)
            self._note("megabytes", model, cost["peak_megabytes"] / shipped)

    def seconds(self, node: Node) -> float:
        """Return the predicted seconds of a piece of work, on one thread."""
        facts = node.facts
        if isinstance(facts, EncodeFacts):
            return self._encoding_seconds(facts)
        if isinstance(facts, OffsetFacts):
            once = fit_seconds(facts.model["name"], self.size(node))
            once *= self._ratio("seconds", facts.model["name"])
            return (facts.n_splits + 1) * once
        if not isinstance(facts, ModelWorkFacts):
            cells = self.n_words if node.kind == "count" else self._cells(node)
            return 0.02 + self.n_all * cells * SECONDS_PER_CELL
        model = facts.model["name"]
        seconds = fit_seconds(model, self.size(node)) * self._ratio("seconds", model)
        if isinstance(facts, BalanceFacts):
            seconds *= 2 * facts.n_splits  # with weights and without
        if isinstance(facts, ProbeFacts):
            seconds *= PROBE_FITS * facts.n_splits
        return seconds

    def _encoding_seconds(self, facts: EncodeFacts) -> float:
        """Return what reading some texts takes; of a table of vectors, far less."""
        expected = facts.n_characters * SECONDS_PER_CHARACTER + 0.02
        file, encoder = facts.encoder["file"], str(facts.encoder["params"]["encoder"])
        if ("seconds", file) not in self._ratios and reads_from_a_table(encoder):
            return TABLE_SHARE * expected
        return expected * self._ratio("seconds", file)

    def slowness(self) -> float:
        """Return how many times longer than predicted fits have taken, at least 1."""
        measured = [
            median(ratios)
            for (what, _), ratios in self._ratios.items()
            if what == "seconds"
        ]
        return max(1.0, median(measured)) if measured else 1.0

    def megabytes(self, node: Node) -> float:
        """Return the predicted peak of the process that does a piece of work."""
        if isinstance(node.facts, EncodeFacts | EncoderTrialFacts):
            return ENCODER_MEGABYTES
        model = _model_of(node)
        shipped = fit_megabytes(model, self.size(node))
        return shipped * self._ratio("megabytes", model)

    def least_megabytes(self, node: Node) -> float:
        """Return the peak of a fit by rule of thumb alone.

        It follows from data and member, not from what was measured, so that what is
        decided by it is decided alike in every run.
        """
        size = self.size(node)
        return fit_megabytes(_model_of(node), size, self._is_single(node))

    def max_rows(self, node: Node) -> int | None:
        """Return the most training rows of a fit's model under a time limit."""
        model = _model_of(node)
        return MODELS[model].max_rows if model in MODELS else None

    def _is_single(self, node: Node) -> bool:
        """Return whether a fit takes its features in single precision."""
        facts = node.facts
        key = facts.inputs.features if isinstance(facts, ModelWorkFacts) else None
        features = None if key is None else self.graph.nodes[key].facts
        if not isinstance(features, FeaturesFacts) or not features.single:
            return False
        names = [block["featurizer"] for block in features.featurizers]
        return all(FEATURIZERS[name].output != "frame" for name in names)

    def size(self, node: Node) -> Size:
        """Return the size of a piece of work, from what it is going to take in."""
        return Size(self._n_rows(node), self._cells(node), self.graph.source.n_outputs)

    def _n_rows(self, node: Node) -> int:
        if not isinstance(node.facts, ModelWorkFacts):
            return self.n_all
        return len(self.graph.source.rows(node.fold)[0])

    def _cells(self, node: Node) -> float:
        """Return the columns, or non-zeros per row, that a piece of work takes."""
        facts = node.facts
        if isinstance(facts, OffsetFacts) and facts.features is not None:
            facts = facts.features
        if isinstance(facts, FeaturesFacts):
            return sum(self._block_width(block) for block in facts.blocks)
        if isinstance(facts, MetaFacts):
            return len(facts.members) * self.graph.source.n_outputs
        inputs: tuple[str, ...] = ()
        if isinstance(facts, ModelWorkFacts):
            inputs = replace(facts.inputs, offset=None).keys()
        cells = [self._cells(self.graph.nodes[key]) for key in inputs]
        return sum(cells) if cells else sum(self.columns.values()) + self.n_words

    def _block_width(self, block: BlockFacts) -> float:
        if "given" in block:
            return sum(self.columns.values())
        role = block["role"]
        if role not in ("text", "texts", "pair"):
            return self.columns.get(role, sum(self.columns.values()))
        if FEATURIZERS[block["featurizer"]].output == "sparse":
            return self.n_words
        return FEATURIZERS[block["featurizer"]].n_columns * self.columns["text"]

    def _note(self, what: str, model: str, ratio: float) -> None:
        clipped = min(max(ratio, 1 / MAX_RATIO), MAX_RATIO)
        self._ratios.setdefault((what, model), []).append(clipped)

    def _ratio(self, what: str, model: str) -> float:
        """Return how far off the shipped rate was for a model.

        Of one that is not known, as far as for those that are: a machine is as fast as
        it is, and megabytes do not go by that.
        """
        known = self._ratios.get((what, model))
        if known is None and what == "seconds" and model in MODELS:
            known = [
                median(ratios)
                for (of, other), ratios in self._ratios.items()
                if of == what and other in MODELS
            ]
        return median(known or [1.0])


def columns_by_role(source: Source) -> dict[str, int]:
    """Return how many columns of each role a source has."""
    counts = dict.fromkeys(ROLES, 0)
    if not isinstance(source.X, pd.DataFrame):
        return {**counts, "number": source.X.shape[1]}
    for dtype in source.X.dtypes:
        counts[role_of(dtype)] += 1
    return counts


def words_per_row(X: Matrix, n_rows: int = 1000) -> float:
    """Return the mean number of words in all texts of a row, from the first rows."""
    if not isinstance(X, pd.DataFrame):
        return 0.0
    texts = [name for name, dtype in X.dtypes.items() if is_text(dtype)]
    head = X[texts].iloc[:n_rows].fillna("")
    counts = [head[name].astype(str).str.count(" ").add(1).mean() for name in texts]
    return float(sum(counts))


def stored_work(store: Store) -> Iterator[dict[str, Any]]:
    """Yield the facts of every finished fit of a store, and of what was encoded."""
    for key in store:
        facts = store.facts(key)
        if facts and facts.get("key", {}).get("work") in ("fit", "encode"):
            yield facts


def _done(facts: Mapping[str, Any]) -> tuple[str, Mapping[str, float]]:
    """Return the model, or the encoder's file, of finished work, and its cost."""
    key = facts["key"]
    name = key["encoder"]["file"] if key["work"] == "encode" else key["model"]["name"]
    return name, facts["cost"]


def _model_of(node: Node) -> str:
    """Return the name of the model of a piece of work, empty where it has none."""
    facts = node.facts
    return facts.model["name"] if isinstance(facts, ModelWorkFacts) else ""
