"""A run of texts from the folder to its files, and the same by one estimator."""

import json
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError

from ensemble_kit.competition.scoring import score_submission
from ensemble_kit.competition.text_competition import load_text_competition
from ensemble_kit.exceptions import CompetitionError, PredictionWarning, RunError
from ensemble_kit.models.sequences.plain_texts import CopiedText, NearestText
from ensemble_kit.models.sequences.sequence_to_sequence import SequenceToSequence
from ensemble_kit.oof.text_candidates import TextCandidates, as_texts
from ensemble_kit.reporting.comparing import compare_runs, list_runs
from ensemble_kit.reporting.text_run import run_texts, text_folds
from ensemble_kit.running.finished.text_models import (
    is_text_run,
    load_text_predictor,
)
from ensemble_kit.running.texts import text_fitting
from ensemble_kit.running.texts.text_fitting import TextWork
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


def work(folder, **more):
    return TextWork(store=Store(folder / "store", durable=False), **more)


def run(folder, name="a", fitted=None, **more):
    return run_texts(
        load_text_competition(folder),
        fitted or members(),
        work(folder, **more),
        name=name,
        output=folder,
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


def test_runs_of_texts_are_listed_and_compared(folder):
    plain = {"nearest": NearestText(), "copy": CopiedText()}
    done, other = run(folder, fitted=plain), run(folder, name="b")
    table = list_runs(folder)
    assert sorted(table["run"]) == sorted([done.folder.name, other.folder.name])
    told = compare_runs(done.folder, other.folder)
    assert told.scores == (done.blend.scores["vote"], 1.0)
    assert told.n_rows == 40
    assert told.verdict == "the second is better"
    assert "pipeline: + up = Upper()" in told.differences


class Broken(Upper):
    def fit(self, X, y):
        raise ValueError("no")


def test_a_member_that_fails_is_left_out_by_name_and_the_run_goes_on(folder):
    told = []
    fitted = {"broken": Broken(), "up": Upper()}
    done = run(folder, fitted=fitted, on_note=told.append)
    assert done.facts["failures"] == {"broken": "fold 1: ValueError: no"}
    assert list(done.blend.scores) == ["up", "vote"]
    assert "- broken, fold 1: ValueError: no" in (done.folder / "report.md").read_text()
    assert "1/8 broken, fold 1 failed: ValueError: no" in told
    with pytest.raises(RunError, match="no member could be fitted"):
        run(folder, fitted={"broken": Broken()})


def test_texts_that_were_cut_are_told_in_the_report(folder):
    net = members()["net"].set_params(max_length=3)
    done = run(folder, fitted={"net": net})
    assert [note for note in done.facts["notes"] if "cut" in note] == [
        "net: sources of more than 3 tokens are cut; a higher max_length reads more of "
        "them"
    ]


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


def known(net_epochs=1):
    """Return members whose classes may be kept."""
    fitted = members()
    del fitted["up"]
    fitted["net"].set_params(epochs=net_epochs)
    return fitted


def test_later_rows_get_the_texts_that_the_run_has_written(folder):
    done = run(folder, fitted=known(), keep_models=True)
    later = load_text_predictor(done.folder)
    wanted = (done.folder / "submission.csv").read_bytes()
    path = later.predict_file(folder / "test.csv", folder / "later.csv")
    assert path.read_bytes() == wanted
    few = pd.read_csv(folder / "test.csv", dtype=str)[::-2]
    few.to_csv(folder / "few.csv", index=False)
    later.predict_file(folder / "few.csv", path)
    found, all_rows = (pd.read_csv(p, keep_default_na=False, index_col="id")
                       for p in (path, done.folder / "submission.csv"))  # fmt: skip
    assert found["written"].equals(all_rows["written"].loc[found.index])


def test_models_are_fitted_again_where_they_were_not_kept(folder):
    run(folder, fitted=known())
    told = []
    done = run(folder, fitted=known(), keep_models=True, on_note=told.append)
    assert told[0] == "12 fits, 0 are stored"
    assert is_text_run(done.folder)
    told.clear()
    run(folder, fitted=known(), keep_models=True, on_note=told.append)
    assert told == []


def test_a_member_that_cannot_be_kept_is_told_and_the_run_is_whole(folder):
    done = run(folder, keep_models=True)
    assert not is_text_run(done.folder)
    assert any("Upper are not known" in note for note in done.facts["notes"])
    assert (done.folder / "submission.csv").is_file()


def test_later_rows_that_cannot_be_read_are_refused(folder):
    done = run(folder, fitted=known(), keep_models=True)
    later = load_text_predictor(done.folder)
    out = folder / "out.csv"
    (folder / "bad.csv").write_text("id,sad\n1,a\n")
    with pytest.raises(CompetitionError, match="no column 'said'; did you mean 'sad'"):
        later.predict_file(folder / "bad.csv", out)
    (folder / "twice.csv").write_text("id,said\n1,a\n1,b\n")
    with pytest.raises(CompetitionError, match="'1' stands in several rows"):
        later.predict_file(folder / "twice.csv", out)
    (folder / "new.csv").write_text("said\na\n")
    with pytest.warns(PredictionWarning, match="numbered from 0"):
        later.predict_file(folder / "new.csv", out)
    assert not (folder / "never.csv").exists()
    with pytest.raises(RunError, match="holds no models of a run of texts"):
        load_text_predictor(folder)


def test_a_row_is_explained_by_what_members_would_write_for_it(folder):
    done = run(folder, fitted=known(), keep_models=True)
    later = load_text_predictor(done.folder)
    oof = pd.read_csv(done.folder / "oof.csv", dtype=str, keep_default_na=False)
    one = oof.iloc[3]
    told = later.row(one["id"])
    best = {
        m["member"]: max(m["texts"], key=lambda p: p[1])[0] for m in told["members"]
    }
    assert told["part"] == "train"
    assert best == {name: one[name] for name in ("net", "nearest", "copy")}
    assert told["predicted"] == told["options"][0]["text"]
    assert later.row("59")["part"] == "test"
    with pytest.raises(RunError, match="has the id '999'"):
        later.row("999")


def test_a_limit_ends_trainings_and_leaves_out_networks_that_come_too_late(folder):
    fitted = known(net_epochs=100_000)
    fitted["second"] = fitted["net"]
    begin = time.monotonic()
    # Half a second for each fold, where a network has to have two seconds.
    done = run(folder, fitted=fitted, end=begin + 2.0)
    assert set(done.facts["failures"]) == {"net", "second"}
    assert "were left of the limit" in done.facts["failures"]["net"]
    assert set(done.blend.scores) == {"nearest", "copy", "vote"}


def test_a_training_that_a_limit_has_cut_is_used_and_not_stored(folder, monkeypatch):
    monkeypatch.setattr(text_fitting, "LEAST_SECONDS", 0.0)
    fitted, told = {"net": known(net_epochs=100_000)["net"]}, []
    end = time.monotonic() + 4.0
    done = run(folder, fitted=fitted, keep_models=True, end=end, on_note=told.append)
    assert any("training ended in epoch" in note for note in done.facts["notes"])
    later = load_text_predictor(done.folder)
    path = later.predict_file(folder / "test.csv", folder / "later.csv")
    assert path.read_bytes() == (done.folder / "submission.csv").read_bytes()
    assert later._kept(later.facts["members"][0]["keys"][0]).max_seconds is None
    again = []
    run(folder, fitted=fitted, end=time.monotonic() + 1.0, on_note=again.append)
    assert again[0] == "4 fits, 0 are stored"


def test_a_limit_with_time_enough_changes_no_byte_and_is_stored(folder):
    done = run(folder, fitted=known())
    other = folder / "other"
    told = []
    limited = run_texts(
        load_text_competition(folder),
        known(),
        TextWork(store=Store(other), end=time.monotonic() + 600, on_note=told.append),
        name="limited",
        output=folder,
        limit=600.0,
    )
    assert limited.folder != done.folder
    for name in ("submission.csv", "oof.csv"):
        assert (limited.folder / name).read_bytes() == (done.folder / name).read_bytes()


def test_a_stopped_run_votes_over_whole_members_and_goes_on_later(folder):
    told = []
    fitted = {"copy": CopiedText(), "nearest": NearestText(), "up": Upper()}
    stop = lambda: sum("/" in line for line in told) >= 10  # noqa: E731
    done = run(folder, fitted=fitted, on_note=told.append, is_interrupted=stop)
    assert set(done.blend.scores) == {"copy", "nearest", "vote"}
    assert done.facts["stopped"].startswith("stopped before all members were fitted")
    assert (done.folder / "submission-partial.csv").is_file()
    assert not (done.folder / "submission.csv").exists()
    told.clear()
    whole = run(folder, fitted=fitted, on_note=told.append)
    assert told[0] == "2 fits, 10 are stored"
    assert whole.folder == done.folder
    assert {p.name for p in whole.folder.glob("submission*")} == {"submission.csv"}


def test_the_page_shows_members_wrong_texts_and_what_metrics_mean(folder):
    plain = {"nearest": NearestText(), "copy": CopiedText()}
    done = run(folder, fitted=plain)
    page = (done.folder / "report.html").read_text()
    for words in (
        'id="leaderboard"',
        "Worst rows",
        "share of texts that are right to the letter",
        "NearestText()",
        "Weights of the vote",
    ):
        assert words in page
    assert "could not be made" not in page
    assert "<script>alert" not in page


def test_texts_on_the_page_are_shown_and_never_run(folder):
    train = pd.read_csv(folder / "train.csv", keep_default_na=False)
    train["written"] += "<script>alert(1)</script>"
    train.to_csv(folder / "train.csv", index=False)
    page = (run(folder).folder / "report.html").read_text()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert" not in page


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
    with pytest.raises(ValueError, match="a dict of estimators by name.*a list"):
        TextEnsemble([Upper()]).fit(["a"] * 4, ["c"] * 4)
    with pytest.raises(ValueError, match=r"(?s)upper: .*Upper\(\).*other: 3 has no"):
        TextEnsemble({"upper": Upper, "other": 3}).fit(["a"] * 4, ["c"] * 4)
    with pytest.raises(NotFittedError):
        TextEnsemble(members()).predict(["a"])
