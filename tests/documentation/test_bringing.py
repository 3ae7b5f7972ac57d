"""What docs/bring_your_own.md brings along makes one run, which predicts later rows."""

import re
import shlex
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from calls import type_line

PAGE = Path(__file__).parents[2] / "docs" / "bring_your_own.md"
TITLES = ("Mr", "Mrs", "Miss", "Master")


def passengers(rng, first, n):
    """Return rows of Titanic's columns, made up."""
    title = rng.choice(TITLES, n)
    clan = rng.choice(["Hale", "Ito", "Marsh", "Novak", "Okoye"], n)
    ids = np.arange(first, first + n)
    age = np.where(rng.random(n) < 0.2, np.nan, rng.gamma(4, 8, n).round(1))
    cabin = [f"{deck}{number}" for deck, number in zip("ABCD" * n, ids, strict=False)]
    return pd.DataFrame(
        {
            "PassengerId": ids,
            "Pclass": rng.integers(1, 4, n),
            "Name": [
                f"{c}, {t}. Jo {i}" for c, t, i in zip(clan, title, ids, strict=True)
            ],
            "Sex": np.where(np.isin(title, ["Mr", "Master"]), "male", "female"),
            "Age": age,
            "SibSp": rng.integers(0, 4, n),
            "Parch": rng.integers(0, 3, n),
            "Ticket": rng.integers(1000, 9000, n),
            "Fare": rng.gamma(2, 15, n).round(2),
            "Cabin": np.where(rng.random(n) < 0.6, "", cabin),
            "Embarked": rng.choice(list("SCQ"), n),
        }
    )


def chances(table):
    """Return what a friend might know of a passenger's chances."""
    return 1 / (
        1 + np.exp(1.0 - 2.5 * (table["Sex"] == "female") + 0.3 * table["Pclass"])
    )


@pytest.fixture
def place(blocks, tmp_path):
    """Return where FOLDER lies beside the page's files and a friend's."""
    for code in (*blocks(PAGE, "python"), *blocks(PAGE, "toml")):
        if named := re.match(r"# (\w+\.\w+)\n", code):
            (tmp_path / named[1]).write_text(code, encoding="utf-8")
    rng, folder = np.random.default_rng(0), tmp_path / "FOLDER"
    folder.mkdir()
    train, test, new = (passengers(rng, *s) for s in ((1, 160), (161, 60), (300, 20)))
    survived = (rng.random(len(train)) < chances(train)).astype(int)
    train.assign(Survived=survived).to_csv(folder / "train.csv", index=False)
    test.to_csv(folder / "test.csv", index=False)
    sample = test[["PassengerId"]].assign(Survived=0)
    sample.to_csv(folder / "sample_submission.csv", index=False)
    folds = train[["PassengerId"]].assign(fold=np.arange(len(train)) % 3)
    folds.to_csv(folder / "folds.csv", index=False)
    new.to_csv(tmp_path / "NEW.csv", index=False)
    for name, table in (("oof", train), ("test", test), ("new", new)):
        known = np.clip(chances(table) + rng.normal(0, 0.1, len(table)), 0.01, 0.99)
        theirs = table[["PassengerId"]].assign(p=known)
        theirs.to_csv(tmp_path / f"friend_{name}.csv", index=False)
    return tmp_path


@pytest.mark.slow
def test_one_file_and_one_command_take_all_of_it_and_later_rows_too(blocks, place):
    lines = [b for b in blocks(PAGE, "console") if "titanic.toml" in b]
    submit, predict = lines[0].strip().splitlines()
    board = type_line(f"{submit} --jobs 1", place)
    assert "money ↑" in board
    for member in ("boosted", "mine", "friend", "blend"):
        assert re.search(rf"^{member} ", board, re.MULTILINE), member
    (run,) = (place / "FOLDER" / "runs").glob("titanic-*")
    type_line(
        predict.replace("FOLDER/runs/titanic-0b1c2d3e", shlex.quote(str(run))), place
    )
    found = pd.read_csv(place / "OUT.csv")
    assert found["PassengerId"].tolist() == list(range(300, 320))
    assert set(found["Survived"]) <= {0, 1}
    oof = pd.read_csv(run / "oof.csv")
    assert sorted(oof["fold"].value_counts()) == [53, 53, 54]
