"""Work of a graph done in this process, as a run's workers do it."""

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from ensemble_kit.store.store import Entry, Store
from ensemble_kit.work.execute import execute
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.workspace import Source, Workspace


def do_work(
    keys: Iterable[str], graph: Graph, workspace: Workspace, store: Store
) -> None:
    """Do pieces of work, after all that they need and that has not been done."""
    for key in keys:
        if not (workspace.has(key) or store.read(key)):
            do_work(graph.nodes[key].needs, graph, workspace, store)
            execute(graph.nodes[key], workspace, store)


def out_of_fold(source: Source, entries: Iterable[Entry]) -> NDArray[np.float64]:
    """Return the probabilities of two classes from a fit of each fold."""
    predictions = np.full((len(source.y), 2), np.nan)
    for (_, valid), entry in zip(source.folds, entries, strict=True):
        predictions[valid] = entry.arrays["valid"]
    return predictions
