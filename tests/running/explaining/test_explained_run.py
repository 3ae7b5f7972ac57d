"""A finished run explained: columns, words, and what one row is made of."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import ensemble_kit
from ensemble_kit.cli import app
from ensemble_kit.exceptions import RunError
from ensemble_kit.pipeline.loading import load_pipeline
from ensemble_kit.running.explaining.explained_run import ExplainedRun
from ensemble_kit.running.explaining.fold_models import FoldModels
from ensemble_kit.running.finished.loaded_run import load_run

SMALL = Path(__file__).parents[2] / "small.toml"
MEMBERS = ("linear", "words", "blend")


def write_competition(folder):
    """Write a table whose target follows a number and a word."""
    rng = np.random.default_rng(0)
    words = [" ".join(rng.choice(["red", "old", "sea", "hill"], 4)) for _ in range(160)]
    table = pd.DataFrame(
        {
            "id": [f"r{at}" for at in range(160)],
            "number": rng.normal(size=160).round(3),
            "noise": rng.normal(size=160).round(3),
            "note": words,
        }
    )
    red = table["note"].str.count("red")
    target = (table["number"] + red - red.mean() > 0).astype(int)
    table[:120].assign(target=target[:120]).to_csv(folder / "train.csv", index=False)
    table[120:].to_csv(folder / "test.csv", index=False)
    sample = table[["id"]][120:].assign(target=0.5)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a run."""
    base = write_competition(tmp_path_factory.mktemp("explained"))
    pipeline = load_pipeline(SMALL)
    members = tuple(m for m in pipeline.members if m.name in MEMBERS)
    recipe = replace(pipeline, members=members)
    return ensemble_kit.run(base, recipe, metric="log_loss", jobs=0).folder


@pytest.fixture
def explained(folder):
    """Return the run with its data."""
    return ExplainedRun(load_run(folder))


def test_the_score_measured_on_is_the_leaderboards(explained):
    facts = explained.importance(repeats=1)
    leader = explained.run.leaderboard.loc["blend", "score"]
    assert facts["score"] == pytest.approx(leader, abs=1e-12)
    assert facts["n_rows"] == 120


def test_columns_and_words_that_made_the_target_come_first(explained):
    facts = explained.importance(groups=[["number", "note"]], repeats=2)
    order = [tuple(one["columns"]) for one in facts["columns"]]
    assert order[0] == ("number", "note") and order[-1] == ("noise",)
    towards = {(one["member"], one["towards"]): one["words"] for one in facts["words"]}
    first = towards["words", "1"][0]
    assert "red" in first["word"] and 0 < first["share"] < 1


def test_a_row_is_told_by_models_that_have_not_seen_it(explained):
    oof = explained.run.oof().set_index("id")
    told = explained.row("r7")
    shown = {one["member"]: one["predicted"] for one in told["members"]}
    assert told["part"] == "train"
    for name in MEMBERS:
        expected = oof.loc["r7", f"{name}:{told['of']}"]
        assert shown[name] == pytest.approx(expected, abs=1e-12)
    assert {one["column"] for one in told["columns"]} <= {"number", "noise", "note"}
    assert explained.row("r150")["part"] == "test"


def test_the_words_of_a_row_push_it_as_their_weights_say(explained):
    competition = explained.competition
    red = int(competition.X["note"].str.contains("red").to_numpy().argmax())
    told = explained.row(competition.train_ids[red])
    words = {one["member"]: one["words"] for one in told["words"]}
    push = {word["word"]: word["push"] for word in words["words"]}
    assert set(words) == {"linear", "words"} and len(push) > 1
    # The word that made the target pushes towards 1, whatever is predicted.
    assert (push["red"] > 0) == (told["of"] == "1")
    held = set(competition.X["note"][red].split())
    assert {part for word in push for part in word.split()} <= held


def test_what_is_not_there_is_named(explained):
    with pytest.raises(RunError, match="no row has the id 'r999'"):
        explained.row("r999")
    with pytest.raises(RunError, match="'nunber'; did you mean 'number'"):
        explained.importance(groups=[["nunber"]])


def test_models_of_all_rows_alone_are_not_measured_with(explained):
    predictor = explained.run.predictor
    members = [
        {**member, "fits": [{**fit, "fold": -1} for fit in member["fits"]]}
        for member in predictor.facts["members"]
    ]
    refit = replace(predictor, facts={**predictor.facts, "members": members})
    with pytest.raises(RunError, match="keeps the models of every "):
        FoldModels(refit).predict(explained.competition.X, 0)


def test_explain_fills_its_block_of_the_page_and_prints(folder):
    before = (folder / "report.html").read_text()
    result = CliRunner().invoke(app, ["explain", str(folder), "--repeats", "1"])
    assert result.exception is None and "out-of-fold rows" in result.stdout
    page = (folder / "report.html").read_text()
    assert "Not measured yet" in before and "Not measured yet" not in page
    assert "Loss by column" in page and page.count("<section") == 8
    facts = json.loads((folder / "explain.json").read_text())
    assert facts["columns"][-1]["columns"] == ["noise"]
    result = CliRunner().invoke(app, ["explain", str(folder), "--row", "r7"])
    assert "by models that have not seen it" in result.stdout


def test_the_run_object_explains_as_a_table(folder):
    table = load_run(folder).explain(repeats=1)
    assert table.index[-1] == "noise" and list(table) == ["loss", "low", "high"]
