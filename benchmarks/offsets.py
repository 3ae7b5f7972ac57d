"""Members that begin where another ends, on made tables.

Two tables: a line of ten numbers with a product of two on top, and texts whose words
decide with the same product beside. For each the log loss, out of fold, of a linear
model, of boosted trees alone, of the two blended, and of trees that begin from it:

    python benchmarks/offsets.py
"""

import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

N_ROWS = 3000
WORDS = [f"word{k}" for k in range(300)]


def numbers(random: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table of numbers, and the scores of its rows."""
    table = pd.DataFrame(random.normal(size=(N_ROWS, 10)).round(4)).add_prefix("n")
    return table, (table.sum(axis=1) + 1.5 * table.n0 * table.n1).to_numpy()


def texts(random: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Return a table of texts and two numbers, and the scores of its rows."""
    weights = random.normal(scale=1.2, size=len(WORDS))
    chosen = random.integers(0, len(WORDS), (N_ROWS, 12))
    table = pd.DataFrame(random.normal(size=(N_ROWS, 2)).round(4)).add_prefix("n")
    table["text"] = [" ".join(WORDS[k] for k in row) for row in chosen]
    return table, weights[chosen].sum(axis=1) + 2 * (table.n0 * table.n1).to_numpy()


def losses(table: pd.DataFrame, score: np.ndarray) -> list[float]:
    """Return the log loss of a line, of trees, of both blended, of trees after it."""
    random = np.random.default_rng(1)
    table = table.assign(y=(score + random.logistic(size=N_ROWS) > 0).astype(int))
    table.insert(0, "row", [f"r{k}" for k in range(N_ROWS)])
    pipeline = parse_pipeline(
        {
            "level1": {
                "line": {"model": "logistic_regression"},
                "trees": {"model": "lightgbm"},
                "after": {"model": "lightgbm", "offset": "line"},
            },
            "level2": {"both": {"model": "convex_blend", "inputs": ["line", "trees"]}},
            "submit": {"member": "best"},
        },
        "benchmark",
    )
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        table.to_csv(folder / "train.csv", index=False)
        table[:50].drop(columns="y").to_csv(folder / "test.csv", index=False)
        sample = table.loc[:49, ["row"]].assign(y=0.5)
        sample.to_csv(folder / "sample_submission.csv", index=False)
        competition = load_competition(folder, metric="log_loss")
        resources = Resources(0, folder / "work")
        run = run_pipeline(competition, pipeline, Store(folder / "store"), resources)
    found = {result.name: result.score for result in run.results}
    return [found[name] for name in ("line", "trees", "both", "after")]


def main() -> None:
    lines = ["| table | line | trees | blend of both | trees after the line |"]
    lines.append("|---|---|---|---|---|")
    for name, make in (("numbers", numbers), ("texts and numbers", texts)):
        scores = losses(*make(np.random.default_rng(0)))
        lines.append(f"| {name} | " + " | ".join(f"{s:.4f}" for s in scores) + " |")
    sys.stdout.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
