"""A pipeline on competition folders, beside two plain baselines.

    python benchmarks/competitions.py FOLDER ... [--pipeline quick]

Every folder holds train.csv, test.csv, sample_submission.csv and solution.csv (the
true target of the test rows), and perhaps meta.json with the metric's name. The
solution is read after the submission has been written. Beside the pipeline: one
LightGBM on ordinal codes, and for texts TF-IDF with logistic or ridge regression.
"""

import argparse
import os
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import lightgbm
import numpy as np
from folders import read_folder
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression, Ridge

from ensemble_kit.competition import (
    Competition,
    score_submission,
    write_submission,
)
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

HEADER = ("folder", "metric", "pipeline", "s", "lightgbm", "s", "tf-idf", "s")


def by_pipeline(name: str, jobs: int) -> Callable[[Competition, Path], Any]:
    """Return a function that predicts the test rows with a pipeline."""

    def predict(competition: Competition, scratch: Path) -> Any:
        run = run_pipeline(
            competition,
            load_pipeline(name),
            Store(scratch / "store"),
            Resources(jobs, scratch / "work"),
        )
        return run.test, run.labels

    return predict


def by_lightgbm(competition: Competition, scratch: Path) -> Any:
    """Predict with one LightGBM on ordinal codes, its own defaults."""
    train, test = (_codes(X) for X in (competition.X, competition.X_test))
    kind = "LGBMClassifier" if competition.task.is_classification else "LGBMRegressor"
    model = getattr(lightgbm, kind)(n_jobs=1, verbose=-1, random_state=0)
    return _outputs(competition, model.fit(train, competition.y), test)


def by_tfidf(competition: Competition, scratch: Path) -> Any:
    """Predict with TF-IDF of all texts joined and a linear model."""
    texts = competition.columns("text")
    if not texts:
        return None
    train, test = (
        X[texts].fillna("").agg(" ".join, axis=1)
        for X in (competition.X, competition.X_test)
    )
    vectorizer = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    is_class = competition.task.is_classification
    model = LogisticRegression(C=10, max_iter=1000) if is_class else Ridge(1.0)
    model.fit(vectorizer.fit_transform(train), competition.y)
    return _outputs(competition, model, vectorizer.transform(test))


def _codes(X: Any) -> Any:
    frame = X.copy()
    for name in frame.columns:
        if str(frame[name].dtype) == "category":
            frame[name] = frame[name].cat.codes
        elif not np.issubdtype(frame[name].to_numpy().dtype, np.number):
            frame[name] = frame[name].astype("category").cat.codes
    return frame.to_numpy(dtype=np.float64)


def _outputs(competition: Competition, model: Any, X: Any) -> Any:
    """Return canonical predictions, without decided labels."""
    if not competition.task.is_classification:
        return competition.task.restore(model.predict(X))[:, None], None
    raw = np.full((X.shape[0], competition.task.n_outputs), 1e-6)
    raw[:, model.classes_] = model.predict_proba(X)
    return raw / raw.sum(axis=1, keepdims=True), None


def measure(folder: Path, pipeline: str, jobs: int) -> list[str]:
    """Return one row of the table."""
    competition = read_folder(folder)
    cells = [folder.name, competition.metric.name]
    for method in (by_pipeline(pipeline, jobs), by_lightgbm, by_tfidf):
        begin = time.perf_counter()
        with tempfile.TemporaryDirectory() as scratch:
            found = method(competition, Path(scratch))
            if found is None:
                cells += ["", ""]
                continue
            path = Path(scratch) / "submission.csv"
            write_submission(competition, found[0], path, found[1])
            seconds = time.perf_counter() - begin
            name = competition.metric.name
            score = score_submission(path, folder / "solution.csv", name, competition)
        cells += [f"{score:.5g}", f"{seconds:.0f}"]
    return cells


def main() -> None:
    """Print the table, a row as soon as it is known."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--pipeline", default="quick")
    parser.add_argument("--jobs", type=int, default=2)
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    widths = (22, 9, 9, 4, 9, 4, 9, 4)
    for row in (HEADER, *arguments.folders):
        cells = row
        if isinstance(row, Path):
            cells = measure(row, arguments.pipeline, arguments.jobs)
        line = " ".join(c[:w].ljust(w) for c, w in zip(cells, widths, strict=True))
        sys.stdout.write(line.rstrip() + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
