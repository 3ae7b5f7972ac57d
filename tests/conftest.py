"""Small competitions and sources that several tests stand on; what is slow."""

import os
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import settings
from sklearn.model_selection import KFold, StratifiedKFold

from ensemble_kit.splitting.folds import Folds
from ensemble_kit.work.workspace import Source

TESTS = Path(__file__).parent
SLOW = (  # processes, networks, every model of the catalog, files of three seconds
    "blending/test_guard.py",
    "catalog/test_models.py",
    "catalog/test_parameter_values.py",
    "cli/test_crash.py",
    "cli/test_deploy.py",
    "cli/test_predict.py",
    "cli/test_text_submission.py",
    "cli/test_words.py",
    "cluster",
    "competition/guessing/test_drawn_rows.py",
    "competition/test_made_folders.py",
    "competition/test_special_words.py",
    "demos/test_demos.py",
    "documentation/test_adding.py",
    "documentation/test_bringing.py",
    "documentation/test_fold_loop.py",
    "examples/test_first_stack.py",
    "examples/test_residual_steps.py",
    "examples/test_table_with_text.py",
    "features/embeddings/test_word_embeddings.py",
    "features/encoders/test_sentence_encoder.py",
    "features/made/test_made_columns.py",
    "features/test_as_scikit_learn.py",
    "features/test_tabular_featurizers.py",
    "features/test_text_suite.py",
    "features/texts/test_lemmas.py",
    "metrics/test_jackknife.py",
    "models/boosting/test_catboost_pickling.py",
    "models/language",
    "models/neighbors/test_gaussian_process.py",
    "models/probes/test_weighted_probes.py",
    "models/sequences",
    "models/series",
    "models/tagging",
    "models/test_own_estimators.py",
    "models/text_nets",
    "packing/test_packing.py",
    "reporting/page/browser",
    "reporting/page/test_findings.py",
    "reporting/page/test_page.py",
    "reporting/test_deploying.py",
    "reporting/test_markdown.py",
    "reporting/test_mlflow_export.py",
    "reporting/test_odd_texts.py",
    "reporting/test_prediction_files.py",
    "reporting/test_project_notebook.py",
    "reporting/test_run_folder.py",
    "reporting/test_targets.py",
    "reporting/test_text_run.py",
    "reporting/test_word_map.py",
    "running/explaining/test_explained_run.py",
    "running/finished/test_loaded_run.py",
    "running/preparing/test_feature_roles.py",
    "running/preparing/test_foreign_members.py",
    "running/preparing/test_row_weights.py",
    "running/preparing/test_schemes.py",
    "running/preparing/test_series.py",
    "running/scores/test_guarded_choice.py",
    "running/scores/test_repeating.py",
    "running/test_class_costs.py",
    "running/test_derived_columns_of_runs.py",
    "running/test_encoded_texts.py",
    "running/test_feature_sets_of_runs.py",
    "running/test_fine_tuned_members.py",
    "running/test_gates.py",
    "running/test_metric_groups.py",
    "running/test_offsets.py",
    "running/test_pseudo_labels.py",
    "running/test_run_pipeline.py",
    "running/texts/test_item_lists_of_runs.py",
    "running/texts/test_text_filter.py",
    "running/timed",
    "running/tuning",
    "stacking",
    "structure/test_wheel.py",
    "tables/test_cells.py",
    "work/judging/test_class_balance.py",
    "work/test_faults.py",
    "work/test_fork_server.py",
)
SLOW_PATHS = frozenset(TESTS / name for name in SLOW)
QUICK = "not slow"  # as the Makefile asks for
# No example has a deadline: how long one takes says what else the machine does.
settings.register_profile("kit", deadline=None)
settings.load_profile("kit")
WORDS = ("red", "green", "blue", "round", "square", "heavy", "light", "old", "new")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave slow files unread where no slow test is wanted: each process reads all."""
    is_quick = config.option.markexpr == QUICK
    return True if is_quick and collection_path in SLOW_PATHS else None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what `make quick` leaves out."""
    gone = [str(path) for path in sorted(SLOW_PATHS) if not path.exists()]
    if gone:
        raise pytest.UsageError(f"{__file__}: SLOW names what is gone: {gone}")
    paths = {item.path for item in items}
    within = {path for path in paths if not SLOW_PATHS.isdisjoint(_within(path))}
    for item in items:
        if item.path in within:
            item.add_marker(pytest.mark.slow)


def _within(path: Path) -> tuple[Path, ...]:
    """Return a file and the folders that it is in."""
    return (path, *path.parents)


def make_table(n_rows: int, seed: int = 0) -> pd.DataFrame:
    """Return numbers with gaps, a category and a text."""
    rng = np.random.default_rng(seed)
    number = rng.normal(size=n_rows)
    texts = [" ".join(rng.choice(WORDS, 4)) for _ in range(n_rows)]
    return pd.DataFrame(
        {
            "number": number,
            "gappy": np.where(rng.random(n_rows) < 0.2, np.nan, rng.random(n_rows)),
            "colour": pd.Categorical(rng.choice(list("abc"), n_rows)),
            "note": pd.Series(texts, dtype="str"),
        }
    )


def make_target(table: pd.DataFrame, kind: str, seed: int = 0) -> np.ndarray:
    """Return a target that the table explains in part."""
    rng = np.random.default_rng(seed)
    signal = table["number"] + (table["colour"] == "a") + table["note"].str.count("red")
    noisy = signal.to_numpy(dtype=float) + rng.normal(scale=0.5, size=len(table))
    if kind == "regression":
        return noisy
    n_classes = 2 if kind == "binary" else 3
    cuts = np.quantile(noisy, np.arange(1, n_classes) / n_classes)
    return np.searchsorted(cuts, noisy)


def make_source(
    kind: str = "binary", n_rows: int = 150, seed: int = 0, n_splits: int = 3
) -> Source:
    """Return a source with a third as many test rows."""
    table = make_table(n_rows + n_rows // 3, seed)
    X, X_test = table[:n_rows], table[n_rows:].reset_index(drop=True)
    y = make_target(X, kind, seed)
    splitter = KFold if kind == "regression" else StratifiedKFold
    folds = Folds.from_splitter(splitter(n_splits, shuffle=True, random_state=0), X, y)
    n_outputs = {"binary": 2, "multiclass": 3, "regression": 1}[kind]
    fingerprint = f"{kind}-{n_rows}-{seed}"
    return Source(X, X_test, y, folds, kind, n_outputs, fingerprint)


@pytest.fixture(scope="session", autouse=True)
def disk_that_is_not_waited_for():
    """Let files be written like any others: no test takes the power away."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture
def source() -> Source:
    """Return a small binary source."""
    return make_source()


@pytest.fixture
def competition_folder(write_competition, tmp_path):
    """Return a function that writes a small competition and returns its folder."""

    def write(kind: str = "binary", n_rows: int = 120, name: str = "small", seed=0):
        return write_competition(tmp_path / name, kind, n_rows, seed)

    return write


@pytest.fixture(scope="session")
def write_competition():
    """Return a function that writes a small competition to a folder it makes."""

    def write(folder: Path, kind: str = "binary", n_rows: int = 120, seed=0) -> Path:
        folder.mkdir()
        table = make_table(n_rows + 40, seed)
        table.insert(0, "id", [f"{number:05d}" for number in range(len(table))])
        target = make_target(table, kind, seed)
        train = table[:n_rows].assign(target=target[:n_rows])
        train.to_csv(folder / "train.csv", index=False)
        table[n_rows:].to_csv(folder / "test.csv", index=False)
        sample = table[["id"]][n_rows:].assign(target=0.5)
        sample.to_csv(folder / "sample_submission.csv", index=False)
        return folder

    return write


@pytest.fixture
def in_this_process(monkeypatch):
    """Let commands do without worker processes, each of which imports everything."""
    for name in ("options", "deploy", "replay", "tune"):
        module = import_module(f"ensemble_kit.cli.{name}")
        monkeypatch.setattr(module, "count_cores", lambda: 0)


@pytest.fixture
def few_rounds(monkeypatch):
    """Let runs with time left draw their folds once more, and seeds once."""
    running = "ensemble_kit.running"
    monkeypatch.setattr(f"{running}.preparing.further_folds.MOST_DRAWS", 2)
    for module in ("limited_run", "forecast"):  # the run, and what foresees it
        monkeypatch.setattr(f"{running}.timed.{module}.ROUNDS_OF_SEEDS", (2,))


@pytest.fixture
def few_draws(monkeypatch):
    """Let the intervals of holdouts and comparisons stand on a fifth of their draws."""
    monkeypatch.setattr("ensemble_kit.reporting.holdout.N_BOOTSTRAP", 200)
    monkeypatch.setattr("ensemble_kit.reporting.comparing.N_DRAWS", 200)
