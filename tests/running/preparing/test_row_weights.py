"""Weights of rows: in every score and every decision; a row of weight 0 is absent."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition.loading import load_competition
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.loading import parse_pipeline, standard_recipes
from ensemble_kit.reporting.comparing import compare_runs
from ensemble_kit.reporting.holdout import holdout_facts
from ensemble_kit.reporting.run_folder import prepare_folder, write_run
from ensemble_kit.running.preparing.row_weights import unweighted_features_notes
from ensemble_kit.running.run_pipeline import Resources, run_pipeline
from ensemble_kit.running.scores.scoring import honest_labels, score_rows
from ensemble_kit.running.scores.submission_choice import decide_labels
from ensemble_kit.running.timed.worth import Cost, order_by_worth
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.store import Store
from ensemble_kit.work.judging.text_filter import TextWeighing
from ensemble_kit.work.node import FeaturesFacts, Split, TextFilterFacts

TABLES = {
    "folds": {"n_splits": 2},
    "level1": {
        "linear": {"model": "ridge", "params": {"alpha": 2.0}},
        "near": {"model": "knn", "params": {"n_neighbors": 5}},
    },
    "level2": {"blend": {"model": "mean"}},
    "submit": {"member": "blend"},
}


def weighted_folder(folder, weights):
    """Give a competition's training rows weights, in order; return its folder."""
    train = pd.read_csv(folder / "train.csv", dtype="str")
    train.assign(weight=weights).to_csv(folder / "train.csv", index=False)
    return folder


def run(competition, tmp_path):
    pipeline = parse_pipeline(TABLES, "here")
    resources = Resources(0, tmp_path / "work")
    return run_pipeline(competition, pipeline, Store(tmp_path / "store"), resources)


@pytest.fixture
def labelled():
    """Return probabilities, labels and weights: half of the labels are turned."""
    rng = np.random.default_rng(0)
    p = rng.random(400)
    y = (p + rng.normal(scale=0.2, size=400) > 0.7).astype(int)
    turned = np.arange(400) % 2 == 1
    weights = np.where(turned, 1e-9, 1.0)
    return np.stack([1 - p, p], axis=1), np.where(turned, 1 - y, y), weights


def test_a_score_of_labels_goes_by_the_weights(source):
    y = np.array([0, 1, 0, 1])
    source = replace(source, y=y, weights=np.array([1.0, 1.0, 2.0, 4.0]))
    folds = Folds.from_column([0, 0, 1, 1])
    labels, seen = np.array([0, 0, 0, 0]), np.ones(4, dtype=bool)
    score, by_fold = score_rows(y, source, folds, METRICS["accuracy"], seen, labels)
    assert (score, *by_fold) == pytest.approx((3 / 8, 1 / 2, 1 / 3))


def test_labels_are_decided_by_the_weights(labelled):
    oof, y, weights = labelled
    metric, good = METRICS["f1"], weights == 1
    wanted = decide_labels(metric, oof[good], y[good], oof)
    assert (decide_labels(metric, oof, y, oof, weights) == wanted).mean() > 0.95
    assert (decide_labels(metric, oof, y, oof) == wanted).mean() < 0.9


def test_honest_labels_are_decided_by_the_weights(labelled):
    oof, y, weights = labelled
    metric, good = METRICS["f1"], weights == 1
    folds = Folds.from_column(np.arange(400) // 200)
    told = honest_labels(oof, y, folds, metric, weights)
    blind = honest_labels(oof, y, folds, metric)
    score, blind_score = (metric.score_labels(y[good], t[good]) for t in (told, blind))
    assert score > blind_score + 0.02


def test_worth_goes_by_the_weights():
    y = np.linspace(-1, 1, 50)
    weights = np.where(np.arange(50) < 10, 1.0, 1e-6)
    members = {
        "few": np.where(np.arange(50) < 10, y, 9.0)[:, None],
        "most": np.where(np.arange(50) < 10, 9.0, y)[:, None],
    }
    costs = dict.fromkeys(members, Cost(1.0, 1.0))
    assert order_by_worth(members, y, METRICS["rmse"], costs)[0] == "most"
    assert order_by_worth(members, y, METRICS["rmse"], costs, weights)[0] == "few"


def test_a_text_earns_its_place_by_the_weights(source):
    texts = source.X["note"].str.count("red").to_numpy()
    trusted = np.arange(len(texts)) % 2 == 0
    y = np.where(trusted, texts > 0, np.arange(len(texts)) % 4 == 1).astype(int)
    weights = np.where(trusted, 1.0, 1e-6)
    facts = text_facts()
    heavy, plain = (
        TextWeighing(replace(source, y=y, weights=w), np.arange(len(y)), facts)
        for w in (weights, None)
    )
    assert heavy.lift((), "note")[0] > plain.lift((), "note")[0] + 0.1


def text_facts():
    """Return how a logistic regression weighs words beside the numbers."""
    blocks = [block.facts() for block in standard_recipes()["linear"].blocks]
    judge = {"name": "logistic_regression", "params": {"C": 1.0}, "fixed": ["C"]}
    return TextFilterFacts(
        data="",
        split=Split(0, ""),
        seed=0,
        columns=("note",),
        rest=tuple(b for b in blocks if b["role"] == "number"),
        blocks=tuple(b for b in blocks if b["role"] == "text"),
        judge=judge,
    )


@pytest.mark.usefixtures("few_draws")
def test_every_score_of_a_run_goes_by_the_weights(competition_folder, tmp_path):
    weights = np.where(np.arange(120) % 3, 0.25, 3.0)
    folder = weighted_folder(competition_folder(), weights)
    competition = load_competition(folder, metric="log_loss")
    finished = run(competition, tmp_path)
    folder = prepare_folder(tmp_path / "run")
    write_run(finished, folder)
    oof = pd.read_csv(folder / "oof.csv")
    assert oof["weight"].tolist() == weights.tolist()
    for result in finished.results:
        wanted = METRICS["log_loss"](
            competition.y, finished.matrix.member(result.name)[0], weights
        )
        assert result.score == wanted
    assert any("near cannot take them" in note for note in finished.notes)
    compared = compare_runs(folder, folder)
    assert compared.scores[0] == pytest.approx(finished.result("blend").score)


@pytest.mark.usefixtures("few_draws")
def test_a_holdout_scores_hidden_rows_by_their_weights(competition_folder, tmp_path):
    weights = np.where(np.arange(120) % 3, 0.25, 3.0)
    folder = weighted_folder(competition_folder(), weights)
    competition = load_competition(folder, metric="log_loss")
    hidden, y_hidden = competition.hide(0.3, 0)
    judged = competition.hidden_weights(0.3, 0)
    finished = run(hidden, tmp_path)
    facts = holdout_facts(finished, y_hidden, 0.3, 0, judged)
    wanted = METRICS["log_loss"](y_hidden, finished.test, judged)
    assert facts["score"] == wanted


@pytest.mark.slow
def test_rows_of_weight_0_are_as_rows_that_are_not_there(competition_folder, tmp_path):
    folder, other = competition_folder(name="kept"), competition_folder(name="gone")
    absent = np.arange(120) % 4 == 0
    weighted_folder(folder, np.where(absent, "0", "1"))
    train = pd.read_csv(folder / "train.csv", dtype="str")
    turned = train["target"].replace({"0": "1", "1": "0"})
    wrong = train.assign(target=train["target"].where(~absent, turned))
    wrong.to_csv(folder / "train.csv", index=False)
    wrong[~absent].to_csv(other / "train.csv", index=False)
    kept, gone = (load_competition(f, metric="auc") for f in (folder, other))
    assert "train: 30 rows of weight 0 are left out" in kept.notes
    found = run(kept, tmp_path), run(gone, tmp_path)
    assert found[0].test.tobytes() == found[1].test.tobytes()


TARGET_MEANS = {
    "folds": {"n_splits": 2},
    "features": {"means": {"category": "target"}},
    "level1": {
        "means": {"model": "ridge", "params": {"alpha": 0.01}, "features": "means"},
    },
}


@pytest.fixture
def turned(tmp_path):
    """Return a folder whose rows of hardly any weight hold turned targets."""
    rng, folder = np.random.default_rng(0), tmp_path / "turned"
    folder.mkdir()
    town = rng.integers(0, 12, 400)
    y = np.where(rng.random(400) < 0.5, -1, 1)
    table = pd.DataFrame({"id": np.arange(400), "town": [f"t{k}" for k in town]})
    table["target"] = np.where(y > 0, town, -town) + rng.normal(scale=0.1, size=400)
    table["weight"] = np.where(y > 0, 1.0, 1e-6)
    table[:300].to_csv(folder / "train.csv", index=False)
    table[["id", "town"]][300:].to_csv(folder / "test.csv", index=False)
    return folder


def test_target_means_of_a_run_go_by_the_weights(turned, tmp_path):
    pipeline = parse_pipeline(TARGET_MEANS, "here")
    resources = Resources(0, tmp_path / "work")
    competition = load_competition(turned)
    made = run_pipeline(competition, pipeline, Store(tmp_path / "store"), resources)
    towns = pd.read_csv(turned / "test.csv")["town"].str[1:].astype(int)
    assert np.abs(made.test[:, 0] - towns).mean() < 0.5


def test_features_on_the_target_without_weights_are_named():
    facts = FeaturesFacts.__new__(FeaturesFacts)
    blocks = ({"featurizer": "m_estimate"}, {"featurizer": "target"})
    object.__setattr__(facts, "blocks", blocks)
    (note,) = unweighted_features_notes([SimpleNamespace(facts=facts)])
    assert "m_estimate" in note and " target " not in note.split("see")[0]
