"""Every role of featurizers is reached from a pipeline file, later rows included."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.finished.exporting import export_models
from ensemble_kit.running.finished.loaded_run import load_run
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.store.store import Store

SETS = {
    "things": """category = ["category_vectors", "category2vec"]
                 text = { sequence_vectors = { n_components = 4 } }""",
    "pairs": 'pair = ["text_pairs", "lsa_pair"]',
    "joined": 'texts = "joined_tfidf"',
    "pooled": 'text = ["word2vec_sif", { fasttext_sif = { n_components = 8 } }]',
}


@pytest.fixture
def folder(competition_folder):
    """Return one with two texts and two categories."""
    folder, rng = competition_folder(), np.random.default_rng(0)
    for name in ("train.csv", "test.csv"):
        table = pd.read_csv(folder / name, dtype={"id": str})
        table["other"] = [" ".join(rng.permutation(t.split())[:3]) for t in table.note]
        table["shape"] = rng.choice(["disc", "cube", "cone"], len(table))
        table.to_csv(folder / name, index=False)
    return folder


def pipeline_file(path: Path) -> Path:
    """Write a pipeline with one member on each feature set."""
    parts = ["[folds]\nn_splits = 2"]
    parts += [f"[features.{name}]\n{text}" for name, text in SETS.items()]
    for name in SETS:
        member = f'[level1.{name}]\nmodel = "ridge"\nfeatures = "{name}"'
        parts.append(f"{member}\nparams = {{ alpha = 1.0 }}")
    parts.append('[level2.blend]\nmodel = "mean"\n[submit]\nmember = "blend"')
    path.write_text("\n\n".join(parts))
    return path


@pytest.mark.slow
def test_things_pairs_and_joined_texts_are_reached_and_kept(folder, tmp_path):
    competition, store = load_competition(folder), Store(tmp_path / "store")
    resources = Resources(0, tmp_path / "work", keep="store")
    pipeline = load_pipeline(pipeline_file(tmp_path / "roles.toml"))
    finished = run_pipeline(competition, pipeline, store, resources)
    assert not finished.failures and set(finished.matrix.members) == {*SETS, "blend"}
    target = prepare_folder(tmp_path / "run")
    write_run(finished, target)
    assert export_models(finished, store, target) == []
    rows = pd.read_csv(folder / "test.csv", dtype=str, keep_default_na=False)
    assert (load_run(target).predict_proba(rows) == finished.test).all()
