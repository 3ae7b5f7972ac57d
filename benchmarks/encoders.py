"""What a pretrained encoder adds to a run, and how fast it reads.

    python benchmarks/encoders.py gains FOLDER ... [--rows 1500] [--hidden 1500]
    python benchmarks/encoders.py speed FOLDER [--texts 1000] [--length 256]

gains: so many rows of train.csv to learn from and others whose labels are hidden; the
same members with and without those on the encoder's vectors, blended the same way.
Scores out of fold and of the hidden rows, with the standard error of the difference
over resampled rows. FOLDER as in benchmarks/competitions.py.

speed: seconds and tokens per second of one core, beside sentence-transformers on the
same texts where it is installed.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import numpy as np
from folders import read_folder
from numpy.typing import NDArray

from ensemble_kit.competition import Competition
from ensemble_kit.features.encoders.encoder_folders import find_encoder
from ensemble_kit.features.encoders.encoders import encoder_of
from ensemble_kit.pipeline.loading import parse_pipeline
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import Run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

WITHOUT: dict[str, Any] = {
    "ridge": {"model": "ridge"},
    "logistic": {"model": "logistic_regression"},
    "boosted": {"model": "lightgbm"},
    "characters": {"model": "ridge", "features": "characters"},
    "scores": {"model": "ridge", "features": "scores"},
}
VECTORS: dict[str, Any] = {
    "ridge_vectors": {"model": "ridge", "features": "vectors"},
    "logistic_vectors": {"model": "logistic_regression", "features": "vectors"},
    "boosted_components": {"model": "lightgbm", "features": "components"},
}
BLEND = "blend"
N_DRAWS = 300


def pipeline_of(members: dict[str, Any], encoder: str, n_splits: int) -> Pipeline:
    """Return members blended by convex weights."""
    params = {"encoder": encoder}
    tables = {
        "folds": {"n_splits": n_splits},
        "features": {
            "vectors": {"text": {"sentence_encoder": params}},
            "components": {
                "number": "passthrough",
                "category": ["ordinal", "count"],
                "datetime": "dates",
                "text": [{"sentence_components": params}, "text_statistics"],
            },
        },
        "level1": members,
        "level2": {BLEND: {"model": "convex_blend"}},
        "submit": {"member": BLEND},
    }
    return parse_pipeline(tables, "the benchmark", "benchmark")


def sample(
    competition: Competition, n_rows: int, n_hidden: int
) -> tuple[Competition, NDArray[Any]]:
    """Return a competition on some rows, and the hidden labels of its test rows."""
    n_all = min(n_rows + n_hidden, len(competition.X))
    rng = np.random.default_rng(0)
    rows = np.sort(rng.choice(len(competition.X), n_all, replace=False))
    return competition.take(rows).hide(n_hidden / (n_rows + n_hidden), seed=0)


def compared(run: Run, other: Run, y_hidden: NDArray[Any]) -> Iterator[list[float]]:
    """Yield what two blends score, their gain and its error: out of fold, hidden."""
    metric = working_metric(run.competition)
    for part, y in enumerate((run.competition.y, y_hidden)):
        first, second = (each.matrix.member(BLEND)[part] for each in (run, other))
        draws = np.random.default_rng(1).integers(0, len(y), (N_DRAWS, len(y)))
        gains = [
            metric.error(y[rows], first[rows]) - metric.error(y[rows], second[rows])
            for rows in (np.arange(len(y)), *draws)
        ]
        spread = float(np.std(gains[1:]))
        yield [metric(y, first), metric(y, second), gains[0], spread]


def measure_gains(options: argparse.Namespace) -> None:
    """Print a line for every folder and part as soon as it is known."""
    say("folder", "metric", "rows", "without", "with", "gain", "se", "weights")
    for folder in options.folders:
        competition, y_hidden = sample(
            read_folder(folder), options.rows, options.hidden
        )
        runs = []
        with tempfile.TemporaryDirectory() as scratch:
            for members in (WITHOUT, {**WITHOUT, **VECTORS}):
                runs.append(
                    run_pipeline(
                        competition,
                        pipeline_of(members, options.encoder, options.folds),
                        Store(Path(scratch) / "store"),
                        Resources(options.jobs, Path(scratch) / "work"),
                    )
                )
        weights = runs[1].weights.get(BLEND, {})
        told = " ".join(f"{n} {w:.2f}" for n, w in weights.items() if n in VECTORS)
        for part, (before, after, gain, error) in zip(
            ("out of fold", "hidden"), compared(*runs, y_hidden), strict=True
        ):
            figures = [f"{value:.4f}" for value in (before, after, gain, error)]
            say(folder.name, competition.metric.name, part, *figures, told)


def measure_speed(options: argparse.Namespace) -> None:
    """Print what it takes to encode texts, here and by sentence-transformers."""
    competition = read_folder(options.folders[0])
    column = competition.columns("text")[-1]
    texts = competition.X[column].fillna("").astype(str).tolist()[: options.texts]
    encoder = encoder_of(options.encoder, options.length)
    encoder.encode(texts[:8])
    n_tokens = encoder.count_tokens(texts)
    say("", "texts", "tokens", "cpu s", "tokens/s")
    begin = time.process_time()
    encoder.encode(texts)
    tell_speed("ensemble_kit", len(texts), n_tokens, time.process_time() - begin)
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        return
    plain = SentenceTransformer(str(find_encoder(options.encoder)), device="cpu")
    plain.max_seq_length = encoder.max_length
    plain.encode(texts[:8])
    begin = time.process_time()
    plain.encode(texts)
    seconds = time.process_time() - begin
    tell_speed("sentence-transformers", len(texts), n_tokens, seconds)


def tell_speed(name: str, n_texts: int, n_tokens: int, seconds: float) -> None:
    """Print one line."""
    rate = f"{n_tokens / seconds:,.0f}"
    say(name, f"{n_texts:,}", f"{n_tokens:,}", f"{seconds:.1f}", rate)


def say(*cells: str) -> None:
    """Print cells, tabs between them."""
    sys.stdout.write("\t".join(cells) + "\n")
    sys.stdout.flush()


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("gains", "speed"))
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--encoder", default="minilm")
    parser.add_argument("--rows", type=int, default=1500)
    parser.add_argument("--hidden", type=int, default=1500)
    parser.add_argument("--folds", type=int, default=4)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--texts", type=int, default=1000)
    parser.add_argument("--length", type=int)
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    {"gains": measure_gains, "speed": measure_speed}[options.what](options)


if __name__ == "__main__":
    main()
