"""A run of texts from the folder to its files, and the same by one estimator."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator

from ensemble_kit.competition.scoring import score_submission
from ensemble_kit.competition.text_competition import load_text_competition
from ensemble_kit.exceptions import RunError
from ensemble_kit.models.sequences.plain_texts import CopiedText, NearestText
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.reporting.comparing import compare_runs, list_runs
from ensemble_kit.reporting.text_run import run_texts, text_folds
from ensemble_kit.running.texts.text_folds import TextRows, blend_texts
from ensemble_kit.splitting.folds import Folds
from ensemble_kit.stacking import TextEnsemble
from ensemble_kit.store.store import Store

FITS = []


class Upper(BaseEstimator):
    """Writes in capitals, and counts how often it is fitted."""

    def fit(self, X, y):
        FITS.append(len(X))
        return self

    def predict(self, X):
        return [text.upper() for text in X]


def members():
    net = SequenceToSequence(hidden=6, embedding_dim=4, epochs=1, random_state=0)
    return {"net": net, "nearest": NearestText(), "copy": CopiedText(), "up": Upper()}


@pytest.fixture
def folder(tmp_path):
    """Return a folder whose target is the source in capitals."""
    draw = np.random.default_rng(0)
    said = ["".join(draw.choice(list("abc "), 7)).strip() or "a" for _ in range(60)]
    table = pd.DataFrame({"id": range(60), "said": said})
    table["written"] = table["said"].str.upper()
    table["pair"] = table["id"] // 2
    train, test = table[:40], table[40:]
    train.to_csv(tmp_path / "train.csv", index=False)
    test[["id", "said", "pair"]].to_csv(tmp_path / "test.csv", index=False)
    test[["id", "written"]].to_csv(tmp_path / "solution.csv", index=False)
    sample = test[["id"]].assign(written="?")
    sample.to_csv(tmp_path / "sample_submission.csv", index=False)
    toml = 'task = "text"\ntarget = "written"\ngroups = "pair"\n'
    (tmp_path / "competition.toml").write_text(toml)
    return tmp_path


def run(folder, name="a"):
    return run_texts(
        load_text_competition(folder),
        members(),
        name=name,
        output=folder,
        store=Store(folder / "store", durable=False),
    )


def test_the_best_member_is_voted_for_and_its_submission_scores(folder):
    done = run(folder)
    weights = done.facts["weights"]["vote"]
    assert weights["up"] == max(weights.values())
    assert done.blend.scores["up"] == done.blend.scores["vote"] == 1.0
    found = [done.folder / "submission.csv", folder / "solution.csv"]
    assert score_submission(*found, "exact_match") == 1.0
    oof = pd.read_csv(done.folder / "oof.csv", keep_default_na=False)
    assert (oof["up"] == oof["written"]).all()
    assert (oof["copy"] == oof["written"]).mean() == done.blend.scores["copy"]


def test_the_same_call_fits_nothing_again_and_writes_the_same_bytes(folder):
    first = run(folder)
    files = {p.name: p.read_bytes() for p in first.folder.iterdir()}
    before = len(FITS)
    again = run(folder)
    assert again.folder == first.folder
    assert len(FITS) == before
    for name in ("submission.csv", "oof.csv", "report.md", "competition.toml"):
        assert (again.folder / name).read_bytes() == files[name]
    told = json.loads(files["report.json"])
    assert told["leaderboard"] == again.facts["leaderboard"]


def test_the_votes_score_is_that_of_weights_from_other_folds():
    y = as_texts([f"text {n}" for n in range(40)])
    halves = np.arange(20), np.arange(20, 40)
    folds = Folds((halves[::-1], halves), 40)

    def right_in(name, half):
        """Return what one writes that is right in one fold alone."""
        found = [[[(y[n] if n in half else f"{name} {n}", 1.0)] for n in valid]
                 for _, valid in folds]  # fmt: skip
        none = TextCandidates.of(name, [])
        return [(TextCandidates.of(name, each), none) for each in found]

    written = [right_in("a", halves[0]), right_in("b", halves[1])]
    blend = blend_texts(written, TextRows(y, y, y[:0], folds), "exact_match")
    assert blend.scores == {"a": 0.5, "b": 0.5, "vote": 0.0}


def test_no_fold_parts_a_group_and_declared_folds_are_kept(folder):
    c = load_text_competition(folder)
    for train, valid in text_folds(c, 0):
        assert not set(c.groups[train]) & set(c.groups[valid])
    train = pd.read_csv(folder / "train.csv").assign(fold=lambda t: t["id"] % 2)
    train.to_csv(folder / "train.csv", index=False)
    toml = (
        'task = "text"\ntarget = "written"\nfolds = "fold"\n[columns]\npair = "drop"\n'
    )
    (folder / "competition.toml").write_text(toml)
    folds = text_folds(load_text_competition(folder), 0)
    assert [set(valid % 2) for _, valid in folds] == [{0}, {1}]


def test_permuted_targets_score_at_chance_through_the_whole_run(folder):
    train = pd.read_csv(folder / "train.csv", keep_default_na=False)
    train["written"] = train["written"].sample(frac=1, random_state=0).to_numpy()
    train.to_csv(folder / "train.csv", index=False)
    done = run(folder)
    assert max(done.blend.scores.values()) <= 0.15


def test_runs_of_texts_are_listed_and_told_to_be_beyond_comparison(folder):
    done, other = run(folder), run(folder, name="b")
    table = list_runs(folder)
    assert sorted(table["run"]) == sorted([done.folder.name, other.folder.name])
    assert table["score"].tolist() == [1.0, 1.0]
    with pytest.raises(RunError, match="runs of texts cannot be compared"):
        compare_runs(done.folder, other.folder)


class Broken(Upper):
    def fit(self, X, y):
        raise ValueError("no")


def test_a_member_that_fails_is_left_out_by_name_and_the_run_goes_on(folder):
    found = load_text_competition(folder)
    how = {"name": "a", "output": folder, "store": Store(folder / "store")}
    told = []
    done = run_texts(
        found, {"broken": Broken(), "up": Upper()}, on_note=told.append, **how
    )
    assert done.facts["failures"] == {"broken": "fold 1: ValueError: no"}
    assert list(done.blend.scores) == ["up", "vote"]
    assert "- broken, fold 1: ValueError: no" in (done.folder / "report.md").read_text()
    assert "1/8 broken, fold 1 failed: ValueError: no" in told
    with pytest.raises(RunError, match="no member could be fitted"):
        run_texts(found, {"broken": Broken()}, **how)


def test_texts_that_were_cut_are_told_in_the_report(folder):
    net = members()["net"].set_params(max_length=3)
    done = run_texts(
        load_text_competition(folder),
        {"net": net},
        name="a",
        output=folder,
        store=Store(folder / "store"),
    )
    assert any("texts are cut at 3 tokens" in note for note in done.facts["notes"])


def test_folds_that_repeat_rows_are_refused_before_any_fit(folder):
    train = pd.read_csv(folder / "train.csv")
    ids = train[["id"]].assign(a=train["id"] % 2, b=train["id"] % 3)
    ids.to_csv(folder / "folds.csv", index=False)
    toml = 'task = "text"\ntarget = "written"\nfolds = "folds.csv"\n'
    (folder / "competition.toml").write_text(toml)
    before = len(FITS)
    with pytest.raises(RunError, match="validate some rows more than once"):
        run(folder)
    assert len(FITS) == before


def test_the_estimator_votes_as_the_run_does(folder):
    c = load_text_competition(folder)
    ensemble = TextEnsemble(members(), cv=3, random_state=0).fit(c.X, c.y)
    assert ensemble.scores_["vote"] == 1.0
    assert ensemble.predict(c.X_test).tolist() == [t.upper() for t in c.X_test]
    assert ensemble.score(c.X_test, [t.upper() for t in c.X_test]) == 1.0
    assert {
        name: len(each) for name, each in ensemble.models_.items()
    } == dict.fromkeys(members(), 3)


def test_an_ensemble_refuses_what_it_cannot_fit():
    with pytest.raises(ValueError, match="2 rows and y has 1"):
        TextEnsemble(members()).fit(["a", "b"], ["c"])
    with pytest.raises(ValueError, match="at least one is needed"):
        TextEnsemble({}).fit(["a"] * 4, ["c"] * 4)
