"""Members whose predictions were made elsewhere take part in a run as any other."""

import numpy as np
import pandas as pd
import pytest

import ensemble_kit
from calls import call
from ensemble_kit import load_competition
from ensemble_kit.exceptions import PipelineError, RunError

PIPELINE = """
[folds]
n_splits = 2

[features.plain]
number = "standard"

[level1.own]
model = "ridge"
features = "plain"
probe = false

[level1.friend]
oof = "oof.csv"
test = "tst.csv"

[level2.mix]
model = "mean"

[submit]
member = "mix"
"""


@pytest.fixture
def folder(competition_folder, tmp_path):
    """Return a competition's folder with a pipeline and a friend's honest files."""
    place = competition_folder()
    (tmp_path / "with_friend.toml").write_text(PIPELINE, encoding="utf-8")
    competition = load_competition(place)
    rng = np.random.default_rng(0)
    for name, X, ids in (
        ("oof", competition.X, competition.train_ids),
        ("tst", competition.X_test, competition.ids),
    ):
        p = 1 / (1 + np.exp(-2 * X["number"] + rng.normal(size=len(X))))
        table = pd.DataFrame({"id": ids, "p": p})
        table.to_csv(place / f"{name}.csv", index=False)
    return place


def run(folder):
    return ensemble_kit.run(folder, folder.parent / "with_friend.toml", jobs=0)


def test_a_foreign_member_is_scored_blended_and_named_for_later_rows(folder, tmp_path):
    made = run(folder)
    given = pd.read_csv(folder / "oof.csv")["p"]
    positive = f"friend:{made.task.classes[1]}"
    np.testing.assert_allclose(made.oof()[positive], given)
    assert made.leaderboard.loc["friend", "model"] == "foreign"
    assert "friend" in made.facts["correlation"]["members"]
    rows, out = folder / "test.csv", tmp_path / "out.csv"
    with pytest.raises(RunError, match="those of these rows are missing: friend"):
        made.predict_file(rows, out)
    call("predict", made.folder, rows, "-o", out, "--oof", f"friend={folder}/tst.csv")
    assert out.read_bytes() == (made.folder / "submission.csv").read_bytes()


def test_other_predictions_have_other_keys(folder):
    first = run(folder)
    table = pd.read_csv(folder / "tst.csv", dtype={"id": str})
    table.assign(p=1 - table["p"]).to_csv(folder / "tst.csv", index=False)
    again = run(folder)
    assert again.folder != first.folder
    named = f"friend:{first.task.classes[1]}"
    assert not again.test()[named].equals(first.test()[named])


def test_predictions_that_have_seen_their_rows_end_the_run_unless_trusted(folder):
    competition = load_competition(folder)
    seen = pd.DataFrame({"id": competition.train_ids, "p": 0.05 + 0.9 * competition.y})
    seen.to_csv(folder / "oof.csv", index=False)
    with pytest.raises(RunError, match="level1.friend: .* as if their rows had been"):
        run(folder)
    pipeline = folder.parent / "with_friend.toml"
    pipeline.write_text(
        PIPELINE.replace('test = "tst.csv"', 'test = "tst.csv"\ntrust = true')
    )
    assert run(folder).leaderboard.loc["friend", "score"] == 1.0


def test_predictions_are_named_in_the_call_too(folder, monkeypatch):
    monkeypatch.chdir(folder)
    call("plan", folder, "-p", "quick", "--oof", "mine=oof.csv,tst.csv")
    for wrong, told in (
        ("mine=oof.csv", "NAME=OOF.csv,TEST.csv is expected"),
        ("logistic=oof.csv,tst.csv", "a member is called 'logistic' already"),
        ("mine=nowhere.csv,tst.csv", "nowhere.csv"),
    ):
        with pytest.raises(PipelineError, match=told):
            call("plan", folder, "-p", "quick", "--oof", wrong)
