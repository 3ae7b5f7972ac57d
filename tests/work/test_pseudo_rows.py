"""Test rows learn beside training rows, and no validation row tells of itself."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from sklearn.model_selection import KFold

from ensemble_kit.exceptions import PipelineError
from ensemble_kit.metrics import METRICS
from ensemble_kit.pipeline.dumping import dump_pipeline
from ensemble_kit.pipeline.loading import load_pipeline, parse_pipeline
from ensemble_kit.pipeline.member import Block, Member, Recipe
from ensemble_kit.pipeline.pseudo_labels import PseudoLabels
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.store.store import Store
from ensemble_kit.work.graph import Graph
from ensemble_kit.work.judging.class_balance import FitRows
from ensemble_kit.work.node import PseudoFacts
from ensemble_kit.work.pseudo_rows import below, labelled_rows, with_pseudo_rows
from ensemble_kit.work.workspace import Source, Workspace
from graph_work import do_work, out_of_fold

NUMBERS = Recipe("numbers", (Block("number", "standard"),))
ASKED = PseudoLabels(members=("near",), labels_from=("linear",), confidence=0.6)
LINEAR = Member("linear", "logistic_strong", features="numbers", probe=False)
NEAR = Member("near_pseudo", "knn", features="numbers", probe=False, pseudo=ASKED)


def make_source(n_rows=150, seed=0):
    random = np.random.default_rng(seed)
    table = pd.DataFrame(random.normal(size=(n_rows + 90, 3)), columns=list("abc"))
    y = (table["a"] + 0.7 * random.normal(size=len(table)) > 0).astype(int).to_numpy()
    X, X_test = table[:n_rows], table[n_rows:].reset_index(drop=True)
    folds = Folds.from_splitter(KFold(3, shuffle=True, random_state=0), X)
    return Source(X, X_test, y[:n_rows], folds, "binary", 2, f"pseudo{seed}")


def fitted(source, folder, member=NEAR):
    """Return the entries of a member's fits and of those that label its test rows."""
    graph = Graph(source, {"numbers": NUMBERS})
    labellers = [graph.fits(LINEAR)]
    fits = graph.fits(member, labellers=labellers if member.pseudo else ())
    workspace, store = Workspace.create(folder, source), Store(folder / "store")
    do_work(fits.keys, graph, workspace, store)
    entries = [[store.read(key) for key in found.keys] for found in (fits, *labellers)]
    return entries[0], entries[1] if labellers else []


def test_a_row_is_not_predicted_otherwise_when_its_own_label_changes(tmp_path):
    source = make_source()
    before = out_of_fold(source, fitted(source, tmp_path / "before")[0])
    for row in (int(source.folds.pairs[0][1][0]), int(source.folds.pairs[2][1][5])):
        y = source.y.copy()
        y[row] = 1 - y[row]
        changed = replace(source, y=y)
        after = out_of_fold(changed, fitted(changed, tmp_path / f"{row}")[0])
        assert (after[row] == before[row]).all()
        assert (after != before).any()


def test_a_fold_learns_what_its_own_models_say_of_the_test(tmp_path):
    source = make_source()
    entries, labellers = fitted(source, tmp_path / "a")
    for entry, labeller in zip(entries, labellers, strict=True):
        told = labeller.arrays["test"].max(axis=1)
        expected = min((told >= 0.6).sum(), int(0.5 * 90))
        assert entry.facts["n_pseudo_rows"] == expected > 20
    plain = fitted(source, tmp_path / "b", replace(NEAR, pseudo=None))[0]
    pairs = zip(entries, plain, strict=True)
    assert any((a.arrays["valid"] != b.arrays["valid"]).any() for a, b in pairs)


def test_permuted_labels_score_at_chance(tmp_path):
    source = make_source(600)
    y = np.random.default_rng(1).permutation(source.y)
    source = replace(source, y=y)
    oof = out_of_fold(source, fitted(source, tmp_path)[0])
    assert METRICS["auc"](y, oof) == pytest.approx(0.5, abs=0.08)


def test_the_surest_rows_are_taken_and_no_more_than_the_share():
    told = np.array([[[0.9, 0.1], [0.3, 0.7], [0.02, 0.98], [0.5, 0.5]]])
    facts = PseudoFacts(((),), 0.6, 1.0)
    rows, labels = labelled_rows(told, facts, "binary")
    assert rows.tolist() == [0, 1, 2] and labels.tolist() == [0, 1, 1]
    rows, labels = labelled_rows(told, replace(facts, share=0.5), "binary")
    assert rows.tolist() == [0, 2] and labels.tolist() == [0, 1]
    assert not len(labelled_rows(told, replace(facts, confidence=0.99), "binary")[0])


def test_numbers_are_sure_where_their_labellers_agree():
    told = np.array([[[1.0], [5.0], [2.0]], [[3.0], [5.0], [2.5]]])
    rows, labels = labelled_rows(told, PseudoFacts(((), ()), 0.9, 0.7), "regression")
    assert rows.tolist() == [1, 2] and labels.tolist() == [5.0, 2.25]


@pytest.mark.parametrize("kind", ["array", "csr", "frame"])
def test_rows_stand_below_each_other_in_every_kind_of_matrix(kind):
    parts = [np.arange(6.0).reshape(3, 2), np.arange(4.0).reshape(2, 2)]
    make = {
        "array": np.asarray,
        "csr": sparse.csr_matrix,
        "frame": lambda part: pd.DataFrame(part, columns=["a", "b"]),
    }[kind]
    joined = below(*map(make, parts))
    dense = joined.toarray() if kind == "csr" else np.asarray(joined)
    assert (dense == np.concatenate(parts)).all()


def test_categories_stay_what_they_are_below_each_other():
    parts = [pd.DataFrame({"c": pd.Categorical([x], list("ab"))}) for x in "ab"]
    joined = below(*parts)
    assert joined["c"].tolist() == ["a", "b"]
    assert joined["c"].dtype == parts[0]["c"].dtype


def test_test_rows_weigh_what_rows_do_on_average(tmp_path):
    store = Store(tmp_path / "store")
    store.write("a" * 64, {"test": np.array([[0.9, 0.1]])}, {})
    rows = FitRows(np.zeros((2, 1)), np.array([0, 1]), np.array([1.0, 4.0]))
    facts = PseudoFacts((("a" * 64,),), 0.5, 1.0)
    found = with_pseudo_rows(rows, np.ones((1, 1)), facts, "binary", store)
    assert found.y.tolist() == [0, 1, 0]
    assert found.weights.tolist() == [1.0, 4.0, 2.5]
    assert found.X[:, 0].tolist() == [0.0, 0.0, 1.0]


LEVEL1 = {"near": {"model": "knn"}, "linear": {"model": "logistic_strong"}}


def test_a_pipeline_names_who_is_fitted_once_more(tmp_path):
    tables = {
        "level1": LEVEL1,
        "level2": {"blend": {"model": "mean", "inputs": ["near_pseudo", "linear"]}},
        "pseudo": {"members": ["near"], "labels_from": ["linear"], "share": 0.25},
        "submit": {"member": "near_pseudo"},
    }
    pipeline = parse_pipeline(tables, "here")
    names = [(member.name, member.level) for member in pipeline.members]
    assert names == [("near", 1), ("linear", 1), ("near_pseudo", 1), ("blend", 2)]
    path = tmp_path / "pipeline.toml"
    path.write_text(dump_pipeline(pipeline), encoding="utf-8")
    again = load_pipeline(path)
    assert again.members == pipeline.members and again.pseudo == pipeline.pseudo


def test_without_the_table_nothing_is_labelled():
    pipeline = parse_pipeline({"level1": LEVEL1}, "here")
    assert pipeline.pseudo is None and "pseudo" not in dump_pipeline(pipeline)


def test_all_mistakes_of_the_table_are_told():
    tables = {
        "level1": {**LEVEL1, "after": {"model": "lightgbm", "offset": "linear"}},
        "pseudo": {
            "members": ["naer", "after"],
            "labels_from": ["liner"],
            "confidence": 1.5,
            "share": 0,
            "confidnce": 0.9,
        },
    }
    with pytest.raises(PipelineError) as caught:
        parse_pipeline(tables, "here")
    told = str(caught.value)
    for part in (
        "did you mean 'near'",
        "did you mean 'linear'",
        "begins from linear",
        "pseudo.confidence: expected a number above 0",
        "pseudo.share",
        "pseudo.confidnce: unknown",
    ):
        assert part in told
    with pytest.raises(PipelineError, match="name those"):
        parse_pipeline({"level1": LEVEL1, "pseudo": {}}, "here")
