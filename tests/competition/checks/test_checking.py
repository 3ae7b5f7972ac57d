import numpy as np
import pandas as pd
import pytest

from ensemble_kit.competition import check_competition, load_competition
from ensemble_kit.competition.checks.drift import measure_drift

RNG = np.random.default_rng(0)


@pytest.fixture
def check(folder):
    def run(shift=0.0, **columns):
        y = RNG.integers(0, 2, 300)
        train = pd.DataFrame({"id": RNG.permutation(300), "a": RNG.normal(size=300)})
        test = pd.DataFrame({"id": range(300, 450), "a": RNG.normal(size=150) + shift})
        for name, make in columns.items():
            train[name], test[name] = make(y), make(RNG.integers(0, 2, 150))
        train["y"] = y
        path = folder(train.to_csv(index=False), test.to_csv(index=False), None)
        return load_competition(path)

    return run


def messages(competition, severity):
    found = check_competition(competition)
    return "\n".join(str(f) for f in found if f.severity == severity)


def test_sound_data_brings_no_warning(check):
    assert messages(check(), "warning") == ""


@pytest.mark.parametrize(
    "make",
    [
        lambda y: y * 2.0 + RNG.random(len(y)) / 10,
        lambda y: np.where(y == 1, "up", "down"),
    ],
)
def test_a_feature_that_is_the_target_is_a_warning(check, make):
    competition = check(leak=make)
    assert "column leak: alone it gives the target away" in messages(
        competition, "warning"
    )
    assert "leak" in competition.X


def test_ids_in_the_order_of_the_target_are_a_warning(folder):
    rows = "".join(f"{i},{i * 7 % 13}.5,{int(i > 50)}\n" for i in range(100))
    test = "id,a\n" + "".join(f"{i},1.5\n" for i in range(100, 110))
    text = messages(load_competition(folder("id,a,y\n" + rows, test, None)), "warning")
    assert "id column id: it follows the target" in text
    assert "the order of train's rows" in text


def test_ids_and_rows_whose_neighbours_have_one_target_are_told(folder):
    rng = np.random.default_rng(1)
    # Stretches of ten rows of one class, neither rising nor falling.
    y = np.repeat(rng.integers(0, 2, 40), 10)
    train = pd.DataFrame({"id": [f"row-{k}" for k in range(400)], "y": y})
    train["a"] = rng.normal(size=400)
    test = pd.DataFrame({"id": ["row-400", "row-401"], "a": [0.0, 1.0]})
    shuffled = train.sample(frac=1, random_state=0)
    told = [
        messages(
            load_competition(
                folder(table.to_csv(index=False), test.to_csv(index=False), None)
            ),
            "info",
        )
        for table in (train, shuffled)
    ]
    line = "neighbours along it have like targets (strength 0.9"
    assert f"the order of train's rows: {line}" in told[0]
    assert f"id column id: {line}" in told[0] and f"id column id: {line}" in told[1]
    assert "the order of train's rows" not in told[1]


def test_near_duplicates_are_told_and_that_the_test_has_none(folder):
    rng = np.random.default_rng(0)
    words = rng.integers(1000, 9999, (300, 20)).astype(str)
    texts = [" ".join(row) for row in words]
    train = [f"{text} no {k}" for k, text in enumerate([*texts[:200], *texts[:60]])]
    lines = [f"{k},{text},{k % 2}" for k, text in enumerate(train)]
    test = [f"{1000 + k},{text}" for k, text in enumerate(texts[200:])]
    path = folder("id,text,y\n" + "\n".join(lines), "id,text\n" + "\n".join(test), None)
    found = messages(load_competition(path), "info")
    assert "near-duplicates: 120 training rows nearly repeat others" in found
    assert "0 of 100 test rows" in found and 'groups = "duplicates"' in found


def test_other_test_rows_are_told_with_the_column_that_tells(check):
    competition = check(shift=3.0)
    assert "tells test from train with AUC" in messages(competition, "warning")
    drift = measure_drift(competition)
    assert drift.auc > drift.interval[0] > 0.9 and drift.names[0] == "a"


def test_repeated_rows_and_texts_are_counted(check):
    texts = [f"a long and winding text of number {i} in the list" for i in range(290)]
    competition = check(text=lambda y: [*texts, *texts][: len(y)])
    text = messages(competition, "warning") + messages(competition, "info")
    assert "train's texts of text: 10 repeat" in text
    assert "test's texts of text: 150 stand in train too" in text


def test_twin_columns_and_unseen_categories_are_told(check):
    levels = iter([f"{a}{b}" for a in "abcdefghij" for b in "uvwxyzrst"] * 10)
    pool = {300: [next(levels) for _ in range(300)], 150: ["ü"] * 75 + ["au"] * 75}
    competition = check(c=lambda y: pool[len(y)], d=lambda y: pool[len(y)])
    text = messages(competition, "info")
    assert "column d: it tells the same rows apart as column c" in text
    assert "50% of test rows hold a category" in text


def test_rare_classes_are_a_warning(folder):
    labels = ["a", "b"] * 29 + ["rare", "rare"]
    rows = "".join(f"{i},{i % 7}.5,{label}\n" for i, label in enumerate(labels))
    test = "id,a\n" + "".join(f"{i},1.5\n" for i in range(60, 70))
    text = messages(load_competition(folder("id,a,y\n" + rows, test, None)), "warning")
    assert "class rare: 2 training rows" in text
