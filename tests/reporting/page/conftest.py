"""Runs made of drawn predictions: nothing is fitted."""

from dataclasses import replace
from functools import cache
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import KFold

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.oof.matrix import OOFMatrix
from ensemble_kit.pipeline.spec import Pipeline
from ensemble_kit.reporting.facts import run_facts
from ensemble_kit.reporting.page.page import run_page
from ensemble_kit.running.preparing.metric_objectives import working_metric
from ensemble_kit.running.run import MemberResult, Run
from ensemble_kit.running.scores.scoring import honest_labels, score_rows
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.splitting.folds import Folds

LOSS = "log_loss"  # of the metrics one that is quick
MEMBERS = ("ridge", "trees", "blend")


def make_tables(kind, n_rows, seed, n_classes=3):
    """Return train and test tables with a number, a category, a text and a target."""
    rng = np.random.default_rng(seed)
    n_all = n_rows + n_rows // 2
    number, noise = rng.normal(size=(2, n_all))
    table = pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(n_all)],
            "number": number.round(4),
            "colour": rng.choice(["red", "green", "blue"], n_all),
            "note": [" ".join(rng.choice(["a", "bee", "sees"], 9)) for _ in number],
        }
    )
    signal = number + 0.5 * noise
    if kind == "regression":
        target = (10 + 3 * signal).round(3)
    else:
        n = 2 if kind == "binary" else n_classes
        cuts = np.quantile(signal, np.arange(1, n) / n)
        target = np.array([f"c{k}" for k in range(n)])[np.searchsorted(cuts, signal)]
    table["target"] = target
    train, test = table[:n_rows], table[n_rows:].drop(columns="target")
    return train.reset_index(drop=True), test.reset_index(drop=True)


def draw_predictions(competition, rng, noise):
    """Return out-of-fold predictions that know the target through noise."""
    y, n_outputs = competition.y, competition.task.n_outputs
    if not competition.task.is_classification:
        return (y + noise * y.std() * rng.normal(size=len(y)))[:, None]
    scores = 2.5 * np.eye(n_outputs)[y] + noise * rng.normal(size=(len(y), n_outputs))
    shares = np.exp(scores)
    return shares / shares.sum(axis=1, keepdims=True)


def make_run(competition, n_folds=5, seed=0, noises=(1.2, 2.0)):
    """Return a run of two members and their mean."""
    rng = np.random.default_rng(seed)
    parts = [draw_predictions(competition, rng, noise) for noise in noises]
    parts.append(np.mean(parts, axis=0))
    folds = Folds.from_splitter(
        KFold(max(2, n_folds), shuffle=True, random_state=0), parts[0]
    )
    if n_folds == 1:
        folds = Folds(folds.pairs[:1], folds.n_rows)
    unseen = folds.times_validated == 0
    for part in parts:
        part[unseen] = np.nan
    n_test = len(competition.X_test)
    rows = rng.integers(0, len(competition.y), n_test)
    test = [np.nan_to_num(part, nan=0.5)[rows] for part in parts]
    matrix = OOFMatrix.join(MEMBERS, list(zip(parts, test, strict=True)))
    metric = working_metric(competition)
    results = tuple(_result(at, matrix, competition, folds, metric) for at in range(3))
    is_label = competition.template.form == "label"
    labels = None
    if is_label:
        codes = decide_labels(competition.metric, parts[2], competition.y, test[2])
        labels = competition.task.decode(codes)
    return Run(
        competition=competition,
        pipeline=Pipeline(name="drawn", members=()),
        folds=folds,
        matrix=matrix,
        results=results,
        failures={},
        chosen="blend",
        reason="the best score on out-of-fold rows",
        test=test[2],
        labels=labels,
        weights={"blend": {"ridge": 0.5, "trees": 0.5}},
        notes=(),
        seconds=12.5,
        n_fitted=15,
        n_stored=0,
    )


def _result(at, matrix, competition, folds, metric):
    oof = matrix.oof[:, at]
    labels = None
    if metric.consumes == "label":
        labels = honest_labels(oof, competition.y, folds, metric)
    source = SimpleNamespace(y=competition.y, weights=competition.weights)
    seen = np.isfinite(oof).all(axis=1)
    score, fold_scores = score_rows(oof, source, folds, metric, seen, labels)
    level = 2 if at == 2 else 1
    return MemberResult(
        MEMBERS[at], "mean", "stack", level, score, fold_scores, 1.0, labels=labels
    )


@pytest.fixture(scope="session")
def competition_of(tmp_path_factory):
    """Return a function that writes tables as a competition and reads it."""

    def read(train, test, metric=None, target="target", sample=0.5):
        folder = tmp_path_factory.mktemp("made") / "drawn"
        folder.mkdir()
        train.to_csv(folder / "train.csv", index=False)
        test.to_csv(folder / "test.csv", index=False)
        name = train.columns[0]
        sample = test[[name]].assign(**{target: sample})
        sample.to_csv(folder / "sample_submission.csv", index=False)
        return load_competition(folder, metric=metric)

    return read


@pytest.fixture(scope="session")
def run_of():
    """Return a function that makes a run of a competition."""
    return make_run


@pytest.fixture(scope="session")
def drawn_run(competition_of):
    """Return a function that makes a run of a drawn competition, each once."""

    @cache
    def whole(kind, n_rows, seed, metric, n_folds):
        train, test = make_tables(kind, n_rows, seed)
        return make_run(competition_of(train, test, metric), n_folds, seed)

    def make(kind="binary", n_rows=200, seed=0, metric=LOSS, n_folds=5, **changes):
        metric = "rmse" if kind == "regression" else metric
        run = whole(kind, n_rows, seed, metric, n_folds)
        return replace(run, **changes) if changes else run

    return make


@pytest.fixture(scope="session")
def facts_of():
    """Return the facts of a run; those of one object are found once."""
    known = {}

    def facts(run):
        if id(run) not in known:
            known[id(run)] = run, run_facts(run)  # held, so that no other has its id
        return known[id(run)][1]

    return facts


@pytest.fixture
def page_of(tmp_path, facts_of):
    """Return a function that renders a run's page."""

    def page(run, **facts):
        told = {**facts_of(run), **facts}
        page = run_page(run, told, tmp_path / "runs" / "drawn-1")
        assert "could not be made" not in page
        return page

    return page
